"""By when an inquiry can be opened and has to be answered, and by when an offer can be answered.

Days are calendar days where the plan's clocks are: working days differ from district to district, and no calendar of
theirs is known here.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.compensation.domain import Progress, StatementStatus
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.pay import Offer

ANSWERED_WITHIN_DAYS = 15
"""Where the plan says nothing. No statute: the product's own default, and named so wherever it is shown."""


@dataclass(frozen=True, slots=True)
class InquiryRule:
    """`until` is None where inquiries can be opened until the money is paid; `source` is None for the default."""

    until: datetime | None
    answered_within_days: int
    source: str | None
    zone: ZoneInfo

    def is_open(self, now: datetime, progress: Progress | None) -> bool:
        """Whether an inquiry can be opened; `progress` is None for a statement that stands no longer."""
        if self.until is not None:
            return now < self.until
        return progress is None or progress.status is not StatementStatus.PAID

    def due_on(self, now: datetime) -> date:
        """The last day on which an inquiry that is opened `now` is answered in time."""
        return now.astimezone(self.zone).date() + timedelta(days=self.answered_within_days)

    def overdue_from(self, now: datetime) -> datetime:
        """The moment that day is over."""
        return datetime.combine(self.due_on(now) + timedelta(days=1), time(), self.zone)


def inquiry_rule(plan: Plan) -> InquiryRule:
    zone, words = ZoneInfo(plan.time_zone), plan.inquiries
    if words is None:
        return InquiryRule(None, ANSWERED_WITHIN_DAYS, None, zone)
    until = None if words.until is None else words.until.replace(tzinfo=zone)
    return InquiryRule(until, words.answered_within_days, words.source, zone)


def can_answer(until: datetime | None, now: datetime, progress: Progress) -> bool:
    """Whether an offer can be answered: before `until`, or (None) before any money of the year is approved."""
    return not (progress.approved_cents or progress.paid_cents) if until is None else now < until


def answer_by(plan: Plan, offer: Offer) -> datetime | None:
    """The moment from which on the offer can be answered no longer."""
    return None if offer.answer_by is None else offer.answer_by.replace(tzinfo=ZoneInfo(plan.time_zone))
