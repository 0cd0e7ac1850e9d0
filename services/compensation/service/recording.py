"""What HR records of educators: told, taken in and decided in the one transaction that keeps it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.errors import EducatorNotRostered
from services.compensation.policy.plan_book import PlanBook
from services.compensation.repository import attributes
from services.compensation.service import recalculation
from services.compensation.service.arrivals import to_arrival
from shared.events.registry import Event
from shared.kernel.clock import Clock
from shared.kernel.errors import FieldError
from shared.messaging import outbox
from shared.messaging.received import ReceivedEvent


class Recorded(NamedTuple):
    """How many values were new or different, and how many stood already."""

    changed: int
    unchanged: int


async def all_known(connection: AsyncConnection, educators: Sequence[UUID]) -> None:
    """Raises EducatorNotRostered, with the place of each in what was sent."""
    known = await attributes.known_educators(connection, set(educators))
    unknown = [
        FieldError(f"/{index}/educator_id", "no roster has brought this educator: correct the id, or import the roster")
        for index, educator in enumerate(educators)
        if educator not in known
    ]
    if unknown:
        raise EducatorNotRostered(
            f"{len(unknown)} of {len(educators)} values are of nobody known; none was kept", errors=unknown
        )


async def post(
    connection: AsyncConnection, clock: Clock, book: PlanBook, events: Sequence[Event], *, now: datetime
) -> None:
    """Publish facts that come from no other service, and decide those anew whom they are about."""
    ids = await outbox.record(connection, events, now=now)
    received = [ReceivedEvent(event_id, event, now, None) for event_id, event in zip(ids, events, strict=True)]
    arrivals = [arrival for one in received if (arrival := to_arrival(one)) is not None]
    await recalculation.take_in_facts(connection, clock, book, arrivals)
