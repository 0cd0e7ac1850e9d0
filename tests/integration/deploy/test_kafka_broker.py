"""The Kafka launcher on a real broker: nothing acknowledged is lost, nothing is left running."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import InvalidTopicError

from deploy.kafka_broker import KafkaBroker, KafkaDidNotStart, KafkaIsRunning, create_topics
from tests.integration.deploy.conftest import Launch, kill_launcher, lives
from tests.support.servers import Kafka

pytestmark = pytest.mark.kafka

LAUNCH = (
    "from pathlib import Path\nfrom deploy.kafka_broker import KafkaBroker\n"
    "server = KafkaBroker(Path({!r}), jars_in=Path({!r}))\nserver.start()\n"
)


@pytest.fixture
def broker(folder: Path, kafka_jars: Path) -> Iterator[KafkaBroker]:
    with KafkaBroker(folder, jars_in=kafka_jars) as broker:
        yield broker


async def produce(broker: Kafka, topic: str, values: range) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=True) as producer:
        for value in values:
            await producer.send_and_wait(topic, str(value).encode(), partition=value % 2)


async def stored(broker: Kafka, topic: str) -> set[int]:
    partitions = [TopicPartition(topic, number) for number in range(2)]
    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        values: set[int] = set()
        while [await consumer.position(partition) for partition in partitions] != list(ends.values()):
            fetched = await consumer.getmany(timeout_ms=200)
            values |= {int(record.value) for records in fetched.values() for record in records}
        return values


async def topics(broker: Kafka) -> set[str]:
    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap) as consumer:
        return set(await consumer.topics())


def cluster_id(folder: Path) -> str:
    lines = (folder / "data" / "meta.properties").read_text().splitlines()
    return next(line for line in lines if line.startswith("cluster.id="))


async def test_acknowledged_records_outlast_a_stop_other_ports_and_kill_9_and_are_gone_after_wipe(
    broker: KafkaBroker, folder: Path
) -> None:
    broker.create_topics(["a"], 2)
    await produce(broker, "a", range(100))
    first, port, cluster = broker.pid, int(broker.bootstrap.rpartition(":")[2]), cluster_id(folder)
    broker.stop()
    assert not lives(first)
    controller_port = int((folder / "controller-port").read_text())
    with socket.create_server(("127.0.0.1", port)), socket.create_server(("127.0.0.1", controller_port)):
        broker.start()
        assert not broker.bootstrap.endswith(f":{port}")
        assert await stored(broker, "a") == set(range(100))
    await produce(broker, "a", range(100, 200))
    second, bootstrap = broker.pid, broker.bootstrap
    broker.kill()
    assert not lives(second)
    broker.start()
    assert broker.bootstrap == bootstrap
    assert await stored(broker, "a") == set(range(200))
    with pytest.raises(KafkaIsRunning):
        broker.wipe()
    broker.stop()
    broker.wipe()
    broker.start()
    assert await topics(broker) == set()
    assert cluster_id(folder) != cluster


def test_a_held_folder_is_refused_and_the_orphan_of_a_dead_launcher_is_ended_first(
    folder: Path, kafka_jars: Path, launch: Launch
) -> None:
    launcher, orphan = launch(LAUNCH.format(str(folder), str(kafka_jars)))
    with pytest.raises(KafkaDidNotStart, match=rf"Process {launcher} runs the server of .* already"):
        KafkaBroker(folder, jars_in=kafka_jars).start()
    assert lives(orphan)
    # A paused broker cannot obey the signal that tells it of its launcher's death, and would still hold the data.
    os.kill(orphan, signal.SIGSTOP)
    kill_launcher(launcher)
    assert lives(orphan)
    with KafkaBroker(folder, jars_in=kafka_jars) as broker:
        assert not lives(orphan)
        assert broker.is_running


def test_a_pinned_port_that_is_taken_is_said_to_be(folder: Path, kafka_jars: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        pinned = KafkaBroker(folder, port=port, jars_in=kafka_jars)
        with pytest.raises(KafkaDidNotStart, match=f"Port {port} of 127.0.0.1 is taken"):
            pinned.start()
        assert not pinned.is_running


class TestTheSessionsBroker:
    async def test_makes_topics_once_with_the_wished_partitions_and_keeps_them_for_ever(self, kafka: Kafka) -> None:
        kafka.create_topics(["launcher-a"], 2)
        await produce(kafka, "launcher-a", range(4))
        kafka.create_topics(["launcher-a", "launcher-b"], 2)
        assert {"launcher-a", "launcher-b"} <= await topics(kafka)
        assert await stored(kafka, "launcher-a") == set(range(4))

    def test_says_why_a_topic_cannot_be_made(self, kafka: Kafka) -> None:
        with pytest.raises(InvalidTopicError, match="not/a/topic"):
            create_topics(kafka.bootstrap, ["not/a/topic"], 2)

    async def test_makes_no_topic_by_itself(self, kafka: Kafka) -> None:
        async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap) as consumer:
            await consumer._client.force_metadata_update()
            consumer.subscribe(["launcher-never-made"])
            await consumer.getmany(timeout_ms=300)
        assert "launcher-never-made" not in await topics(kafka)

    def test_waits_while_paused(self, kafka: Kafka) -> None:
        if not isinstance(kafka, KafkaBroker):
            pytest.skip("the broker of somebody else is not ours to pause")
        with socket.create_connection(("127.0.0.1", int(kafka.bootstrap.rpartition(":")[2]))) as client:
            kafka.pause()
            try:
                client.settimeout(0.5)
                client.sendall(bytes.fromhex("0000000e 0012 0000 00000001 0004 74657374".replace(" ", "")))
                with pytest.raises(TimeoutError):
                    client.recv(4)
            finally:
                kafka.resume()
            client.settimeout(30)
            assert len(client.recv(4)) == 4
