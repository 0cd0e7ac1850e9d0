"""Observations: the one that stands, and the versions that amendments have replaced."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.evaluation.domain.observation import (
    PUBLISHED,
    Observation,
    ObservationKind,
    ObservationState,
    Score,
)
from services.evaluation.domain.rating import SeenObservation
from services.evaluation.models import observation, observation_version
from services.evaluation.repository import sets
from shared.db.direct import driver, reader
from shared.web.pagination import Cursor

# What every edit of an observation passes goes to the driver (docs/decisions/0010).
_ONE = f"SELECT {', '.join(observation.c.keys())} FROM observation WHERE observation_id = $1"
_ONE_LOCKED = f"{_ONE} FOR UPDATE"


@dataclass(frozen=True, slots=True)
class ObservationVersion:
    """One published version: what it said, who made it, and the reason where it was an amendment."""

    version: int
    observed_on: date
    scores: tuple[Score, ...]
    changed_at: datetime
    changed_by: UUID | None
    reason: str | None


async def hold_bulk(connection: AsyncConnection) -> None:
    """Until this transaction ends no other bulk load looks at external ids."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('observations bulk'))"))


async def find_observation(connection: AsyncConnection, observation_id: UUID) -> Observation | None:
    return _found(await (await reader(connection)).fetchrow(_ONE, observation_id))


async def lock_observation(connection: AsyncConnection, observation_id: UUID) -> Observation | None:
    """The same, locked until the transaction ends."""
    return _found(await (await driver(connection)).fetchrow(_ONE_LOCKED, observation_id))


async def add_observations(connection: AsyncConnection, added: Sequence[Observation]) -> None:
    await sets.add(connection, observation, [_stored(one) for one in added])


async def save_observation(connection: AsyncConnection, changed: Observation) -> None:
    await sets.change(connection, observation, [_stored(changed)])


async def keep_version(connection: AsyncConnection, replaced: Observation) -> None:
    """Keep what an amendment is about to replace."""
    row = {
        "observation_id": replaced.observation_id,
        "version": replaced.version,
        "observed_on": replaced.observed_on,
        "scores": _stored_scores(replaced),
        "changed_at": replaced.changed_at,
        "changed_by": replaced.changed_by,
        "reason": replaced.reason,
    }
    await sets.add(connection, observation_version, [row])


async def replaced_versions(connection: AsyncConnection, observation_id: UUID) -> list[ObservationVersion]:
    rows = await connection.execute(
        select(observation_version)
        .where(observation_version.c.observation_id == observation_id)
        .order_by(observation_version.c.version)
    )
    return [
        ObservationVersion(
            row.version, row.observed_on, _scores(row.scores), row.changed_at, row.changed_by, row.reason
        )
        for row in rows
    ]


async def list_observations(
    connection: AsyncConnection,
    *,
    educator_id: UUID | None = None,
    appraiser_id: UUID | None = None,
    state: ObservationState | None = None,
    after: Cursor | None,
    limit: int,
) -> list[Observation]:
    """In the order of their ids."""
    query = select(observation).order_by(observation.c.observation_id).limit(limit)
    if educator_id is not None:
        query = query.where(observation.c.educator_id == educator_id)
    if appraiser_id is not None:
        query = query.where(observation.c.appraiser_id == appraiser_id)
    if state is not None:
        query = query.where(observation.c.state == state)
    if after is not None:
        query = query.where(observation.c.observation_id > after.as_uuid())
    return [_observation(row) for row in (await connection.execute(query)).mappings()]


async def external_digests(connection: AsyncConnection, external_ids: Collection[str]) -> Mapping[str, str]:
    """Digest of the line that brought each of these observations, of those that are known."""
    rows = await connection.execute(
        select(observation.c.external_id, observation.c.external_digest).where(
            observation.c.external_id == func.any(list(external_ids))
        )
    )
    return {row.external_id: row.external_digest for row in rows}


async def seen_observations(
    connection: AsyncConnection, first: date, last: date, *, educator_id: UUID | None = None
) -> dict[UUID, list[SeenObservation]]:
    """The finalized observations of these days by educator, without the evidence, which is most of their size."""
    query = select(
        observation.c.educator_id,
        observation.c.observation_id,
        observation.c.version,
        observation.c.observed_on,
        observation.c.rubric,
        observation.c.rubric_version,
        func.jsonb_path_query_array(observation.c.scores, text("'$[*].domain'")).label("domains"),
        func.jsonb_path_query_array(observation.c.scores, text("'$[*].level'")).label("levels"),
    ).where(observation.c.state.in_(PUBLISHED), observation.c.observed_on.between(first, last))
    if educator_id is not None:
        query = query.where(observation.c.educator_id == educator_id)
    found: dict[UUID, list[SeenObservation]] = {}
    for row in await connection.execute(query):
        seen = SeenObservation(
            observation_id=row.observation_id,
            version=row.version,
            observed_on=row.observed_on,
            rubric=row.rubric,
            rubric_version=row.rubric_version,
            levels=tuple(zip(row.domains, row.levels, strict=True)),
        )
        found.setdefault(row.educator_id, []).append(seen)
    return found


def _stored(one: Observation) -> dict[str, Any]:
    return {
        "observation_id": one.observation_id,
        "educator_id": one.educator_id,
        "campus_id": one.campus_id,
        "appraiser_id": one.appraiser_id,
        "rubric": one.rubric,
        "rubric_version": one.rubric_version,
        "kind": one.kind.value,
        "is_announced": one.is_announced,
        "planned_on": one.planned_on,
        "observed_on": one.observed_on,
        "state": one.state.value,
        "scores": _stored_scores(one),
        "revision": one.revision,
        "version": one.version,
        "finalized_at": one.finalized_at,
        "changed_at": one.changed_at,
        "changed_by": one.changed_by,
        "reason": one.reason,
        "external_id": one.external_id,
        "external_digest": one.external_digest,
    }


def _stored_scores(one: Observation) -> list[dict[str, Any]]:
    return [
        {"domain": score.domain, "dimension": score.dimension, "level": score.level, "evidence": score.evidence}
        for score in one.scores
    ]


def _scores(stored: Sequence[Mapping[str, Any]]) -> tuple[Score, ...]:
    return tuple(
        Score(dimension=one["dimension"], domain=one["domain"], level=one["level"], evidence=one["evidence"])
        for one in stored
    )


def _found(record: "asyncpg.Record | None") -> Observation | None:
    return None if record is None else _observation(dict(record))


def _observation(row: Mapping[Any, Any]) -> Observation:
    return Observation(
        observation_id=row["observation_id"],
        educator_id=row["educator_id"],
        campus_id=row["campus_id"],
        appraiser_id=row["appraiser_id"],
        rubric=row["rubric"],
        rubric_version=row["rubric_version"],
        kind=ObservationKind(row["kind"]),
        is_announced=row["is_announced"],
        planned_on=row["planned_on"],
        observed_on=row["observed_on"],
        state=ObservationState(row["state"]),
        scores=_scores(row["scores"]),
        revision=row["revision"],
        version=row["version"],
        finalized_at=row["finalized_at"],
        changed_at=row["changed_at"],
        changed_by=row["changed_by"],
        reason=row["reason"],
        external_id=row["external_id"],
        external_digest=row["external_digest"],
    )
