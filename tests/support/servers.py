"""The real servers that tests run on: one PostgreSQL and one Kafka for a whole session, in a folder of their own."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deploy.kafka_broker import KafkaBroker, KafkaDidNotStart, create_topics, kafka_missing, resolve_jars

_PROJECT = Path(__file__).resolve().parents[2]
KAFKA_JARS = _PROJECT / ".rung" / "kafka"
"""Where the jars are kept from one session to the next, shared with `make run ENGINE=kafka`."""

_TEST_FOLDERS = _PROJECT / ".rung" / "test"


class Kafka(Protocol):
    """What tests need of a cluster, ours or another."""

    @property
    def bootstrap(self) -> str: ...

    def create_topics(self, names: Sequence[str], partitions: int) -> None: ...


@dataclass(frozen=True)
class ExternalKafka:
    """A cluster that somebody else runs, named by RUNG_KAFKA_BOOTSTRAP."""

    bootstrap: str

    def create_topics(self, names: Sequence[str], partitions: int) -> None:
        create_topics(self.bootstrap, names, partitions)


def external_kafka() -> ExternalKafka | None:
    bootstrap = os.environ.get("RUNG_KAFKA_BOOTSTRAP")
    return ExternalKafka(bootstrap) if bootstrap else None


def why_no_kafka() -> str | None:
    """None when a broker can be run here (its jars are then there), else the reason in a sentence."""
    missing = kafka_missing(KAFKA_JARS)
    if missing is None:
        try:
            resolve_jars(KAFKA_JARS)
        except KafkaDidNotStart as error:
            return " ".join(str(error).split())
    return missing


def kafka_is_required() -> bool:
    """Whether tests that cannot have their Kafka fail instead of being skipped."""
    return os.environ.get("CI", "").lower() == "true" or os.environ.get("RUNG_REQUIRE_KAFKA") == "1"


@contextmanager
def running_kafka(folder: Path) -> Iterator[Kafka]:
    with KafkaBroker(folder, jars_in=KAFKA_JARS) as broker:
        yield broker


@contextmanager
def session_folder() -> Iterator[Path]:
    """A folder for the servers of one test session, removed afterwards, with those of sessions that were killed.

    Not among pytest's own, which it closes to other users whenever a session begins: root's PostgreSQL is another user.
    """
    _TEST_FOLDERS.mkdir(parents=True, exist_ok=True)
    for old in _TEST_FOLDERS.iterdir():
        _remove_if_abandoned(old)
    folder = Path(tempfile.mkdtemp(dir=_TEST_FOLDERS))
    with (folder / "session.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _remove_if_abandoned(folder: Path) -> None:
    with suppress(OSError):
        is_fresh = time.time() - folder.stat().st_mtime < 60
        with (folder / "session.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not is_fresh:
                shutil.rmtree(folder, ignore_errors=True)
