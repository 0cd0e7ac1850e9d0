"""What is kept back or taken back of an educator's money of a plan year, with the reasons."""

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import OverpaymentCause, Progress
from services.compensation.policy.deadlines import InquiryRule
from services.compensation.policy.words.withheld import Withheld, hold_told, recovery_told
from services.compensation.repository import holds, payables, plans, reading, recoveries
from services.compensation.service.recoveries import recoveries_of_year
from shared.kernel.clock import Clock


async def withheld(
    connection: AsyncConnection,
    clock: Clock,
    educator_id: UUID,
    plan_year: str,
    *,
    rule: InquiryRule,
    standing: int,
    progress: Progress,
) -> Withheld:
    """Open holds and all recoveries, for whom may see them. `standing` is the number of the standing statement."""
    on_hold = await holds.of_year(connection, plan_year, is_open=True, educator_id=educator_id)
    found = await recoveries_of_year(connection, plan_year, educator_id=educator_id)
    told = []
    if found:
        causes = await recoveries.causes(connection, [one.recovery.id for one in found])
        of_each = {key: list(own) for key, own in groupby(causes, key=lambda cause: cause.recovery_id)}
        wanted = _statements_behind(causes, standing)
        statements = await reading.statement_bodies(connection, educator_id, plan_year, wanted)
        open_sums = await payables.open_sums(connection, plan_year, educator_id=educator_id)
        cents = {one.component: one.amount_cents for one in open_sums}
        versions = await plans.ever_published(connection, plan_year)
        published = {(one.plan, one.version): one.published_at for one in versions if one.published_at is not None}
        can_ask = rule.is_open(clock.now(), progress)
        told = [
            recovery_told(
                one,
                of_each[one.recovery.id],
                statements,
                rule,
                published=published,
                open_sums=cents,
                can_ask=can_ask,
            )
            for one in found
        ]
    return Withheld([hold_told(hold, rule.zone) for hold in on_hold], told)


def _statements_behind(causes: Sequence[OverpaymentCause], standing: int) -> list[int]:
    """Those that caused an overpayment, and the ones before: they still have a component that went with a plan."""
    named = {cause.sequence for cause in causes if cause.sequence is not None}
    return sorted(named | {sequence - 1 for sequence in named} | {standing})
