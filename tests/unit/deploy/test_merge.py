"""One OpenAPI document out of several: what is shared stands once, what clashes is told apart."""

from typing import Any

import pytest

from deploy.export.merge import DocumentsDisagree, merged, operations


def document(
    paths: dict[str, str], schemas: dict[str, Any] | None = None, *, tag: str | None = "things"
) -> dict[str, Any]:
    """`paths`: address -> operation id; each answers with the schema Thing."""
    answer = {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "A service", "version": "1.0.0", "description": "It does things."},
        "paths": {
            path: {"get": {"operationId": name, "responses": answer} | ({"tags": [tag]} if tag else {})}
            for path, name in paths.items()
        },
        "components": {"schemas": schemas or {"Thing": {"type": "string"}}},
    }


def merge(**documents: dict[str, Any]) -> dict[str, Any]:
    return merged(documents, title="All", version="1.0.0", description="All of it.")


def answered(whole: dict[str, Any], path: str) -> Any:
    reference = whole["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    return reference.removeprefix("#/components/schemas/")


def test_a_component_that_is_the_same_everywhere_stands_once() -> None:
    whole = merge(slo=document({"/slo/v1/a": "a"}), credentials=document({"/credentials/v1/b": "b"}))

    assert whole["components"]["schemas"] == {"Thing": {"type": "string"}}
    assert answered(whole, "/slo/v1/a") == answered(whole, "/credentials/v1/b") == "Thing"


def test_components_of_one_name_and_two_meanings_get_their_service_s_name_in_front() -> None:
    whole = merge(
        slo=document({"/slo/v1/a": "a"}),
        credentials=document({"/credentials/v1/b": "b"}, {"Thing": {"type": "integer"}}),
    )

    assert whole["components"]["schemas"] == {"SloThing": {"type": "string"}, "CredentialsThing": {"type": "integer"}}
    assert (answered(whole, "/slo/v1/a"), answered(whole, "/credentials/v1/b")) == ("SloThing", "CredentialsThing")


def test_equal_text_about_different_things_is_a_clash_too() -> None:
    page = {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}
    book = {"type": "array", "items": {"$ref": "#/components/schemas/Page"}}
    whole = merge(
        slo=document({"/slo/v1/a": "a"}, {"Thing": {"type": "string"}, "Page": page, "Book": book}),
        credentials=document({"/credentials/v1/b": "b"}, {"Thing": {"type": "integer"}, "Page": page, "Book": book}),
    )

    schemas = whole["components"]["schemas"]
    assert set(schemas) == {
        f"{service}{name}" for service in ("Slo", "Credentials") for name in ("Thing", "Page", "Book")
    }
    assert schemas["CredentialsBook"]["items"]["$ref"] == "#/components/schemas/CredentialsPage"
    assert schemas["CredentialsPage"]["items"]["$ref"] == "#/components/schemas/CredentialsThing"


def test_operation_ids_are_unique_over_the_services() -> None:
    whole = merge(
        slo=document({"/slo/v1/a": "list_things", "/slo/v1/b": "count"}),
        credentials=document({"/credentials/v1/a": "list_things"}),
    )

    names = {path: operation["operationId"] for path, _, operation in operations(whole)}
    assert names == {
        "/slo/v1/a": "slo_list_things",
        "/slo/v1/b": "count",
        "/credentials/v1/a": "credentials_list_things",
    }


def test_an_address_that_all_services_have_stands_once_and_keeps_its_name() -> None:
    both = {"/livez": "livez"}
    whole = merge(slo=document(both, tag="operation"), credentials=document(both, tag="operation"))

    assert [operation["operationId"] for _, _, operation in operations(whole)] == ["livez"]
    assert [tag["name"] for tag in whole["tags"]] == ["operation"]


def test_services_that_disagree_about_an_address_cannot_be_merged() -> None:
    with pytest.raises(DocumentsDisagree, match="/livez"):
        merge(slo=document({"/livez": "livez"}), credentials=document({"/livez": "alive"}))


def test_tags_name_their_service_and_are_declared() -> None:
    whole = merge(slo=document({"/slo/v1/a": "a"}), credentials=document({"/credentials/v1/b": "b"}, tag=None))

    assert whole["paths"]["/slo/v1/a"]["get"]["tags"] == ["slo: things"]
    assert whole["paths"]["/credentials/v1/b"]["get"]["tags"] == ["credentials"]
    assert [tag["name"] for tag in whole["tags"]] == ["credentials", "slo: things"]


def test_a_call_without_a_token_says_so() -> None:
    one = document({"/slo/v1/a": "a"})
    one["paths"]["/slo/v1/a"]["get"]["security"] = [{"bearer": []}]
    whole = merge(slo=one, credentials=document({"/credentials/v1/b": "b"}))

    assert whole["paths"]["/slo/v1/a"]["get"]["security"] == [{"bearer": []}]
    assert whole["paths"]["/credentials/v1/b"]["get"]["security"] == []


def test_the_services_own_documents_are_left_as_they_are() -> None:
    one = document({"/slo/v1/a": "a"})
    merge(slo=one, credentials=document({"/credentials/v1/b": "a"}, {"Thing": {"type": "integer"}}))

    assert one == document({"/slo/v1/a": "a"})
