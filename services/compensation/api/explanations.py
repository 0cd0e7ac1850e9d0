"""What makes a statement understood: its status, the tree of reasons, the printable page."""

import asyncio
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from services.compensation.api.chosen import Chosen, PlanYear
from services.compensation.errors import StatementAbsent
from services.compensation.policy.page import page_of
from services.compensation.policy.status import why
from services.compensation.schemas import page as setting
from services.compensation.schemas.explanation import ExplanationView, StatementStatusView
from services.compensation.schemas.parts import Money
from services.compensation.service import explanation as service
from shared.web.auth import CurrentPrincipal
from shared.web.conditional import IfNoneMatch, content_tag, is_not_modified, not_modified
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["statements"], prefix="/educators/{educator_id}/statement")

HTML, PDF = "text/html", "application/pdf"


async def _media_type(
    form: Annotated[
        Literal["html", "pdf"] | None, Query(alias="format", description="Instead of an `Accept` header.")
    ] = None,
    accept: Annotated[str, Header(description="A PDF where it names `application/pdf` and not `text/html`.")] = HTML,
) -> str:
    wants_pdf = PDF in accept and HTML not in accept if form is None else form == "pdf"
    return PDF if wants_pdf else HTML


MediaType = Annotated[str, Depends(_media_type)]
_NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@router.get(
    "/status",
    summary="Whether the statement is an estimate, final or paid, and where the money is",
    responses=responses(StatementAbsent),
)
async def get_statement_status(
    educator_id: UUID, plan_year: PlanYear, principal: CurrentPrincipal, connection: Reading, request: Request
) -> StatementStatusView:
    """Of the standing statement. It changes with the year and the payouts; the statement's bytes do not.

    Offers, inquiries, holds and recoveries are between the educator and HR: for other callers they are null.
    """
    state = request.app.state
    standing = await service.status(connection, state.clock, state.plan_book, educator_id, plan_year, principal)
    progress, between = standing.progress, standing.between
    return StatementStatusView(
        status=progress.status,
        why=why(progress, tells_recoveries=between is not None),
        sequence=standing.sequence,
        earned=Money.of(progress.earned_cents),
        approved=Money.of(progress.approved_cents),
        paid=Money.of(progress.paid_cents),
        waiting=Money.of(progress.waiting_cents),
        held=Money.of(progress.held_cents),
        to_recover=None if between is None else Money.of(progress.to_recover_cents),
        offers_open=None if between is None else between.offers_open,
        inquiries_open=None if between is None else progress.inquiries_open,
        holds=None if between is None else between.withheld.holds,
        recoveries=None if between is None else between.withheld.recoveries,
    )


@router.get(
    "/explanation",
    summary="Why: from the total down to the clauses of the plan and the events behind the facts",
    responses={**responses(StatementAbsent), 304: {"description": "Nothing changed."}},
    response_model=ExplanationView,
)
async def get_statement_explanation(
    educator_id: UUID,
    plan_year: PlanYear,
    principal: CurrentPrincipal,
    connection: Reading,
    request: Request,
    chosen: Chosen,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The statement is decided again for it, by the facts and the plan version that it names.

    Placements on the ladder are between the educator and HR: other callers get the trees without them.
    """
    explained = await service.explanation(
        connection, request.app.state.plan_book, educator_id, plan_year, principal, chosen
    )
    view = ExplanationView(
        educator_id=educator_id,
        plan_year=plan_year,
        sequence=explained.statement.sequence,
        statement_hash=explained.statement.hash,
        plan=explained.body["plan"],
        why=explained.why,
        ladder=explained.ladder,
        still_earnable=explained.earnable,
    )
    return _tagged(view.model_dump_json().encode(), "application/json", if_none_match)


@router.get(
    "/page",
    summary="The statement as a page to read and to print, in HTML or PDF",
    response_class=Response,
    responses={
        **responses(StatementAbsent),
        200: {
            "description": "The page.",
            "content": {
                HTML: {"schema": {"type": "string"}},
                PDF: {"schema": {"type": "string", "format": "binary"}},
            },
        },
        304: {"description": "Nothing changed."},
    },
)
async def get_statement_page(
    educator_id: UUID,
    plan_year: PlanYear,
    principal: CurrentPrincipal,
    connection: Reading,
    request: Request,
    chosen: Chosen,
    media_type: MediaType,
    if_none_match: IfNoneMatch = None,
) -> Response:
    state = request.app.state
    matter = await service.page_matter(
        connection, state.clock, state.plan_book, educator_id, plan_year, principal, chosen
    )
    page = page_of(matter)
    if media_type == PDF:
        answer = _tagged(await asyncio.to_thread(setting.pdf, page), PDF, if_none_match)
        answer.headers["Content-Disposition"] = f'inline; filename="statement-{plan_year}.pdf"'
    else:
        answer = _tagged(setting.html(page), HTML, if_none_match)
        answer.headers["Content-Security-Policy"] = _NOTHING_RUNS
    answer.headers["Vary"] = "Accept"
    return answer


def _tagged(content: bytes, media_type: str, if_none_match: str | None) -> Response:
    tag = content_tag(content)
    if is_not_modified(if_none_match, tag):
        return not_modified(tag)
    return Response(content, media_type=media_type, headers={"ETag": tag})
