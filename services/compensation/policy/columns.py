"""Facts of many educators as columns of 64-bit integers: the only input of the evaluator's arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.compensation.domain import EducatorFacts
from services.compensation.policy.compiled import NOBODY, SEGMENT_OF, CompiledPlan
from services.compensation.policy.exact import DENOMINATOR_MAX, Ints
from services.compensation.policy.gather import Gathered, YearAward, gather
from services.compensation.policy.readers import paid_awards
from shared.kernel.assertions import invariant


@dataclass(frozen=True, eq=False, slots=True)
class Columns:
    """One column an educator. Measures as numerator (millionths) over denominator, 0 where nothing was measured."""

    segment: Ints
    fte_days: Ints
    numerators: Ints
    denominators: Ints
    stipend_counts: Ints
    shortfalls: Ints


@dataclass(frozen=True, slots=True)
class Source:
    """What an educator's column was made of: what a statement lists item by item."""

    found: Gathered
    paid_awards: tuple[Sequence[YearAward], ...]


def build_columns(plan: CompiledPlan, facts: Sequence[EducatorFacts]) -> tuple[Columns, list[Source | None]]:
    """A column and its source for each educator, in order; a column of zeros and no source for who is not rostered."""
    rows: list[list[int]] = []
    sources: list[Source | None] = []
    measures, stipends, needs = len(plan.readers), len(plan.stipends), len(plan.needs)
    absent = [NOBODY, 0, *[0] * (2 * measures + stipends + needs)]
    for one in facts:
        found = gather(one, plan.calendar, plan.eligible_roles)
        if found is None:
            rows.append(absent)
            sources.append(None)
            continue
        paid = tuple([paid_awards(stipend, found) for stipend in plan.stipends])
        rows.append(_row(plan, found, paid))
        sources.append(Source(found, paid))
    table = np.array(rows, dtype=np.int64).reshape(len(rows), len(absent)).T
    after = np.cumsum([2, measures, measures, stipends]).tolist()
    columns = Columns(
        segment=table[0],
        fte_days=table[1],
        numerators=table[after[0] : after[1]],
        denominators=table[after[1] : after[2]],
        stipend_counts=table[after[2] : after[3]],
        shortfalls=table[after[3] :],
    )
    return columns, sources


def _row(plan: CompiledPlan, found: Gathered, paid: tuple[Sequence[YearAward], ...]) -> list[int]:
    read = [reader(found) for reader in plan.readers]
    denominators = [denominator for _, denominator in read]
    invariant(
        not denominators or max(denominators) <= DENOMINATOR_MAX,
        f"educator {found.educator_id} has more than {DENOMINATOR_MAX} values under one mean",
    )
    return [
        SEGMENT_OF[found.employment.role, found.employment.group],
        found.employment.fte_days,
        *[numerator for numerator, _ in read],
        *denominators,
        *[len(awards) for awards in paid],
        *[reader(found) for reader in plan.need_readers],
    ]
