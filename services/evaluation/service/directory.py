"""Reading who works where: educators, campuses, districts."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.evaluation.domain.educator import Educator
from services.evaluation.repository import educators
from services.evaluation.repository.educators import CampusView, DistrictView, EducatorFilter
from services.evaluation.service import access
from shared.web.auth import InsufficientScope, NotYours, Principal, Role
from shared.web.pagination import Cursor

__all__ = ["CampusView", "DistrictView", "EducatorFilter", "campuses", "districts", "educator", "list_educators"]


async def list_educators(
    connection: AsyncConnection, principal: Principal, wanted: EducatorFilter, *, after: Cursor | None, limit: int
) -> Sequence[Educator]:
    """Whom the caller may see, in the order of their ids. Raises NotYours, InsufficientScope, BadCursor."""
    return await educators.list_educators(connection, _within_reach(principal, wanted), after=after, limit=limit)


def _within_reach(principal: Principal, wanted: EducatorFilter) -> EducatorFilter:
    if access.sees_all(principal):
        return wanted
    if principal.has_any(*access.DIRECTORY):
        if wanted.campus_ids is not None and not wanted.campus_ids <= principal.campus_ids:
            raise NotYours("this is another campus: leave the filter out to see those of your own")
        return replace(wanted, campus_ids=wanted.campus_ids or principal.campus_ids)
    if principal.has_any(Role.EDUCATOR) and principal.educator_id is not None:
        return replace(wanted, educator_id=principal.educator_id)
    raise InsufficientScope("the roster is open to HR, to the campuses, and to each educator for themselves")


async def educator(connection: AsyncConnection, principal: Principal, educator_id: UUID) -> Educator:
    """Raises EducatorUnknown, NotYours."""
    return await access.require_educator(connection, principal, educator_id)


async def campuses(connection: AsyncConnection) -> Sequence[CampusView]:
    return await educators.list_campuses(connection)


async def districts(connection: AsyncConnection) -> Sequence[DistrictView]:
    return await educators.list_districts(connection)
