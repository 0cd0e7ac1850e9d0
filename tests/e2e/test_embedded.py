"""The whole product on the embedded engine, used from outside."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.matrix import Matrix
from tests.e2e.story import Network, Story, a_year_of_work
from tests.support.outside import PLAN_YEAR


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
