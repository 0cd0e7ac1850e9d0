"""Payment holds: placed by HR, or by an inquiry while it is open. They keep an educator out of batches."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import HoldSource, PaymentHold
from services.compensation.errors import EducatorNotRostered, HeldByInquiry, PaymentHoldUnknown
from services.compensation.repository import attributes, holds, payables
from services.compensation.service.access import not_on_oneself
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.web.auth import Principal


async def place_hold(
    connection: AsyncConnection,
    clock: Clock,
    *,
    educator_id: UUID,
    plan_year: str,
    reason: str,
    by: Principal,
) -> PaymentHold:
    """Keep all that the educator is paid for `plan_year` out of batches until the hold is lifted.

    A batch that is sealed already is not stopped by it. Several holds may be open at once: each has to be lifted.
    Raises EducatorNotRostered, ConflictOfInterest.
    """
    not_on_oneself(educator_id, by)
    return await begin_hold(
        connection,
        clock,
        educator_id=educator_id,
        plan_year=plan_year,
        reason=reason,
        by=by.subject,
        source=HoldSource.HR,
    )


async def begin_hold(
    connection: AsyncConnection,
    clock: Clock,
    *,
    educator_id: UUID,
    plan_year: str,
    reason: str,
    by: str,
    source: HoldSource,
) -> PaymentHold:
    """The same, whatever it comes from. Raises EducatorNotRostered."""
    if not await attributes.known_educators(connection, [educator_id]):
        raise EducatorNotRostered(
            f"no roster has brought educator {educator_id}: correct the id, or import the roster; nothing was held"
        )
    # A batch is approved or sealed before the hold, or sees it.
    await payables.hold_payouts(connection)
    now = clock.now()
    hold = PaymentHold(uuid7(now), educator_id, plan_year, source, reason, placed_by=by, placed_at=now)
    await holds.add(connection, hold)
    return hold


async def lift_hold(
    connection: AsyncConnection, clock: Clock, hold_id: UUID, *, by: Principal, reason: str
) -> PaymentHold:
    """What it kept back goes into the next batch.

    Raises PaymentHoldUnknown, PaymentHoldLifted, HeldByInquiry, ConflictOfInterest.
    """
    hold = await holds.lock(connection, hold_id)
    if hold is None:
        raise PaymentHoldUnknown(f"there is no payment hold {hold_id}: GET /compensation/v1/payment-holds lists them")
    not_on_oneself(hold.educator_id, by)
    if hold.source is HoldSource.INQUIRY and hold.lifted_at is None:
        raise HeldByInquiry(f"hold {hold_id} is an open inquiry's: answer the inquiry, and it is lifted")
    return await _lift(connection, clock, hold, by=by.subject, reason=reason)


async def end_hold(connection: AsyncConnection, clock: Clock, hold_id: UUID, *, by: str, reason: str) -> PaymentHold:
    """Lift the hold of an inquiry that closes; nobody else lifts it."""
    hold = await holds.lock(connection, hold_id)
    assert hold is not None  # noqa: S101 - a foreign key says so
    return await _lift(connection, clock, hold, by=by, reason=reason)


async def _lift(connection: AsyncConnection, clock: Clock, hold: PaymentHold, *, by: str, reason: str) -> PaymentHold:
    lifted = hold.lift(by, clock.now(), reason)
    await holds.lifted(connection, lifted)
    return lifted


async def holds_of_year(
    connection: AsyncConnection, plan_year: str, *, is_open: bool | None = None
) -> Sequence[PaymentHold]:
    """Those that are open, those that were lifted, or (None) all of them; the oldest first."""
    return await holds.of_year(connection, plan_year, is_open=is_open)
