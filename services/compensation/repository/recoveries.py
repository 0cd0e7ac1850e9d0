"""Queries for recoveries: what was agreed, which entries it takes back, and where its instalments are."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    InstalmentState,
    OverpaymentCause,
    Payable,
    Recovery,
    RecoveryState,
    StandingPart,
)
from services.compensation.models import recovery, recovery_entry, recovery_instalment

_CARRY = text("UPDATE recovery_instalment SET carried_to = :recovery_id WHERE id = ANY(CAST(:instalments AS uuid[]))")
_PARTS = text(
    """
    SELECT i.recovery_id, i.number, i.component, i.due_on, i.amount_cents, l.batch_id, l.number AS line_number,
           b.pay_date,
           CASE WHEN i.carried_to IS NOT NULL THEN 'carried'
                WHEN p.line_id IS NULL THEN 'open'
                WHEN l.state = 'accepted' THEN 'recovered'
                ELSE 'in_batch' END AS state
    FROM recovery_instalment i
    LEFT JOIN payout_instalment p ON p.instalment_id = i.id AND p.released_at IS NULL
    LEFT JOIN payout_line l ON l.id = p.line_id
    LEFT JOIN payout_batch b ON b.id = l.batch_id
    WHERE i.recovery_id = ANY(CAST(:recoveries AS uuid[]))
    ORDER BY i.recovery_id, i.number, i.component
    """
)
_CAUSES = text(
    """
    SELECT e.recovery_id, l.sequence, l.component, l.amount_cents, l.posted_at AS at
    FROM recovery_entry e JOIN ledger_entry l ON l.id = e.ledger_entry_id
    WHERE e.recovery_id = ANY(CAST(:recoveries AS uuid[]))
    UNION ALL
    SELECT i.carried_to, NULL, i.component, -sum(i.amount_cents)::bigint, r.stopped_at
    FROM recovery_instalment i JOIN recovery r ON r.id = i.recovery_id
    WHERE i.carried_to = ANY(CAST(:recoveries AS uuid[]))
    GROUP BY i.carried_to, r.id, i.component
    ORDER BY recovery_id, at, sequence, component
    """
)


async def add(
    connection: AsyncConnection,
    opened: Recovery,
    sums: Sequence[Payable],
    of_instalments: Sequence[dict[str, Any]],
) -> None:
    """Write a recovery that was opened: the entries and instalments behind the open `sums` are its own from now on."""
    await connection.execute(
        insert(recovery).values(
            id=opened.id,
            educator_id=opened.educator_id,
            plan_year=opened.plan_year,
            state=opened.state,
            total_cents=opened.total_cents,
            opened_by=opened.opened_by,
            opened_at=opened.opened_at,
        )
    )
    entries = [{"ledger_entry_id": entry, "recovery_id": opened.id} for one in sums for entry in one.entries]
    if entries:
        await connection.execute(insert(recovery_entry), entries)
    carried = [instalment for one in sums for instalment in one.instalments]
    await connection.execute(_CARRY, {"recovery_id": opened.id, "instalments": carried})
    await connection.execute(
        insert(recovery_instalment), [{**part, "recovery_id": opened.id} for part in of_instalments]
    )


async def lock(connection: AsyncConnection, recovery_id: UUID) -> Recovery | None:
    """The recovery, locked for its next step."""
    row = (await connection.execute(select(recovery).where(recovery.c.id == recovery_id).with_for_update())).first()
    return None if row is None else _recovery(row)


async def get(connection: AsyncConnection, recovery_id: UUID) -> Recovery | None:
    row = (await connection.execute(select(recovery).where(recovery.c.id == recovery_id))).first()
    return None if row is None else _recovery(row)


async def of_year(connection: AsyncConnection, plan_year: str, *, educator_id: UUID | None = None) -> list[Recovery]:
    """All of a plan year, or those of one educator, the oldest first."""
    query = select(recovery).where(recovery.c.plan_year == plan_year).order_by(recovery.c.opened_at, recovery.c.id)
    if educator_id is not None:
        query = query.where(recovery.c.educator_id == educator_id)
    return [_recovery(row) for row in await connection.execute(query)]


async def step(connection: AsyncConnection, recovery_id: UUID, values: dict[str, object]) -> None:
    """Record a step of the recovery: its new state, who and when."""
    await connection.execute(update(recovery).where(recovery.c.id == recovery_id).values(**values))


async def parts(connection: AsyncConnection, recovery_ids: Sequence[UUID]) -> list[StandingPart]:
    """Each part of each instalment with where it is, by recovery, number and component."""
    rows = await connection.execute(_PARTS, {"recoveries": list(recovery_ids)})
    return [StandingPart(**{**row._asdict(), "state": InstalmentState(row.state)}) for row in rows]


async def causes(connection: AsyncConnection, recovery_ids: Sequence[UUID]) -> list[OverpaymentCause]:
    """What each recovery takes back came of; by recovery, the earliest first. They sum to its total."""
    rows = await connection.execute(_CAUSES, {"recoveries": list(recovery_ids)})
    return [OverpaymentCause(**row._asdict()) for row in rows]


def _recovery(row: Row[Any]) -> Recovery:
    return Recovery(**{**row._asdict(), "state": RecoveryState(row.state)})
