"""What is shown of SLOs, to whom it may be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.slo.domain.values import KeptVersion, Review, Slo
from services.slo.errors import EducatorUnknown
from services.slo.policy import answers_for
from services.slo.repository import history, people, slos
from services.slo.service.access import READERS_OF_ALL, REVIEWERS, slo_to_read
from shared.kernel.period import SchoolYear
from shared.web.auth import NotYours, Principal
from shared.web.pagination import BadCursor, Cursor


@dataclass(frozen=True, slots=True)
class SloFile:
    """An SLO with all that was said of it: its reviews and its published versions."""

    slo: Slo
    reviews: Sequence[Review]
    versions: Sequence[KeptVersion]


async def read_slo(connection: AsyncConnection, principal: Principal, slo_id: UUID) -> SloFile:
    """Raises SloUnknown, NotYours."""
    found = await slo_to_read(connection, principal, slo_id)
    return SloFile(found, await history.reviews_of(connection, slo_id), await history.versions_of(connection, slo_id))


async def slos_of(
    connection: AsyncConnection, principal: Principal, educator_id: UUID, school_year: SchoolYear | None
) -> Sequence[Slo]:
    """An educator's SLOs, of one year or all; a campus sees those that it answers for.

    Raises EducatorUnknown, NotYours.
    """
    sees_all = principal.has_any(*READERS_OF_ALL) or principal.is_educator(educator_id)
    last_years: Sequence[SchoolYear | None] = ()
    if not sees_all:
        if principal.has_any(*REVIEWERS):
            last_years = await people.last_years(connection, educator_id, principal.campus_ids)
        if not last_years:
            raise NotYours(
                "these are another educator's SLOs: only the educator, the campus's reviewers and HR see them"
            )
    elif not await people.is_rostered(connection, educator_id):
        raise EducatorUnknown(
            f"the roster has brought no educator {educator_id}: after a roster import it takes a moment"
        )
    found = await slos.slos_of(connection, educator_id, school_year)
    return [one for one in found if sees_all or answers_for(last_years, one.school_year)]


async def review_queue(
    connection: AsyncConnection, principal: Principal, *, after: Cursor | None, limit: int
) -> Sequence[Slo]:
    """The submitted SLOs that the caller may review, or that HR may see, longest waiting first. Raises BadCursor."""
    return await slos.review_queue(
        connection,
        campuses=None if principal.has_any(*READERS_OF_ALL) else principal.campus_ids,
        not_of=principal.educator_id,
        after=None if after is None else _place(after),
        limit=limit,
    )


def place_of(slo: Slo) -> Cursor:
    """Where an SLO stands in the review queue."""
    return Cursor(str(slo.submitted_on), str(slo.slo_id))


def _place(cursor: Cursor) -> tuple[date, UUID]:
    try:
        return date.fromisoformat(cursor.sort_key), cursor.as_uuid()
    except ValueError as error:
        raise BadCursor("The cursor is not one that an earlier page gave: begin again without it.") from error
