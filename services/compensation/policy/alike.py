"""Whether one name may be a slip of another."""

from difflib import SequenceMatcher

_PERCENT = 85


def letters_shared(name: str, other: str) -> int:
    """How many characters the two have in common, in the same order."""
    return sum(block.size for block in SequenceMatcher(None, name, other, autojunk=False).get_matching_blocks())


def are_alike(name: str, other: str) -> bool:
    """Whether they share 85 % of their characters or more."""
    return 200 * letters_shared(name, other) >= _PERCENT * (len(name) + len(other))
