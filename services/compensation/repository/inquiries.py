"""Queries for inquiries and for the answers to offers."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    AnsweredOffer,
    Inquiry,
    InquiryCategory,
    InquiryFilter,
    InquiryOutcome,
    InquiryState,
    InquiryStep,
    InquiryStepKind,
)
from services.compensation.models import inquiry, inquiry_step, offer_answer


async def add(connection: AsyncConnection, opened: Inquiry) -> None:
    await connection.execute(insert(inquiry).values(**asdict(opened)))
    first = InquiryStep(1, InquiryStepKind.OPENED, opened.opened_by, opened.opened_at, opened.text)
    await _add_step(connection, opened.id, first)


async def save(connection: AsyncConnection, changed: Inquiry, kind: InquiryStepKind, *, by: str, at: datetime) -> None:
    """Keep what a step made of the inquiry, and the step."""
    names = ("state", "owner", "outcome", "reason", "closed_by", "closed_at", "steps_taken")
    values = {name: getattr(changed, name) for name in names}
    await connection.execute(update(inquiry).where(inquiry.c.id == changed.id).values(**values))
    detail = changed.owner if kind is InquiryStepKind.ASSIGNED else changed.reason
    await _add_step(connection, changed.id, InquiryStep(changed.steps_taken, kind, by, at, detail))


async def _add_step(connection: AsyncConnection, inquiry_id: UUID, step: InquiryStep) -> None:
    await connection.execute(insert(inquiry_step).values(inquiry_id=inquiry_id, **asdict(step)))


async def get(connection: AsyncConnection, inquiry_id: UUID) -> Inquiry | None:
    row = (await connection.execute(select(inquiry).where(inquiry.c.id == inquiry_id))).first()
    return None if row is None else _inquiry(row)


async def lock(connection: AsyncConnection, inquiry_id: UUID) -> Inquiry | None:
    """The inquiry, locked for its next step."""
    row = (await connection.execute(select(inquiry).where(inquiry.c.id == inquiry_id).with_for_update())).first()
    return None if row is None else _inquiry(row)


async def steps_of(connection: AsyncConnection, inquiry_id: UUID) -> list[InquiryStep]:
    rows = await connection.execute(
        select(inquiry_step).where(inquiry_step.c.inquiry_id == inquiry_id).order_by(inquiry_step.c.number)
    )
    return [InquiryStep(row.number, InquiryStepKind(row.kind), row.by, row.at, row.detail) for row in rows]


async def find(
    connection: AsyncConnection, wanted: InquiryFilter, *, after: UUID | None = None, limit: int | None = None
) -> list[Inquiry]:
    """In the order in which they were opened."""
    query = select(inquiry).where(*_conditions(wanted)).order_by(inquiry.c.id).limit(limit)
    if after is not None:
        query = query.where(inquiry.c.id > after)
    return [_inquiry(row) for row in await connection.execute(query)]


async def count(connection: AsyncConnection, wanted: InquiryFilter, *, now: datetime) -> dict[str, int]:
    """How many there are by what became of them."""
    is_open = inquiry.c.state == InquiryState.OPEN
    query = select(
        func.count().filter(is_open).label("open"),
        func.count().filter(is_open, inquiry.c.overdue_from <= now).label("overdue"),
        func.count().filter(inquiry.c.outcome == InquiryOutcome.UPHELD).label("upheld"),
        func.count().filter(inquiry.c.outcome == InquiryOutcome.DENIED).label("denied"),
        func.count().filter(inquiry.c.state == InquiryState.WITHDRAWN).label("withdrawn"),
    ).select_from(inquiry)
    return (await connection.execute(query.where(*_conditions(wanted)))).one()._asdict()


async def add_answer(connection: AsyncConnection, answered: AnsweredOffer) -> None:
    await connection.execute(insert(offer_answer).values(**asdict(answered)))


def _conditions(wanted: InquiryFilter) -> Sequence[Any]:
    named = {name: value for name, value in wanted._asdict().items() if value is not None and name != "overdue_at"}
    conditions = [inquiry.c[name] == value for name, value in named.items()]
    if wanted.overdue_at is not None:
        conditions += [inquiry.c.state == InquiryState.OPEN, inquiry.c.overdue_from <= wanted.overdue_at]
    return conditions


def _inquiry(row: Row[Any]) -> Inquiry:
    values = row._asdict()
    values["category"] = InquiryCategory(row.category)
    values["state"] = InquiryState(row.state)
    values["outcome"] = None if row.outcome is None else InquiryOutcome(row.outcome)
    return Inquiry(**values)
