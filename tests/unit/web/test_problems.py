"""Every error of every kind is a problem document, and tells nothing of the inside."""

import asyncio
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from fastapi import APIRouter, Header, HTTPException, Query, Request
from pydantic import BaseModel, Field, field_validator
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.responses import StreamingResponse

from shared.kernel.errors import FieldError, RungError
from shared.kernel.money import parse_amount
from shared.web.app import problem_kinds
from shared.web.problems import PROBLEM_JSON, responses
from tests.support.web import app_of, call_raw, calling

TRACE = "00-12345678901234567890123456789012-1234567890123456-01"


class BatchSealed(RungError):
    """The batch is sealed: prepare another one for what changed since."""

    code = "batch-sealed"
    status = 409
    title = "The batch is sealed"


class _Score(BaseModel):
    level: int = Field(ge=1, le=4)


class _Observation(BaseModel):
    kind: Literal["formal", "walkthrough"]
    scores: list[_Score]
    bonus: str = "0.00"

    @field_validator("bonus")
    @classmethod
    def _amount(cls, value: str) -> str:
        parse_amount(value)
        return value


router = APIRouter()


@router.post("/observations")
async def record_observation(body: _Observation) -> _Observation:
    return body


@router.get("/observations/{observation_id}")
async def read_observation(
    observation_id: UUID, limit: Annotated[int, Query(ge=1)], x_reason: Annotated[str, Header(min_length=3)]
) -> None: ...


@router.post("/faults/{kind}")
async def fail(kind: str) -> Any:
    raise FAULTS[kind]


@router.get("/broken-answer")
async def broken_answer() -> _Observation:
    return {"kind": "secret-kind"}  # type: ignore[return-value]


@router.get("/broken-stream")
async def broken_stream() -> StreamingResponse:
    async def lines() -> Any:
        yield b"one\n"
        raise RuntimeError("the second line")

    return StreamingResponse(lines())


@router.post("/lines")
async def read_lines(request: Request) -> int:
    return sum([len(chunk) async for chunk in request.stream()])


class _Lost(Exception):
    sqlstate = "57P01"


class _Nul(Exception):
    sqlstate = "22021"


FAULTS: dict[str, Exception] = {
    "sealed": BatchSealed(
        "Batch 7 is sealed: prepare another.", errors=[FieldError("/lines/3/amount", "It is not a decimal.")]
    ),
    "unforeseen": RuntimeError("password=hunter2"),
    "file": FileNotFoundError("/etc/shadow"),
    "connection lost": InterfaceError("SELECT 1", {}, Exception("closed"), connection_invalidated=True),
    "pool exhausted": PoolTimeoutError(),
    "database restarted": DBAPIError("SELECT 1", {}, _Lost()),
    "connection refused": ConnectionRefusedError(),
    "timeout": TimeoutError(),
    "nul": DBAPIError("INSERT", {}, _Nul()),
    "wrong statement": DBAPIError("SELEC", {"ssn": "123"}, type("E", (Exception,), {"sqlstate": "42601"})()),
    "missing table": DBAPIError("SELECT", {}, type("E", (Exception,), {"sqlstate": "42P01"})()),
    "teapot": HTTPException(418, "I am a teapot", {"X-Short": "stout"}),
}

APP = app_of(router)


async def post(path: str, **arguments: Any) -> Any:
    async with calling(APP) as client:
        return await client.post(f"/compensation/v1{path}", **arguments)


async def get(path: str, **arguments: Any) -> Any:
    async with calling(APP) as client:
        return await client.get(path, **arguments)


async def test_an_error_of_ours_keeps_its_code_status_title_detail_and_places() -> None:
    answer = await post("/faults/sealed", headers={"traceparent": TRACE})

    assert answer.status_code == 409
    assert answer.headers["content-type"] == PROBLEM_JSON
    assert answer.json() == {
        "type": "/problems/batch-sealed",
        "title": "The batch is sealed",
        "status": 409,
        "detail": "Batch 7 is sealed: prepare another.",
        "code": "batch-sealed",
        "trace_id": "12345678901234567890123456789012",
        "errors": [{"pointer": "/lines/3/amount", "detail": "It is not a decimal."}],
    }


