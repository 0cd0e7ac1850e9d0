"""Overpayments, and their recovery in instalments that another person approves.

What was overpaid is never taken back by itself. A recovery takes over the ledger entries behind it, each once; from its
approval on, each batch takes the instalments that are due. What the educator earns afterwards is paid as ever.
"""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import Instalment, Overpayment, Recovery, RecoveryStanding, RecoveryState
from services.compensation.domain.payables import by_educator, net_cents
from services.compensation.domain.recoveries import parts_of
from services.compensation.errors import InstalmentsDoNotMatch, NothingOverpaid, PaymentUnderWay, RecoveryUnknown
from services.compensation.repository import payables, recoveries
from services.compensation.service.access import not_on_oneself
from services.compensation.service.suspensions import hold_payouts
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.kernel.money import format_cents
from shared.web.auth import Principal


async def overpayments(connection: AsyncConnection, plan_year: str) -> list[Overpayment]:
    """All who were paid more than their statements of `plan_year` come to, as far as no recovery has it."""
    found = await payables.overpaid(connection, plan_year)
    under_way = {one.educator_id: row.under_way_cents for one, row in found}
    return [
        Overpayment(educator, -net_cents(sums), under_way[educator], sums)
        for educator, sums in by_educator([one for one, _ in found])
    ]


async def open_recovery(
    connection: AsyncConnection,
    clock: Clock,
    *,
    educator_id: UUID,
    plan_year: str,
    instalments: Sequence[Instalment],
    by: Principal,
) -> RecoveryStanding:
    """Propose to take back what the educator was overpaid, in `instalments` that sum to it exactly.

    Raises NothingOverpaid, PaymentUnderWay, InstalmentsDoNotMatch, ConflictOfInterest, PayoutsSuspended.
    """
    not_on_oneself(educator_id, by)
    await hold_payouts(connection)
    found = await payables.overpaid(connection, plan_year, educator_id=educator_id)
    if not found:
        raise NothingOverpaid(
            f"educator {educator_id} was paid no more for {plan_year} than the statement comes to, or a recovery is "
            "open already: GET /compensation/v1/overpayments lists what was overpaid"
        )
    if lines := found[0][1].lines_under_way:
        raise PaymentUnderWay(
            f"{lines} lines of educator {educator_id} are in batches that payroll has not answered: withdraw the "
            "batch, or wait for the acknowledgement, and open the recovery then"
        )
    sums = [one for one, _ in found]
    total = -net_cents(sums)
    proposed = sum(one.amount_cents for one in instalments)
    if proposed != total:
        raise InstalmentsDoNotMatch(
            f"the instalments sum to {format_cents(proposed)}, and {format_cents(total)} was overpaid: make them match"
        )
    now = clock.now()
    opened = Recovery(
        uuid7(now), educator_id, plan_year, RecoveryState.PROPOSED, total, opened_by=by.subject, opened_at=now
    )
    parts = [{"id": uuid7(now), **asdict(part)} for part in parts_of(instalments, sums)]
    await recoveries.add(connection, opened, sums, parts)
    return await _standing(connection, opened)


async def approve_recovery(
    connection: AsyncConnection, clock: Clock, recovery_id: UUID, *, by: Principal
) -> RecoveryStanding:
    """Raises RecoveryUnknown, RecoveryStepOutOfOrder, OpenerCannotApprove, ConflictOfInterest, PayoutsSuspended."""
    recovery = (await _locked(connection, recovery_id, by)).approve(by.subject, clock.now())
    return await _step(connection, recovery, approved_by=by.subject, approved_at=recovery.approved_at)


async def stop_recovery(
    connection: AsyncConnection, clock: Clock, recovery_id: UUID, *, by: Principal, reason: str
) -> RecoveryStanding:
    """Take no further instalment. What is left is open again: set off against what is earned, or for a new recovery.

    Raises RecoveryUnknown, RecoveryStepOutOfOrder, ConflictOfInterest, PayoutsSuspended.
    """
    recovery = (await _locked(connection, recovery_id, by)).stop(by.subject, clock.now(), reason)
    return await _step(connection, recovery, stopped_by=by.subject, stopped_at=recovery.stopped_at, stop_reason=reason)


async def recovery_standing(connection: AsyncConnection, recovery_id: UUID) -> RecoveryStanding:
    """Raises RecoveryUnknown."""
    recovery = await recoveries.get(connection, recovery_id)
    if recovery is None:
        raise _unknown(recovery_id)
    return await _standing(connection, recovery)


async def recoveries_of_year(
    connection: AsyncConnection, plan_year: str, *, educator_id: UUID | None = None
) -> list[RecoveryStanding]:
    """All of a plan year, or those of one educator, the oldest first."""
    found = await recoveries.of_year(connection, plan_year, educator_id=educator_id)
    parts = await recoveries.parts(connection, [one.id for one in found])
    of_each = {recovery_id: list(own) for recovery_id, own in groupby(parts, key=lambda part: part.recovery_id)}
    return [RecoveryStanding(one, of_each[one.id]) for one in found]


async def _standing(connection: AsyncConnection, recovery: Recovery) -> RecoveryStanding:
    return RecoveryStanding(recovery, await recoveries.parts(connection, [recovery.id]))


async def _locked(connection: AsyncConnection, recovery_id: UUID, by: Principal) -> Recovery:
    # No batch is prepared between what the step sees and what it does.
    await hold_payouts(connection)
    recovery = await recoveries.lock(connection, recovery_id)
    if recovery is None:
        raise _unknown(recovery_id)
    not_on_oneself(recovery.educator_id, by)
    return recovery


def _unknown(recovery_id: UUID) -> RecoveryUnknown:
    return RecoveryUnknown(f"there is no recovery {recovery_id}: GET /compensation/v1/recoveries lists them")


async def _step(connection: AsyncConnection, recovery: Recovery, **values: object) -> RecoveryStanding:
    await recoveries.step(connection, recovery.id, {"state": recovery.state, **values})
    return await _standing(connection, recovery)
