"""Faults of a written document in the words of the document: the place, its line, and the remedy."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from services.compensation.policy.form_words import close_to, expected
from services.compensation.policy.language.terms import CODE, VALUE, WORD
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
    VALUE: "a number below a million, or letters, digits, blanks, `.`, `_` and `-`, 63 in all at most, no blank first",
}


def faults_of_form(
    error: ValidationError, data: Any, *, language: str, model: type[BaseModel] | None = None
) -> list[FieldError]:
    """What pydantic found in `data`: pointers without the tags of the models, each with the remedy. With the `model`
    of the whole document a name that is no part of it is told which one is close to it.
    """
    found = error.errors(include_url=False)
    return [_as_field_error(fault, data, language, model) for fault in found if not _follows(fault, found)]


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


def _as_field_error(fault: ErrorDetails, data: Any, language: str, model: type[BaseModel] | None) -> FieldError:
    pointer, here = "", data
    for key in fault["loc"]:
        if _has(here, key):
            here = here[key]
        elif fault["type"] != "missing" or key != fault["loc"][-1]:
            continue
        pointer = below(pointer, key)
    if fault["type"] == "extra_forbidden" and model is not None:
        names = [name for part in _models_at(model, fault["loc"][:-1]) for name in _fields(part)]
        if (meant := close_to(str(fault["loc"][-1]), names)) is not None:
            return FieldError(pointer, f"is not part of the {language} language here: did you mean {meant!r}?")
    if (remedy := _REMEDIES.get(fault["type"])) is not None:
        return FieldError(pointer, remedy.format(language=language))
    if (asked := _WRITTEN_WITH.get(fault.get("ctx", {}).get("pattern", ""))) is not None:
        return FieldError(pointer, f"is written with {asked}: correct it")
    # Never formatted: it may quote what the author wrote, braces and all.
    message = expected(fault) or fault["msg"].removeprefix("Value error, ")
    if message == fault["msg"]:
        message = f"{message[0].lower()}{message[1:]}: correct it"
    return FieldError(pointer, message)


def _follows(fault: ErrorDetails, found: list[ErrorDetails]) -> bool:
    """Whether a list is too short only since what stands in it is wrong."""
    place = fault["loc"]
    return fault["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in found
    )


def _models_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[type[BaseModel]]:
    """The models that may stand at a place; indexes, keys and tags lead to no other."""
    here = [model]
    for key in path:
        inner = [field for part in here for name, field in _fields(part).items() if name == key]
        here = [part for field in inner for part in _models_in(field)] if inner else here
    return here


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """What its fields are called in a document, and their types."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _has(here: Any, key: str | int) -> bool:
    if isinstance(here, Mapping):
        return key in here
    return isinstance(here, (list, tuple)) and isinstance(key, int) and key < len(here)
