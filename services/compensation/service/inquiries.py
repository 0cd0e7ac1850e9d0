"""Inquiries: opened by the educator or by HR for them, answered by another person, on hold until then."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    Choice,
    HoldSource,
    Inquiry,
    InquiryCategory,
    InquiryFilter,
    InquiryOutcome,
    InquiryStep,
    InquiryStepKind,
)
from services.compensation.errors import (
    ComponentUnknown,
    InquiryUnknown,
    InquiryWindowClosed,
    OpenerCannotAnswer,
    ReasonMissing,
)
from services.compensation.policy.deadlines import InquiryRule, inquiry_rule
from services.compensation.policy.plan_book import PlanBook
from services.compensation.policy.words.inquiries import inquiry_told
from services.compensation.policy.words.texts import Part
from services.compensation.repository import inquiries, reading
from services.compensation.service import holds
from services.compensation.service.access import is_in_person_or_hr, not_on_oneself
from services.compensation.service.deciding_plan import deciding_plan
from services.compensation.service.reading import chosen_statement
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.web.auth import NotYours, Principal


class NewInquiry(NamedTuple):
    """What is disputed: a statement by its number, as a whole or one component of it."""

    plan_year: str
    sequence: int
    component: str | None
    category: InquiryCategory
    text: str


async def open_inquiry(
    connection: AsyncConnection, clock: Clock, book: PlanBook, educator_id: UUID, asked: NewInquiry, by: Principal
) -> Inquiry:
    """Open an inquiry; payment of the plan year is on hold until it is closed.

    Raises NotYours, StatementAbsent, ComponentUnknown, InquiryWindowClosed.
    """
    may_ask(educator_id, by)
    statement = await chosen_statement(connection, educator_id, asked.plan_year, Choice(sequence=asked.sequence))
    codes = [component["code"] for component in orjson.loads(statement.body)["components"]]
    if asked.component is not None and asked.component not in codes:
        raise ComponentUnknown(f"the statement has no component {asked.component!r}: name one of {', '.join(codes)}")
    # The window is that of the plan that stands, whichever version decided the statement in dispute.
    standing = await chosen_statement(connection, educator_id, asked.plan_year)
    plan = (await deciding_plan(connection, book, asked.plan_year, standing)).compiled.plan
    rule, now = inquiry_rule(plan), clock.now()
    progress = await reading.progress_of(connection, educator_id, asked.plan_year)
    if not rule.is_open(now, progress):
        raise InquiryWindowClosed(_why_closed(rule, asked.plan_year))
    hold = await holds.begin_hold(
        connection,
        clock,
        educator_id=educator_id,
        plan_year=asked.plan_year,
        reason=f"an inquiry ({asked.category}) is open",
        by=by.subject,
        source=HoldSource.INQUIRY,
    )
    opened = Inquiry(
        id=uuid7(now),
        educator_id=educator_id,
        **asked._asdict(),
        opened_by=by.subject,
        opened_at=now,
        answer_due_on=rule.due_on(now),
        overdue_from=rule.overdue_from(now),
        hold_id=hold.id,
    )
    await inquiries.add(connection, opened)
    return opened


def _why_closed(rule: InquiryRule, plan_year: str) -> str:
    since = "once the money was paid" if rule.until is None else f"on {rule.until:%Y-%m-%d %H:%M} ({rule.zone.key})"
    return f"the time for inquiries on statements of {plan_year} ended {since}: ask HR for a correction instead"


async def assign(
    connection: AsyncConnection, clock: Clock, inquiry_id: UUID, *, owner: str, by: Principal
) -> tuple[Inquiry, list[InquiryStep]]:
    """`owner` answers for it from now on. Raises InquiryUnknown, InquiryClosed, ConflictOfInterest."""
    known = await _locked(connection, inquiry_id)
    not_on_oneself(known.educator_id, by)
    return await _stepped(connection, clock, known.assigned(owner), InquiryStepKind.ASSIGNED, by.subject)


async def answer(
    connection: AsyncConnection, clock: Clock, inquiry_id: UUID, outcome: InquiryOutcome, reason: str, *, by: Principal
) -> tuple[Inquiry, list[InquiryStep]]:
    """Decide it, with the reason; the hold ends. What follows from it is corrected where it is wrong, not here.

    Raises InquiryUnknown, InquiryClosed, ConflictOfInterest, OpenerCannotAnswer.
    """
    known = await _locked(connection, inquiry_id)
    not_on_oneself(known.educator_id, by)
    if by.subject == known.opened_by:
        raise OpenerCannotAnswer(f"{by.subject} opened inquiry {inquiry_id}: another person has to answer it")
    changed = known.answered(outcome, reason, by=by.subject, at=clock.now())
    return await _stepped(connection, clock, changed, InquiryStepKind.ANSWERED, by.subject)


async def withdraw(
    connection: AsyncConnection, clock: Clock, inquiry_id: UUID, reason: str | None, *, by: Principal
) -> tuple[Inquiry, list[InquiryStep]]:
    """Take it back, for the educator in person or by HR with a reason; the hold ends.

    Raises InquiryUnknown, InquiryClosed, NotYours, ReasonMissing.
    """
    known = await _locked(connection, inquiry_id)
    may_ask(known.educator_id, by)
    changed = known.withdrawn(reason, by=by.subject, at=clock.now())
    if reason is None and not by.is_educator(known.educator_id):
        raise ReasonMissing("who withdraws an inquiry for the educator says why: send a reason")
    return await _stepped(connection, clock, changed, InquiryStepKind.WITHDRAWN, by.subject)


async def one(connection: AsyncConnection, inquiry_id: UUID, principal: Principal) -> tuple[Inquiry, list[InquiryStep]]:
    """An inquiry with its steps. Raises InquiryUnknown, NotYours."""
    found = await inquiries.get(connection, inquiry_id)
    if found is None:
        raise _unknown(inquiry_id)
    may_ask(found.educator_id, principal)
    return found, await inquiries.steps_of(connection, inquiry_id)


async def of_educator(
    connection: AsyncConnection, educator_id: UUID, plan_year: str, principal: Principal
) -> list[Inquiry]:
    """Raises NotYours."""
    may_ask(educator_id, principal)
    return await inquiries.find(connection, InquiryFilter(plan_year=plan_year, educator_id=educator_id))


async def told_to_educator(
    connection: AsyncConnection, clock: Clock, standing: Mapping[str, Any], rule: InquiryRule
) -> list[Part]:
    """All inquiries of the educator and plan year that the document of a standing statement is of, in words."""
    educator_id, plan_year = UUID(standing["educator_id"]), standing["plan_year"]
    told, now = [], clock.now()
    for one in await inquiries.find(connection, InquiryFilter(plan_year=plan_year, educator_id=educator_id)):
        disputed = await chosen_statement(connection, educator_id, plan_year, Choice(sequence=one.sequence))
        closed = None
        if one.closed_at is not None:
            closed = orjson.loads(
                (await chosen_statement(connection, educator_id, plan_year, Choice(as_of=one.closed_at))).body
            )
        told.append(inquiry_told(one, orjson.loads(disputed.body), closed, standing, now, rule.zone))
    return told


async def page(
    connection: AsyncConnection, clock: Clock, wanted: InquiryFilter, *, after: UUID | None, limit: int
) -> tuple[Sequence[Inquiry], dict[str, int]]:
    """Inquiries of all educators for HR, and how many of them there are by what became of them."""
    found = await inquiries.find(connection, wanted, after=after, limit=limit)
    return found, await inquiries.count(connection, wanted, now=clock.now())


def may_ask(educator_id: UUID, principal: Principal) -> None:
    """For the educator in person and HR, not the principal of the campus: what is disputed may be their own rating.

    Raises NotYours.
    """
    if not is_in_person_or_hr(educator_id, principal):
        raise NotYours("inquiries and offers are between the educator and HR: ask with a token of one of them")


async def _stepped(
    connection: AsyncConnection, clock: Clock, changed: Inquiry, kind: InquiryStepKind, by: str
) -> tuple[Inquiry, list[InquiryStep]]:
    await inquiries.save(connection, changed, kind, by=by, at=changed.closed_at or clock.now())
    if changed.closed_at is not None:
        await holds.end_hold(connection, clock, changed.hold_id, by=by, reason=f"the inquiry was {changed.state}")
    return changed, await inquiries.steps_of(connection, changed.id)


async def _locked(connection: AsyncConnection, inquiry_id: UUID) -> Inquiry:
    found = await inquiries.lock(connection, inquiry_id)
    if found is None:
        raise _unknown(inquiry_id)
    return found


def _unknown(inquiry_id: UUID) -> InquiryUnknown:
    return InquiryUnknown(f"there is no inquiry {inquiry_id}: GET /compensation/v1/inquiries lists them")
