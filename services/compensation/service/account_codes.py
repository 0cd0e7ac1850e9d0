"""Account codes: what HR keeps for the payroll lines of a plan year, whole under each number."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import AccountCodes, AccountPlace
from services.compensation.repository import account_codes
from shared.kernel.clock import Clock
from shared.web.conditional import Precondition, version_tag


async def keep_account_codes(
    connection: AsyncConnection,
    clock: Clock,
    plan_year: str,
    codes: Mapping[AccountPlace, str],
    *,
    by: str,
    precondition: Precondition,
) -> AccountCodes:
    """Keep `codes` in place of those before; the same again changes nothing. Lines that are frozen keep their own.

    Raises StaleVersion.
    """
    await account_codes.hold(connection)
    standing = await account_codes.standing(connection, plan_year)
    precondition.require(version_tag(standing.number))
    if standing.number and dict(standing.codes) == dict(codes):
        return standing
    kept = AccountCodes(plan_year, standing.number + 1, codes, by, clock.now())
    await account_codes.add(connection, kept)
    return kept


async def standing_account_codes(connection: AsyncConnection, plan_year: str) -> AccountCodes:
    """None under number 0 where none are kept yet."""
    return await account_codes.standing(connection, plan_year)
