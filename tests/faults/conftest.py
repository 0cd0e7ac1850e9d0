"""Where processes die: the fixture of all that is in this folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.postgres import PostgresServer
from deploy.server_folder import free_port
from tests.support.fail_points import Forge, forge
from tests.support.mortals import Deaths
from tests.support.service import PERSON_KEY_SECRET
from tests.support.web import AUDIENCE, ISSUER, key_set

STRIDE = int(os.environ.get("STRIDE", "23"))
"""Every how manieth step is tried; with 1, all of them."""


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
    return Deaths(postgres, mortals, environment, STRIDE)
