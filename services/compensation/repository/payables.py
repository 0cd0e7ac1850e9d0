"""Queries for what waits to be paid or taken back, and the lock under which it is decided where money goes."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import Payable

_PLACE = "t.employee_number, t.district_id, t.campus_id, t.plan_version_id"
_OPEN_SUMS = f"""
SELECT o.educator_id, o.component, sum(o.amount_cents)::bigint AS amount_cents, NULL::uuid AS recovery_id,
       array_remove(array_agg(o.ledger_entry_id), NULL) AS entries,
       array_remove(array_agg(o.instalment_id), NULL) AS instalments, {_PLACE}
FROM open_item o
JOIN bonus_total t ON t.educator_id = o.educator_id AND t.plan_year = o.plan_year
WHERE o.plan_year = :plan_year AND (CAST(:district_id AS uuid) IS NULL OR t.district_id = :district_id)
  AND (CAST(:educator_id AS uuid) IS NULL OR o.educator_id = :educator_id)
GROUP BY o.educator_id, o.component, {_PLACE}
"""
_ALL_OPEN = text(f"{_OPEN_SUMS} ORDER BY educator_id, component")
_DUE = text(
    f"""
    SELECT r.educator_id, i.component, -sum(i.amount_cents)::bigint AS amount_cents, r.id AS recovery_id,
           ARRAY[]::uuid[] AS entries, array_agg(i.id) AS instalments, {_PLACE}
    FROM recovery r
    JOIN recovery_instalment i ON i.recovery_id = r.id
    JOIN bonus_total t ON t.educator_id = r.educator_id AND t.plan_year = r.plan_year
    WHERE r.plan_year = :plan_year AND r.state = 'approved' AND i.due_on <= :by
      AND (CAST(:district_id AS uuid) IS NULL OR t.district_id = :district_id)
      AND NOT EXISTS (SELECT FROM payout_instalment p WHERE p.instalment_id = i.id AND p.released_at IS NULL)
    GROUP BY r.educator_id, i.component, r.id, {_PLACE}
    """
)
# One statement sees one moment: what payroll answers meanwhile is in both or in neither.
_OVERPAID = text(
    f"""
    WITH sums AS ({_OPEN_SUMS}), overpaid AS (
      SELECT educator_id FROM sums GROUP BY educator_id HAVING sum(amount_cents) < 0
    ), under_way AS (
      SELECT l.educator_id, sum(l.amount_cents)::bigint AS under_way_cents, count(*) AS lines_under_way
      FROM payout_line l JOIN payout_batch b ON b.id = l.batch_id
      WHERE b.plan_year = :plan_year AND b.state IN ('prepared', 'approved', 'sealed')
      GROUP BY l.educator_id
    )
    SELECT sums.*, coalesce(under_way_cents, 0) AS under_way_cents, coalesce(lines_under_way, 0) AS lines_under_way
    FROM sums JOIN overpaid USING (educator_id) LEFT JOIN under_way USING (educator_id)
    WHERE sums.amount_cents <> 0
    ORDER BY educator_id, component
    """
)


_NOT_OWED = text(
    """
    SELECT l.number FROM payout_line l JOIN payout_batch b ON b.id = l.batch_id
    WHERE b.id = :batch_id AND l.amount_cents > 0 AND l.educator_id IN (
      SELECT educator_id FROM open_item WHERE plan_year = b.plan_year
      GROUP BY educator_id HAVING sum(amount_cents) < 0)
    ORDER BY l.number
    """
)


async def lines_not_owed(connection: AsyncConnection, batch_id: UUID) -> list[int]:
    """Numbers of the lines that pay somebody whose open sums come to less than nothing: they were owed more before."""
    return [row.number for row in await connection.execute(_NOT_OWED, {"batch_id": batch_id})]


async def hold_payouts(connection: AsyncConnection) -> None:
    """What decides where money goes is done one at a time: preparing, approving, sealing, holds and recoveries."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('payouts'))"))


async def open_sums(
    connection: AsyncConnection, plan_year: str, *, district_id: UUID | None = None, educator_id: UUID | None = None
) -> list[Payable]:
    """What no live line and no recovery has, summed by educator and component, in their order."""
    values = {"plan_year": plan_year, "district_id": district_id, "educator_id": educator_id}
    return [_payable(row) for row in await connection.execute(_ALL_OPEN, values)]


async def due_instalments(
    connection: AsyncConnection, plan_year: str, *, by: date, district_id: UUID | None
) -> list[Payable]:
    """What approved recoveries take back up to the day `by` and no live line has, by recovery and component."""
    values = {"plan_year": plan_year, "district_id": district_id, "by": by}
    return [_payable(row) for row in await connection.execute(_DUE, values)]


async def overpaid(
    connection: AsyncConnection, plan_year: str, *, educator_id: UUID | None = None
) -> Sequence[tuple[Payable, Row[Any]]]:
    """The open sums of those whose sums are less than nothing, each beside what is under way to them."""
    values = {"plan_year": plan_year, "district_id": None, "educator_id": educator_id}
    return [(_payable(row), row) for row in await connection.execute(_OVERPAID, values)]


_GIVEN = text(
    """
    SELECT t.educator_id::text, t.total_cents - coalesce(o.cents, 0)::bigint AS cents
    FROM bonus_total t
    LEFT JOIN (SELECT educator_id, sum(amount_cents) AS cents FROM open_item
               WHERE plan_year = :plan_year GROUP BY educator_id) o USING (educator_id)
    WHERE t.plan_year = :plan_year AND t.total_cents <> coalesce(o.cents, 0)
    """
)


async def given(connection: AsyncConnection, plan_year: str) -> dict[str, int]:
    """By educator what was paid of the year or is under way, in cents, less what recoveries took back or will take."""
    rows = await connection.execute(_GIVEN, {"plan_year": plan_year})
    return {row.educator_id: row.cents for row in rows}


def _payable(row: Row[Any]) -> Payable:
    return Payable(
        educator_id=row.educator_id,
        component=row.component,
        amount_cents=row.amount_cents,
        entries=tuple(row.entries),
        instalments=tuple(row.instalments),
        recovery_id=row.recovery_id,
        employee_number=row.employee_number,
        district_id=row.district_id,
        campus_id=row.campus_id,
        plan_version_id=row.plan_version_id,
    )
