"""Doors of the credentials service: the providers' webhook, the catalogue, awards."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from services.credentials import service
from services.credentials.errors import EducatorUnknown, MicroCredentialUnknown, NoticeUnreadable, ProviderUnknown
from services.credentials.schemas.providers import Providers
from services.credentials.schemas.rest import (
    AwardView,
    Code,
    MicroCredentialBody,
    MicroCredentialView,
    PathwayBody,
    PathwayView,
    WebhookReceipt,
)
from shared.db.direct import begin
from shared.web.auth import CurrentPrincipal, Principal, Role, require
from shared.web.errors import ContentTooLarge
from shared.web.pagination import BadCursor, Cursor, Page, Paging, link_next
from shared.web.problems import responses
from shared.web.transaction import Reading, Transaction
from shared.web.webhooks import (
    WebhookHeadersMalformed,
    WebhookSignatureInvalid,
    WebhookTimestampOutside,
    verify,
)

router = APIRouter()

CatalogueKeeper = Annotated[Principal, require(Role.HR, Role.ADMIN)]


@router.post(
    "/webhooks/{provider}",
    tags=["webhooks"],
    summary="Take in a provider's notice of an award or a revocation",
    responses=responses(
        ProviderUnknown,
        WebhookHeadersMalformed,
        WebhookSignatureInvalid,
        WebhookTimestampOutside,
        NoticeUnreadable,
        ContentTooLarge,
    ),
    openapi_extra={
        "security": [],
        "requestBody": {
            "required": True,
            "description": "The provider's agreed shape, signed by Standard Webhooks over the bytes as sent.",
            "content": {
                "application/json": {
                    "schema": {"type": "object"},
                    "examples": {
                        "bloomboard": {
                            "value": {
                                "type": "credential.awarded",
                                "timestamp": "2021-03-01T12:00:00Z",
                                "data": {
                                    "award_id": "bb-000001",
                                    "credential_id": "mc-formative-assessment",
                                    "recipient": {"email": "educator@example.org", "employee_id": "100001"},
                                    "awarded_at": "2021-03-01T12:00:00Z",
                                    "expires_at": None,
                                    "evidence_url": "https://example.org/evidence/1",
                                },
                            }
                        }
                    },
                }
            },
        },
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "schema": {"type": "string"},
                "description": description,
            }
            for name, description in (
                ("webhook-id", "The same over all retries of one notice."),
                ("webhook-timestamp", "Unix seconds of this attempt."),
                ("webhook-signature", "v1,BASE64 of HMAC-SHA256 over id.timestamp.body; several divided by spaces."),
            )
        ],
    },
)
async def receive_award_notice(
    provider: Annotated[str, Path(max_length=64, examples=["bloomboard"])], request: Request
) -> WebhookReceipt:
    """Answers 200 once the notice is kept for good: sending it again is harmless, and so is any order of notices."""
    providers: Providers = request.app.state.providers
    known = providers.get(provider)
    body = await request.body()
    clock = request.app.state.clock
    webhook = verify(request.headers, body, secrets=known.secrets, now=clock.now())

    async def keep(outcome: str) -> None:
        async with begin(request.app.state.engine) as connection:
            await service.keep_call(
                connection, clock, provider=provider, webhook_id=webhook.id, body=body, outcome=outcome
            )

    try:
        notice = known.read(body)
    except NoticeUnreadable:
        await keep("unreadable")
        raise
    if notice is None:
        await keep("taken")
        return WebhookReceipt(award_id=None, state=None, duplicate=False, parked_reason=None)
    async with begin(request.app.state.engine) as connection:
        receipt = await service.receive_notice(connection, clock, notice, webhook_id=webhook.id, body=body)
    return WebhookReceipt(
        award_id=receipt.award_id,
        state=receipt.state,
        duplicate=receipt.duplicate,
        parked_reason=receipt.parked_reason,
    )


@router.get("/micro-credentials", tags=["catalogue"], summary="The catalogue of micro-credentials")
async def list_micro_credentials(_principal: CurrentPrincipal, connection: Reading) -> list[MicroCredentialView]:
    return [MicroCredentialView.of(item) for item in await service.micro_credentials(connection)]


@router.put("/micro-credentials/{code}", tags=["catalogue"], summary="Add a micro-credential, or change it")
async def put_micro_credential(
    code: Code, body: MicroCredentialBody, _principal: CatalogueKeeper, connection: Transaction, request: Request
) -> MicroCredentialView:
    """Awards that waited for it are counted at once."""
    item = body.to_domain(code)
    await service.put_micro_credential(connection, request.app.state.clock, item)
    return MicroCredentialView.of(item)


@router.get("/pathways", tags=["catalogue"], summary="The pathways and their micro-credentials")
async def list_pathways(_principal: CurrentPrincipal, connection: Reading) -> list[PathwayView]:
    return [PathwayView.of(item) for item in await service.pathways(connection)]


@router.put(
    "/pathways/{code}",
    tags=["catalogue"],
    summary="Add a pathway, or change it",
    responses=responses(MicroCredentialUnknown),
)
async def put_pathway(
    code: Code, body: PathwayBody, _principal: CatalogueKeeper, connection: Transaction
) -> PathwayView:
    item = body.to_domain(code)
    await service.put_pathway(connection, item)
    return PathwayView.of(item)


@router.get(
    "/educators/{educator_id}/awards",
    tags=["awards"],
    summary="The awards of an educator",
    responses=responses(EducatorUnknown),
)
async def list_awards(educator_id: UUID, principal: CurrentPrincipal, connection: Reading) -> list[AwardView]:
    """The educator in person, the principal and the coach of one of the campuses, HR, administrators."""
    return [AwardView.of(award) for award in await service.awards_of(connection, educator_id, principal)]


@router.get(
    "/parked-awards",
    tags=["awards"],
    summary="Awards that count for nothing yet, each with the reason",
    responses=responses(BadCursor),
)
async def list_parked_awards(
    _principal: CatalogueKeeper, connection: Reading, paging: Paging, request: Request, response: Response
) -> Page[AwardView]:
    rows = await service.parked_awards(connection, after=paging.after, limit=paging.fetch)
    kept, following = paging.cut(rows, lambda award: Cursor("", str(award.award_id)))
    link_next(request, response, following)
    return Page(items=[AwardView.of(award) for award in kept], next=following)
