"""Where the money of a plan year went, payout by payout, and whether a plan of examples decided it.

None of it is part of a statement: it changes with the payouts.
"""

from collections.abc import Sequence

from services.compensation.domain import BoardApproval, Payment
from services.compensation.policy.words.texts import dollars


def payments_told(payments: Sequence[Payment]) -> list[str]:
    """A sentence for each payout that pays or takes something back, in their order."""
    return [told for one in payments for told in _told(one)]


def _told(one: Payment) -> list[str]:
    paid, taken = ("was paid", "was taken back") if one.is_confirmed else ("is paid", "is taken back")
    ended = "" if one.is_confirmed else ", which is approved; payroll has not confirmed it yet"
    sums = ((one.paid_cents, paid), (one.taken_cents, taken))
    return [f"{dollars(cents)} {verb} with the payout of {one.pay_date}{ended}." for cents, verb in sums if cents]


def illustrative_told(
    approval: BoardApproval | None, payments: Sequence[Payment], *, is_illustrative: bool
) -> str | None:
    """What a reader has to know where a plan says of itself that it is an example; None where none bears on the pay.

    `approval` is that of the plan which decided the statement; `payments` are those that the reader may be told of.
    """
    cents = sum(one.by_examples_cents for one in payments if one.is_confirmed)
    paid = f"{dollars(cents)} was paid by such a plan" if cents else ""
    examples = "says of itself that its amounts and rules are examples"
    if not is_illustrative:
        return f"An earlier version of the plan {examples}, and {paid}." if paid else None
    if approval is not None:
        record = f"Yet a board's approval of it is on record ({approval.minute_reference}, {approval.approved_on})"
        return f"The plan {examples}. {record}{f', and {paid}' if paid else ''}."
    told = f"The plan {examples}, and no board's approval of it is on record."
    return f"{told} All the same, {paid}." if paid else told
