"""SLOs of past years from a district's own system: all of an upload or nothing, and harmless when sent twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.slo.domain.steps import event_of, load
from services.slo.domain.values import PastSlo, Review, ReviewDecision, Slo, VersionCause
from services.slo.errors import ExternalIdTaken, PersonNotOnRoster, SloLinesMalformed, at_line, refuse_lines
from services.slo.policy import ApprovalRubric, faults_of_past, quality_score, rate
from services.slo.repository import history, people, slos
from services.slo.repository.history import GivenReview, PublishedVersion
from shared.kernel.clock import Clock
from shared.kernel.errors import FieldError
from shared.kernel.ids import uuid7
from shared.kernel.person_key import PersonKeyKind, person_key
from shared.messaging import outbox
from shared.web.auth import ON_ONESELF, Principal


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of an upload; `unchanged` lines had been loaded before."""

    lines: int
    created: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class LoadRules:
    """What an upload is held against."""

    rubric: ApprovalRubric
    person_key_secret: bytes


async def load_slos(
    connection: AsyncConnection, clock: Clock, *, principal: Principal, rules: LoadRules, lines: Sequence[PastSlo]
) -> Loaded:
    """Take past SLOs in, each published in the state it ended in.

    Raises SloLinesMalformed, PersonNotOnRoster, ExternalIdTaken; then nothing was loaded.
    """
    now = clock.now()
    faults = [
        at_line(past.line, fault) for past in lines for fault in faults_of_past(rules.rubric, past, today=now.date())
    ]
    refuse_lines(SloLinesMalformed, faults)
    await slos.hold_loading(connection)
    fresh = _fresh(lines, await slos.loaded_lines(connection, {past.external_id for past in lines}))
    educators = await _educators(connection, rules.person_key_secret, fresh, principal)
    loaded = [_load(rules.rubric, past, educators[past.employee_number], now) for past in fresh]
    await slos.add_slos(
        connection, loaded, line_hashes={slo.slo_id: past.line_hash for past, slo in zip(fresh, loaded, strict=True)}
    )
    reviews = [
        GivenReview(slo, _review(rules.rubric, past, educators), principal.subject, now)
        for past, slo in zip(fresh, loaded, strict=True)
    ]
    await history.add_reviews(connection, reviews)
    versions = [PublishedVersion(slo, VersionCause.LOAD, None, principal.subject, now) for slo in loaded if slo.version]
    await history.add_versions(connection, versions)
    await outbox.record(connection, [event for slo in loaded if (event := event_of(slo)) is not None], now=now)
    return Loaded(len(lines), len(fresh), len(lines) - len(fresh))


def _fresh(lines: Sequence[PastSlo], loaded: Mapping[str, bytes]) -> list[PastSlo]:
    """The lines that were not loaded before. Raises ExternalIdTaken where an id stands for two different lines."""
    known = dict(loaded)
    fresh, faults = [], []
    for past in lines:
        before = known.get(past.external_id)
        if before is None:
            known[past.external_id] = past.line_hash
            fresh.append(past)
        elif before != past.line_hash:
            what = (
                f"{past.external_id} was loaded with other content: correct the SLO at its own address, with a reason"
            )
            faults.append(at_line(past.line, FieldError("/external_id", what)))
    refuse_lines(ExternalIdTaken, faults)
    return fresh


async def _educators(
    connection: AsyncConnection, secret: bytes, lines: Sequence[PastSlo], by: Principal
) -> dict[str, UUID]:
    """The educator behind each employee number. Raises PersonNotOnRoster, SloLinesMalformed."""
    numbers = {past.employee_number for past in lines} | {past.reviewer_employee_number for past in lines}
    keys = {number: person_key(secret, PersonKeyKind.EMPLOYEE_NUMBER, number) for number in numbers}
    named = await people.candidates(connection, set(keys.values()))
    found = {number: named.get(key, set()) for number, key in keys.items()}
    faults = [
        at_line(past.line, FieldError(f"/{name}", _why_nobody(number, found[number])))
        for past in lines
        for name, number in (
            ("employee_number", past.employee_number),
            ("reviewer_employee_number", past.reviewer_employee_number),
        )
        if len(found[number]) != 1
    ]
    refuse_lines(PersonNotOnRoster, faults)
    educators = {number: next(iter(educators)) for number, educators in found.items()}
    # Compared as people and not as numbers: one person can have had two.
    own = [past for past in lines if educators[past.employee_number] == educators[past.reviewer_employee_number]]
    what = "is the educator in person: nobody reviews an SLO of their own"
    refuse_lines(SloLinesMalformed, [at_line(past.line, FieldError("/reviewer_employee_number", what)) for past in own])
    about_loader = [past for past in lines if by.is_educator(educators[past.employee_number])]
    refuse_lines(
        SloLinesMalformed, [at_line(past.line, FieldError("/employee_number", ON_ONESELF)) for past in about_loader]
    )
    return educators


def _why_nobody(number: str, found: set[UUID]) -> str:
    if found:
        return f"employee number {number} names more than one educator on the roster"
    return f"the roster has no employee number {number}: import it first, and wait a moment after an import"


def _load(rubric: ApprovalRubric, past: PastSlo, educator_id: UUID, now: datetime) -> Slo:
    return load(
        past,
        slo_id=uuid7(now),
        educator_id=educator_id,
        quality_score=quality_score(rubric, past.scores),
        rating=None if past.attainment_percent is None else rate(past.attainment_percent),
    )


def _review(rubric: ApprovalRubric, past: PastSlo, educators: Mapping[str, UUID]) -> Review:
    return Review(
        decision=ReviewDecision.RETURN if past.approved_on is None else ReviewDecision.APPROVE,
        rubric=rubric.code,
        rubric_version=rubric.version,
        scores=past.scores,
        quality_score=quality_score(rubric, past.scores),
        comment=None,
        reviewed_on=past.approved_on,
        reviewer_id=educators[past.reviewer_employee_number],
    )
