"""Snapshots for the outside evaluator: asked for by HR, made by the worker from one moment, kept as they were made."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import EducatorFacts, EvaluatorSnapshot, SnapshotState
from services.compensation.errors import (
    NothingToSnapshot,
    PseudonymKeyMissing,
    SnapshotFileUnknown,
    SnapshotUnknown,
)
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.plan import parse_plan
from services.compensation.policy.snapshot.pseudonyms import KEY_LENGTH_MIN, Pseudonyms
from services.compensation.policy.snapshot.records import Reading, Record, Terms, record_of
from services.compensation.policy.snapshot.whole import Cover, file_hash, snapshot_files
from services.compensation.repository import common_facts, holds, plans
from services.compensation.repository import evaluator_snapshots as snapshots
from services.compensation.repository.evaluator_snapshots import StatementRow
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7

_READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Payments:
    """What payroll took, in cents by educator, and whose payment is on hold."""

    paid: Mapping[str, int]
    on_hold: frozenset[str]


@dataclass(frozen=True, slots=True)
class Moment:
    """All that a snapshot is made of, as it stood at one moment."""

    records: Sequence[Record]
    terms: Terms
    cover: Cover


async def ask_for_snapshot(
    connection: AsyncConnection,
    clock: Clock,
    plan_year: str,
    *,
    suppress_below: int,
    comparison_attribute: str | None,
    by: str,
) -> EvaluatorSnapshot:
    """Have the worker make the next snapshot of a year. Raises NothingToSnapshot."""
    if await plans.published_for(connection, plan_year) is None:
        raise NothingToSnapshot(
            f"no plan is published for {plan_year}: publish one first, then everybody has a statement"
        )
    await snapshots.hold_numbers(connection)
    now = clock.now()
    snapshot = EvaluatorSnapshot(
        id=uuid7(now),
        plan_year=plan_year,
        number=await snapshots.next_number(connection, plan_year),
        state=SnapshotState.REQUESTED,
        suppress_below=suppress_below,
        comparison_attribute=comparison_attribute,
        asked_by=by,
        asked_at=now,
    )
    await snapshots.add(connection, snapshot)
    return snapshot


async def list_snapshots(connection: AsyncConnection, plan_year: str | None) -> Sequence[EvaluatorSnapshot]:
    return await snapshots.find(connection, plan_year=plan_year)


async def snapshot(connection: AsyncConnection, snapshot_id: UUID) -> EvaluatorSnapshot:
    """Raises SnapshotUnknown."""
    found = await snapshots.find(connection, snapshot_id=snapshot_id)
    if not found:
        raise SnapshotUnknown(
            f"there is no snapshot {snapshot_id}: GET /compensation/v1/evaluator-snapshots lists them"
        )
    return found[0]


async def snapshot_file(connection: AsyncConnection, snapshot_id: UUID, name: str) -> tuple[str, bytes]:
    """Hash and content of a file. Raises SnapshotUnknown, SnapshotFileUnknown."""
    found = await snapshots.file(connection, snapshot_id, name)
    if found is None:
        of = await snapshot(connection, snapshot_id)
        names = ", ".join(file.name for file in of.files) or f"none yet: it is {of.state}"
        raise SnapshotFileUnknown(f"snapshot {of.number} of {of.plan_year} has no such file; it has {names}")
    return found


async def due_snapshot(connection: AsyncConnection) -> EvaluatorSnapshot | None:
    """The oldest that is to be made."""
    return await snapshots.due(connection)


async def read_moment(connection: AsyncConnection, clock: Clock, asked: EvaluatorSnapshot, key: str | None) -> Moment:
    """Read all that the snapshot is made of. `connection` has done nothing yet, and changes nothing.

    Raises PseudonymKeyMissing, PseudonymsCollide, NothingToSnapshot.
    """
    if key is None or len(key) < KEY_LENGTH_MIN:
        raise PseudonymKeyMissing(
            f"pseudonyms need a key of {KEY_LENGTH_MIN} characters or more: give the worker RUNG_PSEUDONYM_KEY, always "
            "the same, and ask for the snapshot again"
        )
    await snapshots.hold_moment(connection)
    as_of = clock.now()
    version = await plans.published_for(connection, asked.plan_year)
    if version is None:
        raise NothingToSnapshot(f"no plan is published for {asked.plan_year} any more")
    common = await common_facts.standing(connection, asked.plan_year)
    terms = Terms(
        plan=compile_plan(parse_plan(version.document), version=version.version),
        campuses=common.campuses,
        comparison_attribute=asked.comparison_attribute,
        as_of=as_of.date(),
        pseudonyms=Pseudonyms(key.encode()),
    )
    on_hold = await holds.of_year(connection, asked.plan_year, is_open=True)
    standing = _Payments(
        paid=await snapshots.paid(connection, asked.plan_year),
        on_hold=frozenset(str(hold.educator_id) for hold in on_hold),
    )
    records = await _records(connection, terms, standing)
    cover = Cover(asked.number, as_of, asked.suppress_below, is_settled=common.is_final)
    return Moment(records, terms, cover)


async def _records(connection: AsyncConnection, terms: Terms, payments: _Payments) -> list[Record]:
    records: list[Record] = []
    after: str | None = None
    plan_year = terms.plan.calendar.plan_year
    while page := await snapshots.statements_after(connection, plan_year, after, _READ_AT_ONCE):
        # Away from the loop, which answers the bus meanwhile.
        records += await asyncio.to_thread(_page_records, page, terms, payments)
        after = page[-1].educator_id
    return records


def _page_records(page: Sequence[StatementRow], terms: Terms, payments: _Payments) -> list[Record]:
    made = (
        record_of(
            Reading(
                facts=EducatorFacts.from_document(row.educator_id, orjson.loads(row.facts)),
                statement=orjson.loads(row.statement),
                paid_cents=payments.paid.get(row.educator_id, 0),
                is_on_hold=row.educator_id in payments.on_hold,
            ),
            terms,
        )
        for row in page
    )
    return [record for record in made if record is not None]


async def files_of(moment: Moment) -> dict[str, bytes]:
    """The files by name."""
    return await asyncio.to_thread(snapshot_files, moment.records, moment.terms, moment.cover)


async def keep_snapshot(
    connection: AsyncConnection, snapshot_id: UUID, files: Mapping[str, bytes], *, as_of: datetime, educators: int
) -> None:
    """Keep what was made, unless another worker was faster."""
    if await snapshots.lock_due(connection, snapshot_id):
        hashed = {name: (file_hash(content), content) for name, content in files.items()}
        await snapshots.finish(connection, snapshot_id, hashed, as_of=as_of, educators=educators)


async def give_up_snapshot(connection: AsyncConnection, snapshot_id: UUID, failure: str) -> None:
    """Have a snapshot that cannot be made not be due any more."""
    if await snapshots.lock_due(connection, snapshot_id):
        await snapshots.give_up(connection, snapshot_id, failure)
