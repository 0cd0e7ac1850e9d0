"""A stored statement decided again from its own facts: why it says what it says, and the page that shows it."""

from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import Choice, EducatorFacts, Payment, Progress, StoredStatement
from services.compensation.policy.deadlines import inquiry_rule
from services.compensation.policy.evaluation.evaluate import Evaluation
from services.compensation.policy.explanation.earnable import still_earnable
from services.compensation.policy.explanation.evidence import PRIVATE_KINDS
from services.compensation.policy.explanation.ladder import explain_ladder
from services.compensation.policy.explanation.nodes import without
from services.compensation.policy.explanation.tree import explain
from services.compensation.policy.page import PageMatter
from services.compensation.policy.plan_book import PlanBook
from services.compensation.policy.statement import statement_hash
from services.compensation.policy.words.texts import Part
from services.compensation.policy.words.withheld import Withheld
from services.compensation.repository import plans, reading
from services.compensation.service.access import is_in_person_or_hr
from services.compensation.service.deciding_plan import deciding_plan
from services.compensation.service.inquiries import told_to_educator
from services.compensation.service.offers import count_open
from services.compensation.service.reading import STANDING, statement
from services.compensation.service.withheld import withheld
from shared.kernel.assertions import invariant
from shared.kernel.clock import Clock
from shared.web.auth import Principal


class Explained(NamedTuple):
    """A statement with its working: `why` and `ladder` are the trees, `earnable` what could still be earned."""

    statement: StoredStatement
    body: dict[str, Any]
    evaluation: Evaluation
    why: dict[str, Any]
    ladder: dict[str, Any] | None
    earnable: list[dict[str, Any]]


async def explanation(
    connection: AsyncConnection,
    book: PlanBook,
    educator_id: UUID,
    plan_year: str,
    principal: Principal,
    choice: Choice = STANDING,
) -> Explained:
    """Decide the statement again by the facts and the plan version that it names. Raises NotYours, StatementAbsent."""
    found = await statement(connection, educator_id, plan_year, principal, choice)
    body = orjson.loads(found.body)
    plan = await deciding_plan(connection, book, plan_year, found)
    facts = EducatorFacts(str(educator_id), {})
    event_ids = [UUID(fact["event_id"]) for fact in body["facts"]]
    for fact in await reading.facts_told_by(connection, educator_id, event_ids):
        facts = facts.with_fact(fact)
    evaluation, again = plan.decide_with_working(facts)
    # Guarantee 8. An explanation of anything else than the statement would be worse than none.
    invariant(
        again is not None and statement_hash(again) == found.hash,
        f"statement {found.sequence} of {educator_id} for {plan_year} does not come out again as it was",
    )
    pay, ladder = explain(evaluation, body), explain_ladder(evaluation, body)
    if not is_in_person_or_hr(educator_id, principal):
        pay, ladder = without(pay, PRIVATE_KINDS), ladder and without(ladder, PRIVATE_KINDS)
    return Explained(
        statement=found,
        body=body,
        evaluation=evaluation,
        why=pay,
        ladder=ladder,
        earnable=still_earnable(evaluation, body),
    )


class Between(NamedTuple):
    """What is between the educator and HR: offers that wait for an answer, and what is kept back or taken back."""

    offers_open: int
    withheld: Withheld


class Standing(NamedTuple):
    """The standing statement's number, and what has become of its money. `between` is None for other callers."""

    sequence: int
    progress: Progress
    between: Between | None


async def status(
    connection: AsyncConnection,
    clock: Clock,
    book: PlanBook,
    educator_id: UUID,
    plan_year: str,
    principal: Principal,
) -> Standing:
    """Raises NotYours, StatementAbsent."""
    found = await statement(connection, educator_id, plan_year, principal)
    progress = await reading.progress_of(connection, educator_id, plan_year)
    if not is_in_person_or_hr(educator_id, principal):
        return Standing(found.sequence, progress, None)
    plan = (await deciding_plan(connection, book, plan_year, found)).compiled.plan
    between = Between(
        offers_open=await count_open(connection, clock, educator_id, plan_year, found),
        withheld=await withheld(
            connection,
            clock,
            educator_id,
            plan_year,
            rule=inquiry_rule(plan),
            standing=found.sequence,
            progress=progress,
        ),
    )
    return Standing(found.sequence, progress, between)


async def page_matter(
    connection: AsyncConnection,
    clock: Clock,
    book: PlanBook,
    educator_id: UUID,
    plan_year: str,
    principal: Principal,
    choice: Choice = STANDING,
) -> PageMatter:
    """All that the printable page is made of. Raises NotYours, StatementAbsent."""
    explained = await explanation(connection, book, educator_id, plan_year, principal, choice)
    rule, sequence = inquiry_rule(explained.evaluation.plan.plan), explained.statement.sequence
    progress, kept, is_between = None, None, is_in_person_or_hr(educator_id, principal)
    payments: list[Payment] = []
    made: list[Part] = []
    if choice == STANDING:
        progress = await reading.progress_of(connection, educator_id, plan_year)
        payments = await reading.payments_of(connection, educator_id, plan_year)
        if is_between:
            kept = await withheld(
                connection, clock, educator_id, plan_year, rule=rule, standing=sequence, progress=progress
            )
            made = await told_to_educator(connection, clock, explained.body, rule)
    version, now = await plans.get(connection, explained.statement.plan_version_id), clock.now()
    return PageMatter(
        statement=explained.statement,
        body=explained.body,
        evaluation=explained.evaluation,
        earnable=explained.earnable,
        progress=progress,
        inquiries=rule,
        can_ask=rule.is_open(now, progress),
        now=now,
        approval=None if version is None else version.approval,
        payments=payments,
        inquiries_made=made,
        withheld=kept,
        is_between=is_between,
    )
