"""The OpenAPI documents: stored as generated, complete, and nothing open to strangers by accident."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from deploy.export import MERGED, OPENAPI, documents
from deploy.export.merge import operations
from deploy.services import SERVICES

PROJECT = Path(__file__).resolve().parents[2]
PROBLEM = "application/problem+json"

OPEN = {
    "livez": "asked by whoever runs the process",
    "readyz": "asked by whoever runs the process",
    "metrics": "figures without people",
    "explain_problem": "words about an error",
    "receive_award_notice": "carries a signature instead of a token",
}
"""Operation id -> why it takes no token."""

NO_PROBLEMS = {"livez", "readyz", "metrics"}
"""Asked by machines that read the status alone."""


BINARY = {"application/zip"}
"""Bodies that no example can be written of."""


@cache
def generated() -> dict[str, dict[str, Any]]:
    """All OpenAPI documents as the code makes them, by file name."""
    return {path.name: json.loads(text) for path, text in documents().items() if path.parent == OPENAPI}


@cache
def merged() -> dict[str, Any]:
    return generated()[MERGED.name]


EACH_OPERATION = [
    pytest.param(operation, id=f"{method} {path}")
    for path, method, operation in operations(json.loads((PROJECT / MERGED).read_text()))
]


def test_every_service_has_a_stored_document() -> None:
    names = {path.name for path in (PROJECT / OPENAPI).glob("*.json")}

    assert names == {MERGED.name, *(f"{service}.json" for service in SERVICES)}


@pytest.mark.parametrize("name", [MERGED.name, *(f"{service}.json" for service in SERVICES)])
def test_the_stored_document_is_the_one_that_the_code_makes(name: str) -> None:
    stored = json.loads((PROJECT / OPENAPI / name).read_text())

    assert stored == generated()[name], "run `.venv/bin/rung export`"


@pytest.mark.parametrize("name", [MERGED.name, *(f"{service}.json" for service in SERVICES)])
def test_every_reference_leads_somewhere(name: str) -> None:
    document = generated()[name]

    assert [reference for reference in _references(document) if not _exists(document, reference)] == []


def test_operation_ids_are_unique() -> None:
    names = [operation["operationId"] for _, _, operation in operations(merged())]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("service", SERVICES)
def test_an_address_begins_with_its_service_and_its_version(service: str) -> None:
    shared = {"/livez", "/readyz", "/metrics", "/problems/{code}"}

    for path in generated()[f"{service}.json"]["paths"]:
        assert path in shared or path.startswith(f"/{service}/v1/")


@pytest.mark.parametrize("operation", EACH_OPERATION)
def test_an_operation_says_what_it_is_for(operation: dict[str, Any]) -> None:
    assert operation["operationId"].isidentifier()
    assert 5 <= len(operation["summary"]) <= 120
    assert len(operation["tags"]) == 1


@pytest.mark.parametrize("operation", EACH_OPERATION)
def test_an_operation_asks_for_a_token_unless_it_is_named_here(operation: dict[str, Any]) -> None:
    name = operation["operationId"]

    assert (operation["security"] == []) == (name in OPEN)
    if name not in OPEN:
        assert {"401", "403"} <= operation["responses"].keys()


def test_what_is_named_as_open_exists() -> None:
    assert OPEN.keys() <= {operation["operationId"] for _, _, operation in operations(merged())}


@pytest.mark.parametrize("operation", EACH_OPERATION)
def test_an_operation_documents_its_problems(operation: dict[str, Any]) -> None:
    if operation["operationId"] in NO_PROBLEMS:
        return
    answers = operation["responses"]
    problems = {status for status in answers if status >= "400"}
    for status in problems:
        assert PROBLEM in answers[status]["content"], status
        assert answers[status]["content"][PROBLEM]["examples"], status
    if operation["operationId"] != "explain_problem":
        assert {"500", "503"} <= problems
    if operation.get("parameters") or "requestBody" in operation:
        assert "422" in problems
    if "requestBody" in operation:
        assert {"400", "413"} <= problems


@pytest.mark.parametrize("operation", EACH_OPERATION)
def test_a_success_has_a_described_body(operation: dict[str, Any]) -> None:
    answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]

    assert answers
    for answer in answers:
        for media_type, content in answer.get("content", {}).items():
            assert content.get("schema"), f"{media_type} has no schema: generated clients cannot type it"
            schema = _resolve(content["schema"])
            is_anything = schema.get("additionalProperties") is True and "properties" not in schema
            assert not is_anything, f"{media_type} is any object: generated clients cannot type it"


@pytest.mark.parametrize("operation", EACH_OPERATION)
def test_a_body_has_an_example_that_its_schema_takes(operation: dict[str, Any]) -> None:
    body = operation.get("requestBody")
    assert body is None or body.get("required"), "a body that may be left out is not sent by generated clients"
    for media_type, content in (body or {}).get("content", {}).items():
        if media_type in BINARY:
            continue
        found = _examples(media_type, content)
        assert found, f"{operation['operationId']}: the {media_type} body has no example"
        if media_type == "application/json":
            schema = {**content["schema"], "components": merged()["components"]}
            validator = Draft202012Validator(schema, format_checker=FormatChecker())
            for example in found:
                assert [error.message for error in validator.iter_errors(example)] == []


def _examples(media_type: str, content: dict[str, Any]) -> list[Any]:
    """Of the body, of its schema, or made of the examples of its schema's fields."""
    schema = _resolve(content["schema"])
    if "example" in content:
        return [content["example"]]
    if "examples" in content:
        return [example["value"] for example in content["examples"].values()]
    if "examples" in schema:
        return list(schema["examples"])
    try:
        return [_made(schema)] if media_type == "application/json" else []
    except _NothingToGoBy:
        return []


class _NothingToGoBy(Exception):
    """A field has no example, and its form does not make one obvious."""


_OBVIOUS = {
    "uuid": "01930000-0000-7000-8000-000000000001",
    "date": "2021-03-01",
    "date-time": "2021-03-01T12:00:00Z",
    "boolean": True,
}


def _made(schema: dict[str, Any]) -> Any:
    """What the interactive documentation fills in: an object of its required fields, each by its own example."""
    schema = _resolve(schema)
    values = [*schema.get("examples", []), *schema.get("enum", [])]
    values += [schema[key] for key in ("const", "minimum") if key in schema]
    values += [_OBVIOUS[key] for key in (schema.get("format"), schema.get("type")) if key in _OBVIOUS]
    if values:
        return values[0]
    if "anyOf" in schema:
        return _made(schema["anyOf"][0])
    if "properties" in schema:
        return {name: _made(schema["properties"][name]) for name in schema.get("required", [])}
    if "items" in schema:
        return [_made(schema["items"])]
    raise _NothingToGoBy


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = merged()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _exists(document: dict[str, Any], reference: str) -> bool:
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        if not isinstance(node, dict) or part not in node:
            return False
        node = node[part]
    return True
