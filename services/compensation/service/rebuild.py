"""Rebuilds accounts, statements and ledger in an empty database from the log alone (guarantee 4).

The log of compensation's own topic tells in which order facts were taken in, by which plan version each decision was
made, and when. Replayed in that order, the same code comes to the same rows, byte for byte; where it does not, the
log or the code was changed, and the rebuild stops.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain_more import Arrival, PlanState, PlanVersion
from services.compensation.errors import LogDoesNotMatch
from services.compensation.policy.plan_book import PlanBook
from services.compensation.policy.recalculation import decide_again, take_in
from services.compensation.repository import accounts, plans
from shared.events.compensation import PlanPublished, StatementRecalculated
from shared.kernel.clock import Clock
from shared.messaging.received import ReceivedEvent

_FROM_LOG = "rebuilt from the log"


@dataclass(slots=True)
class EducatorLog:
    """All that the log has of one educator: facts by event id, in the order of their topics, and the decisions."""

    arrivals: dict[UUID, Arrival] = field(default_factory=dict)
    decisions: list[StatementRecalculated] = field(default_factory=list)


async def rebuild_plans(connection: AsyncConnection, published: Sequence[ReceivedEvent], book: PlanBook) -> None:
    """The plan versions, the last one of each year standing. `published` are PlanPublished events in log order."""
    for received in published:
        event = received.event
        if not isinstance(event, PlanPublished) or await plans.get(connection, event.plan_version_id) is not None:
            continue
        version = PlanVersion(
            id=event.plan_version_id,
            plan=event.plan,
            version=event.version,
            plan_year=event.plan_year,
            content_hash=event.content_hash,
            document=event.document,
            state=PlanState.DRAFT,
            written_by=f"writer, {_FROM_LOG}",
            written_at=received.recorded_at,
        )
        await plans.add(connection, version)
        by = f"publisher, {_FROM_LOG}"
        await plans.publish(connection, version, by=by, at=received.recorded_at, event_id=received.id)
        await plans.move_recalculation(
            connection, version.id, after=None, educators=0, finished_at=received.recorded_at
        )
        book.add_all([version])


async def rebuild_educators(
    connection: AsyncConnection, clock: Clock, logs: dict[str, EducatorLog], book: PlanBook
) -> None:
    """Accounts, statements and ledger of the educators in `logs`. Raises LogDoesNotMatch."""
    locked = await accounts.lock_accounts(connection, list(logs))
    for educator_id, log in logs.items():
        account = locked[educator_id]
        for decision in _once(log.decisions):
            arrivals = [log.arrivals.pop(event_id) for event_id in decision.applied if event_id in log.arrivals]
            changes = decide_again(
                [account],
                book.get(decision.plan_version_id),
                cause_event_id=decision.cause_event_id,
                decided_at=decision.decided_at,
                arrivals=arrivals,
            )
            if [event.statement_hash for event in changes.events] != [decision.statement_hash]:
                raise LogDoesNotMatch(
                    f"statement {decision.sequence} of educator {educator_id} for {decision.plan_year} does not come "
                    "out of the log as it was published: the log is not whole, or the evaluator is not the same"
                )
            await accounts.save(connection, changes, decided_at=decision.decided_at)
        # What was taken in since the last decision changed nothing then, so its order can change nothing now.
        rest = take_in({educator_id: account}, log.arrivals.values(), [], decided_at=clock.now())
        if rest:
            await accounts.save(connection, rest, decided_at=clock.now())


def _once(decisions: Iterable[StatementRecalculated]) -> list[StatementRecalculated]:
    """Each decision the first time the log has it: a relay may have published it twice."""
    first: dict[tuple[str, int], StatementRecalculated] = {}
    for decision in decisions:
        first.setdefault((decision.plan_year, decision.sequence), decision)
    return list(first.values())
