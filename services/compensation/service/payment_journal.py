"""The payment journal: what each step of a payout batch posts, in the transaction of the step.

An entry lands in the month that it is posted in, in the plan's time zone; what payroll took, in the month of the pay
date or, where that is closed, in the first open month after it. Closed months take nothing: corrections are entries of
later months, as in Xactly's prior period processing.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import PaymentKind, PayoutBatch, month_after, month_of
from services.compensation.repository import accounting_periods, payment_journal, plans
from shared.kernel.clock import Clock

_APPROVED = {True: PaymentKind.APPROVED, False: PaymentKind.CLAIMED}
_TAKEN = {True: PaymentKind.PAID, False: PaymentKind.RECOVERED}
_RELEASED = {True: PaymentKind.RELEASED, False: PaymentKind.CLAIM_RELEASED}


async def approved(connection: AsyncConnection, clock: Clock, batch: PayoutBatch) -> None:
    """All lines: what they pay is payable from now on, what they take back is due."""
    await _post(connection, clock, batch, [("open", _APPROVED)])


async def withdrawn(connection: AsyncConnection, clock: Clock, batch: PayoutBatch) -> None:
    """All lines of a batch that was approved: undone. Of one that was not, nothing."""
    await _post(connection, clock, batch, [("open", _RELEASED)])


async def acknowledged(connection: AsyncConnection, clock: Clock, batch: PayoutBatch) -> None:
    """All lines, as payroll answered them."""
    await _post(connection, clock, batch, [("accepted", _TAKEN), ("rejected", _RELEASED)])


async def _post(
    connection: AsyncConnection, clock: Clock, batch: PayoutBatch, steps: list[tuple[str, dict[bool, PaymentKind]]]
) -> None:
    await accounting_periods.share(connection)
    closed = await accounting_periods.closed(connection)
    now, version = clock.now(), await plans.published_for(connection, batch.plan_year)
    current = month_of(now, version.document["time_zone"] if version else "UTC")
    for line_state, kinds in steps:
        month = batch.pay_date.isoformat()[:7] if kinds is _TAKEN else current
        while month in closed:
            month = month_after(month)
        await payment_journal.post(connection, batch.id, kinds, line_state=line_state, month=month, at=now)
