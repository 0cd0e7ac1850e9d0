"""Dead letters: what could not be handled, kept with its reason until a person retries or discards it.

A poison event blocks its own key only: later records of that key queue up behind it, in order.
"""

import base64
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.direct import driver
from shared.events.registry import Event
from shared.kernel.clock import Clock
from shared.messaging import offsets
from shared.messaging.bus import ConsumedRecord, Partition
from shared.messaging.received import Handler, of_interest, received, wanted_types

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
    rows = await (await driver(connection)).fetch(
        "SELECT DISTINCT key FROM dead_letter WHERE consumer = $1 AND state = 'waiting' AND key = ANY($2::text[])",
        consumer,
        list(keys),
    )
    return {row["key"] for row in rows}


async def set_aside(
    connection: AsyncConnection,
    consumer: str,
    records: Sequence[ConsumedRecord],
    *,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Keep `records` in their order, in the transaction that moves the consumer's offset past them.

    Without a reason of their own they wait behind an earlier one of their key.
    """
    await connection.execute(
        text(
            """
            INSERT INTO dead_letter
              (consumer, topic, partition, "offset", key, headers, value, reason, state, set_aside_at)
            VALUES
              (:consumer, :topic, :partition, :offset, :key, CAST(:headers AS jsonb), :value, :reason, 'waiting', :now)
            """
        ),
        [
            {
                "consumer": consumer,
                "topic": record.partition.topic,
                "partition": record.partition.number,
                "offset": record.offset,
                "key": record.key,
                "headers": json.dumps([(_storable(name), _stored(value)) for name, value in record.headers]),
                "value": record.value,
                "reason": _storable((reason or _BEHIND)[:4000]),
                "now": now,
            }
            for record in records
        ],
    )


async def waiting(
    connection: AsyncConnection, *, consumer: str | None = None, key: str | None = None, limit: int | None = 1000
) -> list[DeadLetter]:
    """The records that wait, oldest first; of one consumer or key if given. Locked until the transaction ends."""
    rows = await connection.execute(
        text(
            "SELECT * FROM dead_letter WHERE state = 'waiting'"
            " AND (CAST(:consumer AS text) IS NULL OR consumer = :consumer)"
            " AND (CAST(:key AS text) IS NULL OR key = :key)"
            " ORDER BY id LIMIT CAST(:limit AS bigint) FOR UPDATE"
        ),
        {"consumer": consumer, "key": key, "limit": limit},
    )
    return [_dead_letter(row) for row in rows]


async def retry(
    engine: AsyncEngine,
    *,
    consumer: str,
    handle: Handler,
    key: str,
    clock: Clock,
    by: str,
    reason: str,
    events: Iterable[type[Event]] | None = None,
) -> int:
    """Handle all waiting letters of `key` again, in order; returns how many. `handle` and `events` as the consumer's.

    One transaction: where a letter fails again its error is raised, and all of them wait on as before.
    """
    async with engine.begin() as connection:
        await offsets.hold(connection, consumer)
        letters = await waiting(connection, consumer=consumer, key=key, limit=None)
        wanted = wanted_types(events)
        if again := received(of_interest([letter.record for letter in letters], wanted), wanted):
            await handle(connection, again)
        ids = [letter.id for letter in letters]
        return await settle(connection, ids, state="retried", now=clock.now(), by=by, reason=reason)


async def discard(engine: AsyncEngine, *, consumer: str, ids: Sequence[int], clock: Clock, by: str, reason: str) -> int:
    """Give these letters up for good; returns how many were still waiting.

    What waited behind them goes on waiting until it is retried.
    """
    async with engine.begin() as connection:
        await offsets.hold(connection, consumer)
        return await settle(connection, ids, state="discarded", now=clock.now(), by=by, reason=reason)


async def settle(
    connection: AsyncConnection, ids: Sequence[int], *, state: str, now: datetime, by: str, reason: str
) -> int:
    """Close the letters as `retried` or `discarded`, with who did it and why; returns how many were waiting.

    Hold the consumer (`offsets.hold`) meanwhile, or it may put an event behind letters that wait no more.
    """
    settled = await connection.execute(
        text(
            "UPDATE dead_letter SET state = :state, settled_at = :now, settled_by = :by, settled_reason = :reason"
            " WHERE id = ANY(CAST(:ids AS bigint[])) AND state = 'waiting'"
        ),
        {"ids": list(ids), "state": state, "now": now, "by": by, "reason": reason},
    )
    return settled.rowcount


def _dead_letter(row: Any) -> DeadLetter:
    headers = [(name, _restored(value)) for name, value in row.headers]
    record = ConsumedRecord(Partition(row.topic, row.partition), row.offset, row.key, row.value, headers)
    return DeadLetter(row.id, row.consumer, record, row.reason, row.state, row.set_aside_at)


def _storable(text_: str) -> str:
    """PostgreSQL holds neither NUL nor lone surrogates in text."""
    return text_.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def _stored(value: bytes | None) -> str | dict[str, str] | None:
    """A header's value as JSON: text where it is text, base64 where it is not."""
    if value is None:
        return None
    try:
        plain = value.decode()
    except UnicodeDecodeError:
        plain = "\0"
    return {"base64": base64.b64encode(value).decode()} if "\0" in plain else plain


def _restored(value: str | dict[str, str] | None) -> bytes | None:
    if isinstance(value, dict):
        return base64.b64decode(value["base64"])
    return None if value is None else value.encode()