class TestMalformedRequests:
    async def test_each_fault_is_named_by_its_place_in_the_body(self) -> None:
        answer = await post("/observations", json={"kind": "casual", "scores": [{"level": 2}, {"level": 9}]})

        assert (answer.status_code, answer.json()["code"]) == (422, "malformed-request")
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/kind", "/scores/1/level"]

    async def test_a_rule_of_a_value_speaks_in_its_own_words(self) -> None:
        answer = await post("/observations", json={"kind": "formal", "scores": [], "bonus": "1.5"})
        assert "is not an amount" in answer.json()["errors"][0]["detail"]

    async def test_parameters_are_named_by_where_they_stand(self) -> None:
        answer = await get("/compensation/v1/observations/17", params={"limit": 0}, headers={"X-Reason": "no"})
        pointers = {error["pointer"] for error in answer.json()["errors"]}
        assert pointers == {"/path/observation_id", "/query/limit", "/header/x-reason"}

    async def test_a_missing_header_without_a_rule_of_its_own_is_422(self) -> None:
        answer = await get("/compensation/v1/observations/17", params={"limit": 1})
        assert answer.status_code == 422

    async def test_a_body_that_is_not_json_is_named_so(self) -> None:
        answer = await post("/observations", content=b'{"kind":', headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        assert "not JSON" in answer.json()["errors"][0]["detail"]
        assert answer.json()["errors"][0]["pointer"] == ""

    async def test_no_body_at_all_is_422(self) -> None:
        answer = await post("/observations")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "")

    @pytest.mark.parametrize("content", [b'{"kind": "\xff"}', b"[" * 100_000, b'{"kind": %s}' % (b"9" * 5000)])
    async def test_a_body_that_cannot_be_read_is_400(self, content: bytes) -> None:
        answer = await post("/observations", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed-body")

    @pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "nonsense", ""])
    async def test_json_under_another_name_is_415_and_says_which_header_to_send(self, media_type: str) -> None:
        answer = await post("/observations", content=b'{"kind":"formal"}', headers={"Content-Type": media_type})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
        assert "Content-Type: application/json" in answer.json()["detail"]

    async def test_what_was_sent_is_not_repeated(self) -> None:
        answer = await post("/observations", json={"kind": "formal", "scores": [{"level": "s3cret"}]})
        assert "s3cret" not in answer.text


class TestAddresses:
    async def test_an_unknown_address_is_404(self) -> None:
        answer = await get("/compensation/v1/nothing")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")

    async def test_a_wrong_method_is_405_with_the_right_ones(self) -> None:
        answer = await get("/compensation/v1/observations")
        assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
        assert answer.headers["allow"] == "POST"

    async def test_a_slash_too_many_is_404_and_not_a_redirect_that_loses_the_body(self) -> None:
        assert (await post("/observations/", json={})).status_code == 404


