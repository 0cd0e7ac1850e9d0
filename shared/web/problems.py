"""Every error of every kind as an RFC 9457 `application/problem+json` document.

What a caller may see of an error is decided here and nowhere else: of a fault of ours, only a trace id.
"""

import json
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.db.faults import is_passing
from shared.kernel.errors import FieldError, RungError
from shared.kernel.trace_context import current_trace_id
from shared.web.errors import (
    ContentTooLarge,
    InternalError,
    MalformedBody,
    MalformedRequest,
    MethodNotAllowed,
    NotFound,
    ServiceUnavailable,
    UnsupportedMediaType,
)
from shared.web.logging import describe_fault, get_logger

PROBLEM_JSON = "application/problem+json"
_log = get_logger("rung.web")


class FieldProblem(BaseModel):
    """One fault at one place of the request."""

    pointer: str = Field(
        examples=["/scores/0/level"],
        description="JSON pointer into the body; of a parameter: `/query/...`, `/path/...` or `/header/...`.",
    )
    detail: str = Field(examples=["Input should be greater than or equal to 1"])


class Problem(BaseModel):
    """Why a request was not carried out (RFC 9457). `code` is stable; `detail` is for people and says what to do."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": True})

    type: str = Field(description="Relative address of the kind of problem.", examples=["/problems/not-found"])
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    code: str = Field(description="Stable code of the kind of problem.", examples=["not-found"])
    trace_id: str | None = Field(default=None, description="Name this when asking for help.")
    errors: list[FieldProblem] | None = Field(default=None, description="The single faults, where there are several.")


_BY_STATUS: Mapping[int, type[RungError]] = {
    kind.status: kind
    for kind in (
        MalformedBody,
        NotFound,
        MethodNotAllowed,
        ContentTooLarge,
        UnsupportedMediaType,
        MalformedRequest,
        InternalError,
        ServiceUnavailable,
    )
}
_DETAIL_BY_STATUS: Mapping[int, str] = {
    400: "The body cannot be read: send it whole and in UTF-8.",
    404: "Nothing has this address; /openapi.json lists the addresses there are.",
    405: "This address does not take this method; the Allow header lists the ones it takes.",
    413: "The body is larger than this door takes: send it in parts.",
}


def problem_document(kind: type[RungError], detail: str, errors: Sequence[FieldError] = ()) -> dict[str, Any]:
    """The members of a problem, in their order; `trace_id` is that of the work in hand."""
    document: dict[str, Any] = {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "code": kind.code,
    }
    if (trace_id := current_trace_id()) is not None:
        document["trace_id"] = trace_id
    if errors:
        document["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in errors]
    return document


def problem_response(error: RungError, headers: Mapping[str, str] | None = None) -> Response:
    """The answer for an error; its own headers (`WWW-Authenticate`, `Retry-After`) and `headers` are set."""
    document = problem_document(type(error), error.detail, error.errors)
    return Response(
        json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
        status_code=error.status,
        media_type=PROBLEM_JSON,
        headers={**getattr(error, "headers", {}), **(headers or {})},
    )


def problem_of_fault(error: Exception) -> Response:
    """The answer for an exception that nobody foresaw: 503 where the same request may succeed later, else 500.

    PostgreSQL takes no NUL character in text. It is the one thing that passes every schema and is still the caller's.
    """
    if _is_nul_in_text(error):
        return problem_response(
            MalformedRequest("A text has the character U+0000, which cannot be stored: leave it out.")
        )
    if _is_unavailable(error):
        _log.warning("dependency unavailable", fault=describe_fault(error))
        return problem_response(
            ServiceUnavailable(
                "The service cannot reach its database for the moment; nothing was changed. Send it again."
            )
        )
    _log.error("unexpected fault", fault=describe_fault(error))
    return problem_response(InternalError("The service failed: give the trace id to whoever runs it."))


def _is_unavailable(error: Exception) -> bool:
    """A consumer waits out more than this; a caller is told of a missing file, table or column as a fault of ours."""
    if isinstance(error, OSError):
        return isinstance(error, (ConnectionError, TimeoutError, socket.gaierror))
    return is_passing(error) and not _sqlstate(error).startswith(("0A", "42"))


def _is_nul_in_text(error: Exception) -> bool:
    return _sqlstate(error) in {"22021", "22P05"}


def _sqlstate(error: Exception) -> str:
    return str(getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None) or "")


def install_problems(app: FastAPI, *, missing_headers: Mapping[str, RungError]) -> None:
    """Turn what FastAPI and Starlette raise into problems.

    `missing_headers` names, in lower case, the required headers whose absence has a status of its own
    (`If-Match`: 428, `Idempotency-Key`: 400).
    """

    async def on_rung_error(_: Request, error: RungError) -> Response:
        if error.status >= 500:
            _log.error("fault answered", code=error.code, fault=describe_fault(error))
        elif error.is_on_record:
            _log.warning("refused", code=error.code, detail=error.detail)
        return problem_response(error)

    async def on_http_exception(_: Request, error: HTTPException) -> Response:
        return _of_http_exception(error)

    async def on_validation_error(request: Request, error: RequestValidationError) -> Response:
        return problem_response(_of_validation(request, error.errors(), missing_headers))

    app.exception_handlers[RungError] = on_rung_error
    app.exception_handlers[HTTPException] = on_http_exception
    app.exception_handlers[RequestValidationError] = on_validation_error


def _of_http_exception(error: HTTPException) -> Response:
    if error.status_code < 400 or error.status_code in {204, 304}:
        return Response(status_code=error.status_code, headers=error.headers)
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        kind = _other_kind(error.status_code)
    detail = _DETAIL_BY_STATUS.get(error.status_code) or str(error.detail)
    return problem_response(kind(detail), error.headers)


def _other_kind(status_code: int) -> type[RungError]:
    class Other(RungError):
        code: ClassVar[str] = f"http-{status_code}"
        status: ClassVar[int] = status_code
        title: ClassVar[str] = "The request was not carried out"

    return Other


def _of_validation(
    request: Request, faults: Sequence[Mapping[str, Any]], missing_headers: Mapping[str, RungError]
) -> RungError:
    for fault in faults:
        location = fault["loc"]
        if fault["type"] == "missing" and location[0] == "header":
            own = missing_headers.get(str(location[-1]).lower())
            if own is not None:
                return own
        if location == ("body",) and fault["type"] != "missing" and not _is_json(request):
            sent = request.headers.get("content-type")
            return UnsupportedMediaType(
                f"The body was sent as {sent or 'nothing that says its type'}: send JSON, "
                "with the header Content-Type: application/json."
            )
    # FastAPI places what is no JSON at a number of characters, which is no place in a document.
    errors = [
        FieldError("" if fault["type"] == "json_invalid" else pointer_of(fault["loc"]), _message(fault))
        for fault in faults
    ]
    places = ", ".join(dict.fromkeys(error.pointer or "the body" for error in errors))
    return MalformedRequest(
        f"The request does not have the documented form; see errors. At: {places[:500]}.", errors=errors
    )


def _is_json(request: Request) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def _message(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "json_invalid":
        return f"The body is not JSON: {fault.get('ctx', {}).get('error', 'it cannot be parsed')}"
    return str(fault["msg"])


def pointer_of(location: Iterable[Any]) -> str:
    """FastAPI's `("body", "scores", 0)` -> `/scores/0`; a parameter keeps where it stands, `/query/limit`."""
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    if parts and parts[0] == "body":
        parts = parts[1:]
    return "".join(f"/{part}" for part in parts)


def responses(*kinds: type[RungError] | int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: one entry a status, one example a code.

    A route names the errors of its own use case; what any door can answer (401, 403, 422, 500, 503) the OpenAPI
    document adds by itself.
    """
    grouped: dict[int, list[type[RungError]]] = {}
    for kind in kinds:
        found = _BY_STATUS[kind] if isinstance(kind, int) else kind
        grouped.setdefault(found.status, []).append(found)
    return {status: response_of(found) for status, found in grouped.items()}


def response_of(kinds: Sequence[type[RungError]]) -> dict[str, Any]:
    """The OpenAPI response object of errors that share a status."""
    return {
        "description": ". ".join(dict.fromkeys(kind.title for kind in kinds)) + ".",
        "content": {
            PROBLEM_JSON: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {kind.code: {"value": _example(kind)} for kind in kinds},
            }
        },
    }


def meaning_of(kind: type[RungError]) -> str:
    """What the error class says of itself, in one line."""
    return " ".join((kind.__doc__ or kind.title).split("\n\n")[0].split())


def _example(kind: type[RungError]) -> dict[str, Any]:
    return {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": meaning_of(kind),
        "code": kind.code,
    }
