"""What a document has to hold at a place where it holds something else: what is expected, with an example."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

_EXPECTED: Mapping[str, str] = {
    "int_type": "has to be a whole number, without quotes or a point, like 2",
    "int_parsing": "has to be a whole number, like 2",
    "bool_type": "has to be true or false, without quotes, like true",
    "string_type": 'has to be text: put it in quotes, like "2"',
    "tuple_type": "has to be a list, like [first, second]",
    "list_type": "has to be a list, like [first, second]",
    "dict_type": "has to be names with their values: write each on a line of its own, like `name: value`",
    "too_short": "has too few items: name {min_length} or more, like [first, second]",
    "too_long": "has too many items: name {max_length} at most",
    "string_too_short": 'is too short: write {min_length} or more characters, like "Bonus"',
    "greater_than_equal": "is too low: write {ge} or more, like {ge}",
    "less_than_equal": "is too high: write {le} or less, like {le}",
    "uuid_parsing": "is not an id: write it like 01930000-0000-7000-8000-0000000000c1",
    "uuid_type": "is not an id: write it like 01930000-0000-7000-8000-0000000000c1",
    "union_tag_not_found": "is missing {discriminator}, which says what kind it is: add it",
}
_WORD = re.compile(r"'([^']*)'")


def expected(fault: ErrorDetails) -> str | None:
    """What belongs there instead of what pydantic found; None where pydantic says it well enough."""
    context, kind = fault.get("ctx", {}), fault["type"]
    if kind in ("literal_error", "enum"):
        return _known(fault["input"], "here", context["expected"])
    if kind == "union_tag_invalid":
        return _known(context["tag"], f"as {_quoted(context)['discriminator']}", context["expected_tags"])
    if kind.startswith("datetime_"):
        return "is not a time: write it like 2020-08-17T16:00"
    if kind.startswith("date_"):
        return "is not a date: write it like 2020-08-17"
    words = _EXPECTED.get(kind)
    return None if words is None else words.format_map(_quoted(context))


def close_to(word: str, known: Iterable[str]) -> str | None:
    """The one that was meant: that `word` is a part of, or that is spelt nearly like it."""
    names = sorted(set(known))
    longer = [name for name in names if word in name.split("_")]
    return next(iter(longer or get_close_matches(word, names, n=1)), None)


def _quoted(context: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value).replace("'", "`") for name, value in context.items()}


def _known(given: Any, where: str, written: str) -> str:
    """`written` are the words that are known, as pydantic lists them."""
    words: Sequence[str] = _WORD.findall(written)
    close = get_close_matches(given, words, n=1) if isinstance(given, str) else []
    told = _in_yaml(f"{given!r:.60}") if isinstance(given, (str, int)) else "this"
    return f"{told} is not known {where}: " + (f"did you mean {close[0]!r}?" if close else f"write {_in_yaml(written)}")


def _in_yaml(word: str) -> str:
    return {"True": "true", "False": "false"}.get(word, word)
