"""The statements of the event path, done on a database in memory: what stands between is the product's own code."""

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import UUID

from services.compensation.domain import Account, PlanState, PlanStep, PlanVersion
from services.compensation.policy.plan_book import Standing
from services.compensation.policy.recalculation import Changes
from services.compensation.repository import accounts, plans
from services.compensation.service import plans as plan_service
from services.compensation.service import recalculation as recalculation_service
from shared.events.registry import Event
from shared.kernel.ids import derived_id
from shared.messaging import consumer as consumer_runtime
from shared.messaging import dead_letters, offsets, outbox
from shared.messaging.bus import ConsumedRecord, Partition
from shared.messaging.offsets import OffsetMoved, Place
from tests.support.memory_database import Database, Pause, Recalculation, Transaction

PLANS = "plans"


@contextmanager
def on_memory(*, chunk: int) -> Iterator[None]:
    """Have consumer, recalculation (of `chunk` educators at a time) and publication do their statements here."""
    with (
        patch.multiple(consumer_runtime, begin=Database.begin, offsets=_OFFSETS, dead_letters=_DEAD_LETTERS),
        patch.multiple(
            recalculation_service,
            accounts=_ACCOUNTS,
            plans=_PLANS,
            recalculations=_RECALCULATIONS,
            CHUNK=chunk,
        ),
        patch.multiple(plan_service, plans=_PLANS, outbox=_OUTBOX),
    ):
        yield


async def _places(transaction: Transaction, consumer: str) -> dict[Partition, Place]:
    await Pause("read offsets")
    return dict(transaction.database.offsets)


async def _enter(transaction: Transaction, consumer: str, partitions: Collection[Partition]) -> dict[Partition, Place]:
    await Pause("enter offsets")
    for partition in partitions:
        # Not at the commit: a row that stands at the start says nothing that was not so without it.
        transaction.database.offsets.setdefault(partition, Place(0, None))
    return dict(transaction.database.offsets)


async def _move(transaction: Transaction, consumer: str, records: Sequence[ConsumedRecord]) -> None:
    rows = transaction.database.offsets
    first: dict[Partition, int] = {}
    end: dict[Partition, int] = {}
    for record in records:
        first.setdefault(record.partition, record.offset)
        assert record.offset == end.get(record.partition, record.offset), "a gap, or a record twice"
        end[record.partition] = record.offset + 1
    for partition in sorted(first):
        await transaction.lock(f"offset {partition}")
    if any(rows[partition].next_offset != offset for partition, offset in first.items()):
        transaction.database.seen["an offset that another had moved"] += 1
        raise OffsetMoved
    transaction.write(lambda: rows.update({partition: Place(offset, None) for partition, offset in end.items()}))


async def _blocked_keys(transaction: Transaction, consumer: str, keys: Collection[str]) -> set[str]:
    return set()


async def _set_aside(
    transaction: Transaction, consumer: str, records: Sequence[ConsumedRecord], *, now: datetime, reason: str | None
) -> None:
    """Nothing here is poison."""
    transaction.database.fault = AssertionError(f"a record was set aside: {reason}")


async def _share_plans(transaction: Transaction) -> None:
    await transaction.lock(PLANS, shared=True)


async def _hold_plans(transaction: Transaction) -> None:
    await transaction.lock(PLANS)


async def _lock_accounts(
    transaction: Transaction, educator_ids: Sequence[str]
) -> tuple[Iterator[Account], list[Standing]]:
    await _share_plans(transaction)
    for educator_id in sorted(set(educator_ids)):
        await transaction.lock(f"account {educator_id}")
    await Pause("read accounts")
    standing = sorted(await _published(transaction), key=lambda version: version.plan_year)
    return iter(transaction.database.books.open(educator_ids).values()), [
        Standing(version.id, version.plan_year, 0) for version in standing
    ]


async def _educators_between(transaction: Transaction, after: str | None, until: str | None) -> list[str]:
    await Pause("read educators")
    return [
        one
        for one in sorted(transaction.database.books.accounts)
        if (after is None or one > after) and (until is None or one <= until)
    ]


async def _save(transaction: Transaction, changes: Changes, recorded: object) -> None:
    await Pause("save")
    database = transaction.database

    def change() -> None:
        for statement in changes.statements:
            assert database.versions[statement.plan_version_id].state is PlanState.PUBLISHED, "decided by an old plan"
        database.books.commit(changes)

    transaction.write(change)


@asynccontextmanager
async def _saving(transaction: Transaction) -> AsyncIterator[Any]:
    async def save(changes: Changes, recorded: object) -> None:
        await _save(transaction, changes, recorded)

    yield save


