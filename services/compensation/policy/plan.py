"""The way into the plan language: from YAML text or a published document to a plan that is valid as a whole."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import ValidationError

from services.compensation.errors import PlanInvalid
from services.compensation.policy.checks import faults_of, faults_of_writing
from services.compensation.policy.document_faults import faults_of_form, placed
from services.compensation.policy.language.document import Plan
from services.compensation.policy.source_text import read_yaml

__all__ = ["Plan", "content_hash", "document_of", "parse_plan", "plan_schema"]


def parse_plan(source: str | Mapping[str, Any]) -> Plan:
    """Read a plan document from YAML text, or from the decoded document of a plan that is kept, of which less is asked.

    Raises PlanUnreadable where the text is not YAML, PlanInvalid where it is not a plan: its `errors` name every
    fault found, each with its JSON pointer, its line (of YAML) and the remedy.
    """
    data, lines = read_yaml(source) if isinstance(source, str) else (source, {})
    try:
        plan = Plan.model_validate(data)
    except ValidationError as error:
        found = faults_of_form(error, data, language="plan", schema=plan_schema())
    else:
        found = faults_of(plan)
        if not found and isinstance(source, str):
            found = [*faults_of_writing(plan)]
    if found:
        detail, errors = placed(found, lines)
        raise PlanInvalid(detail, errors=errors)
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
