"""What the slo service does when others publish: it learns from the roster who people are."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.slo.service.roster import take_in_roster
from shared.events.evaluation import EducatorRostered
from shared.events.topics import Topic
from shared.messaging.consumer import ReceivedEvent

TOPICS = (Topic.EVALUATION,)
EVENTS = (EducatorRostered,)


async def on_events(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
    """The batch handler of the service's consumer."""
    rostered = [received.event for received in events if isinstance(received.event, EducatorRostered)]
    if rostered:
        await take_in_roster(connection, rostered)
