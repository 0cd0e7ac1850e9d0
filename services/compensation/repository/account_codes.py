"""Queries for the account codes of plan years."""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import AccountCodes, AccountPlace
from services.compensation.models import account_codes


async def hold(connection: AsyncConnection) -> None:
    """One change at a time, so that numbers follow one another."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('account codes'))"))


async def standing(connection: AsyncConnection, plan_year: str) -> AccountCodes:
    """Those with the highest number; none, under number 0, where there are none yet."""
    query = select(account_codes).where(account_codes.c.plan_year == plan_year)
    row = (await connection.execute(query.order_by(account_codes.c.number.desc()).limit(1))).first()
    if row is None:
        return AccountCodes(plan_year)
    rows = row.rows if isinstance(row.rows, list) else orjson.loads(row.rows)
    codes = {
        AccountPlace(_id(one["district_id"]), _id(one["campus_id"]), one["component"]): one["code"] for one in rows
    }
    return AccountCodes(plan_year, row.number, codes, row.kept_by, row.kept_at)


async def add(connection: AsyncConnection, kept: AccountCodes) -> None:
    rows = [
        {
            "district_id": _text(place.district_id),
            "campus_id": _text(place.campus_id),
            "component": place.component,
            "code": code,
        }
        for place, code in kept.codes.items()
    ]
    await connection.execute(
        insert(account_codes).values(
            plan_year=kept.plan_year, number=kept.number, rows=rows, kept_by=kept.kept_by, kept_at=kept.kept_at
        )
    )


def _id(text_: Any) -> UUID | None:
    return None if text_ is None else UUID(text_)


def _text(identity: UUID | None) -> str | None:
    return None if identity is None else str(identity)
