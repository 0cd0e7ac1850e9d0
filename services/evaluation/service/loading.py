"""Loading many observations or growth scores at once: all of a request or nothing, and harmless when sent again."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.evaluation.domain import observation as steps
from services.evaluation.domain.growth import GrowthEntry, GrowthScore, growth_event, take_entry
from services.evaluation.domain.line_faults import LineFaults
from services.evaluation.domain.observation import Observation, ObservationState, Score
from services.evaluation.domain.past import GrowthLine, PastObservation
from services.evaluation.domain.rubric import Rubric, RubricBook
from services.evaluation.repository import educators, growth, observations, roster_store
from shared.events.evaluation import ObservationFinalized
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.messaging import outbox
from shared.web.auth import ON_ONESELF, Principal

_NO_EDUCATOR = "the roster has nobody with this number: correct it, or import the roster first"


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a bulk load came to."""

    received: int
    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What a batch of lines is judged by: who and what the numbers name, which lines came before."""

    people: Mapping[str, UUID]
    campuses: Mapping[str, UUID]
    digests: Mapping[str, str]
    book: RubricBook
    now: datetime
    loader: Principal


async def load_observations(
    connection: AsyncConnection,
    clock: Clock,
    batches: Iterator[Sequence[PastObservation]],
    faults: LineFaults,
    *,
    by: Principal,
    book: RubricBook,
) -> LoadReport:
    """Take in finalized observations. A line that came before changes nothing. Raises LinesRefused.

    A known `external_id` with other content is refused: what was finalized changes by an amendment with a reason.
    `batches` puts into `faults` what it finds itself; reading and judging are done beside the event loop.
    """
    await observations.hold_bulk(connection)
    now = clock.now()
    seen: dict[str, int] = {}
    received = added = 0
    while (lines := await asyncio.to_thread(next, batches, None)) is not None:
        known = await _known(connection, lines, book, now, by)
        loaded = await asyncio.to_thread(_judge, lines, known, seen, faults)
        received += len(lines)
        # After a first fault nothing will stay, so that the rest is only looked at for more of them.
        if not faults:
            await observations.add_observations(connection, [one for one, _ in loaded])
            await outbox.record(connection, [event for _, event in loaded], now=now)
            added += len(loaded)
    faults.refuse()
    return LoadReport(received, added=added, changed=0, unchanged=received - added)


async def _known(
    connection: AsyncConnection, lines: Sequence[PastObservation], book: RubricBook, now: datetime, by: Principal
) -> _Known:
    numbers = {one.employee_number for one in lines} | {one.appraiser_employee_number for one in lines}
    return _Known(
        people=await educators.educators_by_number(connection, numbers),
        campuses=await educators.campuses_by_identifier(connection, {one.campus for one in lines}),
        digests=await observations.external_digests(connection, {one.external_id for one in lines}),
        book=book,
        now=now,
        loader=by,
    )


def _judge(
    lines: Sequence[PastObservation], known: _Known, seen: dict[str, int], faults: LineFaults
) -> list[tuple[Observation, ObservationFinalized]]:
    """The new observations of a batch with their events; `seen` has the lines of all external ids so far."""
    loaded = []
    for line in lines:
        before = known.digests.get(line.external_id)
        if line.external_id in seen:
            faults.add(line.line, "external_id", f"stands in line {seen[line.external_id]} already")
        elif before is None:
            found = _observation(line, known, faults)
            if found is not None:
                loaded.append(found)
        elif before != line.digest:
            detail = (
                "is known with other content: amend that observation, POST /evaluation/v1/observations/{id}/amendments"
            )
            faults.add(line.line, "external_id", detail)
        seen[line.external_id] = line.line
    return loaded


def _observation(
    line: PastObservation, known: _Known, faults: LineFaults
) -> tuple[Observation, ObservationFinalized] | None:
    """What the line tells, or None and faults."""
    educator_id = known.people.get(line.employee_number)
    appraiser_id = known.people.get(line.appraiser_employee_number)
    campus_id = known.campuses.get(line.campus)
    rubric = known.book.find(line.rubric, line.rubric_version)
    if educator_id is None:
        faults.add(line.line, "employee_number", _NO_EDUCATOR)
    elif known.loader.is_educator(educator_id):
        faults.add(line.line, "employee_number", ON_ONESELF)
    if appraiser_id is None:
        faults.add(line.line, "appraiser_employee_number", _NO_EDUCATOR)
    elif appraiser_id == educator_id:
        faults.add(line.line, "appraiser_employee_number", "is the educator: nobody observes themselves")
    if campus_id is None:
        faults.add(
            line.line, "campus", "the roster has no campus with this identifier: GET /evaluation/v1/campuses lists all"
        )
    if line.finalized_at > known.now:
        faults.add(line.line, "finalized_at", "lies in the future")
    if line.observed_on > line.finalized_at.date():
        faults.add(line.line, "observed_on", "is after finalized_at")
    if rubric is None:
        faults.add(line.line, "rubric_version", "there is no such rubric version: GET /evaluation/v1/rubrics lists all")
    scores = _scores(line, rubric, faults) if rubric is not None else None
    if educator_id is None or appraiser_id is None or campus_id is None or rubric is None or scores is None:
        return None
    final = Observation(
        observation_id=uuid7(known.now),
        educator_id=educator_id,
        campus_id=campus_id,
        appraiser_id=appraiser_id,
        rubric=rubric.code,
        rubric_version=rubric.version,
        kind=line.kind,
        is_announced=line.is_announced,
        planned_on=None,
        observed_on=line.observed_on,
        state=ObservationState.FINALIZED,
        scores=scores,
        version=1,
        finalized_at=line.finalized_at,
        changed_at=line.finalized_at,
        changed_by=appraiser_id,
        external_id=line.external_id,
        external_digest=line.digest,
    )
    return final, ObservationFinalized.model_validate(steps.published_facts(final))


def _scores(line: PastObservation, rubric: Rubric, faults: LineFaults) -> tuple[Score, ...] | None:
    """The scores in the rubric's order, or None and faults."""
    found: dict[str, Score] = {}
    is_broken = False
    for at, given in enumerate(line.scores):
        domain = rubric.domain_of(given.dimension)
        detail = None
        if domain is None:
            detail = ("dimension", "the rubric has no such dimension")
        elif given.dimension in found:
            detail = ("dimension", "is scored twice")
        elif rubric.level_of(given.level) is None:
            detail = ("level", "the rubric has no such level")
        if detail is not None or domain is None:
            field, complaint = detail or ("dimension", "")
            faults.add(line.line, f"scores/{at}/{field}", complaint)
            is_broken = True
        else:
            found[given.dimension] = Score(given.dimension, domain, given.level, given.evidence)
    missing = steps.missing_dimensions(list(found.values()), rubric)
    if missing and not is_broken:
        faults.add(line.line, "scores", f"lacks {', '.join(missing)}")
        is_broken = True
    return None if is_broken else steps.in_order(list(found.values()), rubric)


