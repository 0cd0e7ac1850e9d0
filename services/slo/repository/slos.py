"""The SLOs as they stand."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, exists, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.slo.domain.states import SloState
from services.slo.domain.values import Attainment, Interval, Slo, SloContent, StartingLevel, Target
from services.slo.models import educator_campus, slo
from shared.kernel.period import SchoolYear


async def find_slo(connection: AsyncConnection, slo_id: UUID) -> Slo | None:
    row = (await connection.execute(select(slo).where(slo.c.slo_id == slo_id))).first()
    return None if row is None else _slo(row)


async def lock_slo(connection: AsyncConnection, slo_id: UUID) -> Slo | None:
    """The SLO, held until the transaction ends, so that its versions are published in their order."""
    row = (await connection.execute(select(slo).where(slo.c.slo_id == slo_id).with_for_update())).first()
    return None if row is None else _slo(row)


async def hold_loading(connection: AsyncConnection) -> None:
    """One bulk load at a time: the second of two equal ones finds what the first has loaded."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('slo loading'))"))


async def loaded_lines(connection: AsyncConnection, external_ids: Collection[str]) -> dict[str, bytes]:
    """The digest of the line that each external id was loaded from; ids not loaded yet are left out."""
    rows = await connection.execute(
        select(slo.c.external_id, slo.c.line_hash).where(slo.c.external_id == func.any(list(external_ids)))
    )
    return {row.external_id: bytes(row.line_hash) for row in rows}


async def add_slos(
    connection: AsyncConnection, added: Sequence[Slo], *, line_hashes: Mapping[UUID, bytes] | None = None
) -> None:
    """Add SLOs; `line_hashes` names, by id, the digest of the line that each was loaded from."""
    hashes = line_hashes or {}
    rows = [{**_row(one), "line_hash": hashes.get(one.slo_id)} for one in added]
    if rows:
        await connection.execute(insert(slo), rows)


async def save_slo(connection: AsyncConnection, changed: Slo) -> None:
    await connection.execute(slo.update().where(slo.c.slo_id == changed.slo_id).values(_row(changed)))


async def slos_of(connection: AsyncConnection, educator_id: UUID, school_year: SchoolYear | None) -> list[Slo]:
    """An educator's SLOs, of one year or of all, in the order of years."""
    query = select(slo).where(slo.c.educator_id == educator_id).order_by(slo.c.school_year, slo.c.slo_id)
    if school_year is not None:
        query = query.where(slo.c.school_year == str(school_year))
    return [_slo(row) for row in await connection.execute(query)]


async def review_queue(
    connection: AsyncConnection,
    *,
    campuses: Collection[UUID] | None,
    not_of: UUID | None,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[Slo]:
    """Submitted SLOs in the order of submission, of educators of `campuses` (None: of all), without those of `not_of`.

    The campus counts as in `policy.answers_for`; school years compare as their labels do.
    """
    query: Select[Any] = select(slo).where(slo.c.state == SloState.SUBMITTED)
    if campuses is not None:
        query = query.where(_of_campuses(campuses))
    if not_of is not None:
        query = query.where(slo.c.educator_id != not_of)
    if after is not None:
        query = query.where(tuple_(slo.c.submitted_on, slo.c.slo_id) > after)
    query = query.order_by(slo.c.submitted_on, slo.c.slo_id).limit(limit)
    return [_slo(row) for row in await connection.execute(query)]


def _of_campuses(campuses: Collection[UUID]) -> ColumnElement[bool]:
    return exists().where(
        educator_campus.c.educator_id == slo.c.educator_id,
        educator_campus.c.campus_id.in_(list(campuses)),
        or_(educator_campus.c.last_school_year.is_(None), educator_campus.c.last_school_year >= slo.c.school_year),
    )


def _row(one: Slo) -> dict[str, Any]:
    attainment = one.attainment
    return {
        "slo_id": one.slo_id,
        "educator_id": one.educator_id,
        "school_year": str(one.school_year),
        "interval": one.interval,
        **_content(one.content),
        "state": one.state,
        "revision": one.revision,
        "version": one.version,
        "submitted_on": one.submitted_on,
        "submitted_by": one.submitted_by,
        "approved_on": one.approved_on,
        "approved_at": one.approved_at,
        "quality_score": one.quality_score,
        "students": attainment.students if attainment else None,
        "students_met": attainment.students_met if attainment else None,
        "attainment_percent": attainment.percent if attainment else None,
        "rating": attainment.rating if attainment else None,
        "scored_on": attainment.scored_on if attainment else None,
        "external_id": one.external_id,
    }


def _content(content: SloContent) -> dict[str, Any]:
    return {
        "subject": content.subject,
        "learning_goal": content.learning_goal,
        "standards": list(content.standards),
        "population": dict(content.population),
        "targets": {
            level: {"text": target.text, "percent": None if target.percent is None else str(target.percent)}
            for level, target in content.targets.items()
        },
        "strategies": list(content.strategies),
        "assessments": list(content.assessments),
    }


def document(one: Slo) -> dict[str, Any]:
    """The SLO whole as JSON, for what is kept of each published version."""

    def plain(value: object) -> object:
        if isinstance(value, date):
            return value.isoformat()
        return str(value) if isinstance(value, (UUID, Decimal)) else value

    return {name: plain(value) for name, value in _row(one).items()}


def _slo(row: Row[Any]) -> Slo:
    attainment = None
    if row.attainment_percent is not None:
        attainment = Attainment(row.attainment_percent, row.rating, row.scored_on, row.students, row.students_met)
    return Slo(
        slo_id=row.slo_id,
        educator_id=row.educator_id,
        school_year=SchoolYear.parse(row.school_year),
        interval=Interval(row.interval),
        content=SloContent(
            subject=row.subject,
            learning_goal=row.learning_goal,
            standards=tuple(row.standards),
            population={StartingLevel(level): count for level, count in row.population.items()},
            targets=read_targets(row.targets),
            strategies=tuple(row.strategies),
            assessments=tuple(row.assessments),
        ),
        state=SloState(row.state),
        revision=row.revision,
        version=row.version,
        submitted_on=row.submitted_on,
        submitted_by=row.submitted_by,
        approved_on=row.approved_on,
        approved_at=row.approved_at,
        quality_score=row.quality_score,
        attainment=attainment,
        external_id=row.external_id,
    )


def read_targets(document: Mapping[str, Any]) -> dict[StartingLevel, Target]:
    """Targets as they are kept in JSON."""
    return {
        StartingLevel(level): Target(target["text"], None if target["percent"] is None else Decimal(target["percent"]))
        for level, target in document.items()
    }
