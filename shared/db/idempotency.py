"""The answers already given to calls with an `Idempotency-Key`, kept where the work was done."""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.kernel.clock import Clock

KEPT_FOR = timedelta(days=30)
"""How long a key is remembered; published in the OpenAPI document. The longest known sender retries for 25 days."""
FORGOTTEN_AT_ONCE = 10_000
_FORGET_EVERY_SECONDS = 3600.0


def idempotency_table(metadata: MetaData) -> Table:
    """One row for each call that succeeded; its primary key is what makes a second success impossible."""
    table = Table(
        "idempotency_key",
        metadata,
        Column("principal", Text, primary_key=True),
        Column("operation", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("body_hash", LargeBinary, nullable=False),
        Column("status", Integer, nullable=False),
        Column("headers", JSONB, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("answered_at", DateTime(timezone=True), nullable=False),
    )
    Index("ix_idempotency_key_answered_at", table.c.answered_at)
    return table


async def forget_answers(connection: AsyncConnection, *, now: datetime) -> int:
    """Delete what is older than `KEPT_FOR`, at most `FORGOTTEN_AT_ONCE` rows; returns how many were deleted."""
    result = await connection.execute(
        text(
            """
            DELETE FROM idempotency_key WHERE ctid IN (
                SELECT ctid FROM idempotency_key WHERE answered_at < :before LIMIT :at_once FOR UPDATE SKIP LOCKED)
            """
        ),
        {"before": now - KEPT_FOR, "at_once": FORGOTTEN_AT_ONCE},
    )
    return result.rowcount


async def keep_forgetting(engine: AsyncEngine, clock: Clock) -> None:
    """Forget once an hour, until cancelled. Any number of processes may do so on one database."""
    while True:
        async with engine.begin() as connection:
            forgotten = await forget_answers(connection, now=clock.now())
        if forgotten < FORGOTTEN_AT_ONCE:
            await asyncio.sleep(_FORGET_EVERY_SECONDS)
