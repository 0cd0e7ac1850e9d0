"""The errors that any door can answer with, whichever service it belongs to."""

from collections.abc import Mapping
from typing import ClassVar

from shared.kernel.errors import RungError


class WebError(RungError):
    """An error that also sets headers of the answer."""

    headers: ClassVar[Mapping[str, str]] = {}


class MalformedRequest(WebError):
    """The body, a parameter or a header does not have the form that the OpenAPI document gives."""

    code = "malformed-request"
    status = 422
    title = "The request is malformed"


class MalformedBody(WebError):
    """The body cannot be read at all: it is not text in UTF-8, or breaks off."""

    code = "malformed-body"
    status = 400
    title = "The body cannot be read"


class NotFound(WebError):
    """Nothing has this address."""

    code = "not-found"
    status = 404
    title = "Nothing is here"


class MethodNotAllowed(WebError):
    """The address exists, but does not take this method; the `Allow` header lists those it takes."""

    code = "method-not-allowed"
    status = 405
    title = "The method is not allowed here"


class ContentTooLarge(WebError):
    """The body is larger than this door takes."""

    code = "content-too-large"
    status = 413
    title = "The body is too large"


class UnsupportedMediaType(WebError):
    """The body's `Content-Type` is not one that this door reads."""

    code = "unsupported-media-type"
    status = 415
    title = "The media type is not supported"


class InternalError(WebError):
    """The service is at fault; the trace id leads whoever runs it to the cause."""

    code = "internal-error"
    status = 500
    title = "The service failed"


class ServiceUnavailable(WebError):
    """The service cannot reach what it needs. Send the same request again, with its `Idempotency-Key` if it had one.

    Whether a change was made is not known where the connection was lost in the middle of a commit.
    """

    code = "service-unavailable"
    status = 503
    title = "The service is not available for the moment"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "2"}
