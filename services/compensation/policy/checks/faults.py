"""How the checks of a plan say what is wrong: a place as a JSON pointer, the fault, the remedy."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from services.compensation.policy.language.terms import Named
from services.compensation.policy.source_text import below
from shared.kernel.errors import FieldError

Faults = Iterator[FieldError]


def at(*path: str | int) -> str:
    """The JSON pointer of a path of keys and indexes."""
    pointer = ""
    for key in path:
        pointer = below(pointer, key)
    return pointer


def unknown(pointer: str, what: str, code: str, known: Iterable[str]) -> FieldError:
    """A reference to something that the plan does not define."""
    codes = sorted(known)
    close = get_close_matches(code, codes, n=1)
    if close:
        return FieldError(pointer, f"there is no {what} {code!r}: did you mean {close[0]!r}?")
    remedy = f"the plan defines {', '.join(codes)}" if codes else f"define the {what} first"
    return FieldError(pointer, f"there is no {what} {code!r}: {remedy}")


def repeated(parts: Sequence[Named], section: str, what: str) -> Faults:
    """Two parts of one section with the same code."""
    first: dict[str, int] = {}
    for index, part in enumerate(parts):
        if part.code in first:
            yield FieldError(
                at(section, index, "code"),
                f"{part.code!r} names a {what} already at /{section}/{first[part.code]}: give each a code of its own",
            )
        first.setdefault(part.code, index)