async def load_growth_scores(
    connection: AsyncConnection, clock: Clock, lines: Sequence[GrowthLine], *, by: Principal
) -> LoadReport:
    """Take in growth scores; another percentage for the same educator, year and measure is a new version.

    Raises LinesRefused.
    """
    now = clock.now()
    people = await educators.educators_by_number(connection, {one.employee_number for one in lines})
    entries = _entries(lines, people, by)
    touched = {one.educator_id for one in entries}
    await roster_store.lock_educators(connection, touched)
    years = {one.school_year for one in entries}
    standing = await growth.standing_growth(connection, educator_ids=touched, school_years=years)
    known = {(one.educator_id, one.school_year, one.measure): one for one in standing}
    added: list[GrowthScore] = []
    recounted: list[GrowthScore] = []
    for entry in entries:
        before = known.get((entry.educator_id, entry.school_year, entry.measure))
        after = take_entry(before, entry, new_id=uuid7(now))
        if before is None or after.version != before.version:
            added.append(after)
        elif after != before:
            recounted.append(after)
    await growth.save_growth(connection, added=added, recounted=recounted, now=now)
    await outbox.record(connection, [growth_event(one) for one in added], now=now)
    new = sum(one.version == 1 for one in added)
    changed = len(added) - new + len(recounted)
    return LoadReport(len(lines), added=new, changed=changed, unchanged=len(lines) - new - changed)


def _entries(lines: Sequence[GrowthLine], people: Mapping[str, UUID], by: Principal) -> list[GrowthEntry]:
    faults = LineFaults()
    seen: dict[tuple[str, str, str], int] = {}
    entries = []
    for line in lines:
        key = (line.employee_number, line.school_year, line.measure)
        if key in seen:
            faults.add(line.line, "measure", f"line {seen[key]} has the same educator, year and measure")
        seen[key] = line.line
        educator_id = people.get(line.employee_number)
        if educator_id is None:
            faults.add(line.line, "employee_number", _NO_EDUCATOR)
        elif by.is_educator(educator_id):
            faults.add(line.line, "employee_number", ON_ONESELF)
        else:
            entries.append(GrowthEntry(educator_id, line.school_year, line.measure, line.percent_met, line.students))
    faults.refuse()
    return entries
