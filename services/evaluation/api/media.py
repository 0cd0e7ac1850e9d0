"""The media types of the doors that do not take JSON."""

from fastapi import Request

from shared.web.errors import UnsupportedMediaType

ZIP = "application/zip"
NDJSON = "application/x-ndjson"
CSV = "text/csv"


def require_media_type(request: Request, wanted: str) -> None:
    """Raises UnsupportedMediaType."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != wanted:
        raise UnsupportedMediaType(
            f"The body was sent as {sent[:100] or 'nothing that says its type'}: send it with the header "
            f"Content-Type: {wanted}."
        )
