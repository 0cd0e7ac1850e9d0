"""What every service's application has: health, figures, headers, traces, and a document that tells the truth."""

import asyncio
from typing import Annotated, Any

import jsonschema_rs
import pytest
from fastapi import APIRouter, Query, Response
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import BaseModel

from shared.kernel.errors import RungError
from shared.kernel.trace_context import current_traceparent
from shared.web.app import Edges
from shared.web.auth import CurrentPrincipal, Principal, Role, require
from shared.web.edge import DEFAULT_BODY_LIMIT_BYTES, Edge
from shared.web.pagination import Paging
from shared.web.problems import PROBLEM_JSON, responses
from tests.support.web import app_of, bearer, call_raw, calling

TRACE_ID = "12345678901234567890123456789012"
TRACE = f"00-{TRACE_ID}-1234567890123456-01"


class StatementUnknown(RungError):
    """No statement exists for this educator and plan year."""

    code = "statement-unknown"
    status = 404
    title = "No such statement"


class _Statement(BaseModel):
    total: str


router = APIRouter(tags=["statements"])


@router.get("/trace")
async def show_trace() -> str | None:
    return current_traceparent()


@router.get("/private", responses=responses(StatementUnknown))
async def read_statement(principal: Annotated[Principal, require(Role.HR, Role.PAYROLL)]) -> _Statement:
    """The statement, with a reason for every cent."""
    return _Statement(total=principal.subject)


@router.get("/mine")
async def read_own(principal: CurrentPrincipal) -> str:
    return principal.subject


@router.post("/statements", status_code=201)
async def write_statement(body: _Statement) -> _Statement:
    return body


@router.get("/filtered")
async def list_filtered(paging: Paging, campus: Annotated[str | None, Query(alias="campus_id")] = None) -> str | None:
    return campus


@router.get("/cached")
async def read_cached() -> Response:
    return Response("plan", headers={"Cache-Control": "private, no-cache", "Vary": "Accept"})


@router.post("/bulk")
async def write_bulk(response: Response) -> int:
    return 1


async def passes() -> None: ...


async def fails() -> None:
    raise ConnectionRefusedError("db.internal:5432")


async def hangs() -> None:
    await asyncio.sleep(60)


class TestHealth:
    async def test_liveness_asks_nothing_of_database_or_bus(self) -> None:
        async with calling(app_of(router, database=fails)) as client:
            assert (await client.get("/livez")).status_code == 200

    async def test_readiness_is_503_where_one_check_fails_and_lists_them_when_asked(self) -> None:
        async with calling(app_of(router, database=passes, bus=fails)) as client:
            short = await client.get("/readyz")
            long = await client.get("/readyz?verbose")
        assert (short.status_code, short.json()) == (503, {"status": "fail", "checks": None})
        assert long.json()["checks"] == {"database": "pass", "bus": "fail"}
        assert "db.internal" not in long.text

    async def test_readiness_is_200_where_all_pass(self) -> None:
        async with calling(app_of(router, database=passes)) as client:
            answer = await client.get("/readyz?verbose")
        assert (answer.status_code, answer.json()) == (200, {"status": "pass", "checks": {"database": "pass"}})

    async def test_a_check_that_hangs_fails_in_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("shared.web.health._CHECK_SECONDS", 0.02)
        async with calling(app_of(router, database=hangs)) as client:
            assert (await asyncio.wait_for(client.get("/readyz"), 2)).status_code == 503

    async def test_figures_are_by_operation_and_never_by_address(self) -> None:
        async with calling(app_of(router)) as client:
            await client.get("/compensation/v1/trace")
            await client.get("/compensation/v1/nobody/ana.lopez@example.org")
            text = (await client.get("/metrics")).text
        assert 'rung_http_answer_seconds_count{operation="show_trace",service="compensation",status="200"}' in text
        assert 'operation="unmatched",service="compensation",status="404"' in text
        assert "ana.lopez" not in text


class TestHeaders:
    async def test_nothing_is_stored_on_the_way_unless_a_route_says_otherwise(self) -> None:
        async with calling(app_of(router)) as client:
            plain = await client.get("/compensation/v1/trace")
            refused = await client.get("/compensation/v1/private")
            cached = await client.get("/compensation/v1/cached")
        for answer in (plain, refused):
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["vary"] == "Authorization"
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert cached.headers["cache-control"] == "private, no-cache"
        assert cached.headers.get_list("vary", split_commas=True) == ["Accept", "Authorization"]


