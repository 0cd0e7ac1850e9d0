"""Whose SLO it is: the educator's own, the campus's for its reviewers, anyone's for HR to read."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.slo.domain.values import Slo
from services.slo.errors import ReviewerIsTheEducator, SloUnknown
from services.slo.policy import answers_for
from services.slo.repository import people, slos
from shared.web.auth import NotYours, Principal, Role

REVIEWERS = (Role.SLO_REVIEWER, Role.PRINCIPAL)
READERS_OF_ALL = (Role.HR, Role.ADMIN)


async def own_slo(connection: AsyncConnection, principal: Principal, slo_id: UUID) -> Slo:
    """The caller's own SLO, held for a change. Raises SloUnknown, NotYours."""
    found = await _held(connection, slo_id)
    if not principal.is_educator(found.educator_id):
        raise NotYours("it is another educator's SLO: only the educator in person writes and submits it")
    return found


async def slo_to_review(connection: AsyncConnection, principal: Principal, slo_id: UUID) -> Slo:
    """An SLO of the caller's campuses and not of the caller, held for a change.

    Raises SloUnknown, NotYours, ReviewerIsTheEducator.
    """
    found = await _held(connection, slo_id)
    if principal.is_educator(found.educator_id) or principal.subject == found.submitted_by:
        raise ReviewerIsTheEducator("it is your own SLO: another reviewer of the campus has to do this")
    if not (principal.has_any(*REVIEWERS) and await _is_of_campus(connection, principal, found)):
        raise NotYours("the educator works on none of your campuses: a reviewer of the campus has to do this")
    return found


async def slo_to_read(connection: AsyncConnection, principal: Principal, slo_id: UUID) -> Slo:
    """Raises SloUnknown, NotYours."""
    found = await slos.find_slo(connection, slo_id)
    if found is None:
        raise SloUnknown(f"there is no SLO {slo_id}")
    if not (
        principal.has_any(*READERS_OF_ALL)
        or principal.is_educator(found.educator_id)
        or (principal.has_any(*REVIEWERS) and await _is_of_campus(connection, principal, found))
    ):
        raise NotYours("it is another educator's SLO: only the educator, the campus's reviewers and HR see it")
    return found


async def _held(connection: AsyncConnection, slo_id: UUID) -> Slo:
    found = await slos.lock_slo(connection, slo_id)
    if found is None:
        raise SloUnknown(f"there is no SLO {slo_id}")
    return found


async def _is_of_campus(connection: AsyncConnection, principal: Principal, found: Slo) -> bool:
    last_years = await people.last_years(connection, found.educator_id, principal.campus_ids)
    return answers_for(last_years, found.school_year)
