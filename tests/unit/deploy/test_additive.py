"""What counts as adding to an event, and what breaks somebody who reads it."""

from copy import deepcopy
from datetime import date
from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel, Field

from deploy.export.additive import breaks


class Kind(StrEnum):
    FORMAL = "formal"
    WALKTHROUGH = "walkthrough"


class Part(BaseModel):
    level: int = Field(ge=1, le=5)
    note: str | None = None


class Seen(BaseModel):
    kind: Kind
    seen_on: date
    parts: list[Part]
    by_name: dict[str, Part]
    remark: str | None


OLD = Seen.model_json_schema()


def changed(change: Any) -> dict[str, Any]:
    new = deepcopy(OLD)
    change(new)
    return new


def test_the_same_schema_breaks_nobody() -> None:
    assert breaks(OLD, deepcopy(OLD)) == []


def test_an_optional_field_may_be_added_at_any_depth() -> None:
    def add(new: dict[str, Any]) -> None:
        for properties in (new["properties"], new["$defs"]["Part"]["properties"]):
            properties["place"] = {"type": "string"}

    assert breaks(OLD, changed(add)) == []


def test_words_about_a_field_may_change_and_definitions_may_be_renamed() -> None:
    def reword(new: dict[str, Any]) -> None:
        new["properties"]["seen_on"] |= {"description": "The day.", "examples": ["2021-03-01"], "title": "Day"}
        new["$defs"]["Share"] = new["$defs"].pop("Part")
        new["properties"]["parts"]["items"] = {"$ref": "#/$defs/Share"}
        new["properties"]["by_name"]["additionalProperties"] = {"$ref": "#/$defs/Share"}

    assert breaks(OLD, changed(reword)) == []


BREAKING = {
    "a removed field": lambda new: new["properties"].pop("remark"),
    "a removed field of a part": lambda new: new["$defs"]["Part"]["properties"].pop("note"),
    "a changed type": lambda new: new["properties"]["seen_on"].update(type="integer"),
    "a changed type in a part": lambda new: new["$defs"]["Part"]["properties"]["level"].update(type="string"),
    "a changed format": lambda new: new["properties"]["seen_on"].update(format="date-time"),
    "a new required field": lambda new: (
        new["properties"].update(place={"type": "string"}),
        new["required"].append("place"),
    ),
    "a new required field of a part": lambda new: new["$defs"]["Part"]["required"].append("note"),
    "a field that need not be there any more": lambda new: new["required"].remove("kind"),
    "a narrowed enum": lambda new: new["$defs"]["Kind"]["enum"].remove("formal"),
    "a widened enum": lambda new: new["$defs"]["Kind"]["enum"].append("visit"),
    "an enum made free": lambda new: new["$defs"]["Kind"].pop("enum"),
    "a narrowed range": lambda new: new["$defs"]["Part"]["properties"]["level"].update(maximum=4),
    "a widened range": lambda new: new["$defs"]["Part"]["properties"]["level"].pop("minimum"),
    "null no longer allowed": lambda new: new["properties"]["remark"]["anyOf"].pop(),
    "another alternative": lambda new: new["properties"]["remark"]["anyOf"].append({"type": "integer"}),
    "a list of something else": lambda new: new["properties"]["parts"].update(items={"type": "string"}),
    "a map of something else": lambda new: new["properties"]["by_name"].update(additionalProperties=True),
    "another default": lambda new: new["$defs"]["Part"]["properties"]["note"].update(default=""),
    "unknown fields forbidden": lambda new: new.update(additionalProperties=False),
}


@pytest.mark.parametrize("change", BREAKING.values(), ids=BREAKING.keys())
def test_what_breaks_a_reader_is_found(change: Any) -> None:
    assert breaks(OLD, changed(change))


def test_a_fault_names_its_place() -> None:
    new = changed(lambda new: new["$defs"]["Part"]["properties"].pop("note"))

    assert breaks(OLD, new) == [
        "/by_name/*/note: removed, and consumers read it",
        "/parts/*/note: removed, and consumers read it",
    ]


def test_a_schema_that_refers_to_itself_is_compared_to_its_end() -> None:
    def tree(size: str) -> dict[str, Any]:
        children = {"type": "array", "items": {"$ref": "#/$defs/Node"}}
        node = {"type": "object", "properties": {"children": children, "size": {"type": size}}}
        return {"$ref": "#/$defs/Node", "$defs": {"Node": node}}

    assert breaks(tree("integer"), tree("integer")) == []
    assert breaks(tree("integer"), tree("string")) == ["/size: type was 'integer' and is 'string'"]
