"""Writes many rows in one statement: arrays in, `unnest`, one round trip however many rows there are."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

Rows = Sequence[Mapping[str, Any]]

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


async def put(connection: AsyncConnection, table: Table, rows: Rows, *, only_new: Collection[str] = ()) -> None:
    """Insert `rows`, all with the same columns; a row whose primary key is there already is updated.

    `only_new` names columns that an update leaves alone.
    """
    if rows:
        columns = tuple(rows[0])
        await connection.execute(_upsert(table, columns, frozenset(only_new)), _arrays(table, columns, rows))


async def add(connection: AsyncConnection, table: Table, rows: Rows) -> None:
    """Insert `rows`, none of which may be there yet."""
    if rows:
        columns = tuple(rows[0])
        await connection.execute(text(_insert(table, columns)), _arrays(table, columns, rows))


async def change(connection: AsyncConnection, table: Table, rows: Rows) -> None:
    """Update the rows with these primary keys."""
    if rows:
        columns = tuple(rows[0])
        await connection.execute(_update(table, columns), _arrays(table, columns, rows))


def _arrays(table: Table, columns: Sequence[str], rows: Rows) -> dict[str, list[Any]]:
    arrays: dict[str, list[Any]] = {}
    for name in columns:
        values = [row[name] for row in rows]
        is_json = isinstance(table.c[name].type, JSONB)
        arrays[name] = [orjson.dumps(value).decode() for value in values] if is_json else values
    return arrays


def _source(table: Table, columns: Sequence[str]) -> str:
    arrays = ", ".join(f"CAST(:{name} AS {_type(table, name)}[])" for name in columns)
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
def _upsert(table: Table, columns: tuple[str, ...], only_new: frozenset[str]) -> TextClause:
    keys = [column.name for column in table.primary_key]
    changed = [name for name in columns if name not in only_new and name not in keys]
    updates = ", ".join(f"{name} = excluded.{name}" for name in changed)
    return text(f"{_insert(table, columns)} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {updates}")


@cache
def _update(table: Table, columns: tuple[str, ...]) -> TextClause:
    keys = [column.name for column in table.primary_key]
    updates = ", ".join(f"{name} = {_value(table, name)}" for name in columns if name not in keys)
    same = " AND ".join(f"t.{name} = u.{name}" for name in keys)
    return text(f"UPDATE {table.name} AS t SET {updates} FROM {_source(table, columns)} WHERE {same}")
