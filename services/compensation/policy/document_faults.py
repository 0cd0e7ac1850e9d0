"""Faults of a written document in the words of the document: the place, its line, and the remedy."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.compensation.policy.form_words import expected
from services.compensation.policy.language.terms import CODE, WORD
from services.compensation.policy.source_text import Lines, below
from shared.kernel.errors import FieldError

_REMEDIES = {
    "model_type": "is not a group of names with their values: write each on a line of its own, like `name: value`",
    "missing": "is missing: add it",
    "extra_forbidden": "is not part of the {language} language here: remove it or correct its spelling",
}
_WRITTEN_WITH = {
    CODE: "a small letter first, then small letters, digits, `_` and `-`, 63 in all at most",
    WORD: "letters, digits, blanks, `.`, `_` and `-`, 63 in all at most, no blank first",
}


def faults_of_form(error: ValidationError, data: Any, *, language: str) -> list[FieldError]:
    """What pydantic found in `data`: pointers without the tags of the models, each with the remedy."""
    return [_as_field_error(fault, data, language) for fault in error.errors(include_url=False)]


def placed(found: list[FieldError], lines: Lines) -> tuple[str, list[FieldError]]:
    """The faults with their lines, and all of them in one sentence."""
    errors = [FieldError(fault.pointer, _line_of(fault.pointer, lines) + fault.detail) for fault in found]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{errors[0].pointer or '/'}: {errors[0].detail}{more}", errors


def _line_of(pointer: str, lines: Lines) -> str:
    """The line of the place, or of the nearest place around it that is written."""
    while pointer and pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return f"line {lines[pointer]}: " if pointer in lines else ""


def _as_field_error(fault: ErrorDetails, data: Any, language: str) -> FieldError:
    pointer, here = "", data
    for key in fault["loc"]:
        if _has(here, key):
            here = here[key]
        elif fault["type"] != "missing" or key != fault["loc"][-1]:
            continue
        pointer = below(pointer, key)
    if (remedy := _REMEDIES.get(fault["type"])) is not None:
        return FieldError(pointer, remedy.format(language=language))
    if (asked := _WRITTEN_WITH.get(fault.get("ctx", {}).get("pattern", ""))) is not None:
        return FieldError(pointer, f"is written with {asked}: correct it")
    # Never formatted: it may quote what the author wrote, braces and all.
    message = expected(fault) or fault["msg"].removeprefix("Value error, ")
    if message == fault["msg"]:
        message = f"{message[0].lower()}{message[1:]}: correct it"
    return FieldError(pointer, message)


def _has(here: Any, key: str | int) -> bool:
    if isinstance(here, Mapping):
        return key in here
    return isinstance(here, (list, tuple)) and isinstance(key, int) and key < len(here)
