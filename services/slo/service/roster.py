"""What the roster says of people, as far as SLOs need it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.slo.repository import people
from services.slo.repository.people import RosteredEducator
from shared.events.evaluation import EducatorRostered
from shared.kernel.period import SchoolYear


async def take_in_roster(connection: AsyncConnection, rostered: Sequence[EducatorRostered]) -> None:
    """Learn who the educators are, on which campuses they work, and by which digests others name them."""
    await people.save_educators(
        connection,
        [RosteredEducator(event.educator_id, event.version, _campuses(event), event.person_keys) for event in rostered],
    )


def _campuses(event: EducatorRostered) -> dict[UUID, SchoolYear | None]:
    """The last school year on each campus; None where an assignment there is still open."""
    last_years: dict[UUID, SchoolYear | None] = {}
    for assignment in event.assignments:
        campus, ended_on = assignment.campus_id, assignment.ends_on or event.ended_on
        year = None if ended_on is None else SchoolYear.containing(ended_on)
        known = last_years.get(campus, year)
        last_years[campus] = None if year is None or known is None else max(known, year)
    return last_years
