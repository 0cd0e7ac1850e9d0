"""The life of an observation, one function a command. Edits carry the version the caller has read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.evaluation.domain import observation as steps
from services.evaluation.domain.educator import Educator
from services.evaluation.domain.observation import Observation, ObservationKind, ObservationState, Plan
from services.evaluation.domain.rubric import RubricBook
from services.evaluation.errors import (
    AppraiserIsEducator,
    AppraiserUnknown,
    EducatorNotOnCampus,
    EducatorUnknown,
    ObservationUnknown,
)
from services.evaluation.repository import educators, observations
from services.evaluation.repository.observations import ObservationVersion
from services.evaluation.service import access
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.messaging import outbox
from shared.web.auth import NotYours, Principal, Role
from shared.web.conditional import Precondition, version_tag
from shared.web.pagination import Cursor, PageRequest


@dataclass(frozen=True, slots=True)
class Schedule:
    """A visit to be planned; without `appraiser_id` the caller is the appraiser."""

    educator_id: UUID
    campus_id: UUID
    kind: ObservationKind
    is_announced: bool
    planned_on: date
    rubric: str
    rubric_version: int | None = None
    appraiser_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class GivenScore:
    dimension: str
    level: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Correction:
    """An amendment as it is asked for."""

    reason: str
    scores: Sequence[GivenScore]
    observed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Who changes which observation, having read which version of it."""

    principal: Principal
    observation_id: UUID
    seen: Precondition


def tag(observation: Observation) -> str:
    """The entity tag of an observation as it stands."""
    return version_tag(observation.revision)


async def schedule_observation(
    connection: AsyncConnection, clock: Clock, principal: Principal, wanted: Schedule, *, book: RubricBook
) -> Observation:
    """Plan a visit. Raises EducatorUnknown, EducatorNotOnCampus, AppraiserUnknown, AppraiserIsEducator, RubricUnknown,
    NotYours."""
    _require_campus(principal, wanted.campus_id)
    educator = await educators.find_educator(connection, wanted.educator_id)
    if educator is None:
        raise EducatorUnknown(f"the roster has brought no educator {wanted.educator_id}")
    _require_on_campus(educator, wanted.campus_id, wanted.planned_on)
    appraiser_id = await _appraiser(connection, principal, wanted)
    newest = wanted.rubric_version is None
    rubric = book.newest(wanted.rubric) if newest else book.get(wanted.rubric, wanted.rubric_version or 0)
    now = clock.now()
    planned = Observation(
        observation_id=uuid7(now),
        educator_id=wanted.educator_id,
        campus_id=wanted.campus_id,
        appraiser_id=appraiser_id,
        rubric=rubric.code,
        rubric_version=rubric.version,
        kind=wanted.kind,
        is_announced=wanted.is_announced,
        planned_on=wanted.planned_on,
        changed_at=now,
        changed_by=principal.educator_id,
    )
    await observations.add_observations(connection, [planned])
    return planned


def _require_campus(principal: Principal, campus_id: UUID) -> None:
    if not principal.has_any(Role.ADMIN) and not principal.works_on(campus_id):
        raise NotYours(
            "this is another campus: visits are planned on the campuses of your token, or by an administrator"
        )


def _require_on_campus(educator: Educator, campus_id: UUID, day: date) -> None:
    if not any(
        one.campus_id == campus_id and one.begins_on <= day and (one.ends_on is None or day <= one.ends_on)
        for one in educator.assignments
    ):
        raise EducatorNotOnCampus(
            f"the educator has no assignment on this campus on {day}: choose another day or campus"
        )


async def _require_days(connection: AsyncConnection, current: Observation, *days: date | None) -> None:
    """The day of a visit decides the year that it counts in, so a slip of the pen must not move it out of the work."""
    wanted = [day for day in days if day is not None]
    educator = await educators.find_educator(connection, current.educator_id) if wanted else None
    if educator is not None:
        for day in wanted:
            _require_on_campus(educator, current.campus_id, day)


async def _appraiser(connection: AsyncConnection, principal: Principal, wanted: Schedule) -> UUID:
    named = wanted.appraiser_id or principal.educator_id
    if named is None:
        raise AppraiserUnknown("the token names no educator: send appraiser_id, or use a token of an appraiser")
    if named != principal.educator_id and not principal.has_any(Role.ADMIN, Role.PRINCIPAL):
        raise NotYours("only a principal or an administrator plans visits for another appraiser")
    if named == wanted.educator_id:
        raise AppraiserIsEducator("nobody observes themselves: name another appraiser")
    if await educators.find_educator(connection, named) is None:
        raise AppraiserUnknown(f"the roster has brought no educator {named} who could appraise")
    return named


async def plan_observation(connection: AsyncConnection, clock: Clock, edit: Edit, change: Plan) -> Observation:
    """Change the plan, or set the day of the visit.

    Raises ObservationUnknown, NotYours, EducatorNotOnCampus, and `steps.plan`'s.
    """
    current = await _to_edit(connection, edit, access.require_appraiser)
    planned = steps.plan(current, change, today=clock.now().date())
    await _require_days(connection, current, change.planned_on, change.observed_on)
    return await _save(connection, current, planned)


