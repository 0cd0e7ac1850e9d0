"""All that can be seen from outside: the rows of four databases, the records of the broker, what the doors answer.

Read by the plain clients of database, broker and HTTP; nothing of the product is asked to judge itself.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.faults.schedule.doors import Doors, Pull, pull_all
from tests.support.reference import ID_FIELD

Row: TypeAlias = asyncpg.Record
Place: TypeAlias = tuple[str, str, str]
"""The key of an aggregate's events, its kind, and which of that kind."""
PUBLISHERS = ("evaluation", "slo", "credentials", "compensation")
CONSUMES = {
    "slo": ("evaluation",),
    "credentials": ("evaluation",),
    "compensation": ("evaluation", "slo", "credentials"),
}
_READ_SECONDS = 60
_DEAD_LETTERS = "SELECT key, reason, state FROM dead_letter"

NO_FACTS = ("statement", "plan", "common facts")
"""The kinds of events that are no facts about an educator."""
KINDS = {
    "rung.evaluation.educator.rostered.v1": "roster",
    "rung.evaluation.observation.finalized.v1": "observation",
    "rung.evaluation.observation.amended.v1": "observation",
    "rung.evaluation.growth.scored.v1": "growth",
    "rung.evaluation.summative.rated.v1": "summative",
    "rung.slo.slo.approved.v1": "slo",
    "rung.slo.slo.scored.v1": "slo",
    "rung.credentials.award.earned.v1": "award",
    "rung.credentials.award.revoked.v1": "award",
    "rung.compensation.statement.recalculated.v1": "statement",
    "rung.compensation.plan.published.v1": "plan",
    "rung.compensation.attribute.recorded.v1": "attribute",
    "rung.compensation.placement.recorded.v1": "placement",
    "rung.compensation.common_facts.changed.v1": "common facts",
}
_SUBJECT = ID_FIELD | {"rung.compensation.statement.recalculated.v1": "plan_year"}
_VERSION = {
    "rung.compensation.common_facts.changed.v1": "number",
    "rung.compensation.statement.recalculated.v1": "sequence",
    "rung.compensation.plan.published.v1": "publication",
}

QUERIES = {
    "evaluation": {
        # `standing` is of each service what its own tables say to be the newest published version of everything.
        "standing": "SELECT educator_id, 'roster' AS kind, 'roster' AS subject, version FROM educator WHERE version > 0"
        " UNION ALL SELECT educator_id, 'observation', observation_id::text, version FROM observation WHERE version > 0"
        " UNION ALL SELECT educator_id, 'growth', growth_id::text, max(version) FROM growth_score GROUP BY 1, 2, 3"
        " UNION ALL SELECT educator_id, 'summative', summative_id::text, max(version) FROM summative_rating"
        " GROUP BY 1, 2, 3",
        "rated": "SELECT educator_id FROM summative_rating WHERE replaced_at IS NULL",
        "called_off": "SELECT observation_id FROM observation WHERE state = 'cancelled'",
        "roster_import": "SELECT import_id, content_hash FROM roster_import",
        "observation_version": "SELECT observation_id, version, scores FROM observation_version "
        "UNION ALL SELECT observation_id, version, scores FROM observation WHERE version > 0",
        "growth": "SELECT e.employee_number, g.educator_id, g.growth_id, g.version, g.percent_met FROM growth_score g "
        "JOIN educator e USING (educator_id) WHERE g.replaced_at IS NULL",
        "educator": "SELECT educator_id, employee_number, version FROM educator",
    },
    "slo": {
        "standing": "SELECT educator_id, 'slo' AS kind, slo_id::text AS subject, version FROM slo WHERE version > 0",
        "slo": "SELECT slo_id, state FROM slo",
        "slo_review": "SELECT slo_id, decision, scores FROM slo_review",
        "dead_letter": _DEAD_LETTERS,
        "slo_version": "SELECT slo_id, version, document FROM slo_version",
        "educator": "SELECT educator_id, version FROM educator",
    },
    "credentials": {
        "standing": "SELECT educator_id, 'award' AS kind, award_id::text AS subject, version FROM award "
        "WHERE version > 0",
        "award": "SELECT award_id, provider_award_id, educator_id, credential, state FROM award",
        "dead_letter": _DEAD_LETTERS,
        "receipt": "SELECT provider, webhook_id, body_hash FROM receipt",
        "educator": "SELECT educator_id, version FROM educator",
    },
    "compensation": {
        "standing": "SELECT educator_id, 'statement' AS kind, plan_year AS subject, max(sequence) AS version "
        "FROM statement GROUP BY 1, 2, 3 UNION ALL SELECT educator_id, 'attribute', id::text, version FROM attribute "
        "UNION ALL SELECT educator_id, 'placement', id::text, max(version) FROM placement GROUP BY 1, 2, 3",
        "attribute": "SELECT id, educator_id, attribute, item, version, value FROM attribute",
        "placement": "SELECT DISTINCT ON (id) id, educator_id, version, rung, withdrawn FROM placement "
        "ORDER BY id, version DESC",
        "common_facts": "SELECT plan_year, number, campuses FROM common_facts ORDER BY plan_year, number",
        "account": "SELECT educator_id, unreported FROM educator_account",
        "fact": "SELECT educator_id, sequence, kind, key, version, event_id FROM fact ORDER BY educator_id, sequence",
        # Hashed by the database: what a year of statements weighs would have to be carried here each time.
        "statement": "SELECT educator_id, plan_year, sequence, total_cents, hash, "
        "encode(sha256(convert_to(body, 'UTF8')), 'hex') AS hash_of_body FROM statement ORDER BY 1, 2, 3",
        "last_statement": "SELECT DISTINCT ON (educator_id, plan_year) educator_id, plan_year, sequence, "
        "total_cents, rung, hash, body FROM statement ORDER BY educator_id, plan_year, sequence DESC",
        "bonus_total": "SELECT educator_id, plan_year, sequence, total_cents, rung, statement_hash, components "
        "FROM bonus_total",
        "ledger_entry": "SELECT id, educator_id, plan_year, sequence, component, amount_cents FROM ledger_entry",
        "plan_version": "SELECT id, state, version, plan_year FROM plan_version ORDER BY version",
        "payout_batch": "SELECT id, state, line_count, control_total_cents, content_hash, content FROM payout_batch",
        "payout_line": "SELECT id, batch_id, educator_id, component, amount_cents, state FROM payout_line",
        "payout_entry": "SELECT line_id, ledger_entry_id, released_at FROM payout_entry",
        "payout_instalment": "SELECT line_id, instalment_id, released_at FROM payout_instalment",
        "recovery": "SELECT id, state, total_cents FROM recovery",
        "recovery_entry": "SELECT ledger_entry_id FROM recovery_entry",
        "recovery_instalment": "SELECT id, amount_cents, carried_to FROM recovery_instalment",
        "payment_entry": "SELECT line_id, kind, amount_cents FROM payment_entry",
        "dead_letter": _DEAD_LETTERS,
    },
}
_OUTBOX = "SELECT id, position, topic, key, type, data, published_seq FROM outbox ORDER BY position"


