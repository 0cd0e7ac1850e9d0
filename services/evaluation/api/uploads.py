"""Bodies of the doors that take files: their media types, and a place on disk until they are read."""

import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any

from fastapi import Request
from pydantic import BaseModel

from shared.web.errors import UnsupportedMediaType

ZIP = "application/zip"
NDJSON = "application/x-ndjson"
CSV = "text/csv"

_IN_MEMORY_BYTES = 8 * 1024 * 1024


def require_media_type(request: Request, wanted: str) -> None:
    """Raises UnsupportedMediaType."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != wanted:
        raise UnsupportedMediaType(
            f"The body was sent as {sent[:100] or 'nothing that says its type'}: send it with the header "
            f"Content-Type: {wanted}."
        )


@dataclass(frozen=True, slots=True)
class Upload:
    """A body that has arrived whole; `content_hash` is its SHA-256."""

    file: IO[bytes]
    content_hash: str


@asynccontextmanager
async def spooled(request: Request) -> AsyncIterator[Upload]:
    """The whole body as a file, so that no transaction waits for a slow sender and a large one takes no memory."""
    digest = hashlib.sha256()
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as body:
        async for chunk in request.stream():
            digest.update(chunk)
            body.write(chunk)
        body.seek(0)
        yield Upload(body, digest.hexdigest())


def inlined_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON Schema without `$defs`, which could not be found from inside an OpenAPI document."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def inline(part: Any) -> Any:
        if isinstance(part, dict):
            name = part.get("$ref", "").removeprefix("#/$defs/")
            return inline(definitions[name]) if name else {key: inline(value) for key, value in part.items()}
        return [inline(one) for one in part] if isinstance(part, list) else part

    return {key: inline(value) for key, value in schema.items()}
