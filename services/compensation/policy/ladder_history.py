"""An educator's way up and down a ladder, year by year, from the last statement of each year and from placements."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from services.compensation.domain import Placement
from shared.kernel.period import SchoolYear


class StatedRung(NamedTuple):
    """The rung that the last statement of a plan year says."""

    ladder: str
    plan_year: str
    rung: str
    title: str


class YearOnLadder(NamedTuple):
    """One year: the rung, the first year in a row on it, and until when placements on it are valid.

    `through` is None for ever, and where nothing holds the rung beyond the year. `title` is None where no statement
    says it: the year was before this system. `placements` are those of the year that still count.
    """

    ladder: str
    plan_year: str
    rung: str
    title: str | None
    since: str
    through: str | None
    placements: Sequence[Placement]


def history_of(stated: Iterable[StatedRung], placements: Iterable[Placement]) -> list[YearOnLadder]:
    """The years of each ladder in their order. Of a year without a statement the last of its placements tells."""
    by_year: dict[tuple[str, str], list[Placement]] = {}
    for one in placements:
        if not (one.terms.withdrawn or one.terms.lapsed):
            by_year.setdefault((one.key.ladder, one.key.school_year), []).append(one)
    for of_year in by_year.values():
        of_year.sort(key=lambda one: one.key.kind, reverse=True)
    rungs: dict[tuple[str, str], tuple[str, str | None]] = {
        place: (of_year[0].terms.rung, None) for place, of_year in by_year.items()
    }
    rungs |= {(one.ladder, one.plan_year): (one.rung, one.title) for one in stated}
    return [
        YearOnLadder(
            ladder=ladder,
            plan_year=year,
            rung=rung,
            title=title,
            since=_since(ladder, year, rung, rungs),
            through=_through(ladder, year, rung, by_year),
            placements=by_year.get((ladder, year), ()),
        )
        for (ladder, year), (rung, title) in sorted(rungs.items())
    ]


def _since(ladder: str, year: str, rung: str, rungs: Mapping[tuple[str, str], tuple[str, str | None]]) -> str:
    first = SchoolYear.parse(year)
    while rungs.get((ladder, str(before := SchoolYear(first.starts_in - 1))), (None, None))[0] == rung:
        first = before
    return str(first)


def _through(ladder: str, year: str, rung: str, by_year: Mapping[tuple[str, str], Sequence[Placement]]) -> str | None:
    ends = [
        one.terms.valid_through_year
        for (of_ladder, made_in), of_year in by_year.items()
        for one in of_year
        if of_ladder == ladder and made_in <= year and one.terms.rung == rung
    ]
    return None if None in ends else max((end for end in ends if end is not None and end >= year), default=None)
