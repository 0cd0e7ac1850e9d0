"""The relay: takes recorded events from one service's outbox to the bus, in order, at least once.

One relay at a time works on an outbox: it holds an advisory lock on the very connection it reads and marks with, so
a relay that lost the lock cannot mark. Two relays with SKIP LOCKED were measured to reorder a key's events.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
from prometheus_client import Counter, Gauge

from shared.db.engine import SILENCE_SECONDS, end_long_statements, silence_ends
from shared.db.faults import DRIVER_FAULTS, is_passing
from shared.events.envelope import Envelope, encode_binary
from shared.events.registry import schema_uri
from shared.messaging.bus import Bus, BusUnavailable, Record

log = logging.getLogger(__name__)

PUBLISHED = Counter("rung_outbox_published_total", "Events sent from the outbox to the bus", ["service"])
UNPUBLISHED = Gauge("rung_outbox_unpublished", "Events recorded and not yet sent, as the relay last saw", ["service"])

_SELECT = """
SELECT id, topic, key, type, data, traceparent, recorded_at, xmin::text AS touched FROM outbox
WHERE published_seq IS NULL ORDER BY position LIMIT $1
"""
# One at a time, or a mark and `republish` that meet the same rows in different orders stop each other for good.
_TURN = "pg_advisory_xact_lock(hashtext('outbox marks'))"
# Only what nobody has touched since it was read: `republish` may have been called meanwhile, because the bus that these
# were sent to is no more.
_MARK = f"""
WITH turn AS MATERIALIZED (SELECT {_TURN})
UPDATE outbox o SET published_seq = p.seq
FROM turn CROSS JOIN unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS u(id, touched, n)
CROSS JOIN LATERAL (SELECT $3::bigint + u.n AS seq) p
WHERE o.id = u.id AND o.xmin::text = u.touched
"""
_POLL_SECONDS = 1.0
_STANDBY_SECONDS = 1.0
_BACKOFF_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)


class Relay:
    """Publishes the outbox of `service` in the database at `url`.

    It rests for `rest_seconds` after each time: events that nobody waits for then travel several at once.
    """

    def __init__(self, *, service: str, url: str, bus: Bus, batch: int = 500, rest_seconds: float = 0.0) -> None:
        self._service = service
        self._rest_seconds = rest_seconds
        self._url = url
        self._bus = bus
        self._batch = batch
        self._recorded = asyncio.Event()
        self._failures = 0

    async def run(self) -> None:
        """Work until cancelled; faults of the database and the bus are waited out."""
        while True:
            try:
                async with self._lead() as connection:
                    await self._work(connection)
            except (BusUnavailable, *DRIVER_FAULTS) as error:
                if not isinstance(error, BusUnavailable) and not is_passing(error):
                    log.exception("relay of %s failed", self._service)
                else:
                    log.warning("relay of %s waits: %s", self._service, error)
                await asyncio.sleep(_BACKOFF_SECONDS[min(self._failures, len(_BACKOFF_SECONDS) - 1)])
                self._failures += 1

    @asynccontextmanager
    async def _lead(self) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        connection = await asyncpg.connect(
            self._url,
            command_timeout=30,
            server_settings={
                "application_name": f"rung {self._service} relay",
                # The server itself ends a leader that was stopped or cut off, or nobody else could ever lead.
                **silence_ends(SILENCE_SECONDS, holds="session"),
                # A mark that a crash of the server loses is made again: the event is sent twice, which is harmless.
                "synchronous_commit": "off",
            },
        )
        try:
            await end_long_statements(connection, seconds=SILENCE_SECONDS)
            # Polled, because a relay that blocks in the server cannot be told to stop.
            while not await connection.fetchval("SELECT pg_try_advisory_lock(hashtext('outbox relay'))"):  # noqa: ASYNC110
                await asyncio.sleep(_STANDBY_SECONDS)
            await connection.add_listener("outbox", lambda *_: self._recorded.set())
            yield connection
        finally:
            # Not close(): it would wait for an answer that a lost server never gives, and the lock must go at once.
            connection.terminate()

    async def _work(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        published = await connection.fetchval("SELECT coalesce(max(published_seq), 0) FROM outbox")
        while True:
            self._recorded.clear()
            rows = await connection.fetch(_SELECT, self._batch)
            UNPUBLISHED.labels(self._service).set(len(rows))
            if rows:
                await self._publish(rows)
                ids, touched = [row["id"] for row in rows], [row["touched"] for row in rows]
                await connection.execute(_MARK, ids, touched, published)
                published += len(rows)
                self._failures = 0
                PUBLISHED.labels(self._service).inc(len(rows))
            if len(rows) == self._batch:
                continue
            await asyncio.sleep(self._rest_seconds)
            # Whatever is committed after the rows were read has set the event since, or will.
            try:
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._recorded.wait()
            except TimeoutError:
                continue

    async def _publish(self, rows: Sequence[asyncpg.Record]) -> None:
        by_topic: dict[str, list[Record]] = {}
        for row in rows:
            by_topic.setdefault(row["topic"], []).append(self._to_record(row))
        for topic, records in by_topic.items():
            await self._bus.append(topic, records)

    def _to_record(self, row: asyncpg.Record) -> Record:
        envelope = Envelope(
            id=str(row["id"]),
            source=f"urn:rung:{self._service}",
            type=row["type"],
            time=row["recorded_at"],
            subject=row["key"],
            data=row["data"].encode(),
            dataschema=schema_uri(row["type"]),
            extensions={"traceparent": row["traceparent"]} if row["traceparent"] else None,
        )
        return Record(row["key"], envelope.data, encode_binary(envelope))


async def republish(url: str) -> int:
    """Mark every recorded event as not sent, so that the relay sends all of them again; returns how many.

    For a bus that lost its records. Harmless otherwise: consumers keep the highest version of each aggregate.
    """
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(f"SELECT {_TURN}")
            # Also what waits: a relay may be about to mark it as sent, to the bus that lost it.
            status = await connection.execute("UPDATE outbox SET published_seq = NULL")
    finally:
        await connection.close()
    return int(status.split()[-1])
