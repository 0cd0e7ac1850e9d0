"""The way into the changes of a what-if: from YAML text or decoded JSON, with faults told as those of a plan."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.compensation.errors import ChangesInvalid, PlanInvalid, PlanUnreadable
from services.compensation.policy.document_faults import faults_of_form, placed
from services.compensation.policy.source_text import Lines, read_yaml
from services.compensation.policy.what_if.changes import Change, Changes
from shared.kernel.errors import FieldError

_CHANGES: TypeAdapter[list[Change]] = TypeAdapter(Changes)


def read_changes(text: str) -> Any:
    """Valid changes in a YAML text, as plain data. Raises ChangesInvalid with place, line and remedy of each fault."""
    try:
        data, lines = read_yaml(text)
    except (PlanUnreadable, PlanInvalid) as error:
        raise ChangesInvalid(error.detail, errors=error.errors) from error
    parse_changes(data, lines)
    return data


def parse_changes(data: Any, lines: Lines | None = None, *, at: str = "") -> list[Change]:
    """`data` as changes. Raises ChangesInvalid with a pointer, from `at` on, and the remedy for each fault."""
    try:
        return _CHANGES.validate_python(data)
    except ValidationError as error:
        found = faults_of_form(error, data, language="changes", schema=_schema())
        detail, errors = placed([FieldError(at + fault.pointer, fault.detail) for fault in found], lines or {})
        raise ChangesInvalid(detail, errors=errors) from error


@cache
def _schema() -> dict[str, Any]:
    return _CHANGES.json_schema()
