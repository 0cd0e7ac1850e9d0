"""What every service must have, whoever wires it."""

from typing import Any

import pytest

from deploy.services import SERVICES, bootstrap_of, settings_of
from shared.runtime import Runtime

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.mark.parametrize("service", SERVICES)
async def test_it_publishes_and_forgets_old_answers_in_the_background(service: str) -> None:
    settings = settings_of(service).model_construct(
        database_url=NOWHERE, bus_database_url=NOWHERE, token_keys="absent.json"
    )
    runtime: Runtime[Any] = Runtime.of(service, settings)
    loops = bootstrap_of(service).loops(runtime)
    assert {f"{service} relay", f"{service} answers"} <= loops.keys()
    assert loops[f"{service} answers"] == runtime.forget_answers
