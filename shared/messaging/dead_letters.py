"""Dead letters: what could not be handled, kept with its reason until a person retries or discards it.

A poison event blocks its own key only: later records of that key queue up behind it, in order.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.messaging.bus import ConsumedRecord, Partition

_BEHIND = "waits behind an earlier event of the same key"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record set aside, as an operator sees it."""

    id: int
    consumer: str
    record: ConsumedRecord
    reason: str
    state: str
    set_aside_at: datetime


async def blocked_keys(connection: AsyncConnection, consumer: str, keys: Collection[str]) -> set[str]:
    """Those of `keys` that have a record waiting."""
    rows = await connection.execute(
        text(
            "SELECT DISTINCT key FROM dead_letter"
            " WHERE consumer = :consumer AND state = 'waiting' AND key = ANY(CAST(:keys AS text[]))"
        ),
        {"consumer": consumer, "keys": list(keys)},
    )
    return {row.key for row in rows}


async def set_aside(
    connection: AsyncConnection,
    consumer: str,
    records: Sequence[ConsumedRecord],
    *,
    now: datetime,
    reason: str = _BEHIND,
) -> None:
    """Keep `records` in their order, in the transaction that moves the consumer's offset past them."""
    await connection.execute(
        text(
            """
            INSERT INTO dead_letter
              (consumer, topic, partition, "offset", key, headers, value, reason, state, set_aside_at)
            VALUES (:consumer, :topic, :partition, :offset, :key, CAST(:headers AS jsonb), :value, :reason, 'waiting', :now)
            """
        ),
        [
            {
                "consumer": consumer,
                "topic": record.partition.topic,
                "partition": record.partition.number,
                "offset": record.offset,
                "key": record.key,
                "headers": json.dumps([(name, value.decode(errors="replace")) for name, value in record.headers]),
                "value": record.value,
                "reason": reason[:4000],
                "now": now,
            }
            for record in records
        ],
    )


async def waiting(connection: AsyncConnection, *, key: str | None = None, limit: int = 1000) -> list[DeadLetter]:
    """The records that wait, oldest first; of one key if given. Locked until the transaction ends."""
    rows = await connection.execute(
        text(
            "SELECT * FROM dead_letter WHERE state = 'waiting' AND (CAST(:key AS text) IS NULL OR key = :key)"
            " ORDER BY id LIMIT :limit FOR UPDATE"
        ),
        {"key": key, "limit": limit},
    )
    return [_dead_letter(row) for row in rows]


async def settle(
    connection: AsyncConnection, ids: Sequence[int], *, state: str, now: datetime, by: str, reason: str
) -> None:
    """Close the letters as `retried` or `discarded`, with who did it and why."""
    await connection.execute(
        text(
            "UPDATE dead_letter SET state = :state, settled_at = :now, settled_by = :by, settled_reason = :reason"
            " WHERE id = ANY(CAST(:ids AS bigint[])) AND state = 'waiting'"
        ),
        {"ids": list(ids), "state": state, "now": now, "by": by, "reason": reason},
    )


def _dead_letter(row: Any) -> DeadLetter:
    record = ConsumedRecord(
        Partition(row.topic, row.partition),
        row.offset,
        row.key,
        row.value,
        [(name, value.encode()) for name, value in row.headers],
    )
    return DeadLetter(row.id, row.consumer, record, row.reason, row.state, row.set_aside_at)
