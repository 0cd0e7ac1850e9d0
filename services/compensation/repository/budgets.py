"""Queries for budgets, and for what a plan year has come to so far."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import Budget, BudgetPlace, CostToDate
from services.compensation.models import budget

# Each accrued cent belongs to the district whose payout line it is in; until it is in one, to the district where the
# educator stands now, which is where it will be paid. The grouping is by what a budget can be for.
_COST = text(
    """
    WITH cost AS (
      SELECT CASE WHEN n.id IS NULL THEN t.district_id ELSE n.district_id END AS district_id, l.component,
             l.amount_cents AS accrued, CASE WHEN l.posted_at < :then THEN l.amount_cents ELSE 0 END AS accrued_then,
             0 AS approved, 0 AS paid, 0 AS recovered
      FROM ledger_entry l
      JOIN bonus_total t USING (educator_id, plan_year)
      LEFT JOIN payout_entry e ON e.ledger_entry_id = l.id AND e.released_at IS NULL
      LEFT JOIN payout_line n ON n.id = e.line_id
      WHERE l.plan_year = :plan_year
      UNION ALL
      SELECT n.district_id, n.component, 0, 0,
             p.amount_cents * CASE WHEN p.kind IN ('approved', 'claim_released', 'recovered') THEN 1 ELSE -1 END,
             CASE p.kind WHEN 'paid' THEN p.amount_cents ELSE 0 END,
             CASE p.kind WHEN 'recovered' THEN p.amount_cents ELSE 0 END
      FROM payment_entry p
      JOIN payout_line n ON n.id = p.line_id
      JOIN payout_batch b ON b.id = n.batch_id
      WHERE b.plan_year = :plan_year
    )
    SELECT district_id, component, sum(accrued)::bigint AS accrued, sum(accrued_then)::bigint AS accrued_then,
           sum(approved)::bigint AS approved, sum(paid)::bigint AS paid, sum(recovered)::bigint AS recovered
    FROM cost GROUP BY GROUPING SETS ((), (component), (district_id), (district_id, component))
    HAVING district_id IS NOT NULL OR GROUPING(district_id) = 1
    """
)


async def standing(connection: AsyncConnection, plan_year: str) -> Budget | None:
    """The one with the highest number."""
    found = await history(connection, plan_year)
    return found[-1] if found else None


async def history(connection: AsyncConnection, plan_year: str) -> list[Budget]:
    """Every budget that there was of the year, the first one first."""
    rows = await connection.execute(select(budget).where(budget.c.plan_year == plan_year).order_by(budget.c.number))
    return [_budget(row) for row in rows]


async def hold(connection: AsyncConnection) -> None:
    """One budget is decided at a time; the primary key stands behind it."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('budgets'))"))


async def add(connection: AsyncConnection, one: Budget) -> None:
    await connection.execute(
        insert(budget).values(
            plan_year=one.plan_year,
            number=one.number,
            amounts=[
                {
                    "district_id": None if place.district_id is None else str(place.district_id),
                    "component": place.component,
                    "cents": cents,
                }
                for place, cents in one.amounts.items()
            ],
            reason=one.reason,
            decided_by=one.decided_by,
            decided_at=one.decided_at,
        )
    )


async def cost_to_date(
    connection: AsyncConnection, plan_year: str, *, then: datetime
) -> Mapping[BudgetPlace, CostToDate]:
    """What the year has come to, by all that a budget can be for; `accrued_then` is before the moment `then`."""
    rows = await connection.execute(_COST, {"plan_year": plan_year, "then": then})
    return {
        BudgetPlace(row.district_id, row.component): CostToDate(
            row.accrued or 0, row.accrued_then or 0, row.approved or 0, row.paid or 0, row.recovered or 0
        )
        for row in rows
    }


def _budget(row: Row[Any]) -> Budget:
    rows = row.amounts if isinstance(row.amounts, list) else orjson.loads(row.amounts)
    places = (BudgetPlace(one["district_id"] and UUID(one["district_id"]), one["component"]) for one in rows)
    return Budget(
        plan_year=row.plan_year,
        number=row.number,
        amounts={place: one["cents"] for place, one in zip(places, rows, strict=True)},
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
