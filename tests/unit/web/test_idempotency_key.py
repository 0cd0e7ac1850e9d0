"""Reading the `Idempotency-Key` header: the Structured Field vectors for the quoted form, and the bare form."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter

from shared.web.idempotency import Answer, IdempotencyKey, IdempotencyKeyMalformed, parse_key
from tests.support.web import app_of, calling

FOLDER = Path("tests/vectors/http-structured-fields")
VECTORS = [
    vector
    for name in ("string.json", "string-generated.json")
    for vector in json.loads((FOLDER / name).read_text())
    if len(vector["raw"]) == 1
]
# A single-quoted text is no string in a Structured Field, but it is a word of the bare form.
BARE_BY_OUR_RULE = {"single quoted string"}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_quoted_form_is_read_as_the_http_working_group_reads_it(vector: dict[str, Any]) -> None:
    raw = vector["raw"][0]
    expected = None if vector.get("must_fail") else vector["expected"][0]
    # Our own limits: not empty, and no longer than 255.
    if expected is not None and not 1 <= len(expected) <= 255:
        expected = None

    if expected is None and vector["name"] not in BARE_BY_OUR_RULE:
        with pytest.raises(IdempotencyKeyMalformed):
            parse_key(raw)
    else:
        assert parse_key(raw) == (expected or raw)


@pytest.mark.parametrize("bare", ["8e03978e-40d5-43e8-bc93-6894a57f9324", "a", "order:17/2", "k" * 255])
def test_the_bare_form_is_the_same_key_as_the_quoted_one(bare: str) -> None:
    assert parse_key(bare) == parse_key(f'"{bare}"') == parse_key(f' "{bare}" ') == bare


@pytest.mark.parametrize("text", ["", " ", "a b", "a,b", "a;b", 'a"b', "k" * 256, '"a" b', "ключ", '"a", "b"'])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(IdempotencyKeyMalformed) as refused:
        parse_key(text)
    assert refused.value.status == 400


def test_a_replayed_answer_says_so() -> None:
    first = Answer(201, b"{}", {"Content-Type": "application/json"})
    assert "idempotency-replayed" not in first.response().headers
    replayed = Answer(201, b"{}", {"Content-Type": "application/json"}, is_replayed=True).response()
    assert (replayed.status_code, replayed.headers["idempotency-replayed"]) == (201, "true")


router = APIRouter()


@router.post("/batches")
async def prepare_batch(key: IdempotencyKey) -> dict[str, str]:
    return {"key": key}


async def test_where_a_key_is_required_its_absence_is_400() -> None:
    app = app_of(router)
    async with calling(app) as client:
        missing = await client.post("/compensation/v1/batches")
        malformed = await client.post("/compensation/v1/batches", headers={"Idempotency-Key": "a b"})
        given = await client.post("/compensation/v1/batches", headers={"Idempotency-Key": '"k1"'})
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency-key-missing")
    assert (malformed.status_code, malformed.json()["code"]) == (400, "idempotency-key-malformed")
    assert given.json() == {"key": "k1"}
    parameter = app.openapi()["paths"]["/compensation/v1/batches"]["post"]["parameters"][0]
    assert (parameter["name"], parameter["required"]) == ("Idempotency-Key", True)