class TestQuery:
    async def test_a_parameter_that_a_door_does_not_know_is_refused_with_the_one_that_may_be_meant(self) -> None:
        """Else who misspells a filter takes everybody for the chosen."""
        path = "/compensation/v1/filtered"
        async with calling(app_of(router)) as client:
            refused = await client.get(path, params={"campus": "one", "school": "two", "limit": "3"})
            taken = await client.get(path, params={"campus_id": "one", "limit": "3"})
            without = await client.get("/compensation/v1/trace", params={"at": "noon"})
        assert (refused.status_code, refused.json()["code"]) == (422, "malformed-request")
        assert {error["pointer"]: error["detail"] for error in refused.json()["errors"]} == {
            "/query/campus": "is not taken here: did you mean campus_id?",
            "/query/school": "is not taken here: campus_id, cursor, limit are",
        }
        assert (taken.status_code, taken.json(), without.status_code) == (200, "one", 200)


class TestTraces:
    async def test_the_callers_trace_goes_on_in_a_place_of_its_own(self) -> None:
        async with calling(app_of(router)) as client:
            answer = await client.get("/compensation/v1/trace", headers={"TraceParent": TRACE})
        handed_on = answer.json()
        assert handed_on.split("-")[1] == TRACE_ID
        assert handed_on != TRACE
        assert answer.headers["x-request-id"] == TRACE_ID

    async def test_without_a_valid_one_each_request_begins_a_trace(self) -> None:
        async with calling(app_of(router)) as client:
            seen = {
                (await client.get("/compensation/v1/trace", headers=headers)).json().split("-")[1]
                for headers in ({}, {"traceparent": "junk"}, {"traceparent": TRACE.replace("00-", "ff-", 1)})
            }
        assert len(seen) == 3
        assert TRACE_ID not in seen

    async def test_two_traceparents_are_none(self) -> None:
        sent = await call_raw(
            app_of(router),
            path="/compensation/v1/bulk",
            headers=[("traceparent", TRACE), ("traceparent", TRACE)],
        )
        assert TRACE_ID.encode() not in dict(sent[0]["headers"])[b"x-request-id"]

    async def test_a_request_leaves_no_trace_behind_in_its_task(self) -> None:
        async with calling(app_of(router)) as client:
            await client.get("/compensation/v1/trace")
        assert current_traceparent() is None

    async def test_where_spans_are_exported_one_is_made_below_the_callers(self) -> None:
        exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        edges = Edges(tracer=provider.get_tracer("test"))
        async with calling(app_of(router, edges=edges)) as client:
            answer = await client.get("/compensation/v1/trace?name=ana", headers={"traceparent": TRACE})
            await client.get("/compensation/v1/trace")
        below, alone = exporter.get_finished_spans()
        assert below.name == "GET show_trace"
        assert below.parent is not None
        assert (below.context.trace_id, below.parent.span_id) == (int(TRACE_ID, 16), int("1234567890123456", 16))
        assert answer.json() == f"00-{TRACE_ID}-{below.context.span_id:016x}-01"
        assert below.attributes is not None
        assert below.attributes["http.response.status_code"] == 200
        assert "ana" not in str(dict(below.attributes))
        assert alone.parent is None


class TestBodyLimits:
    async def test_a_bulk_door_has_a_limit_of_its_own_and_no_other_door_has_it(self) -> None:
        app = app_of(router, edges=Edges(body_limits={"/compensation/v1/bulk": 4 * 1024 * 1024}))
        headers = [("content-length", str(2 * 1024 * 1024))]
        bulk = await call_raw(app, path="/compensation/v1/bulk", headers=headers)
        other = await call_raw(app, path="/compensation/v1/statements", headers=headers)
        assert (bulk[0]["status"], other[0]["status"]) == (200, 413)

    @pytest.mark.parametrize(
        ("path", "limit"),
        [
            ("/slo/v1/slos/7/files", 5),
            ("/slo/v1/slos/7/8/files", DEFAULT_BODY_LIMIT_BYTES),
            ("/slo/v1/slos/7/files/9", DEFAULT_BODY_LIMIT_BYTES),
        ],
    )
    def test_a_door_with_a_name_in_its_path_can_have_a_limit_of_its_own(self, path: str, limit: int) -> None:
        edge = Edge(app_of(router), service="slo", body_limits={"/slo/v1/slos/{slo_id}/files": 5})
        assert edge.limit(path) == limit