class Recorded(NamedTuple):
    """An event as the outbox has it."""

    id: str
    position: int
    topic: str
    key: str
    type: str
    data: Mapping[str, Any]
    is_published: bool

    @property
    def place(self) -> Place:
        """Which aggregate it tells of."""
        field = _SUBJECT.get(self.type)
        kind = KINDS[self.type]
        return self.key, kind, str(self.data[field]) if field else kind

    @property
    def version(self) -> int:
        """Which state of the aggregate it tells of."""
        return int(self.data[_VERSION.get(self.type, "version")])


class Record(NamedTuple):
    """A record of the broker: the id that its event says it has, the record's key, and the partition it lies in."""

    event_id: str
    key: str
    partition: int


@dataclass(frozen=True)
class Evidence:
    """`rows` by service and table, `outbox` by service and `records` by topic, both in their order.

    `ordered_after` is of each service whose broker was emptied the position in the outbox up to which all was published
    again, behind what was new meanwhile; without an entry, order is as it came about at first.
    """

    rows: Mapping[str, Mapping[str, Sequence[Row]]]
    outbox: Mapping[str, Sequence[Recorded]]
    records: Mapping[str, Sequence[Record]]
    doors: Doors
    ordered_after: Mapping[str, int]

    def facts(self) -> Iterator[Recorded]:
        """The events that are facts about an educator, whoever published them."""
        return (event for events in self.outbox.values() for event in events if event.place[1] not in NO_FACTS)


async def gather(
    urls: Mapping[str, str], bootstrap: str, pull: Pull, *, ordered_after: Mapping[str, int] | None = None
) -> Evidence:
    """`urls` of the databases by service; `pull` calls the API."""
    rows: dict[str, dict[str, Sequence[Row]]] = {}
    outbox = {}
    for service, url in urls.items():
        connection = await asyncpg.connect(url)
        try:
            rows[service] = {name: await connection.fetch(query) for name, query in QUERIES[service].items()}
            outbox[service] = [_recorded(row) for row in await connection.fetch(_OUTBOX)]
        finally:
            await connection.close()
    doors = await pull_all(
        pull,
        educators=[str(row["educator_id"]) for row in rows["evaluation"]["educator"]],
        plan_years={row["plan_year"] for row in rows["compensation"]["plan_version"]},
        batches=[(str(row["id"]), row["state"]) for row in rows["compensation"]["payout_batch"]],
    )
    return Evidence(rows, outbox, await _records(bootstrap), doors, dict(ordered_after or {}))


async def last_position(url: str) -> int:
    """Of the newest event in the outbox."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT coalesce(max(position), 0) FROM outbox"))
    finally:
        await connection.close()


def _recorded(row: Row) -> Recorded:
    is_published = row["published_seq"] is not None
    identity, data = str(row["id"]), json.loads(row["data"])
    return Recorded(identity, row["position"], row["topic"], row["key"], row["type"], data, is_published)


async def _records(bootstrap: str) -> dict[str, list[Record]]:
    """By topic, partition after partition."""
    consumer = _consumer(bootstrap)
    await consumer.start()
    found: dict[str, list[Record]] = defaultdict(list)
    try:
        left = {place: end for place, end in (await _ends(consumer)).items() if end}
        by_place: dict[TopicPartition, list[Record]] = defaultdict(list)
        async with asyncio.timeout(_READ_SECONDS):
            while left:
                for place, batch in (await consumer.getmany(timeout_ms=500)).items():
                    for record in batch:
                        event_id = dict(record.headers).get("ce_id", b"").decode()
                        by_place[place].append(Record(event_id, (record.key or b"").decode(), place.partition))
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
    offsets: dict[str, dict[TopicPartition, asyncpg.Record]] = {}
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
                under_way["common facts: not settled"] = await connection.fetchval(
                    "SELECT count(*) FROM settlement_request WHERE done_at IS NULL"
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
