"""The doors that show the rubrics: versioned data, the same for everybody."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from services.evaluation.domain.rubric import RubricBook
from services.evaluation.errors import RubricUnknown
from services.evaluation.schemas.rest import RubricView
from shared.web.auth import CurrentPrincipal
from shared.web.problems import responses

router = APIRouter(tags=["rubrics"])


@router.get("/rubrics", summary="All rubrics in all versions")
async def list_rubrics(_principal: CurrentPrincipal, request: Request) -> list[RubricView]:
    book: RubricBook = request.app.state.rubrics
    return [RubricView.of(one) for one in book]


@router.get("/rubrics/{code}/versions/{version}", summary="A version of a rubric", responses=responses(RubricUnknown))
async def get_rubric(
    code: Annotated[str, Path(max_length=64, examples=["h-tess"])],
    version: Annotated[int, Path(ge=1, le=10_000, examples=[1])],
    _principal: CurrentPrincipal,
    request: Request,
) -> RubricView:
    book: RubricBook = request.app.state.rubrics
    return RubricView.of(book.get(code, version))
