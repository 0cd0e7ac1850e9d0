"""Many rows as one answer, line by line: which form a caller wants, and a stream of either, never whole in memory.

Rows travel in blocks, as the database gives them: a step of an asynchronous iterator costs more than a row.
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

import orjson

NDJSON = "application/x-ndjson"
CSV = "text/csv"
CSV_CONTENT: Mapping[str, Any] = {CSV: {"schema": {"type": "string"}}}
LINES: Mapping[str, Any] = {NDJSON: {"schema": {"type": "string"}}, **CSV_CONTENT}
"""What an OpenAPI document says of both."""
_WEIGHED = re.compile(rf"({CSV}|{NDJSON}|application/json)\s*(?:;[^,;]*)*?(?:;\s*q=([01](?:\.\d{{1,3}})?))?\s*(?:,|$)")
_FORMULA = re.compile(r"[=+@\t\r]|-(?!\d+(\.\d+)?$)")


def preferred(accept: str) -> str | None:
    """Of the forms there are the one that `Accept` gives most weight, the first of equals; None where it names none."""
    weights = {name: float(weight or 1) for name, weight in _WEIGHED.findall(accept.lower())}
    return max((name for name in weights if weights[name]), key=weights.__getitem__, default=None)


async def ndjson(blocks: AsyncIterator[Iterable[Mapping[str, Any]]]) -> AsyncIterator[bytes]:
    """One JSON object a line."""
    async for block in blocks:
        yield b"".join([orjson.dumps(row, default=str, option=orjson.OPT_APPEND_NEWLINE) for row in block])


async def csv_lines(columns: Sequence[str], blocks: AsyncIterator[Iterable[Iterable[Any]]]) -> AsyncIterator[bytes]:
    """A line of column names, then a line for each row."""
    yield csv_text(columns, ())
    async for block in blocks:
        yield _lines(block)


def csv_text(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """The same of a few rows, whole."""
    return _lines([columns, *rows])


def _lines(rows: Iterable[Iterable[Any]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([_plain(cell) for cell in row] for row in rows)
    return buffer.getvalue().encode()


def _plain(cell: Any) -> Any:
    """A spreadsheet runs what begins like a formula; an apostrophe in front makes text of it. A number stays one."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
