"""A real Kafka broker (KRaft, one node) on 127.0.0.1 as a child of this process, for `ENGINE=kafka` and the tests.

It owns one folder: the data, the two ports, the settings, the log. It knows the names of topics only when told.
"""

import base64
import os
import shutil
import signal
import socket
import struct
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from deploy.child_process import ChildProcess, end_left_over, tail
from deploy.kafka_jars import KafkaDidNotStart, class_archive, java_program, kafka_missing, resolve_jars
from deploy.private_loop import run_apart
from deploy.server_folder import FolderIsHeld, FolderLock, PortIsTaken, port_is_free, remembered_port

__all__ = ["KafkaBroker", "KafkaDidNotStart", "KafkaIsRunning", "create_topics", "kafka_missing", "resolve_jars"]

_BROKER = "kafka.Kafka"
_READY_SECONDS = 120
_FORMAT_SECONDS = 60
_STOP_SECONDS = 30

_JVM = ("-XX:+IgnoreUnrecognizedVMOptions", "-Xmx512m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError")
_LOGGING = {
    "defaultLogLevel": "warn",
    "log.kafka.server.KafkaRaftServer": "info",
    "log.org.apache.kafka.common.utils.AppInfoParser": "info",
    "showDateTime": "true",
    "dateTimeFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
}
_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    # After a kill -9 the controller waits out the dead broker's session before it lets the new one in: measured 12 s
    # with the default of 9 s, and 5 s with this; a shorter session is not faster.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "600",
    "log.segment.bytes": str(32 * 1024 * 1024),
    "log.index.size.max.bytes": str(256 * 1024),
    # The default takes 128 MB of the heap at once; measured resident: 377 MB with it, 231 MB with this.
    "log.cleaner.dedupe.buffer.size": str(4 * 1024 * 1024),
    "num.network.threads": "2",
    "num.io.threads": "4",
}


class KafkaIsRunning(RuntimeError):
    """What was asked for can be done to a stopped broker only."""


