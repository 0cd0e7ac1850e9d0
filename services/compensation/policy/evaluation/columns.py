"""Facts of many educators as columns of 64-bit integers: the only input of the evaluator's arithmetic."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.compensation.policy.exact import Bools, Ints, integers
from services.compensation.policy.language.people import Within, WithinGroup

NO_PLACE = "-"
"""The id of no campus and no district, which is a place of its own; no group is called so."""
NOWHERE = -1
"""Where an educator is who is in no group."""


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """Where each educator is: a position in `ids`, or `NOWHERE`."""

    at: Ints
    ids: tuple[str, ...]

    def members(self) -> Iterator[tuple[str, Bools]]:
        """The id of each place, and who is there."""
        return ((place, self.at == number) for number, place in enumerate(self.ids))

    def of_each(self, by_id: Mapping[str, int], otherwise: int) -> Ints:
        """The number of the place that each educator is in; `otherwise` of a place without one, and of `NOWHERE`."""
        return integers([*(by_id.get(place, otherwise) for place in self.ids), otherwise])[self.at]


@dataclass(frozen=True, eq=False, slots=True)
class Columns:
    """One column an educator. Measures as numerator (millionths) over denominator, 0 where nothing was measured."""

    kind: Ints
    """The position of the kind of person (`People`)."""
    fte_days: Ints
    numerators: Ints
    denominators: Ints
    stipend_counts: Ints
    hire_shares: Ints
    worked: Ints
    """What a component goes by that does not go by all full-time days: a row for each such component."""
    offers: Ints
    """The answer to each offer of the plan: `facts.offers`."""
    shortfalls: Ints
    """How much of each need of the ladder is missing by facts; of measures and gates nothing yet."""
    placements: Ints
    """The position held on the ladder (from 1), the years below it in a row before, and for each rung that has to be
    confirmed whether it was; no rows where the ladder rests on no placement."""
    campuses: Places
    districts: Places
    groups: Mapping[str, Places]
    """By each attribute that the plan counts educators together by."""

    @property
    def in_groups(self) -> Bools:
        """A row for each attribute in `groups`: who is in a group of it."""
        held = [places.at != NOWHERE for places in self.groups.values()]
        return np.array(held, dtype=np.bool_).reshape(len(held), len(self.kind))

    def places(self, within: Within) -> Places:
        if isinstance(within, WithinGroup):
            return self.groups[within.attribute]
        if within == "network":
            return Places(np.zeros_like(self.kind), ("",))
        return self.campuses if within == "campus" else self.districts


def joined(blocks: Sequence[Columns]) -> Columns:
    """The columns of several blocks of educators as one, in their order. There is at least one block."""

    def together(name: str) -> Ints:
        parts: Ints = np.concatenate([getattr(block, name) for block in blocks], axis=-1)
        return parts

    return Columns(
        kind=together("kind"),
        fte_days=together("fte_days"),
        numerators=together("numerators"),
        denominators=together("denominators"),
        stipend_counts=together("stipend_counts"),
        hire_shares=together("hire_shares"),
        worked=together("worked"),
        offers=together("offers"),
        shortfalls=together("shortfalls"),
        placements=together("placements"),
        campuses=_joined_places([block.campuses for block in blocks]),
        districts=_joined_places([block.districts for block in blocks]),
        groups={code: _joined_places([block.groups[code] for block in blocks]) for code in blocks[0].groups},
    )


def _joined_places(parts: Sequence[Places]) -> Places:
    known: dict[str, int] = {}
    at = []
    for part in parts:
        numbers = integers([*(known.setdefault(place, len(known)) for place in part.ids), NOWHERE])
        at.append(numbers[part.at])
    return Places(np.concatenate(at), tuple(known))
