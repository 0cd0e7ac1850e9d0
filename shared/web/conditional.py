"""Entity tags and the conditional requests of RFC 9110, section 13: nobody overwrites a change they have not seen."""

import hashlib
import re
from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import Depends, Header
from starlette.responses import Response

from shared.web.errors import WebError

_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_BETWEEN = re.compile(r"[ \t]*(,[ \t,]*|$)")


class StaleVersion(WebError):
    """What you edit was changed since you read it: read it again, and send the change with its new ETag."""

    code = "stale-version"
    status = 412
    title = "It was changed since you read it"


class IfMatchRequired(WebError):
    """The change was sent without `If-Match`: send it with the ETag of what you have read (RFC 6585)."""

    code = "if-match-required"
    status = 428
    title = "If-Match is required"


class MalformedIfMatch(WebError):
    """`If-Match` is neither `*` nor a list of entity tags in double quotes."""

    code = "malformed-if-match"
    status = 400
    title = "If-Match cannot be read"


def version_tag(version: int, *scope: str) -> str:
    """The strong tag of a resource at `version`; `scope` is what else the representation depends on (a media type)."""
    return '"' + ".".join([f"v{version}", *scope]) + '"'


def content_tag(content: bytes) -> str:
    """The strong tag of exactly these bytes."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@dataclass(frozen=True, slots=True)
class Precondition:
    """What an `If-Match` asks for. Handed to the use case, which knows the current tag inside its transaction."""

    tags: frozenset[str]
    is_any: bool = False

    @classmethod
    def parse(cls, header: str) -> Self:
        """Read an `If-Match`. A weak tag never matches it (section 13.1.1), so weak ones are read and dropped.

        Raises MalformedIfMatch.
        """
        if header.strip() == "*":
            return cls(frozenset(), is_any=True)
        tags = _parse_tags(header)
        if tags is None:
            raise MalformedIfMatch('If-Match is not * or a list of tags like "v3": send the ETag as it was received.')
        return cls(frozenset(tag for is_weak, tag in tags if not is_weak))

    def holds(self, current: str | None) -> bool:
        """True where `current`, the tag of what exists (None: nothing does), is one that was asked for."""
        return current is not None and (self.is_any or current in self.tags)

    def require(self, current: str | None) -> None:
        """Raises StaleVersion where it does not hold."""
        if not self.holds(current):
            raise StaleVersion(
                "It was changed since you read it: read it again, and send your change with the ETag it then has."
            )


def is_not_modified(if_none_match: str | None, current: str) -> bool:
    """True where the caller has `current` already; tags are compared weakly (section 13.1.2), junk matches nothing."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return any(tag == current for _, tag in _parse_tags(if_none_match) or ())


def not_modified(current: str) -> Response:
    """304: what the caller has is still current."""
    return Response(status_code=304, headers={"ETag": current, "Cache-Control": "private, no-cache"})


def _parse_tags(header: str) -> list[tuple[bool, str]] | None:
    """The tags, each with whether it is weak; None where it is no list of tags. Linear in the header's length."""
    tags: list[tuple[bool, str]] = []
    place = len(header) - len(header.lstrip(" \t,"))
    while place < len(header):
        tag = _TAG.match(header, place)
        between = tag and _BETWEEN.match(header, tag.end())
        if tag is None or between is None:
            return None
        tags.append((tag[1] is not None, tag[2]))
        place = between.end()
    return tags or None


async def _precondition(
    if_match: Annotated[
        str,
        Header(alias="If-Match", description="The ETag of what was read; * for whatever is there.", examples=['"v3"']),
    ],
) -> Precondition:
    return Precondition.parse(if_match)


IfMatch = Annotated[Precondition, Depends(_precondition)]
"""Parameter of a route that changes what people edit. Missing: 428; unreadable: 400."""

IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        description="The ETag of what is known already: 304 where nothing changed.",
        examples=['"v3"'],
    ),
]
"""Parameter of a route that answers 304 to who has the current version."""
