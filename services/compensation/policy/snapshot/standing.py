"""Considered, eligible, paid: where an educator stands in a plan year, with the reason codes, read off the statement.

Considered is who has a statement. Eligible is whom the plan pays by role and employment and whom its gates do not keep
from everything: a total above zero, or no component shut by a gate. Paid is whose lines payroll has accepted, more than
were taken back. (Three counts that a published evaluation of a bonus gives every year: Houston's ASPIRE.)
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from shared.kernel.money import parse_amount

GATE = "gate:"
"""Before the code of a gate of the plan that was not met."""


class Reason(StrEnum):
    """Why somebody is not eligible or, of the eligible, not paid. Besides these there are the plan's gates."""

    PAID_BEFORE = "paid-before"
    NOT_EMPLOYED = "not-employed-in-period"
    ROLE_NOT_PAID = "role-not-paid"
    OFFER_NOT_ACCEPTED = "offer-not-accepted"
    PAYMENT_HOLD = "payment-hold"
    NOT_YET_PAID = "not-yet-paid"
    NOTHING_EARNED = "nothing-earned"


MEANINGS: Mapping[Reason, str] = {
    Reason.PAID_BEFORE: "was paid, and is by the statement as it stands not eligible any more",
    Reason.NOT_EMPLOYED: "had no assignment in the performance period",
    Reason.ROLE_NOT_PAID: "held a role that the plan does not pay",
    Reason.OFFER_NOT_ACCEPTED: "was offered the bonus and did not accept it",
    Reason.PAYMENT_HOLD: "is eligible; payment is on hold",
    Reason.NOT_YET_PAID: "is eligible; payroll has accepted no line of the year yet, or took all back",
    Reason.NOTHING_EARNED: "is eligible; no component comes to an amount",
}


class Standing(NamedTuple):
    """`reasons` are empty for who is eligible and paid; the first is the one that counts go by. Amounts in cents."""

    is_eligible: bool
    is_paid: bool
    reasons: tuple[str, ...]
    earned_cents: int
    paid_cents: int


def standing_of(statement: Mapping[str, Any], *, paid_cents: int, is_on_hold: bool) -> Standing:
    """Where the statement puts its educator, whom payroll has accepted lines of `paid_cents` for."""
    earned_cents = parse_amount(statement["total"]["amount"])
    is_paid = paid_cents > 0
    against = _against(statement) if earned_cents <= 0 else []
    if against:
        reasons = [Reason.PAID_BEFORE, *against] if is_paid else against
    elif is_paid:
        reasons = []
    elif earned_cents <= 0:
        reasons = [Reason.NOTHING_EARNED]
    else:
        reasons = [Reason.PAYMENT_HOLD if is_on_hold else Reason.NOT_YET_PAID]
    return Standing(not against, is_paid, tuple(map(str, reasons)), earned_cents, paid_cents)


def _against(statement: Mapping[str, Any]) -> list[str]:
    """What keeps somebody from being eligible who earns nothing."""
    eligibility = statement["eligibility"]
    if not eligibility["eligible"]:
        return [Reason.NOT_EMPLOYED if eligibility["role"] is None else Reason.ROLE_NOT_PAID]
    limits = {limit["limit"] for part in statement["components"] for limit in part["limits"]}
    offers = [Reason.OFFER_NOT_ACCEPTED] if "offer" in limits else []
    gates = [f"{GATE}{gate['code']}" for gate in statement["gates"] if not gate["met"]] if "gates" in limits else []
    return [*offers, *gates]