class TestFaultsOfOurs:
    @pytest.mark.parametrize("kind", ["unforeseen", "file", "wrong statement", "missing table"])
    async def test_what_nobody_foresaw_is_500_and_says_nothing_of_the_inside(self, kind: str) -> None:
        answer = await post(f"/faults/{kind}", headers={"traceparent": TRACE})

        assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
        assert answer.json()["trace_id"] == TRACE[3:35]
        for secret in ("hunter2", "shadow", "RuntimeError", '123"', "SELEC"):
            assert secret not in answer.text

    async def test_an_answer_that_breaks_its_own_schema_is_500_without_the_answer(self) -> None:
        answer = await get("/compensation/v1/broken-answer")
        assert answer.status_code == 500
        assert "secret-kind" not in answer.text

    @pytest.mark.parametrize(
        "kind", ["connection lost", "pool exhausted", "database restarted", "connection refused", "timeout"]
    )
    async def test_a_lost_database_is_503_and_asks_to_come_again(self, kind: str) -> None:
        answer = await post(f"/faults/{kind}")
        assert (answer.status_code, answer.json()["code"]) == (503, "service-unavailable")
        assert int(answer.headers["retry-after"]) >= 1

    async def test_a_nul_that_only_the_database_refuses_is_the_callers(self) -> None:
        assert (await post("/faults/nul")).status_code == 422

    async def test_an_answer_that_has_begun_is_broken_off_and_never_ended_as_if_whole(self) -> None:
        with pytest.raises(RuntimeError, match="the second line"):
            await get("/compensation/v1/broken-stream")

    async def test_a_status_without_a_kind_of_its_own_is_a_problem_too(self) -> None:
        answer = await post("/faults/teapot")
        assert (answer.status_code, answer.json()["code"], answer.headers["x-short"]) == (418, "http-418", "stout")


class TestBodySize:
    async def test_a_body_announced_too_large_is_413_before_it_is_read(self) -> None:
        sent = await call_raw(
            APP,
            path="/compensation/v1/observations",
            headers=[("Content-Type", "application/json"), ("Content-Length", str(1024 * 1024 + 1))],
            chunks=[],
        )
        assert sent[0]["status"] == 413
        # Closed in mid-upload, the connection would be reset and the caller would never see the 413.
        assert (b"connection", b"close") not in sent[0]["headers"]
        assert (b"content-type", PROBLEM_JSON.encode()) in sent[0]["headers"]

    @pytest.mark.parametrize("path", ["/compensation/v1/observations", "/compensation/v1/lines"])
    async def test_a_body_that_grows_too_large_is_413_whoever_reads_it(self, path: str) -> None:
        sent = await call_raw(
            APP, path=path, headers=[("Content-Type", "application/json")], chunks=[b" " * 700_000, b" " * 700_000]
        )
        assert sent[0]["status"] == 413
        assert b"content-too-large" in sent[1]["body"]

    async def test_a_caller_who_leaves_in_the_middle_gets_no_fault_logged_as_ours(self) -> None:
        async def left() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/compensation/v1/lines",
            "headers": [],
            "query_string": b"",
            "http_version": "1.1",
        }
        await asyncio.wait_for(APP(scope, left, send), 5)
        assert sent == []


def test_responses_documents_one_entry_a_status_and_one_example_a_code() -> None:
    class BatchMissing(RungError):
        """No batch has this id."""

        code = "batch-missing"
        status = 404
        title = "No such batch"

    documented = responses(BatchSealed, BatchMissing, 404)

    assert set(documented) == {409, 404}
    assert set(documented[404]["content"][PROBLEM_JSON]["examples"]) == {"batch-missing", "not-found"}
    example = documented[409]["content"][PROBLEM_JSON]["examples"]["batch-sealed"]["value"]
    assert example["detail"] == "The batch is sealed: prepare another one for what changed since."


async def test_the_type_of_a_problem_leads_to_its_meaning() -> None:
    answer = await get("/problems/batch-sealed")
    assert answer.json() == {
        "code": "batch-sealed",
        "title": "The batch is sealed",
        "status": 409,
        "meaning": "The batch is sealed: prepare another one for what changed since.",
    }
    assert (await get("/problems/no-such")).status_code == 404


def test_every_code_of_the_foundation_is_used_once_and_written_alike() -> None:
    ours = [kind for kind in problem_kinds().values() if kind.__module__.startswith("shared.web")]
    assert len(ours) > 15
    for kind in ours:
        assert kind.code.replace("-", "").isalnum()
        assert kind.code == kind.code.lower()
        assert 400 <= kind.status < 600
