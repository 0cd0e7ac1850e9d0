"""Queries for the common facts of plan years."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import CommonFacts
from services.compensation.models import common_facts


async def standing(connection: AsyncConnection, plan_year: str) -> CommonFacts:
    """Those with the highest number; those without any, under number 0, where there are none yet."""
    found = await connection.execute(
        select(common_facts)
        .where(common_facts.c.plan_year == plan_year)
        .order_by(common_facts.c.number.desc())
        .limit(1)
    )
    row = found.first()
    return CommonFacts(plan_year) if row is None else _common_facts(row)


async def numbered(connection: AsyncConnection, plan_year: str, number: int) -> CommonFacts:
    """Those of a number that a statement names."""
    found = await connection.execute(
        select(common_facts).where(common_facts.c.plan_year == plan_year, common_facts.c.number == number)
    )
    return _common_facts(found.one())


async def closed_by(connection: AsyncConnection, plan_year: str, number: int) -> str | None:
    """Who settled the year for good under this number."""
    by: str | None = await connection.scalar(
        select(common_facts.c.changed_by).where(
            common_facts.c.plan_year == plan_year, common_facts.c.number == number, common_facts.c.is_final
        )
    )
    return by


async def add(
    connection: AsyncConnection,
    common: CommonFacts,
    *,
    by: str,
    at: datetime,
    event_id: UUID,
    reason: str | None = None,
) -> None:
    await connection.execute(
        insert(common_facts).values(
            plan_year=common.plan_year,
            number=common.number,
            campuses=common.campuses,
            settlement=common.settlement,
            settled_for=common.settled_for,
            is_final=common.is_final,
            changed_by=by,
            changed_at=at,
            event_id=event_id,
            reason=reason,
        )
    )


def _common_facts(row: Row[Any]) -> CommonFacts:
    return CommonFacts(
        plan_year=row.plan_year,
        number=row.number,
        campuses=_document(row.campuses),
        settlement=_document(row.settlement),
        settled_for=row.settled_for,
        is_final=row.is_final,
    )


def _document(value: Any) -> Any:
    return value if isinstance(value, dict) else orjson.loads(value)
