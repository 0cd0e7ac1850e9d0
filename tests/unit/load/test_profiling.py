"""A sampled stack counts for one layer: that of the innermost frame which any layer claims."""

import pytest

from deploy.load.profiling import EVENT_LOOP, layer_of, shares

SERVER = ("shared.process:serve", "uvicorn.main:run", "uvicorn.server:Server.run", "asyncio.runners:Runner.run")
APP = (*SERVER, "uvicorn.protocols.http.httptools_impl:RequestResponseCycle.run_asgi", "fastapi.routing:app")


@pytest.mark.parametrize(
    ("stack", "layer"),
    [
        (SERVER, EVENT_LOOP),
        (("asyncio.tasks:shield",), EVENT_LOOP),
        (APP, "framework"),
        ((*APP, "contextlib:AsyncExitStack.__aexit__", "abc:ABCMeta.__instancecheck__"), "framework"),
        ((*APP, "shared.web.auth:Authenticator.authenticate"), "edge, tokens, signatures"),
        (
            (*APP, "services.slo.api.writing:create", "services.slo.repository.slos:add", "json:dumps"),
            "rows read and written",
        ),
        ((*APP, "services.compensation.service.reading:statement"), "use case"),
        ((*APP, "services.compensation.policy.decide:decide", "numpy:stack"), "deciding and wording"),
        ((*APP, "sharedx.web:f"), "framework"),
    ],
)
def test_the_innermost_layer_has_it(stack: tuple[str, ...], layer: str) -> None:
    assert layer_of(stack) == layer


def test_shares_are_percent_of_all_samples_with_the_largest_first() -> None:
    asyncpg = (*APP, "asyncpg.connection:Connection.execute")
    assert list(shares([(APP, 1), (asyncpg, 2), ((*asyncpg, "asyncio.queues:Queue.get"), 1)]).items()) == [
        ("asyncpg", 75.0),
        ("framework", 25.0),
    ]
