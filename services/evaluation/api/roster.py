"""The roster's doors: the import of a OneRoster file set, and reading who works where."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.evaluation.api.uploads import ZIP, require_media_type, spooled
from services.evaluation.errors import EducatorUnknown, RosterArchiveRefused, RosterRefused
from services.evaluation.schemas.dates import Day
from services.evaluation.schemas.rest import (
    CampusView,
    DistrictView,
    EducatorView,
    FileReportView,
    RosterImportView,
)
from services.evaluation.schemas.roster.reader import read_roster
from services.evaluation.service import directory, importing
from services.evaluation.service.directory import EducatorFilter
from services.evaluation.service.importing import ImportOrder, ImportReport
from shared.events.evaluation import EducatorStatus, StaffRole
from shared.web.auth import CurrentPrincipal, NotYours, Principal, Role, require
from shared.web.errors import UnsupportedMediaType
from shared.web.pagination import BadCursor, Cursor, Page, Paging, link_next
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["roster"])

IMPORTS_PATH = "/roster/imports"
Importer = Annotated[Principal, require(Role.HR, Role.ADMIN)]


@router.post(
    IMPORTS_PATH,
    summary="Import a OneRoster 1.2 CSV file set, whole or not at all",
    responses=responses(RosterArchiveRefused, RosterRefused, UnsupportedMediaType),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "A zip of OneRoster 1.2 CSV files at its root, bulk or delta as manifest.csv says; 50 MiB.",
            "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def import_roster(
    principal: Importer,
    request: Request,
    effective_on: Annotated[
        Day | None, Query(description="The day on which what a bulk set no longer has is over; today without it.")
    ] = None,
) -> RosterImportView:
    """Every broken row is named with file, line and column, and then nothing is imported.

    Who vanishes from a bulk set is ended, not deleted. Students, guardians and relatives are passed over; passwords,
    telephone numbers and demographics are not read. The same set again changes nothing.
    """
    require_media_type(request, ZIP)
    state = request.app.state
    async with spooled(request) as upload:
        incoming = await asyncio.to_thread(read_roster, upload.file)
    order = ImportOrder(by=principal.subject, content_hash=upload.content_hash, effective_on=effective_on)
    async with state.engine.begin() as connection:
        report = await importing.import_roster(connection, state.clock, incoming, rules=state.roster_rules, order=order)
    return _view(report, principal.subject)


def _view(report: ImportReport, imported_by: str) -> RosterImportView:
    return RosterImportView(
        import_id=report.import_id,
        imported_at=report.imported_at,
        imported_by=imported_by,
        effective_on=report.effective_on,
        files={
            file.value: FileReportView(
                mode=one.mode,
                rows=one.tally.rows,
                skipped=one.tally.skipped,
                added=one.tally.added,
                changed=one.tally.changed,
                ended=one.tally.ended,
                unchanged=one.tally.unchanged,
                stale=one.tally.stale,
            )
            for file, one in report.files.items()
        },
        educators_published=report.educators_published,
    )


@router.get(IMPORTS_PATH, summary="The imports that took place, the newest first", responses=responses(BadCursor))
async def list_roster_imports(
    _principal: Importer, connection: Reading, paging: Paging, request: Request, response: Response
) -> Page[RosterImportView]:
    rows = await importing.list_imports(connection, after=paging.after, limit=paging.fetch)
    kept, following = paging.cut(rows, lambda row: Cursor("", str(row[0].import_id)))
    link_next(request, response, following)
    return Page(items=[_view(report, by) for report, by in kept], next=following)


@router.get("/districts", summary="The districts")
async def list_districts(_principal: CurrentPrincipal, connection: Reading) -> list[DistrictView]:
    return [
        DistrictView(district_id=one.district_id, identifier=one.identifier, name=one.name, is_open=one.is_open)
        for one in await directory.districts(connection)
    ]


@router.get("/campuses", summary="The campuses")
async def list_campuses(_principal: CurrentPrincipal, connection: Reading) -> list[CampusView]:
    return [
        CampusView(
            campus_id=one.campus_id,
            district_id=one.district_id,
            identifier=one.identifier,
            name=one.name,
            kind=one.kind,
            is_open=one.is_open,
        )
        for one in await directory.campuses(connection)
    ]


async def _educator_filter(
    campus: Annotated[UUID | None, Query(description="With an assignment on this campus.")] = None,
    role: Annotated[StaffRole | None, Query(description="With an assignment in this role.")] = None,
    status: Annotated[EducatorStatus | None, Query()] = None,
    employee_number: Annotated[str | None, Query(max_length=255, pattern=r"^[^\x00]+$")] = None,
) -> EducatorFilter:
    return EducatorFilter(
        campus_ids=None if campus is None else frozenset({campus}),
        role=role,
        status=status,
        employee_number=employee_number,
    )


@router.get("/educators", summary="The educators whom you may see", responses=responses(BadCursor, NotYours))
async def list_educators(
    principal: CurrentPrincipal,
    connection: Reading,
    wanted: Annotated[EducatorFilter, Depends(_educator_filter)],
    paging: Paging,
    request: Request,
    response: Response,
) -> Page[EducatorView]:
    """HR and administrators see all, the campuses their own people, and an educator themselves."""
    rows = await directory.list_educators(connection, principal, wanted, after=paging.after, limit=paging.fetch)
    kept, following = paging.cut(rows, lambda one: Cursor("", str(one.educator_id)))
    link_next(request, response, following)
    return Page(items=[EducatorView.of(one) for one in kept], next=following)


@router.get("/educators/{educator_id}", summary="An educator", responses=responses(EducatorUnknown, NotYours))
async def get_educator(educator_id: UUID, principal: CurrentPrincipal, connection: Reading) -> EducatorView:
    return EducatorView.of(await directory.educator(connection, principal, educator_id))
