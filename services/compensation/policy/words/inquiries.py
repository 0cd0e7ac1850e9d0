"""Inquiries in words for whose pay they are about: what was disputed, how it was answered and why, what came of it.

None of it is part of a statement: an inquiry changes nothing by itself.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.compensation.domain import Inquiry, InquiryOutcome
from services.compensation.policy.words.texts import Part, day_in, dollars
from shared.kernel.money import parse_amount

Statement = Mapping[str, Any]


def inquiry_told(
    inquiry: Inquiry, disputed: Statement, closed: Statement | None, standing: Statement, now: datetime, zone: ZoneInfo
) -> Part:
    """An inquiry with its answer, beside three statements: the one that is disputed, the one that stood when the
    inquiry was closed (None while it is open), and the one that stands now.
    """
    return {
        "title": f"{_title(inquiry, disputed)} in statement {inquiry.sequence} ({inquiry.category.value})",
        "asked": f"Opened on {day_in(inquiry.opened_at, zone)}: “{inquiry.text}”",
        "answer": _answer(inquiry, now, zone),
        "since": None if closed is None else _since(inquiry, disputed, closed, standing),
    }


def _answer(inquiry: Inquiry, now: datetime, zone: ZoneInfo) -> str:
    if inquiry.closed_at is None:
        if now >= inquiry.overdue_from:
            return f"It is open, and an answer was due by {inquiry.answer_due_on}: ask HR for it."
        return f"It is open. An answer is due by {inquiry.answer_due_on}."
    became = inquiry.state.value if inquiry.outcome is None else inquiry.outcome.value
    why = f": {inquiry.reason.rstrip('.')}." if inquiry.reason else "."
    return f"It was {became} on {day_in(inquiry.closed_at, zone)}{why}"


def _since(inquiry: Inquiry, disputed: Statement, closed: Statement, standing: Statement) -> str | None:
    """What the amount has done since; what did it, the statements say."""
    if inquiry.outcome is None:
        return None
    if inquiry.outcome is InquiryOutcome.DENIED:
        return "The answer changes no amount."
    before, then, now = (_cents(inquiry, one) for one in (disputed, closed, standing))
    if before == then == now:
        return (
            f"The amount is still {dollars(now)}: what is wrong is corrected where it was recorded, and the statement "
            "follows by itself. Ask HR when."
        )
    title, unchanged = _title(inquiry, disputed), "still " if then == before else ""
    return (
        f"{title} was {dollars(before)} in statement {inquiry.sequence}, and {unchanged}{dollars(then)} when the "
        f"inquiry was answered. It is {dollars(now)} now; this statement says why."
    )


def _title(inquiry: Inquiry, disputed: Statement) -> str:
    parts = disputed["components"]
    return next((one["title"] for one in parts if one["code"] == inquiry.component), "The whole bonus")


def _cents(inquiry: Inquiry, statement: Statement) -> int:
    """What is disputed, as a statement has it; nothing where its plan has no such component any more."""
    if inquiry.component is None:
        return parse_amount(statement["total"]["amount"])
    amounts = (one["amount"] for one in statement["components"] if one["code"] == inquiry.component)
    return next((parse_amount(one["amount"]) for one in amounts), 0)
