"""Faults of a written document in the words of the document: the place, its line, and the remedy."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.compensation.policy.document_schema import DocumentSchema
from services.compensation.policy.form_words import close_to, expected
from services.compensation.policy.language.terms import CODE, KEPT_VALUE, VALUE, WORD
from services.compensation.policy.source_text import Lines, below
from services.compensation.policy.words.texts import listed
from shared.kernel.errors import FieldError

_NO_GROUP = "is not a group of names with their values: write each on a line of its own, like `name: value`"
_WRITTEN_WITH = {
    CODE: "a small letter first, then small letters, digits, `_` and `-`, 63 in all at most",
    KEPT_VALUE: "digits, as a number below a million, or as a word with a letter first, 63 characters in all at most",
    WORD: "letters, digits, blanks, `.`, `_` and `-`, 63 in all at most, no blank first",
    VALUE: "a number below a million, or letters, digits, blanks, `.`, `_` and `-`, 63 in all at most, no blank first",
}


def faults_of_form(error: ValidationError, data: Any, *, language: str, schema: Mapping[str, Any]) -> list[FieldError]:
    """What pydantic found in `data`: pointers without the tags of the models, each with the remedy. `schema` is the
    JSON Schema of what `data` should be.
    """
    form = DocumentSchema(schema)
    faults = error.errors(include_url=False)
    return [_as_field_error(fault, data, language, form) for fault in faults if not _follows(fault)]


def _follows(fault: ErrorDetails) -> bool:
    """A list is too short as well, to pydantic, where its items are faults."""
    return fault["type"] == "too_short" and len(fault["input"]) >= fault["ctx"]["min_length"]


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


def _as_field_error(fault: ErrorDetails, data: Any, language: str, form: DocumentSchema) -> FieldError:
    pointer, here = "", data
    for key in fault["loc"]:
        if _has(here, key):
            here = here[key]
        elif fault["type"] != "missing" or key != fault["loc"][-1]:
            continue
        pointer = below(pointer, key)
    match fault["type"]:
        case "model_type" | "model_attributes_type":
            return FieldError(pointer, _NO_GROUP)
        case "missing":
            words = form.words_at(fault["loc"])
            return FieldError(pointer, "is missing: add it" + (f", {listed(words, 'or')}" if words else ""))
        case "extra_forbidden":
            return FieldError(pointer, f"is not part of the {language} language here: {_spelling(fault, data, form)}")
    if (asked := _WRITTEN_WITH.get(fault.get("ctx", {}).get("pattern", ""))) is not None:
        return FieldError(pointer, f"is written with {asked}: correct it")
    # Never formatted: it may quote what the author wrote, braces and all.
    message = expected(fault) or fault["msg"].removeprefix("Value error, ")
    if message == fault["msg"]:
        message = f"{message[0].lower()}{message[1:]}: correct it"
    return FieldError(pointer, message)


def _spelling(fault: ErrorDetails, data: Any, form: DocumentSchema) -> str:
    """What an unknown key may have been meant to be: the closest one that is not there already."""
    *around, key = fault["loc"]
    given: Any = data
    for step in around:
        given = given[step] if _has(given, step) else given
    unused = [known for known in form.keys_at(around) if known not in given]
    meant = close_to(str(key), unused)
    return "remove it or correct its spelling" if meant is None else f"did you mean `{meant}`?"


def _has(here: Any, key: str | int) -> bool:
    if isinstance(here, Mapping):
        return key in here
    return isinstance(here, (list, tuple)) and isinstance(key, int) and key < len(here)
