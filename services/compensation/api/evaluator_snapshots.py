"""The outside evaluator's snapshots: HR asks for one, the worker makes it, the evaluator fetches its files."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from services.compensation.api.callers import Office
from services.compensation.errors import NothingToSnapshot, SnapshotFileUnknown, SnapshotUnknown
from services.compensation.schemas.evaluator_snapshots import SnapshotRequest, SnapshotView
from services.compensation.service import evaluator_snapshots as service
from shared.events.types import SchoolYearLabel
from shared.web.auth import Principal, Role, require
from shared.web.conditional import IfNoneMatch, is_not_modified, not_modified
from shared.web.once import NOT_ONCE, OnceCall
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["evaluator"], prefix="/evaluator-snapshots")

SnapshotReader = Annotated[Principal, require(Role.EVALUATOR, Role.HR, Role.ADMIN)]
_MEDIA_TYPES = {"csv": "text/csv", "json": "application/json", "parquet": "application/vnd.apache.parquet"}


@router.post(
    "",
    status_code=202,
    summary="Ask for the de-identified snapshot of a plan year",
    response_model=SnapshotView,
    responses=responses(NothingToSnapshot, *NOT_ONCE),
)
async def ask_for_evaluator_snapshot(body: SnapshotRequest, _principal: Office, call: OnceCall) -> Response:
    """Made in the background, of one moment. It has the next number of its year and takes no other's place."""

    async def asked() -> SnapshotView:
        snapshot = await service.ask_for_snapshot(
            call.connection,
            call.clock,
            body.plan_year,
            suppress_below=body.suppress_below,
            comparison_attribute=body.comparison_attribute,
            by=call.by,
        )
        return SnapshotView.of(snapshot)

    return await call.once(asked, status=202)


@router.get("", summary="Snapshots, those of a year in the order of their numbers")
async def list_evaluator_snapshots(
    _principal: SnapshotReader,
    connection: Reading,
    plan_year: Annotated[SchoolYearLabel | None, Query()] = None,
) -> list[SnapshotView]:
    return [SnapshotView.of(one) for one in await service.list_snapshots(connection, plan_year)]


@router.get("/{snapshot_id}", summary="A snapshot with its files", responses=responses(SnapshotUnknown))
async def get_evaluator_snapshot(snapshot_id: UUID, _principal: SnapshotReader, connection: Reading) -> SnapshotView:
    return SnapshotView.of(await service.snapshot(connection, snapshot_id))


@router.get(
    "/{snapshot_id}/files/{name}",
    summary="A file of a snapshot: the same bytes every time",
    response_class=Response,
    responses={
        **responses(SnapshotUnknown, SnapshotFileUnknown),
        200: {
            "description": "The file.",
            "content": {media_type: {"schema": {"type": "string"}} for media_type in _MEDIA_TYPES.values()},
        },
        304: {"description": "This is the file you have."},
    },
)
async def get_evaluator_snapshot_file(
    snapshot_id: UUID,
    name: Annotated[str, Path(pattern=r"^[a-z_]{1,40}\.(csv|json|parquet)$", examples=["educators.csv"])],
    _principal: SnapshotReader,
    connection: Reading,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The ETag is the file's SHA-256, which the manifest and the snapshot name as well."""
    sha256, content = await service.snapshot_file(connection, snapshot_id, name)
    tag = f'"{sha256}"'
    if is_not_modified(if_none_match, tag):
        return not_modified(tag)
    return Response(content, media_type=_MEDIA_TYPES[name.rpartition(".")[2]], headers={"ETag": tag})
