"""Payouts are suspended where the database may not know of all that was paid, until it agrees with payroll again.

A database that was rebuilt from the log has no batches: it would pay everybody a second time.
"""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import PayoutSuspension, Released
from services.compensation.domain.suspensions import agree
from services.compensation.errors import PayoutsNotWhole, PayoutsSuspended
from services.compensation.repository import payables, reconciliation, suspensions
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7


async def hold_payouts(connection: AsyncConnection) -> None:
    """Wait for the turn to decide where money goes. Raises PayoutsSuspended."""
    await payables.hold_payouts(connection)
    await not_suspended(connection)


async def not_suspended(connection: AsyncConnection) -> None:
    """Raises PayoutsSuspended."""
    standing = await suspensions.standing(connection)
    if standing is not None:
        raise PayoutsSuspended(
            f"payouts are suspended since {standing.suspended_at:%Y-%m-%d}: {standing.reason}. Have an operator "
            "restore what was paid from the backup and resume them with rung ops resume-payouts; nothing was changed"
        )


async def suspend_payouts(connection: AsyncConnection, clock: Clock, *, by: str, reason: str) -> None:
    """Let nothing be paid from here on. Who is taking a step that decides about money finishes it first."""
    await payables.hold_payouts(connection)
    now = clock.now()
    await suspensions.add(connection, PayoutSuspension(uuid7(now), by, now, reason))


async def resume_payouts(
    connection: AsyncConnection, clock: Clock, *, payroll_has: Mapping[str, Released], by: str, reason: str
) -> None:
    """Pay again, since all is known that payroll was given: what payroll has of each plan year is what stands here,
    and the books tie out. `connection` is at the beginning of its transaction.

    Raises PayoutsNotWhole.
    """
    await reconciliation.look_at_one_moment(connection)
    if await suspensions.standing(connection) is None:
        raise PayoutsNotWhole("payouts are not suspended: there is nothing to resume")
    known = await suspensions.released(connection)
    agree(known, payroll_has)
    for year in sorted(known):
        broken = [
            check.code
            for check in reconciliation.BOOKS
            if not (await reconciliation.run(connection, check, year)).holds
        ]
        if broken:
            raise PayoutsNotWhole(
                f"{year} does not tie out: {', '.join(broken)}. rung ops reconcile {year} names the places; payouts "
                "stay suspended"
            )
    await suspensions.end(connection, by=by, at=clock.now(), reason=reason, payroll_has=payroll_has)
