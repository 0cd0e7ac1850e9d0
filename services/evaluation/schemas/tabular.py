"""CSV as RFC 4180 has it, read strictly from bytes: UTF-8, one header, every row as long as the header.

It tells where a fault is and what is wrong there, never what stands there: a cell may hold anything.
"""

import codecs
import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from typing import IO

# No longer than the longest cell that the csv module takes: its own complaint does not tell length from quotes.
_LONGEST_LINE = 131_072
_METADATA = "metadata."
# What a byte that is no UTF-8 turns into, and the one character that PostgreSQL does not take.
_NOT_TEXT = re.compile("[\udc80-\udcff\0]")
_NOT_CSV = "the quotes are not as RFC 4180 has them: a cell with quotes or commas stands in quotes, its own doubled"

Complain = Callable[[int, str, str], None]
"""(line, column, what is wrong there); the column is empty where the line as a whole is broken."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a file in their order; `allows_metadata` lets more columns follow that begin with `metadata.`."""

    columns: tuple[str, ...]
    allows_metadata: bool = False


def read_table(source: IO[bytes], layout: Layout, complain: Complain) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Each row as (line of the file on which it begins, cells by column), broken ones left out.

    The cells of a row are stripped of white space around them.
    """
    reader = csv.reader(_lines(source, complain), strict=True)
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error:
            complain(line, "", _NOT_CSV)
            return
        if row is None:
            break
        if not row:
            continue
        if header is None:
            header = row
            if not _is_right(header, layout, complain):
                return
        elif len(row) != len(header):
            complain(line, "", f"has {len(row)} cells, the header has {len(header)}")
        elif _is_text(row, header, line, complain):
            yield line, dict(zip(header, map(str.strip, row), strict=True))
    if header is None:
        complain(1, "", "the file is empty: it needs a header and rows")


def _lines(source: IO[bytes], complain: Complain) -> Iterator[str]:
    text = TextIOWrapper(source, encoding="utf-8", errors="surrogateescape", newline="")
    number = 0
    while line := text.readline(_LONGEST_LINE + 1):
        number += 1
        if len(line) > _LONGEST_LINE:
            complain(number, "", f"is longer than {_LONGEST_LINE} characters")
            return
        yield line.removeprefix(codecs.BOM_UTF8.decode()) if number == 1 else line


def _is_right(header: Sequence[str], layout: Layout, complain: Complain) -> bool:
    if any(_NOT_TEXT.search(name) for name in header):
        complain(1, "", "the header is not UTF-8 text: save the file as UTF-8, and not as UTF-16")
        return False
    expected = layout.columns
    own = header[: len(expected)]
    for name, wanted in zip(own, expected, strict=False):
        if name != wanted:
            complain(1, wanted, "this column is missing or not in its place; commas divide names, case counts")
            return False
    if len(own) < len(expected):
        complain(1, expected[len(own)], "this column is missing")
        return False
    further = header[len(expected) :]
    for at, name in enumerate(further, start=len(expected) + 1):
        if not (layout.allows_metadata and name.startswith(_METADATA) and len(name) > len(_METADATA)):
            remedy = f"; further columns begin with {_METADATA}" if layout.allows_metadata else ""
            complain(1, "", f"column {at} of the header is not one of this file{remedy}")
            return False
        if name in further[: at - len(expected) - 1]:
            complain(1, "", f"column {at} of the header stands there twice")
            return False
    return True


def _is_text(row: Sequence[str], header: Sequence[str], line: int, complain: Complain) -> bool:
    is_text = True
    for name, cell in zip(header, row, strict=True):
        if not cell.isascii() or "\0" in cell:
            if _NOT_TEXT.search(cell) is None:
                continue
            complain(line, name, "is not UTF-8 text")
            is_text = False
    return is_text
