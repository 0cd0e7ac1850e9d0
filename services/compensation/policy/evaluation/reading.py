"""From the facts of educators to the columns that the evaluator works on, and what each column was made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

import numpy as np

from services.compensation.domain import EducatorFacts
from services.compensation.policy.evaluation.columns import NO_PLACE, NOWHERE, Columns, Places
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.exact import DENOMINATOR_MAX, integers
from services.compensation.policy.facts.gather import CampusAttributes, Gathered, YearAward, gather
from services.compensation.policy.facts.offers import offers_answered
from services.compensation.policy.facts.readers import paid_awards
from shared.kernel.assertions import invariant


@dataclass(frozen=True, slots=True)
class Source:
    """What an educator's column was made of: what a statement lists item by item."""

    found: Gathered
    paid_awards: tuple[Sequence[YearAward], ...]


def read_columns(
    plan: CompiledPlan, facts: Sequence[EducatorFacts], campuses: CampusAttributes
) -> tuple[Columns, list[Source | None]]:
    """A column and its source for each educator, in order; a column of zeros and no source for who is not rostered."""
    return columns_of(plan, [gather(one, plan.scope, campuses) for one in facts])


def columns_of(plan: CompiledPlan, gathered: Sequence[Gathered | None]) -> tuple[Columns, list[Source | None]]:
    """The same from what was gathered already, within the plan's own scope."""
    rows: list[list[int]] = []
    sources: list[Source | None] = []
    borders, absent = _layout(plan)
    for found in gathered:
        if found is None:
            rows.append(absent)
            sources.append(None)
            continue
        paid = tuple([paid_awards(stipend, found) for stipend in plan.stipends])
        rows.append(_row(plan, found, paid))
        sources.append(Source(found, paid))
    table = np.array(rows, dtype=np.int64).reshape(len(rows), len(absent)).T
    parts = [table[first:after] for first, after in borders]
    columns = Columns(
        kind=table[0],
        fte_days=table[1],
        numerators=parts[0],
        denominators=parts[1],
        stipend_counts=parts[2],
        hire_shares=parts[3],
        worked=parts[4],
        offers=parts[5],
        shortfalls=parts[6],
        placements=parts[7],
        campuses=_places([source.found.employment.campus_id if source else None for source in sources]),
        districts=_places([source.found.employment.district_id if source else None for source in sources]),
        groups={code: _groups(code, sources) for code in plan.grouped_by},
    )
    return columns, sources


@lru_cache(maxsize=64)
def _layout(plan: CompiledPlan) -> tuple[tuple[tuple[int, int], ...], list[int]]:
    """Where each part of a column begins and ends, and the column of who is not rostered."""
    lengths = [len(plan.readers), len(plan.readers), len(plan.stipends), len(plan.hire_readers)]
    lengths += [len(plan.worked_readers), len(plan.plan.offers)]
    lengths += [len(plan.ladder.readers), len(plan.ladder.placement_readers)]
    return tuple(pairwise(accumulate(lengths, initial=2))), [plan.people.nobody, 0, *[0] * sum(lengths)]


def _row(plan: CompiledPlan, found: Gathered, paid: tuple[Sequence[YearAward], ...]) -> list[int]:
    read = [reader(found) for reader in plan.readers]
    denominators = [denominator for _, denominator in read]
    invariant(
        not denominators or max(denominators) <= DENOMINATOR_MAX,
        f"educator {found.educator_id} has more than {DENOMINATOR_MAX} values under one mean",
    )
    employment = found.employment
    return [
        plan.people.position(employment.role, employment.group, employment.years_on_campus, found.words),
        employment.fte_days,
        *[numerator for numerator, _ in read],
        *denominators,
        *[len(awards) for awards in paid],
        *[reader(found) for reader in plan.hire_readers],
        *[reader(found) for reader in plan.worked_readers],
        *offers_answered(plan.plan.offers, found, plan.calendar.starts_in),
        *[reader(found) for reader in plan.ladder.readers],
        *[reader(found) for reader in plan.ladder.placement_readers],
    ]


def _places(ids: Sequence[str | None]) -> Places:
    """Nowhere is a place of its own."""
    known: dict[str, int] = {}
    at = [known.setdefault(place or NO_PLACE, len(known)) for place in ids]
    return Places(integers(at), tuple(known))


def _groups(attribute: str, sources: Sequence[Source | None]) -> Places:
    """By what is on file of each; who has nothing is in no group."""
    known: dict[str, int] = {}
    words = [source.found.words.get(attribute) if source else None for source in sources]
    at = [NOWHERE if word is None else known.setdefault(word, len(known)) for word in words]
    return Places(integers(at), tuple(known))
