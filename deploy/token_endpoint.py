"""The token endpoint of the embedded engine: `POST /oauth/token` (RFC 6749) and the issuer's public keys."""

import base64
import binascii
import json
from typing import Any
from urllib.parse import unquote_plus

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deploy.issuer import DEFAULT_LIFETIME, Client, Issuer
from shared.web.tokens import Principal


class TokenError(Exception):
    """RFC 6749, section 5.2."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status

    def response(self) -> Response:
        headers = {"Cache-Control": "no-store"}
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="token"'
        return JSONResponse({"error": self.error, "error_description": self.description}, self.status, headers)


class TokenAnswer(BaseModel):
    """RFC 6749, section 5.1."""

    access_token: str
    token_type: str
    expires_in: int


class TokenErrorAnswer(BaseModel):
    """RFC 6749, section 5.2."""

    error: str
    error_description: str


def issuer_router(issuer: Issuer) -> APIRouter:
    """`POST /oauth/token` (client credentials) and `GET /oauth/jwks.json`."""
    router = APIRouter(prefix="/oauth", tags=["sign-in"])

    @router.post(
        "/token",
        summary="Get a token with a client's id and secret",
        response_model=TokenAnswer,
        responses={400: {"model": TokenErrorAnswer}, 401: {"model": TokenErrorAnswer}},
        openapi_extra={"requestBody": {"required": True, "content": _FORM}},
    )
    async def issue_token(request: Request) -> Response:
        try:
            client = await _authenticated(issuer, request)
        except TokenError as error:
            return error.response()
        principal = Principal(f"client:{client.client_id}", client.client_id, frozenset(client.roles))
        answer = TokenAnswer(
            access_token=issuer.issue(principal),
            token_type="Bearer",  # noqa: S106 - the kind of token, not a secret
            expires_in=int(DEFAULT_LIFETIME.total_seconds()),
        )
        return JSONResponse(answer.model_dump(), headers={"Cache-Control": "no-store"})

    @router.get("/jwks.json", summary="The keys that tokens are checked with", response_class=Response)
    async def read_jwks() -> Response:
        content = json.dumps(issuer.jwks())
        return Response(
            content, media_type="application/jwk-set+json", headers={"Cache-Control": "public, max-age=300"}
        )

    return router


_FORM: dict[str, Any] = {
    "application/x-www-form-urlencoded": {
        "schema": {
            "type": "object",
            "required": ["grant_type"],
            "properties": {
                "grant_type": {"type": "string", "enum": ["client_credentials"]},
                "client_id": {"type": "string", "description": "Unless the id and secret come by HTTP Basic."},
                "client_secret": {"type": "string"},
                "scope": {"type": "string", "description": "Ignored: a client's roles are fixed."},
            },
        }
    }
}


async def _authenticated(issuer: Issuer, request: Request) -> Client:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise TokenError("invalid_request", "Send the parameters as application/x-www-form-urlencoded.")
    try:
        pairs = (await request.form(max_fields=20)).multi_items()
    except HTTPException as error:
        raise TokenError("invalid_request", "The form cannot be read.") from error
    form = {name: value for name, value in pairs if isinstance(value, str)}
    if len(form) != len(pairs):
        raise TokenError("invalid_request", "A parameter was sent twice.")
    basic = _basic(request.headers.get("authorization"))
    if basic is not None and "client_secret" in form:
        raise TokenError("invalid_request", "Send the client's secret in one way, not in two.")
    client_id, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
    client = issuer.authenticate(client_id, secret)
    if client is None:
        raise TokenError("invalid_client", "No client has this id and secret.", status=401)
    match form.get("grant_type"):
        case "client_credentials":
            return client
        case None:
            raise TokenError("invalid_request", "The parameter grant_type is missing.")
        case _:
            raise TokenError("unsupported_grant_type", "Only client_credentials is offered here.")


def _basic(header: str | None) -> tuple[str, str] | None:
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    # RFC 6749, section 2.3.1: both are form-encoded before they are joined.
    return unquote_plus(client_id), unquote_plus(secret)