class KafkaBroker:
    """The broker of `folder`; its jars are kept in `jars_in` (the same folder if not given), `port` pins its port.

    One live process at a time may run it; the broker ends with that process, however that ends. All methods block.
    """

    def __init__(self, folder: Path, *, port: int | None = None, jars_in: Path | None = None) -> None:
        self._folder = folder.resolve()
        self._data = self._folder / "data"
        self._log = self._folder / "broker.log"
        self._properties = self._folder / "server.properties"
        self._jars_in = (jars_in or folder).resolve()
        self._own_classes = self._folder / "classes.jsa"
        self._shared_classes: Path | None = None
        self._wanted_port = port
        self._lock = FolderLock(self._folder)
        self._child: ChildProcess | None = None
        self._port: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether the broker's process lives (a paused one does)."""
        return self._child is not None and self._child.is_running

    @property
    def pid(self) -> int:
        """Process id of the broker."""
        return self._started().pid

    @property
    def bootstrap(self) -> str:
        """`127.0.0.1:PORT` of the last start."""
        if self._port is None:
            raise KafkaDidNotStart("The broker was not started yet, so it has no port. Call start() first.")
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start and wait until it serves clients; brings jars and formats the data folder on first use.

        Raises KafkaDidNotStart. Every record that was acknowledged before a `kill -9` of the broker or of its launcher
        is there again. A broker that a dead launcher left running on this folder is ended first.
        """
        if self.is_running:
            return
        missing = kafka_missing(self._jars_in)
        if missing:
            raise KafkaDidNotStart(missing)
        self._hold_folder()
        try:
            jars = resolve_jars(self._jars_in)
            self._end_left_over()
            self._launch(jars)
        except BaseException as error:
            self.kill()
            if isinstance(error, PortIsTaken):
                raise KafkaDidNotStart(str(error)) from error
            raise

    def stop(self) -> None:
        """Controlled shutdown."""
        if self._child is not None:
            self._child.end(signal.SIGTERM, seconds=_STOP_SECONDS)
            self._share_classes(self._child)
            self._child = None
        self._lock.release()

    def kill(self) -> None:
        """End it by SIGKILL."""
        if self._child is not None:
            self._child.kill()
            self._child = None
        self._lock.release()

    def pause(self) -> None:
        """Freeze it: clients wait without an answer or an error."""
        self._started().pause()

    def resume(self) -> None:
        """Undo `pause`."""
        self._started().resume()

    def wipe(self) -> None:
        """Remove all records, topics and offsets; the next start makes a new cluster. Raises KafkaIsRunning."""
        if self.is_running:
            raise KafkaIsRunning("The broker is running. Call stop() or kill() before wipe().")
        self._hold_folder()
        try:
            self._end_left_over()
            shutil.rmtree(self._data, ignore_errors=True)
        finally:
            self._lock.release()

    def create_topics(self, names: Sequence[str], partitions: int) -> None:
        """Make the topics that are not there yet. Raises KafkaError."""
        create_topics(self.bootstrap, names, partitions)

    def _started(self) -> ChildProcess:
        if self._child is None:
            raise KafkaDidNotStart("The broker is not running. Call start() first.")
        return self._child

    def _hold_folder(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except FolderIsHeld as error:
            raise KafkaDidNotStart(str(error)) from error

    def _end_left_over(self) -> None:
        for process in psutil.process_iter(["cmdline"]):
            if (process.info["cmdline"] or [])[-2:] == [_BROKER, str(self._properties)]:
                end_left_over(process, signal.SIGTERM, seconds=_STOP_SECONDS)

    def _launch(self, jars: Path) -> None:
        for _ in range(3):
            self._port = remembered_port(self._folder / "port", wanted=self._wanted_port)
            self._write_properties(self._port, remembered_port(self._folder / "controller-port", besides=self._port))
            self._format(jars)
            self._own_classes.unlink(missing_ok=True)
            self._child = self._spawn(jars, _BROKER, str(self._properties))
            if self._becomes_ready(self._child, self._port):
                return
            self._child.kill()
            # Somebody may have taken the port since it was seen free.
            if port_is_free(self._port):
                break
        raise KafkaDidNotStart(
            f"Kafka did not start on {self.bootstrap}. The end of {self._log}:\n{tail(self._log)}\n"
            f"If the data is damaged, remove {self._data} to begin anew."
        )

    def _write_properties(self, port: int, controller_port: int) -> None:
        settings = _SETTINGS | {
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
            "log.dirs": str(self._data).replace("\\", "\\\\"),
        }
        self._properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def _format(self, jars: Path) -> None:
        formatted = self._data / "rung-formatted"
        if formatted.exists():
            return
        # Without the mark an earlier formatting was interrupted, and nothing can have been stored yet.
        shutil.rmtree(self._data, ignore_errors=True)
        tool = self._spawn(
            jars, "kafka.tools.StorageTool", "format", "--cluster-id", _cluster_id(), "--config", str(self._properties)
        )
        if not tool.wait(_FORMAT_SECONDS):
            tool.kill()
        if tool.exit_code != 0:
            raise KafkaDidNotStart(
                f"Kafka could not format {self._data}. The end of {self._log}:\n{tail(self._log)}\n"
                "Check that the disk has room."
            )
        formatted.touch()

    def _spawn(self, jars: Path, main_class: str, *arguments: str) -> ChildProcess:
        java = java_program()
        if java is None:
            raise KafkaDidNotStart("No `java` is in JAVA_HOME or on the PATH. Install Java 17 or newer.")
        options = [*_JVM, *(f"-Dorg.slf4j.simpleLogger.{name}={value}" for name, value in _LOGGING.items())]
        self._shared_classes = class_archive(jars, java)
        if self._shared_classes.exists():
            options.append(f"-XX:SharedArchiveFile={self._shared_classes}")
        elif main_class == _BROKER:
            options += [f"-XX:ArchiveClassesAtExit={self._own_classes}", "-Xlog:cds=error"]
        return ChildProcess.spawn(
            [java, *options, "-cp", f"{jars}/*", main_class, *arguments],
            log=self._log,
            death_signal=signal.SIGTERM,
            environment=os.environ,
        )

    def _share_classes(self, ended: ChildProcess) -> None:
        """Keep the class archive that a broker wrote at its end for all later starts, unless it was cut off."""
        if self._shared_classes is not None and ended.exit_code != -signal.SIGKILL:
            with suppress(OSError):
                self._own_classes.replace(self._shared_classes)

    def _becomes_ready(self, child: ChildProcess, port: int) -> bool:
        deadline = time.monotonic() + _READY_SECONDS
        while child.is_running and time.monotonic() < deadline:
            with suppress(OSError, struct.error):
                if _brokers_serving(port) > 0:
                    return True
            time.sleep(0.05)
        return False


def create_topics(bootstrap: str, names: Sequence[str], partitions: int) -> None:
    """Make the topics that a cluster does not have yet, kept for ever, with one replica. Raises KafkaError."""

    async def run() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        try:
            await admin.start()
            wanted = [NewTopic(name, partitions, 1, topic_configs={"retention.ms": "-1"}) for name in names]
            answer = await admin.create_topics(wanted)
        finally:
            await admin.close()
        # The client raises nothing for what the answer says of each topic.
        for name, code, *_ in answer.topic_errors:
            if code not in (0, TopicAlreadyExistsError.errno):
                error: KafkaError = for_code(code)(f"topic {name} was not made")
                raise error

    run_apart(run)


def _cluster_id() -> str:
    """A new id in Kafka's own form: 16 random bytes as unpadded base64 that does not begin with a dash."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text


def _brokers_serving(port: int) -> int:
    """How many brokers a metadata answer (version 4, the oldest that Kafka 4 speaks) of this port names.

    Spoken by hand, because a client library retries and logs while nothing listens yet. A broker that listens but is
    not admitted by the controller is not named.
    """
    metadata, version, correlation, no_client_id, no_topics, create_none = 3, 4, 1, -1, 0, 0
    request = struct.pack(">hhihib", metadata, version, correlation, no_client_id, no_topics, create_none)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        with connection.makefile("rb") as answer:
            _, _, _, brokers = struct.unpack(">iiii", answer.read(16))
    return int(brokers)
