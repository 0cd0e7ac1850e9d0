"""The stored generated documents as addresses: `/openapi.json` of all services, `/asyncapi.json` of their events."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from fastapi import APIRouter
from starlette.responses import Response

from shared.web.conditional import IfNoneMatch, is_not_modified, not_modified

GENERATED = Path(__file__).resolve().parents[1] / "generated"


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes that stay the same while the process lives, and their tag."""

    content: bytes
    tag: str

    @classmethod
    def of(cls, content: bytes) -> Self:
        return cls(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')

    def response(self, if_none_match: str | None) -> Response:
        """The document, or 304 for who has it."""
        if is_not_modified(if_none_match, self.tag):
            return not_modified(self.tag)
        headers = {"ETag": self.tag, "Cache-Control": "no-cache"}
        return Response(self.content, media_type="application/json", headers=headers)


@dataclass(frozen=True, slots=True)
class Documents:
    """What the gateway publishes of itself."""

    openapi: Document
    asyncapi: Document

    @classmethod
    def stored(cls, *, token_url: str | None = None) -> Self:
        """Read once. `token_url` replaces the address that tokens are had from. Raises FileNotFoundError."""
        openapi: dict[str, Any] = json.loads((GENERATED / "openapi" / "openapi.json").read_bytes())
        if token_url is not None:
            for scheme in openapi["components"]["securitySchemes"].values():
                for flow in scheme.get("flows", {}).values():
                    flow["tokenUrl"] = token_url
        return cls(
            Document.of(json.dumps(openapi, ensure_ascii=False, separators=(",", ":")).encode()),
            Document.of((GENERATED / "asyncapi.json").read_bytes()),
        )


def documents_router(documents: Documents) -> APIRouter:
    """The two addresses; a service's own document is behind its name."""
    router = APIRouter()

    @router.get("/openapi.json")
    async def read_openapi(if_none_match: IfNoneMatch = None) -> Response:
        return documents.openapi.response(if_none_match)

    @router.get("/asyncapi.json")
    async def read_asyncapi(if_none_match: IfNoneMatch = None) -> Response:
        return documents.asyncapi.response(if_none_match)

    return router
