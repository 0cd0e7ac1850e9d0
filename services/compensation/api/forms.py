"""The forms that a list is given in besides JSON, as `Accept` asks for them: lines of JSON, or CSV."""

import csv
import io
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

NDJSON = "application/x-ndjson"
CSV = "text/csv"
CSV_CONTENT: Mapping[str, Any] = {CSV: {"schema": {"type": "string"}}}
LINES_CONTENT: Mapping[str, Any] = {NDJSON: {"schema": {"type": "string"}}, **CSV_CONTENT}
_WEIGHED = re.compile(rf"({CSV}|{NDJSON}|application/json)\s*(?:;[^,;]*)*?(?:;\s*q=([01](?:\.\d{{1,3}})?))?\s*(?:,|$)")
_FORMULA = re.compile(r"[=+@\t\r]|-(?!\d+(\.\d+)?$)")
_CHARACTERS_AT_ONCE = 32_768


def preferred(accept: str) -> str | None:
    """Of the forms there are the one that `Accept` gives most weight, the first of equals; None where it names none."""
    weights = {name: float(weight or 1) for name, weight in _WEIGHED.findall(accept.lower())}
    return max((name for name in weights if weights[name]), key=weights.__getitem__, default=None)


async def csv_stream(columns: Sequence[str], rows: AsyncIterator[Sequence[Any]]) -> AsyncIterator[bytes]:
    """The rows under a line of their names, in pieces."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    async for row in rows:
        writer.writerow([_plain(cell) for cell in row])
        if buffer.tell() > _CHARACTERS_AT_ONCE:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def csv_text(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """The same of a few rows, whole."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([columns, *([_plain(cell) for cell in row] for row in rows)])
    return buffer.getvalue().encode()


def _plain(cell: Any) -> Any:
    """A spreadsheet runs what begins like a formula; an apostrophe in front makes text of it. A number stays one."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
