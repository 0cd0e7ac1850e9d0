"""What the gateway shows to people: a page of its addresses, and the interactive documentation.

Everything comes from this process: Swagger UI is the one that the package `fastapi-offline` carries, whose code is not
used.
"""

import importlib.util
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

_STATIC = Path(__file__).parent / "static"
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; {connect}"
"""Swagger UI sets styles on its elements; scripts come from files of ours alone."""


def mount_pages(app: FastAPI) -> None:
    """Add `/`, `/docs`, and the files that they load."""
    index = (_STATIC / "index.html").read_bytes()
    docs = (_STATIC / "docs.html").read_bytes()

    async def show_index(_: Request) -> Response:
        return _page(index, connect="")

    async def show_docs(_: Request) -> Response:
        # Tokens may come from an issuer at another address.
        return _page(docs, connect="connect-src 'self' https:")

    app.router.routes += [
        Route("/", show_index),
        Route("/docs", show_docs),
        Mount("/docs/swagger-ui", StaticFiles(directory=_swagger_ui())),
        Mount("/docs/static", StaticFiles(directory=_STATIC)),
    ]


def _page(content: bytes, *, connect: str) -> Response:
    headers = {"Content-Security-Policy": _POLICY.format(connect=connect), "Referrer-Policy": "no-referrer"}
    return Response(content, media_type="text/html; charset=utf-8", headers=headers)


def _swagger_ui() -> Path:
    found = importlib.util.find_spec("fastapi_offline")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("fastapi_offline is not installed; it carries the files of the documentation")
    return Path(found.origin).parent / "static"
