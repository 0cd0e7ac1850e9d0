"""What the credentials service does when others publish: it learns from the roster who people are."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.credentials import service
from shared.events.evaluation import EducatorRostered
from shared.events.topics import Topic
from shared.kernel.clock import Clock
from shared.messaging.consumer import Handler, ReceivedEvent

TOPICS = (Topic.EVALUATION,)
EVENTS = (EducatorRostered,)


def handler(clock: Clock) -> Handler:
    """The batch handler of the service's consumer."""

    async def on_events(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        rostered = [received.event for received in events if isinstance(received.event, EducatorRostered)]
        if rostered:
            await service.take_in_roster(connection, clock, rostered)

    return on_events
