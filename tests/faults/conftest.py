"""Where processes die: the fixture of all that is in this folder."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.postgres import PostgresServer
from deploy.server_folder import free_port
from tests.support.empty_logs import EmbeddedLogs, KafkaLogs
from tests.support.fail_points import Forge, forge
from tests.support.mortals import Deaths
from tests.support.numbers import whole_number
from tests.support.servers import Kafka, running_kafka
from tests.support.service import PERSON_KEY_SECRET
from tests.support.web import AUDIENCE, ISSUER, key_set

STRIDE = 67
"""Every how manieth step is tried unless STRIDE says otherwise; with 1, all of them.

A prime falls on other places of what repeats itself.
"""


@pytest.fixture(scope="session")
def mortals(servers_folder: Path) -> Iterator[Forge]:
    with forge(servers_folder / "mortals.log") as made:
        yield made


@pytest.fixture
def deaths(postgres: PostgresServer, mortals: Forge, tmp_path: Path) -> Deaths:
    keys = tmp_path / "keys.json"
    keys.write_bytes(key_set())
    environment = {
        "RUNG_TOKEN_KEYS": str(keys),
        "RUNG_TOKEN_ISSUER": ISSUER,
        "RUNG_TOKEN_AUDIENCE": AUDIENCE,
        "RUNG_PERSON_KEY_SECRET": PERSON_KEY_SECRET,
        "RUNG_PORT": str(free_port()),
    }
    return Deaths(postgres, mortals, EmbeddedLogs(), environment, whole_number("STRIDE", STRIDE))


@pytest.fixture(scope="session")
def own_broker(servers_folder: Path, kafka_jars: Path) -> Iterator[Kafka]:
    """A broker on which topics can be thrown away: another cluster's are not ours."""
    with running_kafka(servers_folder / "mortals-kafka") as broker:
        yield broker


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def deaths_of_workers(request: pytest.FixtureRequest, deaths: Deaths) -> Deaths:
    """On either log."""
    if request.param == "embedded":
        return deaths
    return replace(deaths, logs=KafkaLogs(request.getfixturevalue("own_broker").bootstrap))
