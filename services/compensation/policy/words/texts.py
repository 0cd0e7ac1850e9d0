"""Numbers, amounts and names as a reader of a statement expects them. Text only; nothing is decided or rounded here."""

from collections.abc import Hashable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from services.compensation.policy.exact import decimal_text
from services.compensation.policy.language.people import Within, WithinGroup
from shared.kernel.money import format_cents

VALUE_PLACES = 4
"""Measures are shown cut off after four places. Thresholds have no more, so one that looks reached is reached."""

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

Part = dict[str, Any]
Memo = dict[Hashable, orjson.Fragment]
_REMEMBERED_MAX = 8_192


def remember(memo: Memo, key: Hashable, part: Part | list[Part]) -> orjson.Fragment:
    """Keep a piece of a statement, written out, for the next statement that says the same.

    `key` holds all that the piece depends on besides the plan. When there are too many pieces it begins anew.
    """
    if len(memo) >= _REMEMBERED_MAX:
        memo.clear()
    memo[key] = fragment = written(part)
    return fragment


def written(part: Part | list[Part]) -> orjson.Fragment:
    """A piece of a statement as the bytes that it will be in every statement."""
    # Copied, because orjson's own bytes hold on to a page of memory each, and touching that much for the first time was
    # measured to take twice as long as all of the writing.
    return orjson.Fragment(bytes(memoryview(orjson.dumps(part, option=orjson.OPT_SORT_KEYS))))


@lru_cache(maxsize=16_384)
def dollars(cents: int) -> str:
    """`123456` -> `"$1,234.56"`."""
    whole, part = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}${whole:,}.{part:02d}"


@lru_cache(maxsize=16_384)
def _amount_text(cents: int) -> str:
    return format_cents(cents)


def amount(cents: int) -> Part:
    """An amount of money as the interface shows it."""
    return {"amount": _amount_text(cents), "currency": "USD"}


def in_words(count: int) -> str:
    """Small numbers as words."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else str(count)


def counted(count: int, one: str, many: str) -> str:
    """`3, "SLO", "SLOs"` -> `"3 SLOs"`."""
    return f"{count} {one if count == 1 else many}"


@lru_cache(maxsize=16_384)
def quotient_text(numerator: int, denominator: int) -> str:
    """A measure's value, cut off after four places."""
    return decimal_text(numerator // denominator, places=VALUE_PLACES)


@lru_cache(maxsize=16_384)
def points_text(points: int, places: int) -> str:
    """Points with the plan's places, all of them shown."""
    return decimal_text(points, places=places, shortest=False)


def day_in(moment: datetime, zone: ZoneInfo) -> str:
    """The day of a moment where the plan's clocks are."""
    return moment.astimezone(zone).date().isoformat()


def plain(code: str) -> str:
    """`instructional_coach` -> `instructional coach`."""
    return code.replace("_", " ")


def whole_of(within: Within) -> str:
    """What the educators are part of whom a rule counts together."""
    return plain(within.attribute) if isinstance(within, WithinGroup) else within


def none_on_file(within: WithinGroup) -> str:
    """Why somebody is in none of the groups."""
    return f"no {whole_of(within)} is on file for the plan year"


def standing(*, is_final: bool) -> str:
    """What is said of an amount that others can still change; nothing where what depends on all is settled."""
    return "" if is_final else " as things stand"


def listed(items: Iterable[str], conjunction: str) -> str:
    """`a, b and c`."""
    *first, last = items
    return f"{', '.join(first)} {conjunction} {last}" if first else last
