"""Pages by cursor: the place after the last row, as (sort key, id), so that rows that come and go shift nothing."""

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, Self, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field
from starlette.requests import Request

from shared.web.errors import WebError

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
_CURSOR = re.compile(r"[A-Za-z0-9_-]{8,1024}")

T = TypeVar("T")
Row = TypeVar("Row")


class BadCursor(WebError):
    """The cursor is not one that an earlier page gave. Begin again without it."""

    code = "bad-cursor"
    status = 400
    title = "The cursor cannot be read"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in an order: after the row with this sort key and id.

    Opaque to callers. It grants nothing, so it is not signed.
    """

    sort_key: str
    id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises BadCursor where `text` is not exactly what `str()` of a cursor gives."""
        cursor = cls._decode(text) if _CURSOR.fullmatch(text) else None
        # One place has one spelling, and PostgreSQL takes no NUL.
        if cursor is None or str(cursor) != text or "\0" in cursor.sort_key + cursor.id:
            raise BadCursor("The cursor is not one that an earlier page gave: begin again without it.")
        return cursor

    @classmethod
    def _decode(cls, text: str) -> Self | None:
        try:
            match json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)):
                case [str(sort_key), str(row_id)]:
                    # A lone surrogate is a string to Python and to nobody else.
                    (sort_key + row_id).encode()
                    return cls(sort_key, row_id)
        except (ValueError, RecursionError):
            pass
        return None

    def as_uuid(self) -> UUID:
        """The row's id where ids are UUIDs. Raises BadCursor."""
        try:
            return UUID(self.id)
        except ValueError as error:
            raise BadCursor("The cursor is not one that an earlier page gave: begin again without it.") from error

    def __str__(self) -> str:
        text = json.dumps([self.sort_key, self.id], ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


class Page(BaseModel, Generic[T]):
    """A part of a list, in its order."""

    items: list[T]
    next: str | None = Field(description="Cursor of the next page; null at the end. Also in the Link header.")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part is asked for.

    The repository reads `fetch` rows: one more than the page, to know whether more follow.
    """

    limit: int
    after: Cursor | None

    @property
    def fetch(self) -> int:
        return self.limit + 1

    def cut(self, rows: Sequence[Row], place: Callable[[Row], Cursor]) -> tuple[Sequence[Row], str | None]:
        """The rows of this page, out of up to `fetch`, and the cursor of the next one."""
        if len(rows) <= self.limit:
            return rows, None
        kept = rows[: self.limit]
        return kept, str(place(kept[-1]))


async def _page_request(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Most items to answer.")] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=1024, description="`next` of the page before.")] = None,
) -> PageRequest:
    return PageRequest(limit, Cursor.parse(cursor) if cursor is not None else None)


Paging = Annotated[PageRequest, Depends(_page_request)]
"""Parameter of a list route: `limit` and `cursor`."""


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """Set `Link: <...>; rel="next"` (RFC 8288), relative to the host, which a proxy may have changed."""
    if cursor is not None:
        address = request.url.include_query_params(cursor=cursor)
        response.headers["Link"] = f'<{address.path}?{address.query}>; rel="next"'
