"""What compensation does when others publish: every event is a fact about one educator."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.policy.plan_book import PlanBook
from services.compensation.service import recalculation
from services.compensation.service.arrivals import to_arrival
from shared.events.credentials import CredentialAwarded, CredentialRevoked
from shared.events.evaluation import (
    EducatorRostered,
    GrowthScored,
    ObservationAmended,
    ObservationFinalized,
    SummativeRated,
)
from shared.events.registry import Event
from shared.events.slo import SloApproved, SloScored
from shared.events.topics import Topic
from shared.kernel.clock import Clock
from shared.messaging.consumer import Handler, ReceivedEvent

TOPICS = (Topic.EVALUATION, Topic.SLO, Topic.CREDENTIALS)

EVENTS: tuple[type[Event], ...] = (
    EducatorRostered,
    ObservationFinalized,
    ObservationAmended,
    GrowthScored,
    SummativeRated,
    SloApproved,
    SloScored,
    CredentialAwarded,
    CredentialRevoked,
)


def handler(clock: Clock, book: PlanBook) -> Handler:
    """The batch handler of the service's consumer."""

    async def on_events(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        arrivals = [arrival for received in events if (arrival := to_arrival(received)) is not None]
        if arrivals:
            await recalculation.take_in_facts(connection, clock, book, arrivals)

    return on_events
