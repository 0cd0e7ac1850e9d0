"""The frozen lines of a batch in other forms than payroll's NDJSON: made of its bytes alone, so never another way."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import PayoutBatch
from services.compensation.policy.fixed_width import write_records
from services.compensation.policy.layouts import Layout
from services.compensation.repository import payouts
from shared.kernel.period import SchoolYear


async def documents(connection: AsyncConnection, batch: PayoutBatch) -> AsyncIterator[list[dict[str, Any]]]:
    """The lines as documents, some thousand at a time."""
    rest = b""
    async for piece in payouts.content(connection, batch.id):
        *whole, rest = (rest + piece).split(b"\n")
        yield [orjson.loads(line) for line in whole]


async def by_layout(connection: AsyncConnection, batch: PayoutBatch, layout: Layout) -> bytes:
    """The batch as records of one length. Raises ValueDoesNotFit with line and field."""
    lines = [line async for some in documents(connection, batch) for line in some]
    values = {
        "batch_id": batch.id,
        "plan_year": batch.plan_year,
        "paid_in_year": str(SchoolYear.containing(batch.pay_date)),
        "pay_date": batch.pay_date,
        "district_id": batch.district_id,
        "content_hash": batch.content_hash,
        "line_count": batch.line_count,
        "control_total": batch.control_total_cents,
    }
    return await asyncio.to_thread(write_records, layout, values, lines)
