"""What placements of this year and before come to in the plan year: the rung that is held, and what was confirmed.

Rungs are positions from 1 for the lowest; 0 stands for none.
"""

from collections.abc import Iterable, Iterator, Mapping

from services.compensation.domain import Confirmer, PlacementKind
from services.compensation.policy.exact import SCALE
from services.compensation.policy.facts.gather import Gathered, Placed
from services.compensation.policy.facts.readers import MeasureReader, NeedReader
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.measures import PlacementPosition

FOR_EVER = 9999


class LadderPlacements:
    """The placements on a plan's own ladder, in the plan year that starts in `starts_in`."""

    def __init__(self, plan: Plan, starts_in: int) -> None:
        self._ladder, self._code, self._year = plan.ladder, plan.ladder_code, starts_in
        self._positions = _positions(rung.code for rung in plan.ladder.rungs)

    def readers(self) -> tuple[NeedReader, ...]:
        """The position that is held, the years below it in a row before the plan year, and for each rung that has to be
        confirmed whether it was; none where the ladder rests on no placement.
        """
        if not self._ladder.rests_on_placements:
            return ()
        confirmed = [
            self._confirmed(at, rung.confirmed_by)
            for at, rung in enumerate(self._ladder.rungs, start=1)
            if rung.confirmed_by is not None
        ]
        return (self._held, self._years_below, *confirmed)

    def held(self, found: Gathered) -> Placed | None:
        """The placement that a rung is held by: the best that lasts longest, or under a demotion rule the latest."""
        valid = [one for one in _valid(found, self._code, self._year) if one.rung in self._positions]
        if self._ladder.holds is not None:
            return max(valid, key=lambda one: (self._positions[one.rung], one.through or FOR_EVER), default=None)
        if self._ladder.demotion is None:
            return None
        # A confirmation lets one stand on what is reached in its year, and holds nothing before that year's end.
        before = [one for one in valid if one.year < self._year or one.kind == PlacementKind.BROUGHT_ALONG]
        return before[0] if before else None

    def confirming(self, found: Gathered, position: int, asked: str) -> Iterator[Placed]:
        """The placements that confirm the rung at `position` from 1 on, where a confirmation by `asked` is."""
        return (
            one
            for one in _valid(found, self._code, self._year)
            if self._positions.get(one.rung, 0) >= position
            and one.kind != PlacementKind.PLACED
            and one.confirmed_by in (None, Confirmer.BOARD, asked)
        )

    def below(self, found: Gathered) -> Iterator[Placed]:
        """The placements of the years before the plan year, in a row and the latest first, that were below the rung
        that they kept.
        """
        below = {
            one.year: one
            for one in found.placements.get(self._code, ())
            if one.kind == PlacementKind.PLACED and one.is_below
        }
        year = self._year - 1
        while year in below:
            yield below[year]
            year -= 1

    def _held(self, found: Gathered) -> int:
        held = self.held(found)
        return 0 if held is None else self._positions[held.rung]

    def _years_below(self, found: Gathered) -> int:
        return sum(1 for _ in self.below(found))

    def _confirmed(self, position: int, asked: str) -> NeedReader:
        """A confirmation of a rung is one of all below it, and the board's is enough where a person's is asked for."""

        return lambda found: int(any(self.confirming(found, position, asked)))


def position_reader(measure: PlacementPosition, own_ladder: str, starts_in: int) -> MeasureReader:
    """The reader of a measure of the rung that is held."""
    ladder, positions = measure.ladder or own_ladder, _positions(measure.rungs)

    def read(found: Gathered) -> tuple[int, int]:
        valid = _valid(found, ladder, starts_in)
        held = [positions.get(placed.rung, 0) for placed in valid]
        if measure.combine == "latest":
            held = held[:1]
        return max(held, default=0) * SCALE, 1

    return read


def _positions(rungs: Iterable[str]) -> Mapping[str, int]:
    return {code: at for at, code in enumerate(rungs, start=1)}


def _valid(found: Gathered, ladder: str, year: int) -> list[Placed]:
    """Those that are valid in the year, the latest first."""
    return [placed for placed in found.placements.get(ladder, ()) if (placed.through or FOR_EVER) >= year]
