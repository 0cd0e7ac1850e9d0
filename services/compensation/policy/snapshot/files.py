"""The files' bytes: one table as CSV and as Parquet with the same content, the data dictionary, the manifest.

Equal content gives equal bytes, as long as the library that writes Parquet is the same, which the manifest names.
"""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson

from services.compensation.policy.snapshot.columns import Column, Value

_DECIMAL_DIGITS = 18


def csv_bytes(columns: Sequence[Column], rows: Sequence[Sequence[Value]]) -> bytes:
    """RFC 4180 with a header, UTF-8, nothing for null, `true` and `false` for flags."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.name for column in columns])
    writer.writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue().encode()


def parquet_bytes(columns: Sequence[Column], rows: Sequence[Sequence[Value]]) -> bytes:
    """Parquet with the types of the dictionary: decimals are decimal128, whose places the column states."""
    # Imported here: it takes a second and 50 MB, and only a worker that makes a snapshot ever needs it.
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(column.name, _arrow_type(pa, column)) for column in columns])
    arrays = [pa.array([row[at] for row in rows], type=field.type) for at, field in enumerate(schema)]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), buffer, compression="zstd")
    return buffer.getvalue()


def dictionary_rows(files: Sequence[tuple[str, Sequence[Column]]]) -> list[dict[str, str]]:
    """A line for each column of each file."""
    return [
        {
            "file": file,
            "column": column.name,
            "type": f"decimal(18,{column.places})" if column.kind == "decimal" else column.kind,
            "unit": column.unit,
            "allowed": column.allowed,
            "meaning": column.meaning,
            "source": column.source,
        }
        for file, columns in files
        for column in columns
    ]


def dictionary_csv(lines: Sequence[dict[str, str]]) -> bytes:
    """The data dictionary as a table."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["file", "column", "type", "unit", "allowed", "meaning", "source"])
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()


def json_bytes(document: Any) -> bytes:
    """Indented, for people, with sorted keys, for equal bytes."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def parquet_writer() -> str:
    """The library that writes Parquet, with its version."""
    import pyarrow as pa

    return f"pyarrow {pa.__version__}"


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _arrow_type(pa: Any, column: Column) -> Any:
    if column.kind == "decimal":
        return pa.decimal128(_DECIMAL_DIGITS, column.places)
    return {"text": pa.string(), "flag": pa.bool_(), "integer": pa.int64()}[column.kind]
