"""All that can be seen from outside: the rows of four databases, the records of the broker, what the doors answer.

Read by the plain clients of database, broker and HTTP; nothing of the product is asked to judge itself.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

Row: TypeAlias = asyncpg.Record
PUBLISHERS = ("evaluation", "slo", "credentials", "compensation")
CONSUMES = {
    "slo": ("evaluation",),
    "credentials": ("evaluation",),
    "compensation": ("evaluation", "slo", "credentials"),
}
_READ_SECONDS = 60

QUERIES = {
    "evaluation": {
        "observation_version": "SELECT observation_id, version, scores FROM observation_version "
        "UNION ALL SELECT observation_id, version, scores FROM observation WHERE version > 0",
        "growth": "SELECT e.employee_number, g.percent_met FROM growth_score g JOIN educator e USING (educator_id) "
        "WHERE g.replaced_at IS NULL",
        "educator": "SELECT educator_id, employee_number, version FROM educator",
    },
    "slo": {
        "slo_version": "SELECT slo_id, version, document FROM slo_version",
        "educator": "SELECT educator_id, version FROM educator",
    },
    "credentials": {
        "award": "SELECT award_id, provider_award_id, state, version FROM award",
        "receipt": "SELECT provider, webhook_id, body_hash FROM receipt",
        "educator": "SELECT educator_id, version FROM educator",
    },
    "compensation": {
        "fact": "SELECT educator_id, sequence, kind, key, version, event_id FROM fact ORDER BY educator_id, sequence",
        # Hashed by the database: what a year of statements weighs would have to be carried here each time.
        "statement": "SELECT educator_id, plan_year, sequence, total_cents, hash, "
        "encode(sha256(convert_to(body, 'UTF8')), 'hex') AS hash_of_body FROM statement ORDER BY 1, 2, 3",
        "last_statement": "SELECT DISTINCT ON (educator_id) educator_id, total_cents, hash, body FROM statement "
        "ORDER BY educator_id, sequence DESC",
        "bonus_total": "SELECT educator_id, plan_year, total_cents, rung, statement_hash FROM bonus_total",
        "ledger_entry": "SELECT id, educator_id, plan_year, component, amount_cents FROM ledger_entry",
        "plan_version": "SELECT id, state, version, plan_year FROM plan_version ORDER BY version",
        "payout_batch": "SELECT id, state, line_count, control_total_cents, content_hash, content FROM payout_batch",
        "payout_line": "SELECT id, batch_id, educator_id, component, amount_cents, state FROM payout_line",
        "payout_entry": "SELECT line_id, ledger_entry_id, released_at FROM payout_entry",
        "dead_letter": "SELECT key, reason, state FROM dead_letter",
    },
}
_OUTBOX = "SELECT id, topic, key, type, data, published_seq FROM outbox ORDER BY position"


@dataclass(frozen=True)
class Evidence:
    """`rows` by service and table, `outbox` by service in its order, `records` by topic: (id, key) in their order."""

    rows: Mapping[str, Mapping[str, Sequence[Row]]]
    outbox: Mapping[str, Sequence[Row]]
    records: Mapping[str, list[tuple[str, str]]]


async def gather(urls: Mapping[str, str], bootstrap: str) -> Evidence:
    """`urls` of the databases by service."""
    rows: dict[str, dict[str, Sequence[Row]]] = {}
    outbox = {}
    for service, url in urls.items():
        connection = await asyncpg.connect(url)
        try:
            rows[service] = {name: await connection.fetch(query) for name, query in QUERIES[service].items()}
            outbox[service] = await connection.fetch(_OUTBOX)
        finally:
            await connection.close()
    return Evidence(rows, outbox, await _records(bootstrap))


async def _records(bootstrap: str) -> dict[str, list[tuple[str, str]]]:
    """By topic, partition after partition: the id that the event says it has, and the key of its record."""
    consumer = _consumer(bootstrap)
    await consumer.start()
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    try:
        left = {place: end for place, end in (await _ends(consumer)).items() if end}
        by_place: dict[TopicPartition, list[tuple[str, str]]] = defaultdict(list)
        async with asyncio.timeout(_READ_SECONDS):
            while left:
                for place, batch in (await consumer.getmany(timeout_ms=500)).items():
                    for record in batch:
                        event_id = dict(record.headers).get("ce_id", b"").decode()
                        by_place[place].append((event_id, (record.key or b"").decode()))
                    if batch and batch[-1].offset + 1 >= left.get(place, 0):
                        left.pop(place, None)
    finally:
        await consumer.stop()
    for place in sorted(by_place):
        found[place.topic] += by_place[place]
    return found


def _consumer(bootstrap: str) -> AIOKafkaConsumer:
    """Of no group: all partitions are its own, from their beginning."""
    topics = [f"{publisher}.events" for publisher in PUBLISHERS]
    return AIOKafkaConsumer(
        *topics, bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )


async def _ends(consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
    ends: dict[TopicPartition, int] = await consumer.end_offsets(list(consumer.assignment()))
    assert len(ends) >= len(PUBLISHERS), "the topics are not there"
    return ends


async def what_is_under_way(urls: Mapping[str, str], bootstrap: str) -> dict[str, int]:
    """What is recorded and not published, published and not taken in, published as a plan and not recalculated.

    An offset counts in the log that its row names, by the time of the log's first record: that of a log which is gone
    may be the end of the one in its place by chance.
    """
    under_way: dict[str, int] = {}
    offsets: dict[str, dict[TopicPartition, Row]] = {}
    for service, url in urls.items():
        connection = await asyncpg.connect(url, timeout=5, command_timeout=10)
        try:
            waiting = await connection.fetchval("SELECT count(*) FROM outbox WHERE published_seq IS NULL")
            under_way[f"{service}: not published"] = waiting
            if service in CONSUMES:
                rows = await connection.fetch("SELECT topic, partition, next_offset, origin FROM consumer_offset")
                offsets[service] = {TopicPartition(row["topic"], row["partition"]): row for row in rows}
            if service == "compensation":
                under_way["plans: not recalculated"] = await connection.fetchval(
                    "SELECT count(*) FROM recalculation WHERE finished_at IS NULL"
                )
        finally:
            await connection.close()
    consumer = _consumer(bootstrap)
    try:
        await asyncio.wait_for(consumer.start(), 5)
        ends = {place: end for place, end in (await asyncio.wait_for(_ends(consumer), 5)).items() if end}
        first = await asyncio.wait_for(consumer.offsets_for_times(dict.fromkeys(ends, 0)), 5)
    finally:
        await consumer.stop()
    for service, sources in CONSUMES.items():
        under_way[f"{service}: partitions not taken in"] = sum(
            (row := offsets[service].get(place)) is None
            or (row["next_offset"], row["origin"]) != (end, str(first[place].timestamp))
            for place, end in ends.items()
            if place.topic.partition(".")[0] in sources
        )
    return {what: count for what, count in under_way.items() if count}


def decoded(value: Any) -> Any:
    """A column of JSON, which arrives as text."""
    return json.loads(value) if isinstance(value, str) else value
