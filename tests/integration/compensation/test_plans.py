"""The door for plan documents: YAML or JSON, and nonsense is named."""

import asyncio
import json
import threading

import pytest

from services.compensation.policy.plan import Plan, parse_plan
from services.compensation.service import plans
from tests.support.compensation import PLAN, WRITER, Compensation


@pytest.mark.parametrize("content_type", ["application/yaml", "application/json", ""])
async def test_it_may_be_json_and_is_the_same_plan(compensation: Compensation, content_type: str) -> None:
    first = await compensation.call("POST", "/plans", as_=WRITER, content=PLAN)
    document = json.dumps(first.json()["document"]) if "json" in content_type else PLAN
    headers = {"Content-Type": content_type} if content_type else {}
    again = await compensation.call("POST", "/plans", as_=WRITER, content=document, headers=headers)
    assert again.status_code == 201, again.text
    assert again.json()["content_hash"] == first.json()["content_hash"]
    assert again.json()["version"] == first.json()["version"] + 1


@pytest.mark.parametrize(
    ("document", "status", "code"),
    [
        (b"", 400, "plan-unreadable"),
        (b"\xff\xfe", 400, "malformed-body"),
        (b"[" * 5000, 400, "plan-unreadable"),
        (b"a: 1\n---\nb: 2", 400, "plan-unreadable"),
        (b"code: a\ncode: b", 422, "plan-invalid"),
        (b"a: &x 1\nb: *x", 422, "plan-invalid"),
    ],
)
async def test_nonsense_is_named_and_leaves_nothing(
    compensation: Compensation, document: bytes, status: int, code: str
) -> None:
    answer = await compensation.call("POST", "/plans", as_=WRITER, content=document)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await compensation.rows("SELECT id FROM plan_version") == []


async def test_others_are_answered_while_a_long_document_is_read(
    compensation: Compensation, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_reading, others_were_answered = threading.Event(), threading.Event()

    def parse(document: str) -> Plan:
        is_reading.set()
        assert others_were_answered.wait(timeout=5)
        return parse_plan(document)

    monkeypatch.setattr(plans, "parse_plan", parse)
    writing = asyncio.create_task(compensation.call("POST", "/plans", as_=WRITER, content=PLAN))
    assert await asyncio.to_thread(is_reading.wait, 5)
    assert (await compensation.call("GET", "/plans", as_=WRITER)).json() == []
    others_were_answered.set()
    assert (await writing).status_code == 201
