"""Fixtures for every test that runs on a real server. They start on first use and serve the whole session."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from deploy.postgres import PostgresServer
from tests.support.numbers import NotANumber, check_all
from tests.support.servers import (
    KAFKA_JARS,
    Kafka,
    external_kafka,
    kafka_is_required,
    running_kafka,
    session_folder,
    why_no_kafka,
)
from tests.support.summary import say_at_the_end, take_over, write_summary


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """Where this session's servers keep their data."""
    with session_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres(servers_folder: Path) -> Iterator[PostgresServer]:
    """The session's PostgreSQL. A test that stops or kills a server starts one of its own.

    Without fsync, which only a crash of the machine could miss: making and dropping databases is most of the time.
    """
    with PostgresServer(servers_folder / "postgres", settings={"fsync": "off", "max_connections": "200"}) as server:
        yield server


@pytest.fixture
def make_database(postgres: PostgresServer) -> Iterator[Callable[[], str]]:
    """Makes fresh empty databases, each named by its URL, and drops them after the test."""
    names: list[str] = []

    def make() -> str:
        names.append(f"test_{uuid4().hex[:12]}")
        postgres.create_database(names[-1])
        return postgres.url(names[-1])

    yield make
    for name in names:
        postgres.drop_database(name)


@pytest.fixture
def database(make_database: Callable[[], str]) -> str:
    """URL of a fresh empty database."""
    return make_database()


@pytest.fixture(scope="session")
def kafka_jars(request: pytest.FixtureRequest) -> Path:
    """The folder with the jars of a broker that can run here; skips, or fails where Kafka is required."""
    missing = why_no_kafka()
    if missing is not None and kafka_is_required():
        pytest.fail(f"Kafka is required here (CI=true or RUNG_REQUIRE_KAFKA=1), but: {missing}", pytrace=False)
    if missing is not None:
        say_at_the_end(request.config, f"NOT TESTED ON REAL KAFKA: {missing}", is_loud=True)
        pytest.skip("no Kafka can be had here")
    return KAFKA_JARS


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest, servers_folder: Path) -> Iterator[Kafka]:
    """The session's Kafka, or the cluster of RUNG_KAFKA_BOOTSTRAP. A test that kills a broker starts one of its own."""
    if (cluster := external_kafka()) is not None:
        yield cluster
        return
    request.getfixturevalue("kafka_jars")
    with running_kafka(servers_folder / "kafka") as broker:
        yield broker


def pytest_configure() -> None:
    """A number that cannot be used ends the run before it begins."""
    try:
        check_all()
    except NotANumber as wrong:
        raise pytest.UsageError(str(wrong)) from None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, None, None]:
    yield
    # After everything else that is summed up, so that it is not overlooked.
    write_summary(terminalreporter, config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process that ran a part of the tests has ended."""
    take_over(node.config, getattr(node, "workeroutput", {}))
