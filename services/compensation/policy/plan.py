"""The way into the plan language: from YAML text or a published document to a plan that is valid as a whole."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.compensation.errors import PlanInvalid
from services.compensation.policy.checks import faults_of
from services.compensation.policy.language.document import Plan
from services.compensation.policy.source_text import Lines, below, read_yaml
from shared.kernel.errors import FieldError

__all__ = ["Plan", "content_hash", "document_of", "parse_plan", "plan_schema"]


def parse_plan(source: str | Mapping[str, Any]) -> Plan:
    """Read a plan document from YAML text, or from the decoded document of a published plan.

    Raises PlanUnreadable where the text is not YAML, PlanInvalid where it is not a plan: its `errors` name every
    fault found, each with its JSON pointer, its line (of YAML) and the remedy.
    """
    data, lines = read_yaml(source) if isinstance(source, str) else (source, {})
    try:
        plan = Plan.model_validate(data)
    except ValidationError as error:
        found = [_as_field_error(fault, data) for fault in error.errors(include_url=False)]
    else:
        found = faults_of(plan)
    if found:
        raise _invalid(found, lines)
    return plan


def document_of(plan: Plan) -> dict[str, Any]:
    """The plan as a JSON-able document in one form: numbers as their shortest text, defaults left out.

    `parse_plan` reads it back to an equal plan.
    """
    return plan.model_dump(mode="json", exclude_defaults=True)


def content_hash(plan: Plan) -> str:
    """SHA-256 in hex over the canonical JSON of the document: what the plan says, however it was laid out."""
    return hashlib.sha256(orjson.dumps(document_of(plan), option=orjson.OPT_SORT_KEYS)).hexdigest()


def plan_schema() -> dict[str, Any]:
    """The JSON Schema of plan documents (draft 2020-12). What the parts mean together only `parse_plan` can say."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Plan.model_json_schema()}


def _invalid(found: list[FieldError], lines: Lines) -> PlanInvalid:
    placed = [FieldError(fault.pointer, _line_of(fault.pointer, lines) + fault.detail) for fault in found]
    first = placed[0]
    more = f" (and {len(placed) - 1} more)" if len(placed) > 1 else ""
    return PlanInvalid(f"{first.pointer or '/'}: {first.detail}{more}", errors=placed)


def _line_of(pointer: str, lines: Lines) -> str:
    """The line of the place, or of the nearest place around it that is written."""
    while pointer and pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return f"line {lines[pointer]}: " if pointer in lines else ""


_REMEDIES = {
    "model_type": "is not a group of names with their values: write each on a line of its own, like `name: value`",
    "missing": "is missing: add it",
    "extra_forbidden": "is not part of the plan language here: remove it or correct its spelling",
}


def _as_field_error(fault: ErrorDetails, data: Any) -> FieldError:
    """A fault in the words of the document: a pointer without the tags of the models, and the remedy."""
    pointer, here = "", data
    for key in fault["loc"]:
        if _has(here, key):
            here = here[key]
        elif fault["type"] != "missing" or key != fault["loc"][-1]:
            continue
        pointer = below(pointer, key)
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] != "value_error":
        message = f"{message[0].lower()}{message[1:]}: correct it"
    return FieldError(pointer, _REMEDIES.get(fault["type"], message))


def _has(here: Any, key: str | int) -> bool:
    if isinstance(here, Mapping):
        return key in here
    return isinstance(here, (list, tuple)) and isinstance(key, int) and key < len(here)
