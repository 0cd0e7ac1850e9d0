"""The answers already given to calls with an `Idempotency-Key`, kept where the work was done."""

from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

KEPT_FOR = timedelta(days=30)
"""How long a key is remembered; published in the OpenAPI document. The longest known sender retries for 25 days."""


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
    """Delete what is older than `KEPT_FOR`, at most 10,000 rows a call; returns how many were deleted."""
    result = await connection.execute(
        text(
            """
            DELETE FROM idempotency_key WHERE ctid IN (
                SELECT ctid FROM idempotency_key WHERE answered_at < :before LIMIT 10000 FOR UPDATE SKIP LOCKED)
            """
        ),
        {"before": now - KEPT_FOR},
    )
    return result.rowcount
