"""The educator's part: start an SLO, revise it, submit it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.slo.domain.steps import revise, submit
from services.slo.domain.values import Interval, Slo, SloContent
from services.slo.errors import EducatorNotOnRoster, TokenNamesNoEducator
from services.slo.repository import people, slos
from services.slo.service.access import own_slo
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.kernel.period import SchoolYear
from shared.web.auth import Principal
from shared.web.conditional import Precondition, version_tag


async def start_slo(
    connection: AsyncConnection,
    clock: Clock,
    *,
    principal: Principal,
    school_year: SchoolYear,
    interval: Interval,
    content: SloContent,
) -> Slo:
    """Open a draft for the caller in person. Raises TokenNamesNoEducator, EducatorNotOnRoster."""
    if principal.educator_id is None:
        raise TokenNamesNoEducator("an SLO belongs to an educator in person: use a token that names the educator")
    if not await people.is_rostered(connection, principal.educator_id):
        raise EducatorNotOnRoster(
            f"the roster has not brought educator {principal.educator_id}: ask HR to import it; after an import it "
            "takes a moment"
        )
    started = Slo(uuid7(clock.now()), principal.educator_id, school_year, interval, content)
    await slos.add_slos(connection, [started])
    return started


async def revise_slo(
    connection: AsyncConnection,
    *,
    principal: Principal,
    slo_id: UUID,
    changes: Mapping[str, Any],
    precondition: Precondition,
) -> Slo:
    """Replace the named fields of SloContent. Raises SloUnknown, NotYours, StaleVersion, SloLocked."""
    current = await own_slo(connection, principal, slo_id)
    precondition.require(version_tag(current.revision))
    revised = revise(current, replace(current.content, **changes))
    await slos.save_slo(connection, revised)
    return revised


async def submit_slo(connection: AsyncConnection, clock: Clock, *, principal: Principal, slo_id: UUID) -> Slo:
    """Hand it in for review. Raises SloUnknown, NotYours, SloAlreadySubmitted, SloIncomplete."""
    current = await own_slo(connection, principal, slo_id)
    submitted = submit(current, on=clock.now().date(), by=principal.subject)
    await slos.save_slo(connection, submitted)
    return submitted
