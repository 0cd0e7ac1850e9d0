"""Use cases that change nothing: who may see which statement, ledger and total."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import Choice, EducatorFacts, Progress, StoredStatement
from services.compensation.errors import StatementAbsent
from services.compensation.repository import reading
from services.compensation.repository.reading import Total
from shared.kernel.period import SchoolYear
from shared.web.auth import NotYours, Principal, Role

STANDING = Choice()


async def statement(
    connection: AsyncConnection, educator_id: UUID, plan_year: str, principal: Principal, choice: Choice = STANDING
) -> StoredStatement:
    """The standing statement, or the one that was chosen. Raises NotYours, StatementAbsent."""
    await _may_see(connection, educator_id, plan_year, principal)
    return await chosen_statement(connection, educator_id, plan_year, choice)


async def chosen_statement(
    connection: AsyncConnection, educator_id: UUID, plan_year: str, choice: Choice = STANDING
) -> StoredStatement:
    """The same where it is known already who may see it. Raises StatementAbsent, with the reason."""
    found = await reading.statement_of(connection, educator_id, plan_year, choice)
    if found is not None:
        return found
    first = await reading.statement_of(connection, educator_id, plan_year, Choice(sequence=1))
    if first is None:
        raise StatementAbsent(
            f"there is no statement of educator {educator_id} for {plan_year}: either no plan is published for that "
            "year, or the roster has not brought the educator yet"
        )
    raise StatementAbsent(
        f"no statement number {choice.sequence} of educator {educator_id} for {plan_year} was made yet"
        if choice.sequence
        else f"the first statement of educator {educator_id} for {plan_year} was decided at "
        f"{first.decided_at:%Y-%m-%dT%H:%M:%S.%fZ}; there was none before"
    )


async def progress(connection: AsyncConnection, educator_id: UUID, plan_year: str) -> Progress:
    """What has become of the money, for whom may see the statement."""
    return await reading.progress_of(connection, educator_id, plan_year)


async def statement_versions(
    connection: AsyncConnection, educator_id: UUID, plan_year: str, principal: Principal
) -> Sequence[Any]:
    """Raises NotYours, StatementAbsent."""
    await statement(connection, educator_id, plan_year, principal)
    return await reading.statement_versions(connection, educator_id, plan_year)


async def ledger(
    connection: AsyncConnection, educator_id: UUID, plan_year: str, principal: Principal, choice: Choice = STANDING
) -> Sequence[Any]:
    """What was posted up to the statement; their sum is its total. Raises NotYours, StatementAbsent."""
    chosen = await statement(connection, educator_id, plan_year, principal, choice)
    return await reading.ledger_of(connection, educator_id, plan_year, up_to=chosen.sequence)


async def _may_see(connection: AsyncConnection, educator_id: UUID, plan_year: str, principal: Principal) -> None:
    """The educator in person, the principal of a campus that the educator worked on in the plan year or since, HR,
    payroll, administrators."""
    if principal.is_educator(educator_id) or principal.has_any(Role.HR, Role.PAYROLL, Role.ADMIN):
        return
    if principal.has_any(Role.PRINCIPAL) and principal.campus_ids:
        document = await reading.facts_of(connection, educator_id)
        if document is not None:
            facts = EducatorFacts.from_document(str(educator_id), orjson.loads(document))
            answering = facts.campuses_answering_for(SchoolYear.parse(plan_year))
            if not principal.campus_ids.isdisjoint(map(UUID, answering)):
                return
    raise NotYours("this is another educator's pay: only the educator, the campus's principal, HR and payroll see it")


async def totals_page(
    connection: AsyncConnection, plan_year: str, *, after: UUID | None, limit: int
) -> Sequence[Total]:
    return await reading.totals_page(connection, plan_year, after=after, limit=limit)


def totals_stream(connection: AsyncConnection, plan_year: str) -> AsyncIterator[Sequence[Total]]:
    return reading.totals_stream(connection, plan_year)


async def changes_after(
    connection: AsyncConnection, published_seq: int, *, educator_id: UUID | None, limit: int
) -> Sequence[Any]:
    return await reading.changes_after(connection, published_seq, educator_id=educator_id, limit=limit)


async def last_change(connection: AsyncConnection) -> int:
    return await reading.last_change(connection)
