"""Rebuilds accounts, statements and ledger in an empty database from the log alone (guarantee 4).

The log of compensation's own topic tells in which order facts were taken in, by which plan version each decision was
made, and when. Replayed in that order, the same code comes to the same rows, byte for byte; where it does not, the
log or the code was changed, and the rebuild stops.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    Account,
    Arrival,
    Attribute,
    AttributeKey,
    BoardApproval,
    FactKind,
    Placement,
    PlanState,
    PlanVersion,
)
from services.compensation.errors import DatabaseNotEmpty, LogDoesNotMatch
from services.compensation.policy.plan_book import PlanBook, Standing
from services.compensation.policy.recalculation import Changes, decide_again, take_in
from services.compensation.repository import accounts, attributes, common_facts, placements, plans
from services.compensation.service.common_facts import common_facts_of
from services.compensation.service.placements import placement_of
from services.compensation.service.suspensions import suspend_payouts
from shared.events.compensation import CommonFactsChanged, PlanPublished, StatementRecalculated
from shared.kernel.clock import Clock
from shared.messaging import outbox
from shared.messaging.received import ReceivedEvent

_FROM_LOG = "rebuilt from the log"
_DECISIONS_AT_ONCE = 5_000
"""They are written together: some twenty megabytes."""


@dataclass(slots=True)
class EducatorLog:
    """All that the log has of one educator: facts by event id, in the order of their topics, and the decisions."""

    arrivals: dict[UUID, Arrival] = field(default_factory=dict)
    decisions: list[StatementRecalculated] = field(default_factory=list)


@dataclass(slots=True)
class Log:
    """The log of all topics, sorted into what a rebuild needs. Duplicates count once."""

    plans: dict[UUID, ReceivedEvent] = field(default_factory=dict)
    common: dict[tuple[str, int], ReceivedEvent] = field(default_factory=dict)
    educators: dict[str, EducatorLog] = field(default_factory=dict)

    def add(self, received: ReceivedEvent, arrival: Arrival | None) -> None:
        """Take a record in, with the fact that it brings, if any. Records of a topic come in order."""
        event = received.event
        if isinstance(event, PlanPublished):
            self.plans.setdefault(event.plan_version_id, received)
        elif isinstance(event, CommonFactsChanged):
            self.common.setdefault((event.plan_year, event.number), received)
        elif isinstance(event, StatementRecalculated):
            self.educators.setdefault(str(event.educator_id), EducatorLog()).decisions.append(event)
        elif arrival is not None:
            self.educators.setdefault(arrival.educator_id, EducatorLog()).arrivals.setdefault(arrival.event_id, arrival)


async def rebuild(connection: AsyncConnection, clock: Clock, log: Log) -> int:
    """Replay `log` into an empty database; the number of educators. Nothing is paid from it until payouts are resumed.

    Raises DatabaseNotEmpty, LogDoesNotMatch.
    """
    # It thinks for long between two statements, and nobody waits for what it locks.
    await accounts.allow_silence(connection)
    if not await accounts.is_empty(connection) or await plans.list_all(connection):
        raise DatabaseNotEmpty("a rebuild needs an empty database: make a new one, migrate it, and rebuild there")
    book = PlanBook()
    for received in sorted(log.plans.values(), key=_publication):
        await _rebuild_plan(connection, received, book)
    for place in sorted(log.common):
        await _rebuild_common_facts(connection, log.common[place], book)
    for logs in _batches(log.educators):
        await _rebuild_educators(connection, clock, logs, book)
    reason = "the database was rebuilt from the log, which does not tell what was paid"
    await suspend_payouts(connection, clock, by=_FROM_LOG, reason=reason)
    return len(log.educators)


def _batches(educators: Mapping[str, EducatorLog]) -> Iterator[dict[str, EducatorLog]]:
    """The educators in the order of their ids; the one that fills a batch is its last."""
    batch: dict[str, EducatorLog] = {}
    waiting = 0
    for educator_id in sorted(educators):
        batch[educator_id] = educators[educator_id]
        waiting += 1 + len(educators[educator_id].decisions)
        if waiting >= _DECISIONS_AT_ONCE:
            yield batch
            batch, waiting = {}, 0
    if batch:
        yield batch


async def _rebuild_plan(connection: AsyncConnection, received: ReceivedEvent, book: PlanBook) -> None:
    """The plan version that an event tells of; of each year the last one published stands in the end.

    Its recalculation is due again: it posts nothing where all was decided, and decides what the log had not come to.
    """
    event = received.event
    assert isinstance(event, PlanPublished)  # noqa: S101 - sorted so by Log.add
    version = PlanVersion(
        id=event.plan_version_id,
        plan=event.plan,
        version=event.version,
        plan_year=event.plan_year,
        content_hash=event.content_hash,
        document=event.document,
        state=PlanState.PUBLISHED,
        written_by=f"writer, {_FROM_LOG}",
        written_at=received.recorded_at,
        approval=_approval(event),
        published_by=f"publisher, {_FROM_LOG}",
        published_at=received.recorded_at,
    )
    await plans.add_published(connection, version, event_id=received.id)
    book.add_plans([version])


def _approval(event: PlanPublished) -> BoardApproval | None:
    """Old events do not tell of it, and nothing is invented."""
    if event.minute_reference is None or event.board_approved_on is None:
        return None
    return BoardApproval(event.minute_reference, event.board_approved_on, bool(event.describes_all_pay))


async def _rebuild_common_facts(connection: AsyncConnection, received: ReceivedEvent, book: PlanBook) -> None:
    event = received.event
    assert isinstance(event, CommonFactsChanged)  # noqa: S101 - sorted so by Log.add
    common = common_facts_of(event)
    await common_facts.add(connection, common, by=_FROM_LOG, at=received.recorded_at, event_id=received.id)
    book.add_common_facts([common])


async def _rebuild_educators(
    connection: AsyncConnection, clock: Clock, logs: dict[str, EducatorLog], book: PlanBook
) -> None:
    """Accounts, statements and ledger of the educators in `logs`. Raises LogDoesNotMatch."""
    opened, _ = await accounts.lock_accounts(connection, list(logs))
    locked = {account.educator_id: account for account in opened}
    await placements.add(connection, _placements(logs.values()))
    changes = Changes()
    for educator_id, log in logs.items():
        account = locked[educator_id]
        for decision in _in_order(log.decisions):
            changes.add(_decided_again(account, log, decision, book))
        # What the log brought since the last decision changed nothing then, or was not taken in yet: the
        # recalculation of the standing plan, which is due, decides it.
        changes.add(take_in({educator_id: account}, log.arrivals.values(), [], decided_at=clock.now()))
    await attributes.save(connection, _attributes(locked.values()), by=_FROM_LOG, at=clock.now())
    if changes:
        # The log has the events already.
        await accounts.save(connection, changes, outbox.rows([], now=clock.now()))


def _attributes(accounts: Iterable[Account]) -> list[Attribute]:
    """What stands of the attributes that the log told of."""
    return [
        Attribute(
            id=UUID(fact.key),
            key=AttributeKey(
                educator_id=UUID(account.educator_id),
                school_year=fact.data["school_year"],
                attribute=fact.data["attribute"],
                item=fact.data["item"],
            ),
            version=fact.version,
            value=fact.data["value"],
        )
        for account in accounts
        for fact in account.facts.facts.get(FactKind.ATTRIBUTE, {}).values()
    ]


def _placements(logs: Iterable[EducatorLog]) -> list[Placement]:
    """Every version of every placement that the log told of; why one was withdrawn is in no event."""
    versions = {
        (arrival.fact.key, arrival.fact.version): arrival
        for log in logs
        for arrival in log.arrivals.values()
        if arrival.fact.kind == FactKind.PLACEMENT
    }
    return [placement_of(arrival, by=_FROM_LOG) for arrival in versions.values()]


def _decided_again(account: Account, log: EducatorLog, decision: StatementRecalculated, book: PlanBook) -> Changes:
    """What the recorded decision comes to now. Raises LogDoesNotMatch where that is not what was published."""
    missing = [str(event_id) for event_id in decision.applied if event_id not in log.arrivals]
    if not missing:
        changes = decide_again(
            [account],
            book.get(Standing(decision.plan_version_id, decision.plan_year, decision.common_facts or 0)),
            cause_event_id=decision.cause_event_id,
            decided_at=decision.decided_at,
            arrivals=[log.arrivals.pop(event_id) for event_id in decision.applied],
        )
        if [event.statement_hash for event in changes.events] == [decision.statement_hash]:
            return changes
    why = f"events {', '.join(missing)} are missing" if missing else "the log or the evaluator changed"
    raise LogDoesNotMatch(
        f"statement {decision.sequence} of educator {account.educator_id} for {decision.plan_year} does not come out "
        f"of the log as it was published: {why}"
    )


def _in_order(decisions: Iterable[StatementRecalculated]) -> list[StatementRecalculated]:
    """Each decision once, as they were made, wherever the log has them.

    A log that lost its records has what was new meanwhile before what was published again. Old events do not tell how
    many facts were known; they are the first, in the order of the log.
    """
    once: dict[tuple[str, int], StatementRecalculated] = {}
    for decision in decisions:
        once.setdefault((decision.plan_year, decision.sequence), decision)
    return sorted(once.values(), key=_place)


def _place(decision: StatementRecalculated) -> tuple[int, bool, int]:
    """Of the decisions that knew the same facts, the first is the one that took the last of them in."""
    if decision.applied_sequence is None:
        return 0, False, 0
    return decision.applied_sequence, not decision.applied, decision.sequence


def _publication(received: ReceivedEvent) -> tuple[int, datetime, UUID]:
    """Plans of different codes lie in different partitions, and clocks go wrong: neither tells which came first."""
    assert isinstance(received.event, PlanPublished)  # noqa: S101 - sorted so by Log.add
    return received.event.publication or 0, received.recorded_at, received.id
