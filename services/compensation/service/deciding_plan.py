"""The plan and the common facts that a stored statement was decided by, ready to decide it again."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import StoredStatement
from services.compensation.policy.plan_book import BookedPlan, PlanBook, Standing
from services.compensation.repository import common_facts, plans


async def deciding_plan(
    connection: AsyncConnection, book: PlanBook, plan_year: str, statement: StoredStatement
) -> BookedPlan:
    """What never changes once it decided, so that `book` keeps it."""
    decided_by = Standing(statement.plan_version_id, plan_year, statement.common_facts or 0)
    if book.lacks_plans([decided_by]):
        version = await plans.get(connection, statement.plan_version_id)
        book.add_plans([] if version is None else [version])
    if book.lacks_common_facts([decided_by]):
        book.add_common_facts([await common_facts.numbered(connection, plan_year, decided_by.common_facts)])
    return book.get(decided_by)
