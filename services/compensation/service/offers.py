"""Offers: what a plan pays only to who takes it. The answer is a fact, and decides the educator anew at once."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    OFFER_ATTRIBUTE,
    AnsweredOffer,
    AttributeKey,
    OfferAnswer,
    StoredStatement,
)
from services.compensation.errors import OfferClosed, OfferUnknown, ReasonMissing
from services.compensation.policy.deadlines import answer_by, can_answer
from services.compensation.policy.plan_book import PlanBook
from services.compensation.repository import attributes, inquiries, reading
from services.compensation.service.attributes import NewValue, keep_values
from services.compensation.service.deciding_plan import deciding_plan
from services.compensation.service.inquiries import may_ask
from services.compensation.service.reading import chosen_statement
from services.compensation.service.suspensions import not_suspended
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.web.auth import Principal


class Answer(NamedTuple):
    """What is answered to an offer of a plan year; `reason` is of who answers for the educator."""

    plan_year: str
    offer: str
    answer: OfferAnswer
    reason: str | None


async def offers_of(
    connection: AsyncConnection, clock: Clock, educator_id: UUID, plan_year: str, principal: Principal
) -> list[tuple[dict[str, Any], bool]]:
    """Each offer of the standing statement, and whether it can be answered still. Raises NotYours, StatementAbsent."""
    may_ask(educator_id, principal)
    statement = await chosen_statement(connection, educator_id, plan_year)
    progress = await reading.progress_of(connection, educator_id, plan_year)
    now = clock.now()
    return [(offer, can_answer(_moment(offer["answer_by"]), now, progress)) for offer in offers_in(statement)]


def offers_in(statement: StoredStatement) -> list[dict[str, Any]]:
    """The offers that a statement makes."""
    offers: list[dict[str, Any]] = orjson.loads(statement.body).get("offers", [])
    return offers


async def count_open(
    connection: AsyncConnection, clock: Clock, educator_id: UUID, plan_year: str, statement: StoredStatement
) -> int:
    """How many offers that are worth something wait for an answer, and can be answered."""
    waiting = [one for one in offers_in(statement) if one["answer"] is None and one["worth"]["amount"] != "0.00"]
    if not waiting:
        return 0
    progress, now = await reading.progress_of(connection, educator_id, plan_year), clock.now()
    return sum(can_answer(_moment(offer["answer_by"]), now, progress) for offer in waiting)


async def answer_offer(
    connection: AsyncConnection,
    clock: Clock,
    book: PlanBook,
    educator_id: UUID,
    given: Answer,
    by: Principal,
) -> dict[str, Any]:
    """Accept or decline what is offered, for the educator in person or by HR with a reason; the offer as it then is.

    Raises NotYours, StatementAbsent, OfferUnknown, OfferClosed, ReasonMissing, PayoutsSuspended.
    """
    may_ask(educator_id, by)
    plan_year, code, answer, reason = given
    if not by.is_educator(educator_id) and reason is None:
        raise ReasonMissing("who answers for the educator says why: send a reason")
    await attributes.hold(connection)
    statement = await chosen_statement(connection, educator_id, plan_year)
    if code not in {offer["code"] for offer in offers_in(statement)}:
        raise OfferUnknown(f"the statement of {plan_year} makes no offer {code!r} to this educator")
    plan = (await deciding_plan(connection, book, plan_year, statement)).compiled.plan
    until = answer_by(plan, next(offer for offer in plan.offers if offer.code == code))
    if until is None:
        # It closes with the first payment, and whether there was one is not known.
        await not_suspended(connection)
    now = clock.now()
    if not can_answer(until, now, await reading.progress_of(connection, educator_id, plan_year)):
        ended = "once money of the plan year was approved" if until is None else f"on {until:%Y-%m-%d %H:%M %Z}"
        raise OfferClosed(f"the time to answer {code!r} ended {ended}; the last answer stands")
    key = AttributeKey(educator_id, plan_year, OFFER_ATTRIBUTE, code)
    await keep_values(connection, clock, book, [NewValue(key, answer)], by=by.subject)
    await inquiries.add_answer(
        connection,
        AnsweredOffer(uuid7(now), educator_id, plan_year, code, answer, statement.sequence, by.subject, now, reason),
    )
    changed = await chosen_statement(connection, educator_id, plan_year)
    return next(offer for offer in offers_in(changed) if offer["code"] == code)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
