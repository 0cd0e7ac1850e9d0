"""Holds and recoveries in words for whose pay it is: what is kept back or taken back, why, how much of it is left, and
what can be done about it.

None of it is part of a statement: it changes with the payouts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.compensation.domain import (
    HoldSource,
    InstalmentState,
    OverpaymentCause,
    PaymentHold,
    Recovery,
    RecoveryStanding,
    RecoveryState,
    StandingPart,
)
from services.compensation.policy.deadlines import InquiryRule
from services.compensation.policy.words.texts import Part, amount, counted, day_in, dollars

_Statements = Mapping[int, Mapping[str, Any]]
Published = Mapping[tuple[str, int], datetime]
"""When each version of a plan was published, by its code and number."""


class Withheld(NamedTuple):
    """What stands between an educator and the money of a plan year."""

    holds: list[Part]
    recoveries: list[Part]


def hold_told(hold: PaymentHold, zone: ZoneInfo) -> Part:
    """An open hold, with its reason and what ends it."""
    since, why = day_in(hold.placed_at, zone), hold.reason.rstrip(".")
    told = f"On hold since {since}: {why}. Nothing is paid or taken back until HR lifts it."
    if hold.source is HoldSource.INQUIRY:
        told = f"On hold since {since}, because {why}. That ends when the inquiry is answered or withdrawn."
    return {"source": hold.source.value, "since": since, "reason": told}


def recovery_told(
    standing: RecoveryStanding,
    causes: Sequence[OverpaymentCause],
    statements: _Statements,
    rule: InquiryRule,
    *,
    published: Published,
    open_sums: Mapping[str, int],
    can_ask: bool,
) -> Part:
    """A recovery. `statements` are those that `causes` name, the ones before them, and the one that stands; `published`
    has all plans that decided them; `open_sums` is what no live line and no recovery has, in cents by component;
    `can_ask` is whether an inquiry can be opened.
    """
    recovery, titles = standing.recovery, _titles(statements)
    taken, under_way = (standing.cents(state) for state in (InstalmentState.RECOVERED, InstalmentState.IN_BATCH))
    left = _left(standing, open_sums)
    opened_on = day_in(recovery.opened_at, rule.zone)
    return {
        "recovery_id": recovery.id,
        "state": recovery.state.value,
        "overpaid": amount(recovery.total_cents),
        "taken": amount(taken),
        "under_way": amount(under_way),
        "left": amount(left),
        "reason": f"As of {opened_on}, {dollars(recovery.total_cents)} more had been paid than was earned.",
        "why": [_cause(one, statements, titles, published, rule.zone) for one in causes],
        "agreed": _agreed(recovery, standing.parts, rule.zone),
        "instalments": [_instalment(part, recovery, titles, left) for part in standing.parts],
        "so_far": _so_far(standing, taken, under_way, left),
        "dispute": " ".join(_dispute(rule, is_over=not (left or under_way), can_ask=can_ask)),
    }


def _left(standing: RecoveryStanding, open_sums: Mapping[str, int]) -> int:
    """What is still to be taken back. Of a recovery that was stopped it is only what the open sums still come to less
    than nothing by: what is earned since makes up for the rest, and it may be that no batch ever takes an instalment.
    """
    if standing.recovery.state is not RecoveryState.STOPPED:
        return standing.cents(InstalmentState.OPEN)
    still = [part for part in standing.parts if part.amount_cents * open_sums.get(part.component, 0) < 0]
    own = sum(part.amount_cents for part in still if part.state is InstalmentState.OPEN)
    return max(min(own, -sum(open_sums.values())), 0)


def _titles(statements: _Statements) -> dict[str, str]:
    """What components are called, by the latest statement that has them."""
    return {part["code"]: part["title"] for _, body in sorted(statements.items()) for part in body["components"]}


def _cause(
    cause: OverpaymentCause, statements: _Statements, titles: Mapping[str, str], published: Published, zone: ZoneInfo
) -> Part:
    title, day = titles.get(cause.component, cause.component), day_in(cause.at, zone)
    if cause.sequence is None:
        told = f"{dollars(-cause.amount_cents)} was left of an earlier recovery that was stopped on {day} ({title})."
        if cause.amount_cents > 0:
            told = (
                f"{dollars(cause.amount_cents)} was still owed to you when an earlier recovery was stopped ({title})."
            )
    else:
        change = "less" if cause.amount_cents < 0 else "more"
        now, before = (
            _part(statements, sequence, cause.component) for sequence in (cause.sequence, cause.sequence - 1)
        )
        says = "The plan has no such part any more." if now is None else _says(now, before)
        newer = _newer_plan(statements, cause.sequence, published, zone)
        told = f"On {day} {title} became {dollars(abs(cause.amount_cents))} {change}. {newer}{says}"
    return {"sequence": cause.sequence, "component": title, "amount": amount(cause.amount_cents), "reason": told}


def _newer_plan(statements: _Statements, sequence: int, published: Published, zone: ZoneInfo) -> str:
    """Which plan took the place of the one before with the statement; nothing where none did."""
    if sequence not in statements or sequence - 1 not in statements:
        return ""
    plan, before = (statements[one]["plan"] for one in (sequence, sequence - 1))
    key = (plan["code"], plan["version"])
    if key == (before["code"], before["version"]):
        return ""
    return (
        f"That came with a newer plan: {plan['title']} (version {plan['version']} of {plan['code']}), published on "
        f"{day_in(published[key], zone)}. "
    )


def _part(statements: _Statements, sequence: int, component: str) -> Mapping[str, Any] | None:
    parts = statements[sequence]["components"] if sequence in statements else ()
    return next((part for part in parts if part["code"] == component), None)


def _says(now: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    """The statement's own reasons for a component: which awards count no more since the one before, and what it is."""
    known = () if before is None else before["not_counted"]
    earlier = "" if before is None else f" The one before said: {before['reason']}"
    lost = [f"{award['credential']}: {award['reason']}" for award in now["not_counted"] if award not in known]
    return " ".join([*lost, f"The statement says: {now['reason']}{earlier}"])


