"""What the doors answer when all has settled: each statement, a walk over all totals, each sealed batch's lines."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PAGE = 25
_SEALED = ("sealed", "acknowledged")


@dataclass(frozen=True)
class Answer:
    """Of one call, whatever it says; the names of headers are in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def hash(self) -> str:
        """The hash that the answer is tagged with."""
        return self.headers.get("etag", "").strip('"')


Pull = Callable[[str], Awaitable[Answer]]
"""Answers a path as somebody who may see what is there."""


@dataclass(frozen=True)
class Doors:
    """Statements by educator and plan year, lines by batch, and the totals of all pages in their order."""

    statements: Mapping[tuple[str, str], Answer]
    totals: Sequence[Mapping[str, Any]]
    lines: Mapping[str, Answer]


async def pull_all(
    pull: Pull, *, educators: Iterable[str], plan_years: Iterable[str], batches: Iterable[tuple[str, str]]
) -> Doors:
    """`batches` by id and state."""
    years = sorted(plan_years)
    statements = {
        (educator, year): await pull(f"/compensation/v1/educators/{educator}/statement?plan_year={year}")
        for educator in educators
        for year in years
    }
    totals = [total for year in years for total in await _walk(pull, f"bonus-totals?plan_year={year}&limit={_PAGE}")]
    sealed = [batch for batch, state in batches if state in _SEALED]
    lines = {batch: await pull(f"/compensation/v1/payout-batches/{batch}/lines") for batch in sealed}
    return Doors(statements, totals, lines)


async def _walk(pull: Pull, path: str) -> list[dict[str, Any]]:
    """Page after page, as whoever pulls the totals does it."""
    found: list[dict[str, Any]] = []
    following = ""
    while True:
        answer = await pull(f"/compensation/v1/{path}{following}")
        if answer.status != 200:
            raise AssertionError(f"the totals were answered with {answer.status}: {answer.body[:200]!r}")
        page = json.loads(answer.body)
        found += page["items"]
        if page["next"] is None:
            return found
        following = f"&cursor={page['next']}"
