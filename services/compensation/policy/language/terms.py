"""The words a plan document is written with: codes, sources, decimals, amounts, local times, each with its remedy."""

import re
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from services.compensation.policy.exact import SCALE, decimal_text, millionths
from shared.kernel.money import format_cents, parse_amount
from shared.kernel.period import SchoolYear

ILLUSTRATIVE = "illustrative"

KEPT_VALUE = r"^(-?[0-9]{1,6}(\.[0-9]{1,6})?|[A-Za-z][A-Za-z0-9 ._-]{0,62})$"
"""What HR keeps as the value of an attribute: a decimal number below a million, or a word that begins with a letter."""

AMOUNT_CENTS_MAX = 1_000_000_000
"""Ten million dollars; with it no step of the evaluation can leave 64 bits."""
POT_CENTS_MAX = 10_000_000_000
"""A hundred million dollars, for the same reason."""

_DECIMAL = re.compile(r"-?\d{1,7}(\.\d{1,4})?")
_DECIMAL_MAX = 1_000_000
_EARNING_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_ADDRESS = re.compile(r"https?://\S+")


def _source(text: str) -> str:
    if text != ILLUSTRATIVE and _ADDRESS.fullmatch(text) is None:
        raise ValueError(
            'is neither an address nor "illustrative": write where the rule is published, or "illustrative"'
        )
    return text


def _earning_code(text: str) -> str:
    if _EARNING_CODE.fullmatch(text) is None:
        raise ValueError("is not an earning code: write 1 to 32 letters, digits, dots and dashes, like MC20")
    return text


def as_text(value: Any) -> str:
    """What a document may write a number as: text, or a whole number."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError('is not an exact number: write it as text, like "3.7"')  # noqa: TRY004 - pydantic reports it
    return str(value)


def _decimal(value: Any) -> str:
    text = as_text(value)
    if _DECIMAL.fullmatch(text) is None:
        raise ValueError(f'{text!r} is not a decimal number with at most four places: write it like "3.7"')
    number = millionths(text)
    if not 0 <= number <= millionths(str(_DECIMAL_MAX)):
        raise ValueError(f"{text} is not between 0 and {_DECIMAL_MAX}: correct the number")
    return decimal_text(number)


def _share(value: Any) -> str:
    text = _decimal(value)
    if not 0 < millionths(text) <= SCALE:
        raise ValueError(f'{text} is not above 0 and up to 1: write a quarter as "0.25"')
    return text


def _amount(value: Any, *, cents_max: int) -> str:
    cents = parse_amount(as_text(value))
    if cents < 0:
        raise ValueError(f"{value} is negative: a plan pays amounts of zero or more")
    if cents > cents_max:
        raise ValueError(f"{value} is above {format_cents(cents_max)}, the most that a plan can name here")
    return format_cents(cents)


def _school_year(text: str) -> str:
    return str(SchoolYear.parse(text))


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone: write it like America/Chicago") from error
    return name


def _written_date(value: Any) -> Any:
    if not isinstance(value, (str, date)):
        raise ValueError(f"{value!r} is not a date: write it like 2020-08-17")  # noqa: TRY004 - pydantic reports it
    return value


def _local_time(moment: datetime) -> datetime:
    if moment.tzinfo is not None:
        raise ValueError("has an offset: write the local time alone, it is read in the plan's time zone")
    return moment


def _number(pattern: str, least: int = 0) -> WithJsonSchema:
    """A number that a document may write as text or whole: what its JSON Schema says of it."""
    return WithJsonSchema({"anyOf": [{"type": "string", "pattern": pattern}, {"type": "integer", "minimum": least}]})


_AMOUNT = _number(r"^\d{1,13}(\.\d{2})?$")

CODE = r"^[a-z][a-z0-9_-]{0,62}$"
Code = Annotated[str, Field(pattern=CODE)]
EarningCode = Annotated[str, AfterValidator(_earning_code)]
"""What a payroll system books a payment under."""
Title = Annotated[str, Field(min_length=1, max_length=200)]
Terms = Annotated[str, Field(min_length=1, max_length=2000)]
"""What somebody agrees to, in full sentences."""
Source = Annotated[str, AfterValidator(_source)]
DecimalText = Annotated[str, BeforeValidator(_decimal), _number(r"^\d{1,7}(\.\d{1,4})?$")]
"""An exact number from 0 to 1,000,000 with at most four decimal places, kept as its shortest text."""
Share = Annotated[str, BeforeValidator(_share), _number(r"^(0\.\d{1,4}|1(\.0{1,4})?)$", least=1)]
"""A part of a whole, above 0 and up to 1, with at most four decimal places."""
AmountText = Annotated[str, BeforeValidator(partial(_amount, cents_max=AMOUNT_CENTS_MAX)), _AMOUNT]
"""Dollars and cents, zero or more, kept as text like 200.00."""
PotText = Annotated[str, BeforeValidator(partial(_amount, cents_max=POT_CENTS_MAX)), _AMOUNT]
"""The same for a sum that many share."""
PlanYear = Annotated[str, AfterValidator(_school_year), Field(json_schema_extra={"pattern": r"^\d{4}-\d{2}$"})]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
LocalTime = Annotated[
    datetime,
    BeforeValidator(_written_date),
    AfterValidator(_local_time),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?$"}),
]
Day = Annotated[date, BeforeValidator(_written_date)]
Count = Annotated[int, Field(ge=1, le=1000, strict=True)]
Places = Annotated[int, Field(ge=0, le=4, strict=True)]
WholeNumber = Annotated[int, Field(ge=0, le=1000, strict=True)]
WORD = r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$"
Word = Annotated[str, Field(pattern=WORD)]
"""A value of an attribute that is no number, as HR's system writes it."""
VALUE = f"{KEPT_VALUE}|{WORD}"
Value = Annotated[str, BeforeValidator(as_text), Field(pattern=VALUE)]
"""A value of an attribute, number or word."""


class Clause(BaseModel):
    """Any piece of a plan document: nothing in it is unknown, and nothing changes once it is read.

    A default must never be changed: documents that leave it out are already hashed and published.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sourced(Clause):
    """A rule with where it is published, or the admission that it is illustrative."""

    source: Source
    note: str | None = None


class Named(Sourced):
    code: Code
    title: Title
