"""Each service, called with what its own OpenAPI document allows and with what it does not, on a real database.

Whatever is sent, the answer is one that the document names, in the form it names, and never a fault of ours.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from deploy.export import OPENAPI
from deploy.issuer import Issuer, IssuerSettings
from deploy.postgres import PostgresServer
from deploy.services import SERVICES
from shared.kernel.clock import SystemClock
from shared.web.tokens import Principal, Role
from tests.support.one_service import gateway_to
from tests.support.serving import serving

PROJECT = Path(__file__).resolve().parents[2]
NAMES = IssuerSettings(issuer="urn:rung:issuer:local", audience="urn:rung:api")
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    response_schema_conformance,
    content_type_conformance,
]
ENDLESS = {"stream_changes"}
"""A stream of events never ends, and so cannot be called and looked at."""

KNOWN: dict[str, Callable[[], str | None]] = {
    "plan_year": lambda: "2020-21",
    "school_year": lambda: "2020-21",
    "month": lambda: "2021-03",
    "provider": lambda: "bloomboard",
    "idempotency-key": lambda: f'"{uuid.uuid4()}"',
    "if-match": lambda: '"1"',
    "cursor": lambda: None,
}
"""Values of valid calls that no schema leads to by chance; without them hardly a call would get past the door."""

VALID_CALLS = 10
INVALID_CALLS = 10
GIVEN = {
    "derandomize": True,
    "deadline": None,
    "database": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


@schemathesis.serializer("application/x-ndjson")
def as_lines(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """The schema of such a body is that of a line."""
    return json.dumps(value).encode() + b"\n"


@schemathesis.serializer("application/zip", "application/yaml", "text/csv")
def as_it_is(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """Bytes and text are sent as they are; what should not be sent at all, as its JSON."""
    if isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer.open(tmp_path_factory.mktemp("issuer"), NAMES, clock=SystemClock())


@pytest.fixture(scope="module")
def url_of(
    postgres: PostgresServer, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], str]]:
    """Starts a service on a database of its own on first use."""
    providers = tmp_path_factory.mktemp("providers") / "providers.json"
    providers.write_text(json.dumps({"bloomboard": {"adapter": "bloomboard", "secrets": ["whsec_" + "YWJj" * 8]}}))
    started: dict[str, str] = {}
    databases: list[str] = []
    with ExitStack() as stack:

        def url_of_service(name: str) -> str:
            if name not in started:
                databases.append(f"schemathesis_{name}")
                postgres.create_database(databases[-1])
                app = gateway_to(
                    name, postgres.url(databases[-1]), token_keys=issuer.jwks_path, providers_file=providers
                )
                started[name] = stack.enter_context(serving(app)).url
            return started[name]

        yield url_of_service
    for database in databases:
        postgres.drop_database(database)


def each_operation() -> list[Any]:
    found = []
    for name in SERVICES:
        document = json.loads((PROJECT / OPENAPI / f"{name}.json").read_text())
        schema = schemathesis.openapi.from_dict(document)
        for result in schema.get_all_operations():
            operation = result.ok()
            if operation.path.startswith(f"/{name}/") and operation.definition.raw["operationId"] not in ENDLESS:
                found.append(pytest.param(name, operation, id=f"{operation.method} {operation.path}"))
    return found


@pytest.mark.parametrize(("name", "operation"), each_operation())
def test_every_answer_is_one_that_the_document_names(
    name: str, operation: schemathesis.APIOperation[Any, Any, Any, Any], url_of: Callable[[str], str], issuer: Issuer
) -> None:
    url = url_of(name)
    token = issuer.issue(Principal("everybody", "tests", frozenset(Role)))

    def call(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=url, headers={"Authorization": f"Bearer {token}"}, checks=CHECKS, timeout=20)

    @settings(max_examples=VALID_CALLS, **GIVEN)  # type: ignore[arg-type]
    @given(data=st.data())
    def call_as_documented(data: st.DataObject) -> None:
        call(_with_known(data.draw(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))))

    @settings(max_examples=INVALID_CALLS, **GIVEN)  # type: ignore[arg-type]
    @given(data=st.data())
    def call_otherwise(data: st.DataObject) -> None:
        call(data.draw(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)))

    call_as_documented()
    if operation.definition.raw.get("parameters") or operation.definition.raw.get("requestBody"):
        call_otherwise()


def _with_known(case: schemathesis.Case) -> schemathesis.Case:
    for parameters in (case.path_parameters, case.query, case.headers):
        for name in [name for name in parameters or {} if name.lower() in KNOWN]:
            value = KNOWN[name.lower()]()
            if value is None:
                del parameters[name]
            else:
                parameters[name] = value
    if isinstance(case.body, dict):
        case.body |= {name: KNOWN[name]() for name in case.body.keys() & KNOWN.keys()}
    return case