def _agreed(recovery: Recovery, parts: Sequence[StandingPart], zone: ZoneInfo) -> str:
    several = counted(len({part.number for part in parts}), "instalment", "instalments")
    if recovery.stopped_at is not None:
        why = (recovery.stop_reason or "").rstrip(".")
        return (
            f"The recovery was stopped on {day_in(recovery.stopped_at, zone)}: {why}. It takes nothing more. What is "
            "left is set off against what is earned later, or taken back by a new recovery."
        )
    if recovery.approved_at is None:
        return f"HR proposes to take it back in {several}. Nothing is taken before another person has approved that."
    return f"It is taken back in {several}; that was approved on {day_in(recovery.approved_at, zone)}."


def _instalment(part: StandingPart, recovery: Recovery, titles: Mapping[str, str], left: int) -> Part:
    return {
        "number": part.number,
        "component": titles.get(part.component, part.component),
        "due_on": part.due_on,
        "amount": amount(part.amount_cents),
        "state": part.state.value,
        "batch_id": part.batch_id,
        "line_number": part.line_number,
        "pay_date": part.pay_date,
        "reason": _became(part, recovery.state, left),
    }


def _became(part: StandingPart, state: RecoveryState, left: int) -> str:
    took = "Paid out" if part.amount_cents < 0 else "Taken back"
    match part.state:
        case InstalmentState.RECOVERED:
            return f"{took} with the payout of {part.pay_date}, line {part.line_number}."
        case InstalmentState.IN_BATCH:
            return f"In the payout of {part.pay_date}, line {part.line_number}; payroll has not answered yet."
        case InstalmentState.CARRIED:
            return "Taken over by a later recovery."
    if state is RecoveryState.STOPPED:
        return f"Not taken: the recovery was stopped{'' if left else ', and what was earned since makes up for it'}."
    if state is RecoveryState.PROPOSED:
        return "Not before it is approved."
    owed = "Owed to you; set off" if part.amount_cents < 0 else "To come"
    return f"{owed} with the first payout on or after {part.due_on}."


def _so_far(standing: RecoveryStanding, taken: int, under_way: int, left: int) -> str:
    parts = [f"{dollars(taken)} was taken back so far" if taken else "Nothing was taken back so far"]
    if under_way:
        parts.append(f"{dollars(under_way)} is in a payout that payroll has not answered yet")
    if carried := standing.cents(InstalmentState.CARRIED):
        parts.append(f"{dollars(carried)} was taken over by a later recovery")
    if (made_up := standing.cents(InstalmentState.OPEN) - left) > 0:
        parts.append(f"{dollars(made_up)} is made up for by what was earned since")
    parts.append(f"{dollars(left)} is left")
    return f"{'; '.join(parts)}."


def _dispute(rule: InquiryRule, *, is_over: bool, can_ask: bool) -> list[str]:
    after = "ask HR, who can correct what is wrong and stop a recovery"
    if not can_ask:
        return [f"If you think this was wrong, {after}."]
    if rule.until is None:
        told = f"open an inquiry before {'the money is paid' if is_over else 'all of it is taken back'}."
        told = f"If you think this {'was' if is_over else 'is'} wrong, {told}"
    else:
        told = (
            f"If you think this is wrong, open an inquiry by {rule.until:%Y-%m-%d %H:%M} ({rule.zone.key}); after "
            f"that, {after}."
        )
    return [told, "While an inquiry is open, nothing more is taken back than what payroll has been given already."]