class TestDocument:
    def document(self) -> dict[str, Any]:
        return app_of(router, database=passes).openapi()

    async def test_it_is_served_under_the_services_own_name_and_no_pages_are(self) -> None:
        async with calling(app_of(router)) as client:
            assert (await client.get("/compensation/openapi.json")).json()["openapi"].startswith("3.1")
            assert [(await client.get(path)).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404] * 3

    def test_operations_are_named_as_their_functions(self) -> None:
        operations = [item[method] for item in self.document()["paths"].values() for method in item]
        names = [operation["operationId"] for operation in operations]
        assert {"read_statement", "write_statement", "livez"} <= set(names)
        assert len(names) == len(set(names))

    def test_every_error_is_documented_as_the_problem_that_it_is(self) -> None:
        for path, item in self.document()["paths"].items():
            for operation in item.values():
                for status, answer in operation["responses"].items():
                    if int(status) >= 400 and path != "/readyz":
                        content = answer["content"]
                        assert list(content) == [PROBLEM_JSON], (path, status)
                        assert content[PROBLEM_JSON]["schema"] == {"$ref": "#/components/schemas/Problem"}
                        assert content[PROBLEM_JSON]["examples"]

    def test_a_route_documents_what_any_door_can_answer_besides_its_own(self) -> None:
        paths = self.document()["paths"]
        assert list(paths["/compensation/v1/private"]["get"]["responses"]) == ["200", "401", "403", "404", "500", "503"]
        assert list(paths["/compensation/v1/statements"]["post"]["responses"]) == [
            "201", "400", "413", "415", "422", "500", "503"
        ]  # fmt: skip
        examples = paths["/compensation/v1/private"]["get"]["responses"]["401"]["content"][PROBLEM_JSON]["examples"]
        assert set(examples) == {"token-required", "invalid-token"}

    def test_sign_in_is_documented_in_both_ways_and_roles_by_name(self) -> None:
        document = self.document()
        schemes = document["components"]["securitySchemes"]
        assert (schemes["bearer"]["type"], schemes["bearer"]["scheme"]) == ("http", "bearer")
        assert schemes["clientCredentials"]["flows"]["clientCredentials"]["tokenUrl"] == "/oauth/token"
        private = document["paths"]["/compensation/v1/private"]["get"]
        assert private["security"] == [{"bearer": []}, {"clientCredentials": []}]
        assert private["x-roles"] == ["hr", "payroll"]
        assert {type(role) for role in private["x-roles"]} == {str}
        assert "Roles: hr, payroll." in private["description"]
        assert "x-roles" not in document["paths"]["/compensation/v1/mine"]["get"]
        assert "security" not in document["paths"]["/compensation/v1/statements"]["post"]

    async def test_problems_are_what_the_document_says_they_are(self) -> None:
        document = self.document()
        schema = document["components"]["schemas"]["Problem"] | {"components": document["components"]}
        async with calling(app_of(router)) as client:
            answers = [
                await client.get("/compensation/v1/private"),
                await client.post("/compensation/v1/statements", json={}),
                await client.get("/nowhere"),
            ]
        for answer in answers:
            jsonschema_rs.validate(schema, answer.json())
            with pytest.raises(jsonschema_rs.ValidationError):
                jsonschema_rs.validate(schema, {**answer.json(), "status": "many"})

    def test_fastapis_own_error_form_is_nowhere(self) -> None:
        assert "HTTPValidationError" not in str(self.document())


async def test_a_token_opens_the_door_of_its_roles_only() -> None:
    async with calling(app_of(router)) as client:
        none = await client.get("/compensation/v1/private")
        wrong = await client.get("/compensation/v1/private", headers=bearer(roles=["educator"]))
        right = await client.get("/compensation/v1/private", headers=bearer(roles=["payroll"], sub="payroll-system"))
        anyone = await client.get("/compensation/v1/mine", headers=bearer(roles=[]))
        basic = await client.get("/compensation/v1/mine", headers={"Authorization": "Basic YTpi"})
        expired = await client.get("/compensation/v1/mine", headers=bearer(exp=1))
    assert (none.status_code, none.headers["www-authenticate"]) == (401, "Bearer")
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (403, 'Bearer error="insufficient_scope"')
    assert "hr, payroll" in wrong.json()["detail"]
    assert (right.status_code, right.json()) == (200, {"total": "payroll-system"})
    assert anyone.status_code == 200
    assert (basic.status_code, basic.json()["code"]) == (401, "token-required")
    assert (expired.status_code, expired.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
