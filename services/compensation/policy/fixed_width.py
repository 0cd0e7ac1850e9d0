"""A batch written by a fixed-width layout: a pure function of the frozen lines, with nothing cut off."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from services.compensation.errors import ValueDoesNotFit
from services.compensation.policy.layouts import OF_BATCH, OF_LINE, Kind, Layout, LayoutField
from shared.kernel.money import format_cents, parse_amount

_DATES = {"YYYYMMDD": "%Y%m%d", "MMDDYYYY": "%m%d%Y", "YYYY-MM-DD": "%Y-%m-%d"}
_ENDINGS = {"lf": "\n", "crlf": "\r\n"}


def write_records(layout: Layout, batch: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> bytes:
    """Header, one detail a line, trailer. `batch` has what OF_BATCH names but the totals of both signs, which are
    counted here; amounts are cents, except in `lines`, which are payout lines as they were frozen.

    Raises ValueDoesNotFit with line and field.
    """
    details, cents = [], []
    for line in lines:
        amount = parse_amount(line["amount"])
        cents.append(amount)
        values = {**line, "amount": amount, "pay_date": batch["pay_date"]}
        details.append(_record(layout, layout.detail, OF_LINE, values, f"line {line['number']}"))
    paid = sum(one for one in cents if one > 0)
    totals = {**batch, "paid_total": paid, "taken_back_total": paid - sum(cents)}
    records = [
        *([_record(layout, layout.header, OF_BATCH, totals, "the header")] if layout.header else ()),
        *details,
        _record(layout, layout.trailer, OF_BATCH, totals, "the trailer"),
    ]
    ending = _ENDINGS[layout.line_ending]
    return "".join(record + ending for record in records).encode(layout.encoding)


def _record(
    layout: Layout, fields: Sequence[LayoutField], kinds: Mapping[str, Kind], values: Mapping[str, Any], place: str
) -> str:
    parts, end = [], 0
    for field in fields:
        parts.append(" " * (field.start - 1 - end))
        parts.append(_written(layout, field, kinds, values, f"{place}, field {field.name}"))
        end = field.last
    return "".join(parts).ljust(layout.record_length)


def _written(
    layout: Layout, field: LayoutField, kinds: Mapping[str, Kind], values: Mapping[str, Any], place: str
) -> str:
    """The value in exactly the columns of its field."""
    if field.source is None:
        sign, text = "", str(field.constant)
    else:
        value = values.get(field.source)
        if value is None:
            if field.required:
                raise ValueDoesNotFit(f"{place}: there is no {field.source}, which is required: add it at its source")
            return " " * field.width
        sign, text = _text_of(field, kinds[field.source], value, place)
    if not text.isprintable() or not _can_encode(text, layout.encoding):
        raise ValueDoesNotFit(f"{place}: {text!r} has characters that {layout.encoding} text cannot hold: correct it")
    width = field.width - len(sign)
    if len(text) > width:
        raise ValueDoesNotFit(f"{place}: {sign}{text} needs {len(sign + text)} columns and has {field.width}: widen it")
    if field.pad == "0":
        text = text.rjust(width, "0")
    whole = text + sign if field.sign == "trailing" else sign + text
    return whole.ljust(field.width) if field.align == "left" else whole.rjust(field.width)


def _text_of(field: LayoutField, kind: Kind, value: Any, place: str) -> tuple[str, str]:
    """Sign and text of a value. The place of a trailing sign is there for positive amounts too, as a blank."""
    if kind == "amount":
        if value < 0 and field.sign == "none":
            raise ValueDoesNotFit(f"{place}: {format_cents(value)} is negative, and the field has no place for a sign")
        text = format_cents(abs(value))
        sign = "-" if value < 0 else " " if field.sign == "trailing" else ""
        return sign, text if field.decimals == "point" else text.replace(".", "")
    if kind == "date":
        day = value if isinstance(value, date) else date.fromisoformat(value)
        return "", day.strftime(_DATES[field.dates])
    if kind == "flag":
        return "", "Y" if value else "N"
    return "", str(value)


def _can_encode(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