async def score_dimension(
    connection: AsyncConnection, edit: Edit, given: GivenScore, *, book: RubricBook
) -> Observation:
    """Give a dimension its level with evidence. Raises ObservationUnknown, NotYours, and `steps.score`'s."""
    current = await _to_edit(connection, edit, access.require_appraiser)
    rubric = book.get(current.rubric, current.rubric_version)
    scored = steps.score(current, rubric, dimension=given.dimension, level=given.level, evidence=given.evidence)
    return await _save(connection, current, scored)


async def finalize_observation(
    connection: AsyncConnection, clock: Clock, principal: Principal, observation_id: UUID, *, book: RubricBook
) -> Observation:
    """Close the scoring and publish it. Raises ObservationUnknown, NotYours, and `steps.finalize`'s."""
    current = await _locked(connection, principal, observation_id)
    access.require_appraiser(principal, current)
    now = clock.now()
    final, event = steps.finalize(current, book.get(current.rubric, current.rubric_version), now=now)
    await observations.save_observation(connection, final)
    await outbox.record(connection, [event], now=now)
    return final


async def amend_observation(
    connection: AsyncConnection, clock: Clock, edit: Edit, correction: Correction, *, book: RubricBook
) -> Observation:
    """Correct what is finalized; the version before is kept.

    Raises ObservationUnknown, NotYours, EducatorNotOnCampus, `steps.amend`'s.
    """
    current = await _to_edit(connection, edit, access.require_correcting)
    rubric = book.get(current.rubric, current.rubric_version)
    amendment = steps.Amendment(
        reason=correction.reason,
        scores=tuple(
            steps.score_of(rubric, dimension=one.dimension, level=one.level, evidence=one.evidence)
            for one in correction.scores
        ),
        by=edit.principal.educator_id,
        observed_on=correction.observed_on,
    )
    now = clock.now()
    amended, event = steps.amend(current, rubric, amendment, now=now)
    await _require_days(connection, current, correction.observed_on)
    await observations.keep_version(connection, current)
    await observations.save_observation(connection, amended)
    await outbox.record(connection, [event], now=now)
    return amended


async def cancel_observation(connection: AsyncConnection, clock: Clock, edit: Edit, *, reason: str) -> Observation:
    """Call a visit off. Raises ObservationUnknown, NotYours, and `steps.cancel`'s."""
    current = await _to_edit(connection, edit, access.require_cancelling)
    cancelled = steps.cancel(current, reason=reason, by=edit.principal.educator_id, now=clock.now())
    return await _save(connection, current, cancelled)


async def observation(connection: AsyncConnection, principal: Principal, observation_id: UUID) -> Observation:
    """Raises ObservationUnknown, NotYours."""
    return _visible(principal, await observations.find_observation(connection, observation_id))


async def versions(
    connection: AsyncConnection, principal: Principal, observation_id: UUID
) -> Sequence[ObservationVersion]:
    """The published versions, the first one first. Raises ObservationUnknown, NotYours."""
    current = await observation(connection, principal, observation_id)
    replaced = await observations.replaced_versions(connection, observation_id)
    if not current.is_published or current.observed_on is None or current.changed_at is None:
        return replaced
    standing = ObservationVersion(
        current.version, current.observed_on, current.scores, current.changed_at, current.changed_by, current.reason
    )
    return [*replaced, standing]


async def observations_of(
    connection: AsyncConnection, principal: Principal, educator_id: UUID, *, paging: PageRequest
) -> tuple[Sequence[Observation], str | None]:
    """Those of an educator's observations that the caller may see, and the cursor of the next ones.

    Raises EducatorUnknown, NotYours, BadCursor.
    """
    await access.require_educator(connection, principal, educator_id)
    found = await observations.list_observations(
        connection, educator_id=educator_id, after=paging.after, limit=paging.fetch
    )
    kept, following = paging.cut(found, _place)
    return [one for one in kept if access.may_see_observation(principal, one)], following


async def own_observations(
    connection: AsyncConnection, principal: Principal, *, state: ObservationState | None, paging: PageRequest
) -> tuple[Sequence[Observation], str | None]:
    """The observations that are the caller's to make, whatever the campus, and the cursor of the next ones.

    Raises AppraiserUnknown, BadCursor.
    """
    if principal.educator_id is None:
        raise AppraiserUnknown("the token names no educator: observations belong to an appraiser on the roster")
    found = await observations.list_observations(
        connection, appraiser_id=principal.educator_id, state=state, after=paging.after, limit=paging.fetch
    )
    return paging.cut(found, _place)


def _place(one: Observation) -> Cursor:
    return Cursor("", str(one.observation_id))


async def _locked(connection: AsyncConnection, principal: Principal, observation_id: UUID) -> Observation:
    return _visible(principal, await observations.lock_observation(connection, observation_id))


async def _to_edit(
    connection: AsyncConnection, edit: Edit, require_allowed: Callable[[Principal, Observation], None]
) -> Observation:
    """The observation, locked, if the caller may change it and has seen its latest version."""
    current = await _locked(connection, edit.principal, edit.observation_id)
    require_allowed(edit.principal, current)
    edit.seen.require(tag(current))
    return current


def _visible(principal: Principal, found: Observation | None) -> Observation:
    if found is None:
        raise ObservationUnknown(
            "no observation has this id: GET /evaluation/v1/educators/{id}/observations lists them"
        )
    access.require_visible(principal, found)
    return found


async def _save(connection: AsyncConnection, before: Observation, after: Observation) -> Observation:
    if after != before:
        await observations.save_observation(connection, after)
    return after
