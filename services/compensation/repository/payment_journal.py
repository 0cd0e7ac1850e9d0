"""Queries for the payment journal: one statement a step, for a batch of any size."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import TRANSFERS, PaymentKind

_VALUES = ", ".join(f"('{kind}', '{debit}', '{credit}')" for kind, (debit, credit) in TRANSFERS.items())
# What was never approved has nothing to be undone or paid.
_POST = text(
    f"""
    INSERT INTO payment_entry (line_id, kind, debit, credit, amount_cents, posted_period, posted_at)
    SELECT l.id, t.kind, t.debit, t.credit, abs(l.amount_cents), :month, :at
    FROM payout_line l
    JOIN (VALUES {_VALUES}) AS t(kind, debit, credit)
      ON t.kind = CASE WHEN l.amount_cents > 0 THEN CAST(:pays AS text) ELSE CAST(:takes_back AS text) END
    WHERE l.batch_id = :batch_id AND l.state = :line_state AND (:begins OR EXISTS (
      SELECT FROM payment_entry p WHERE p.line_id = l.id AND p.kind IN ('approved', 'claimed')))
    """
)


async def post(
    connection: AsyncConnection,
    batch_id: UUID,
    kinds: Mapping[bool, PaymentKind],
    *,
    line_state: str,
    month: str,
    at: datetime,
) -> None:
    """Post an entry for each line of the batch that is in `line_state`: by `kinds`, True for one that pays, False for
    one that takes back.
    """
    await connection.execute(
        _POST,
        {
            "batch_id": batch_id,
            "pays": kinds[True],
            "takes_back": kinds[False],
            "begins": kinds[True] is PaymentKind.APPROVED,
            "line_state": line_state,
            "month": month,
            "at": at,
        },
    )
