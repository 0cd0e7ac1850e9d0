"""The Kafka adapter of the bus. Nothing else may import aiokafka.

Its defaults that lose or repeat money are set otherwise here; reference/reliability.md, section 1, has the
measurements. The group protocol revokes and hands over partitions without waiting for a handler, so nothing here
is trusted for exactly-once: the consumer's offset row is.
"""

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import ConsumerStoppedError, KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.structs import ConsumerRecord, OffsetAndTimestamp

from shared.events.topics import PARTITIONS
from shared.messaging.bus import Bounds, BusUnavailable, ConsumedRecord, Partition, Record, Subscription

_SEND_SECONDS = 15
_ANSWER_SECONDS = 10
_CLOSE_SECONDS = 3
_SESSION_MS = 10_000
# What has come and was not asked for yet takes up to as much of each partition that is read.
_PARTITION_BYTES = 4 * 1024 * 1024
_FETCH_BYTES = 48 * 1024 * 1024
_FAULTS = (KafkaError, ConsumerStoppedError, OSError, TimeoutError)


class KafkaBus:
    """A Kafka cluster behind `bootstrap` (host:port, comma-separated).

    A `member` takes over from whoever had its name in a group, and is not missed while it is started again. Without a
    name, what a killed member read waits until its session has ended. Two living members of one name take the
    partitions from each other for ever.
    """

    def __init__(self, bootstrap: str, *, client_id: str, member: str | None = None) -> None:
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._member = member
        self._producer: AIOKafkaProducer | None = None
        self._opening = asyncio.Lock()

    async def create_topics(self, topics: Sequence[str], *, replication_factor: int = 1) -> None:
        """Make the topics that do not exist yet, kept for ever. Raises BusUnavailable."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        try:
            await admin.start()
            wanted = [
                NewTopic(topic, PARTITIONS, replication_factor, topic_configs={"retention.ms": "-1"})
                for topic in topics
            ]
            answer = await admin.create_topics(wanted)
            for topic, code, *_ in answer.topic_errors:
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise BusUnavailable(f"Kafka did not make topic {topic}: {for_code(code).__name__}")
        except _FAULTS as error:
            raise BusUnavailable(f"Kafka at {self._bootstrap} did not make the topics: {error}") from error
        finally:
            await admin.close()

    async def append(self, topic: str, records: Sequence[Record]) -> None:
        producer: AIOKafkaProducer | None = None
        try:
            producer = await self._started_producer()
            # An idempotent producer never gives a batch up by itself (aiokafka issue 1017), hence the time limit
            # and a new producer after it.
            async with asyncio.timeout(_SEND_SECONDS):
                sent = [
                    await producer.send(topic, record.value, key=record.key.encode(), headers=list(record.headers))
                    for record in records
                ]
                await asyncio.gather(*sent)
        except _FAULTS as error:
            await self._discard(producer)
            raise BusUnavailable(f"Kafka did not take the records: {error!r}") from error

    async def _started_producer(self) -> AIOKafkaProducer:
        async with self._opening:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    client_id=self._client_id,
                    acks="all",
                    enable_idempotence=True,
                    linger_ms=0,
                    max_batch_size=256 * 1024,
                    max_request_size=4 * 1024 * 1024,
                    request_timeout_ms=10_000,
                )
                try:
                    async with asyncio.timeout(_ANSWER_SECONDS):
                        await producer.start()
                except BaseException:
                    await _close_quietly(producer)
                    raise
                self._producer = producer
            return self._producer

    async def _discard(self, producer: AIOKafkaProducer | None) -> None:
        if producer is not None and producer is self._producer:
            self._producer = None
            await _close_quietly(producer)

    def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        return _KafkaSubscription(self._bootstrap, self._client_id, self._member, group, topics)

    async def check(self) -> None:
        try:
            async with asyncio.timeout(5):
                producer = await self._started_producer()
                await producer.client.fetch_all_metadata()
        except _FAULTS as error:
            raise BusUnavailable(f"Kafka at {self._bootstrap} did not answer: {error!r}") from error

    async def close(self) -> None:
        await self._discard(self._producer)


async def _close_quietly(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """A client that failed may hang or fail again while it closes; it is thrown away either way."""
    stopping = asyncio.ensure_future(client.stop())
    stopping.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    try:
        await asyncio.wait({stopping}, timeout=_CLOSE_SECONDS)
    finally:
        stopping.cancel()


def _origin(oldest: OffsetAndTimestamp | None) -> str | None:
    """When the log's very first record was appended. The topic's own id would serve, but aiokafka does not tell it."""
    return str(oldest.timestamp) if oldest is not None and oldest.offset == 0 else None


def _key(raw: bytes | None) -> str:
    """A key as text that PostgreSQL can hold, whatever bytes a stranger used."""
    return (raw or b"").decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _records(fetched: "Mapping[TopicPartition, list[ConsumerRecord[bytes, bytes]]]") -> list[ConsumedRecord]:
    return [
        ConsumedRecord(
            partition,
            record.offset,
            _key(record.key),
            record.value,
            record.headers,
            None if record.offset else str(record.timestamp),
        )
        for place, records in fetched.items()
        for partition in (Partition(place.topic, place.partition),)
        for record in records
    ]


class _KafkaSubscription:
    def __init__(self, bootstrap: str, client_id: str, member: str | None, group: str, topics: Sequence[str]) -> None:
        self._topics = list(topics)
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._member = member
        self._group = group
        self._consumer: AIOKafkaConsumer | None = None
        self._is_behind = False
        self._last_number = 0

    async def start(self) -> None:
        consumer = AIOKafkaConsumer(
            *self._topics,
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            group_id=self._group,
            group_instance_id=self._member,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=_SESSION_MS,
            heartbeat_interval_ms=1_000,
            rebalance_timeout_ms=60_000,
            request_timeout_ms=40_000,
            metadata_max_age_ms=30_000,
            fetch_max_wait_ms=500,
            max_partition_fetch_bytes=_PARTITION_BYTES,
            fetch_max_bytes=_FETCH_BYTES,
        )
        # Kept before it has started: a member left behind half-started would hold partitions that nobody reads.
        self._consumer = consumer
        try:
            async with asyncio.timeout(_ANSWER_SECONDS * 2):
                await consumer.start()
        except _FAULTS as error:
            await self.close()
            raise BusUnavailable(f"Kafka at {self._bootstrap} did not answer: {error!r}") from error

    def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise BusUnavailable("the subscription is not started")
        return self._consumer

    async def fetch(self, *, limit: int, wait_seconds: float) -> list[ConsumedRecord]:
        try:
            fetched = await self._by_number(limit) if self._is_behind else []
            if not fetched:
                fetched = _records(
                    await self._started().getmany(timeout_ms=int(wait_seconds * 1000), max_records=limit)
                )
        except _FAULTS as error:
            raise BusUnavailable(f"Kafka did not give records: {error!r}") from error
        self._is_behind = len(fetched) > limit // 2
        return fetched

    async def _by_number(self, limit: int) -> list[ConsumedRecord]:
        """What has come, one partition number after the other, of all topics, until it is half a batch.

        A key has the same number in each topic, so that a batch brings much of few keys and not a little of all: a
        consumer that decides once a batch and key takes half as long for an event (docs/decisions/0003).
        """
        consumer = self._started()
        fetched: list[ConsumedRecord] = []
        places = consumer.assignment()
        for number in sorted({place.partition for place in places}, key=lambda n: (n <= self._last_number, n)):
            of_number = [place for place in places if place.partition == number]
            fetched += _records(await consumer.getmany(*of_number, max_records=limit - len(fetched)))
            self._last_number = number
            if len(fetched) > limit // 2:
                break
        return fetched

    async def seek(self, partition: Partition, offset: int) -> None:
        place = TopicPartition(partition.topic, partition.number)
        if place in self._started().assignment():
            self._started().seek(place, offset)

    def assigned(self) -> frozenset[Partition]:
        return frozenset(Partition(place.topic, place.partition) for place in self._started().assignment())

    async def bounds(self) -> Mapping[Partition, Bounds]:
        consumer = self._started()
        places = [
            TopicPartition(topic, number)
            for topic in self._topics
            for number in consumer.partitions_for_topic(topic) or ()
        ]
        if not places:
            return {}
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                first = await consumer.beginning_offsets(places)
                oldest = await consumer.offsets_for_times(dict.fromkeys(places, 0))
                end = await consumer.end_offsets(places)
        except _FAULTS as error:
            raise BusUnavailable(f"Kafka did not tell its offsets: {error!r}") from error
        return {
            Partition(place.topic, place.partition): Bounds(first[place], end[place], _origin(oldest[place]))
            for place in places
        }

    async def hint(self, offsets: Mapping[Partition, int]) -> None:
        mine = self._started().assignment()
        known = {TopicPartition(partition.topic, partition.number): offset for partition, offset in offsets.items()}
        own = {place: offset for place, offset in known.items() if place in mine}
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                if own:
                    await self._started().commit(own)
        except _FAULTS:
            return

    async def close(self) -> None:
        if self._consumer is not None:
            await _close_quietly(self._consumer)
            self._consumer = None
