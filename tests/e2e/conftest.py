"""The stories told on both engines are checked like tests, although their modules are not test modules."""

import pytest

pytest.register_assert_rewrite("tests.e2e.story", "tests.e2e.matrix", "tests.support.outside")

from tests.e2e.matrix import Scene, scene_of  # noqa: E402 - only what is registered before it is loaded is rewritten
from tests.e2e.story import Network  # noqa: E402


@pytest.fixture(scope="module")
async def scene(network: Network) -> Scene:
    """Who is asked about, on the network of the module."""
    return await scene_of(network)
