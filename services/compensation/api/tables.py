"""Tables for spreadsheets and streams of lines: which form a caller prefers, and CSV that no spreadsheet runs."""

import csv
import io
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

NDJSON = "application/x-ndjson"
CSV = "text/csv"
_WEIGHED = re.compile(rf"({CSV}|{NDJSON}|application/json)\s*(?:;[^,;]*)*?(?:;\s*q=([01](?:\.\d{{1,3}})?))?\s*(?:,|$)")
_PIECE_CHARACTERS = 32_768


def preferred(accept: str) -> str | None:
    """Of the forms there are the one that `Accept` gives most weight, the first of equals; None where it names none."""
    weights = {name: float(weight or 1) for name, weight in _WEIGHED.findall(accept.lower())}
    return max((name for name in weights if weights[name]), key=weights.__getitem__, default=None)


def plain_cell(text: str | None) -> str | None:
    """A spreadsheet runs what begins like a formula; an apostrophe in front makes text of it."""
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text


async def csv_pieces(columns: Sequence[str], rows: AsyncIterator[Sequence[Any]]) -> AsyncIterator[bytes]:
    """The table as CSV, in pieces of some size."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    async for row in rows:
        writer.writerow(row)
        if buffer.tell() > _PIECE_CHARACTERS:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()
