"""Writes many rows in one statement: arrays in, `unnest`, one round trip however many rows there are.

By the driver: one observation has twenty columns, and to bind them by way of SQLAlchemy costs more than to save them
(docs/decisions/0010).
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.direct import driver

Rows = Sequence[Mapping[str, Any]]

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


async def put(connection: AsyncConnection, table: Table, rows: Rows, *, only_new: Collection[str] = ()) -> None:
    """Insert `rows`, all with the same columns; a row whose primary key is there already is updated.

    `only_new` names columns that an update leaves alone.
    """
    if rows:
        columns = tuple(rows[0])
        await _execute(connection, _upsert(table, columns, frozenset(only_new)), table, rows)


async def add(connection: AsyncConnection, table: Table, rows: Rows) -> None:
    """Insert `rows`, none of which may be there yet."""
    if rows:
        await _execute(connection, _insert(table, tuple(rows[0])), table, rows)


async def change(connection: AsyncConnection, table: Table, rows: Rows) -> None:
    """Update the rows with these primary keys."""
    if rows:
        await _execute(connection, _update(table, tuple(rows[0])), table, rows)


async def _execute(connection: AsyncConnection, statement: str, table: Table, rows: Rows) -> None:
    arrays = (_array(table, name, rows) for name in rows[0])
    await (await driver(connection)).execute(statement, *arrays)


def _array(table: Table, name: str, rows: Rows) -> list[Any]:
    values = [row[name] for row in rows]
    return [orjson.dumps(value).decode() for value in values] if isinstance(table.c[name].type, JSONB) else values


def _source(table: Table, columns: Sequence[str]) -> str:
    arrays = ", ".join(f"${place}::{_type(table, name)}[]" for place, name in enumerate(columns, start=1))
    return f"unnest({arrays}) AS u({', '.join(columns)})"


def _type(table: Table, name: str) -> str:
    kind = table.c[name].type
    return "text" if isinstance(kind, JSONB) else kind.compile(dialect=_DIALECT)


def _value(table: Table, name: str) -> str:
    return f"CAST(u.{name} AS jsonb)" if isinstance(table.c[name].type, JSONB) else f"u.{name}"


@cache
def _insert(table: Table, columns: tuple[str, ...]) -> str:
    values = ", ".join(_value(table, name) for name in columns)
    return f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {values} FROM {_source(table, columns)}"


@cache
def _upsert(table: Table, columns: tuple[str, ...], only_new: frozenset[str]) -> str:
    keys = [column.name for column in table.primary_key]
    changed = [name for name in columns if name not in only_new and name not in keys]
    updates = ", ".join(f"{name} = excluded.{name}" for name in changed)
    return f"{_insert(table, columns)} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {updates}"


@cache
def _update(table: Table, columns: tuple[str, ...]) -> str:
    keys = [column.name for column in table.primary_key]
    updates = ", ".join(f"{name} = {_value(table, name)}" for name in columns if name not in keys)
    same = " AND ".join(f"t.{name} = u.{name}" for name in keys)
    return f"UPDATE {table.name} AS t SET {updates} FROM {_source(table, columns)} WHERE {same}"
