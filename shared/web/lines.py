"""Many rows as one answer, line by line: which form a caller wants, and a stream of either, never whole in memory."""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import orjson

NDJSON = "application/x-ndjson"
CSV = "text/csv"
LINES: Mapping[str, Any] = {NDJSON: {"schema": {"type": "string"}}, CSV: {"schema": {"type": "string"}}}
"""What an OpenAPI document says of both."""
_WEIGHED = re.compile(rf"({CSV}|{NDJSON}|application/json)\s*(?:;[^,;]*)*?(?:;\s*q=([01](?:\.\d{{1,3}})?))?\s*(?:,|$)")
_CHARACTERS_AT_ONCE = 32_768


def preferred(accept: str) -> str | None:
    """Of the forms there are the one that `Accept` gives most weight, the first of equals; None where it names none."""
    weights = {name: float(weight or 1) for name, weight in _WEIGHED.findall(accept.lower())}
    return max((name for name in weights if weights[name]), key=weights.__getitem__, default=None)


def plain_cell(text: str | None) -> str | None:
    """A spreadsheet runs what begins like a formula; an apostrophe in front makes text of it."""
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text


async def ndjson(rows: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[bytes]:
    """One JSON object a line."""
    async for row in rows:
        yield orjson.dumps(row, default=str, option=orjson.OPT_APPEND_NEWLINE)


async def csv_lines(columns: Iterable[str], rows: AsyncIterator[Iterable[object]]) -> AsyncIterator[bytes]:
    """A line of column names, then a line for each row."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    async for row in rows:
        writer.writerow(row)
        if buffer.tell() > _CHARACTERS_AT_ONCE:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()
