"""Groups of very few, where a plan counts educators together by what HR keeps: a team of one takes its whole pot, and
a team that is misspelt is a team of one.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from services.compensation.policy.alike import are_alike, letters_shared
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.facts.gather import Gathered
from services.compensation.policy.words.texts import listed, plain

NAMED_AT_MOST = 5
_MUCH_LARGER = 5
"""So many times the educators of a group: what it may have been meant to be."""
_LETTERS = 2
"""Names are close where they are alike, and no more letters than that differ."""
_LOOKED_AT = 200
"""The smallest groups, and the largest, that are looked at for names that are close."""
_SEPARATORS = re.compile(r"[ ._-]+")
_DIGITS = re.compile(r"\d+")


class Groups:
    """Take in everybody, then ask for the `notes`. Counted are those whose role the plan pays."""

    def __init__(self, plan: CompiledPlan) -> None:
        self._roles = plan.scope.roles
        self._sizes: Mapping[str, Counter[str]] = {attribute: Counter() for attribute in plan.grouped_by}

    def look_at(self, found: Gathered) -> None:
        if not self._sizes or found.employment.role not in self._roles:
            return
        for attribute, sizes in self._sizes.items():
            if (name := found.words.get(attribute)) is not None:
                sizes[name] += 1

    def notes(self) -> Iterator[str]:
        """A sentence for each attribute by which somebody is alone, or a few under a name close to that of many."""
        for attribute, sizes in self._sizes.items():
            told = _few(sizes)
            if not told:
                continue
            named, more = told[:NAMED_AT_MOST], len(told) - NAMED_AT_MOST
            words = listed(named, "and") if more <= 0 else f"{', '.join(named)}, and {more} more"
            them = "it is spelt as the others" if len(told) == 1 else "they are spelt as the others"
            yield f"Of {plain(attribute)}, {words}: look whether {them}."


def _few(sizes: Mapping[str, int]) -> list[str]:
    """Those that are close to a much larger one first."""
    from_the_smallest = sorted(sizes, key=lambda name: (sizes[name], name))
    close: dict[str, str] = {}
    for name in from_the_smallest[:_LOOKED_AT]:
        others = (one for one in reversed(from_the_smallest[-_LOOKED_AT:]) if _is_meant(name, one, sizes))
        if (meant := next(others, None)) is not None:
            close[name] = meant
    told = [
        f"{_who(sizes[name])} {name!r} (close to {meant!r}, which has {sizes[meant]:,})"
        for name, meant in close.items()
    ]
    return told + [f"{_who(1)} {name!r}" for name in from_the_smallest if sizes[name] == 1 and name not in close]


def _who(educators: int) -> str:
    return "1 educator alone is" if educators == 1 else f"{educators} educators are"


def _is_meant(name: str, other: str, sizes: Mapping[str, int]) -> bool:
    """A group of many whose name differs by case, by what stands between its words, or by a letter or two; never by a
    number, which tells `team-1` from `team-2`.
    """
    if sizes[other] < _MUCH_LARGER * sizes[name] or _DIGITS.findall(name) != _DIGITS.findall(other):
        return False
    first, second = (_SEPARATORS.sub("-", one).casefold() for one in (name, other))
    if abs(len(first) - len(second)) > _LETTERS:
        return False
    return max(len(first), len(second)) - letters_shared(first, second) <= _LETTERS and are_alike(first, second)
