"""The reconciliation of a plan year: whether facts, statements, ledger, batches and journals tie out, or where not."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import Found
from services.compensation.repository import reconciliation


async def reconcile(connection: AsyncConnection, plan_year: str) -> list[Found]:
    """Every check as of one moment. `connection` is at the beginning of its transaction."""
    await reconciliation.look_at_one_moment(connection)
    return [await reconciliation.run(connection, check, plan_year) for check in reconciliation.CHECKS]
