"""The whole product on the embedded engine, used from outside."""

import asyncio
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.matrix import Matrix
from tests.e2e.story import Network, Story, a_year_of_work
from tests.support.outside import PLAN_YEAR

PROJECT = Path(__file__).resolve().parents[2]
BETWEEN = "----- next block -----"


@pytest.fixture(scope="module")
async def network(servers_folder: Path) -> AsyncIterator[Network]:
    async with a_year_of_work(servers_folder / "embedded-stack", "embedded") as running:
        yield running


class TestStory(Story):
    async def test_payroll_gets_a_token_with_its_own_secret_and_pulls(self, network: Network) -> None:
        secret = network.stack.workspace.issuer().clients()["payroll"].secret
        form = {"grant_type": "client_credentials"}
        granted = await network.client.post("/oauth/token", data=form, auth=("payroll", secret))
        assert granted.status_code == 200
        headers = {"Authorization": f"Bearer {granted.json()['access_token']}"}
        path = f"/compensation/v1/bonus-totals?plan_year={PLAN_YEAR}"
        assert (await network.client.get(path, headers=headers)).status_code == 200
        refused = await network.client.post("/oauth/token", data=form, auth=("payroll", f"{secret}x"))
        assert refused.status_code == 401


class TestMatrix(Matrix):
    pass


class TestTour:
    async def test_the_five_calls_of_the_readme_work_as_printed(self, network: Network, tmp_path: Path) -> None:
        totals, table, statement, ladder, changes = await self._walk(network, tmp_path)

        headers, _, body = totals.partition("\n\n")
        assert re.search(r"^link: <.*>; rel=.?next", headers, re.MULTILINE | re.IGNORECASE), headers
        assert len(json.loads(body)["items"]) == 3
        first, *_ = table.splitlines()
        assert first.startswith("educator_id,employee_number,plan_year,")
        told = json.loads(statement)
        assert told["total"]["amount"] > "0.00"
        assert json.loads(ladder)["ladder"]["title"]
        assert '"state":"earned","duplicate":false' in changes
        assert f'"educator_id":"{told["educator_id"]}"' in changes

    async def _walk(self, network: Network, folder: Path) -> list[str]:
        """What each of the five blocks prints, all typed into one shell in a project folder like a clone's."""
        if not (shutil.which("curl") and shutil.which("bash")):
            pytest.skip("curl and bash are not on the PATH")
        tour = (PROJECT / "README.md").read_text().partition("## A tour")[2].partition("\n## ")[0]
        blocks = re.findall(r"^ *```sh\n(.*?)^ *```", tour, re.MULTILINE | re.DOTALL)
        (folder / ".rung").symlink_to(network.stack.workspace.root)
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "docs").symlink_to(PROJECT / "docs")
        shell = await asyncio.create_subprocess_exec(
            "bash",
            "-c",
            f"\necho '{BETWEEN}'\n".join([*blocks, "wait"]),
            cwd=folder,
            env=os.environ | {"RUNG_PORT": str(network.stack.port)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, complaints = await asyncio.wait_for(shell.communicate(), 90)
        assert complaints == b""
        _, *calls, _ = printed.decode().replace("\r", "").split(BETWEEN)
        return [call.strip() for call in calls]