async def _published(transaction: Transaction) -> list[PlanVersion]:
    versions = transaction.database.versions.values()
    return [version for version in versions if version.state is PlanState.PUBLISHED]


async def _divide_next(transaction: Transaction, *, size: int, at: datetime) -> bool:
    """The oldest that is not divided and that nobody has: a row that is locked is passed over."""
    await Pause("read recalculations")
    for due in transaction.database.recalculations:
        if due.is_finished or due.ranges is not None or transaction.is_held(_name(due)):
            continue
        transaction.hold(_name(due))
        await Pause("divide a recalculation")
        borders = [*sorted(transaction.database.books.accounts)[size - 1 :: size], None]
        ranges = dict(enumerate(zip([None, *borders], borders, strict=False)))
        transaction.write(partial(setattr, due, "ranges", ranges))
        return True
    return False


async def _next_range(transaction: Transaction) -> Any:
    """The first range of the oldest that nobody has."""
    await Pause("read ranges")
    for due in transaction.database.recalculations:
        for number, (after, until) in sorted((due.ranges or {}).items()):
            name = f"{_name(due)}, range {number}"
            if not transaction.is_held(name):
                transaction.hold(name)
                return SimpleNamespace(
                    cause_event_id=due.cause_event_id,
                    plan_version_id=due.plan_version_id,
                    number=number,
                    after_educator_id=after,
                    until_educator_id=until,
                )
            transaction.database.seen["a sweep beside another"] += 1
    return None


def _name(recalculation: Recalculation) -> str:
    return f"recalculation {recalculation.plan_version_id}"


async def _decided(
    transaction: Transaction, cause_event_id: UUID, number: int, *, educators: int, at: datetime
) -> None:
    [due] = [one for one in transaction.database.recalculations if one.cause_event_id == cause_event_id]
    await transaction.lock(_name(due))
    await Pause("a range is decided")

    def change() -> None:
        assert due.ranges is not None
        del due.ranges[number]
        due.is_finished = not due.ranges

    transaction.write(change)


async def _lock(transaction: Transaction, plan_version_id: UUID, *, shared: bool = False) -> PlanVersion | None:
    await transaction.lock(f"version {plan_version_id}", shared=shared)
    await Pause("read a plan")
    return transaction.database.versions.get(plan_version_id)


async def _record_step(transaction: Transaction, plan_version_id: UUID, step: PlanStep) -> None:
    """Who took which step decides nothing of what is simulated."""


async def _is_closed(transaction: Transaction, plan_year: str) -> bool:
    return False


async def _publications(transaction: Transaction) -> int:
    await Pause("count publications")
    return len(transaction.database.recalculations)


async def _publish(transaction: Transaction, version: PlanVersion, *, event_id: UUID) -> UUID | None:
    await Pause("publish")
    database = transaction.database

    def change() -> None:
        if any(not one.is_finished for one in database.recalculations):
            database.seen["published while a sweep was under way"] += 1
        for one in database.versions.values():
            if one.plan_year == version.plan_year and one.state is PlanState.PUBLISHED:
                database.versions[one.id] = replace(one, state=PlanState.SUPERSEDED)
        database.versions[version.id] = version
        database.recalculations.append(Recalculation(version.id, event_id))

    transaction.write(change)
    standing = [one for one in await _published(transaction) if one.plan_year == version.plan_year]
    return standing[0].id if standing else None


async def _record(transaction: Transaction, events: Sequence[Event], *, now: datetime) -> list[UUID]:
    await Pause("record")
    return [derived_id("recorded", event.model_dump_json()) for event in events]


_OFFSETS: Any = SimpleNamespace(places=_places, enter=_enter, move=_move)
_DEAD_LETTERS: Any = SimpleNamespace(blocked_keys=_blocked_keys, set_aside=_set_aside)
_OUTBOX: Any = SimpleNamespace(record=_record)
_ACCOUNTS: Any = SimpleNamespace(
    share_plans=_share_plans,
    lock_accounts=_lock_accounts,
    educators_between=_educators_between,
    save=_save,
    saving=_saving,
)
_RECALCULATIONS: Any = SimpleNamespace(divide_next=_divide_next, next_range=_next_range, decided=_decided)
_PLANS: Any = SimpleNamespace(
    hold_plans=_hold_plans,
    published=_published,
    lock=_lock,
    record_step=_record_step,
    publications=_publications,
    is_closed=_is_closed,
    publish=_publish,
)
STAND_INS: dict[ModuleType, Any] = {
    offsets: _OFFSETS,
    dead_letters: _DEAD_LETTERS,
    outbox: _OUTBOX,
    accounts: _ACCOUNTS,
    plans: _PLANS,
}
"""What stands here for which module."""
