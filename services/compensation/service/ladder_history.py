"""Where an educator stood on the ladder in every year."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.policy.ladder_history import StatedRung, YearOnLadder, history_of
from services.compensation.repository import placements
from services.compensation.service.placements import may_see_placements
from shared.web.auth import Principal

_YEARS_AT_MOST = 300
"""As many school years as there can be."""


async def ladder_history(connection: AsyncConnection, educator_id: UUID, principal: Principal) -> list[YearOnLadder]:
    """For the educator in person, HR and administrators. Raises NotYours."""
    may_see_placements(educator_id, principal)
    told = await placements.ladders(connection, None, educators=[educator_id], limit=_YEARS_AT_MOST)
    stated = [StatedRung(row.code, row.plan_year, row.ladder["rung"], row.ladder["title"]) for row in told]
    versions = await placements.of_educator(connection, educator_id)
    # The highest version of each comes last.
    return history_of(stated, {one.key: one for one in versions}.values())
