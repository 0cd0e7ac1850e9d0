"""What a what-if comes to for one educator after the other, as it is kept."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, repeat
from typing import NamedTuple

import orjson

from services.compensation.domain import WhatIfRow
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.exact import Bools
from services.compensation.policy.what_if.comparing import NONE, Block, Outcome
from services.compensation.policy.what_if.summary import Tally


class _Part(NamedTuple):
    """What one side comes to for one educator."""

    rung: str
    total: int
    components: str


def rows_of(block: Block, tally: Tally) -> list[WhatIfRow]:
    """Count the block in `tally`, and tell each of its educators' part."""
    up, down = tally.add(block)
    codes = [gate.code for gate in tally.gates_on_both]
    standing, scenario = tally.comparison.before, tally.comparison.after
    after = _parts(scenario.plan, block.after)
    before: Iterable[_Part | None] = repeat(None, len(block.ids))
    if standing is not None and block.before is not None:
        before = _parts(standing.plan, block.before)
    told = zip(block.ids, block.people, before, after, _codes(codes, up), _codes(codes, down), strict=True)
    return [
        WhatIfRow(
            educator_id=educator_id,
            role=person.role,
            subject_group=person.subject_group,
            district_id=None if person.district == NONE else person.district,
            campus_id=None if person.campus == NONE else person.campus,
            rung_before=old and old.rung,
            rung_after=new.rung,
            total_before_cents=None if old is None else old.total,
            total_after_cents=new.total,
            difference_cents=new.total - (0 if old is None else old.total),
            gates_crossed_up=gained,
            gates_crossed_down=lost,
            components_before=old and old.components,
            components_after=new.components,
        )
        for educator_id, person, old, new, gained, lost in told
    ]


def _parts(plan: CompiledPlan, outcome: Outcome) -> Iterator[_Part]:
    rungs = [rung.code for rung in plan.plan.ladder.rungs]
    codes = [component.code for component in plan.plan.components]
    of_each = zip(outcome.rung.tolist(), outcome.total.tolist(), outcome.amounts.T.tolist(), strict=True)
    for rung, total, amounts in of_each:
        yield _Part(rungs[rung], total, orjson.dumps(dict(zip(codes, amounts, strict=True))).decode())


def _codes(codes: Sequence[str], crossed: Bools) -> Iterator[list[str]]:
    return (list(compress(codes, of_one)) for of_one in crossed.T.tolist())
