"""What the printable page of a statement says, in the order in which educators ask: how much, why, why not, what next.

Every sentence is the statement's own or the explanation's; here they are only chosen and put in order. It holds no
name: this database has none (guarantee 9), and the employee number is what an educator knows as their own.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.compensation.domain import BoardApproval, Payment, Progress, StatementStatus, StoredStatement
from services.compensation.policy.deadlines import InquiryRule, can_answer
from services.compensation.policy.evaluation.evaluate import Evaluation
from services.compensation.policy.explanation.evidence import PRIVATE_KINDS, Evidence
from services.compensation.policy.placing import has_ladder
from services.compensation.policy.status import why
from services.compensation.policy.words.payments import illustrative_told, payments_told
from services.compensation.policy.words.texts import Part, day_in, dollars, plain
from services.compensation.policy.words.withheld import Withheld
from shared.kernel.assertions import invariant
from shared.kernel.money import parse_amount

_LABELS = {
    StatementStatus.ESTIMATE: "Estimate",
    StatementStatus.FINAL: "Final",
    StatementStatus.PAID: "Paid",
}
_COUNT = {
    "observations": "Observations count until",
    "observations_finalized": "Observations count if they are finalized before",
    "slos": "SLOs count until",
    "slos_approved": "SLOs count if they are approved before",
    "awards": "Micro-credentials count until",
}
_COUNTED = {
    "observations": "observed",
    "observations_finalized": "finalized",
    "slos": "approved",
    "slos_approved": "approved",
    "awards": "awarded",
}
_PASSED = " That time has passed."
_WORDS = {
    "FTE": "FTE is full-time equivalent: 1.0 is a full-time position.",
    "SLO": "An SLO is a student learning objective, which a teacher sets and is scored on.",
}
_LIMITS = {
    "yearly_limit": "Yearly limit",
    "gates": "Conditions",
    "offer": "Offer",
    "proration": "Days and FTE",
    "component_cap": "Cap",
    "hold_harmless": "Held harmless",
    "paid_through": "Paid with another part",
    "total_cap": "Cap on the total",
}


@dataclass(frozen=True, slots=True)
class PageMatter:
    """All that a page is made of, `now` being the moment that it is for.

    `can_ask` is whether an inquiry can still be opened, `approval` that of the statement's plan; `is_between` whether
    the reader is the educator or HR. `progress` is None for a statement that stands no longer, and there are no
    `payments` then; `withheld` is None for other readers too, who are told of no `inquiries_made`.
    """

    statement: StoredStatement
    body: dict[str, Any]
    evaluation: Evaluation
    earnable: list[Part]
    progress: Progress | None
    inquiries: InquiryRule
    can_ask: bool
    now: datetime
    approval: BoardApproval | None
    payments: Sequence[Payment]
    inquiries_made: Sequence[Part]
    withheld: Withheld | None
    is_between: bool


def page_of(matter: PageMatter) -> Part:
    """The page as a document of texts, for whatever sets it."""
    body, found = matter.body, _found(matter.evaluation)
    plan, eligibility = body["plan"], body["eligibility"]
    is_closed = matter.progress is not None and matter.progress.is_final
    roster = next(fact.data for fact in found.used if fact.kind == "roster")
    offers = [_offer(offer, matter) for offer in body.get("offers", [])]
    page = {
        "plan_year": body["plan_year"],
        "plan_title": plan["title"],
        "employee_number": roster["employee_number"] or "not on file",
        "role": plain(eligibility["role"] or "none on file"),
        "subject_group": plain(eligibility["subject_group"] or "none"),
        "total": _money(body["total"]),
        "status": _status(matter),
        "payments": payments_told(_payments(matter)),
        "as_of": f"This page is as of {day_in(matter.now, matter.inquiries.zone)}.",
        "holds": [] if matter.withheld is None else [hold["reason"] for hold in matter.withheld.holds],
        "recoveries": [] if matter.withheld is None else [_recovery(one) for one in matter.withheld.recoveries],
        "illustrative": _illustrative(matter),
        "eligibility": eligibility["reason"],
        "components": [_component(part) for part in body["components"]],
        "caps": [cap["reason"] for cap in body["caps"]],
        "rests_on": body["common_facts"]["reason"] if "common_facts" in body else None,
        "days": body["proration"]["reason"],
        "not_earned": list(_not_earned(body)),
        "conditions": [_condition(gate) for gate in body["gates"]],
        "measures": [_measure(measure) for measure in body["measures"]],
        "offers": offers,
        "earnable": [] if is_closed else [_earnable(part, offers, matter.now) for part in matter.earnable],
        "is_closed": is_closed,
        "ladder": _ladder(body["ladder"]) if has_ladder(matter.evaluation.plan.plan) else None,
        "evidence": sorted(
            Evidence(matter.evaluation.plan, found).everything(but=() if matter.is_between else PRIVATE_KINDS)
        ),
        "inquiries": list(matter.inquiries_made),
        "ask": list(_how_to_ask(matter.inquiries, can_ask=matter.can_ask)),
        "footer": _footer(matter),
    }
    texts = str(page)
    return {**page, "words": [meaning for word, meaning in _WORDS.items() if re.search(rf"\b{word}s?\b", texts)]}


def _payments(matter: PageMatter) -> Sequence[Payment]:
    """Those that the reader is told of."""
    return matter.payments if matter.is_between else ()


def _illustrative(matter: PageMatter) -> Part | None:
    is_illustrative = matter.body["plan"]["illustrative"]
    told = illustrative_told(matter.approval, _payments(matter), is_illustrative=is_illustrative)
    title = "Illustrative plan" if is_illustrative else "Paid by an illustrative version"
    return None if told is None else {"title": title, "reason": told}


def _found(evaluation: Evaluation) -> Any:
    source = evaluation.sources[0]
    invariant(source is not None, "there is no page for nobody on the roster")
    return None if source is None else source.found


def _money(amount: dict[str, str]) -> str:
    return dollars(parse_amount(amount["amount"]))


def _status(matter: PageMatter) -> Part:
    if matter.progress is None:
        told = f"Statement {matter.statement.sequence} of this plan year. A later one may stand by now."
        return {"label": "As it stood", "why": told}
    return {"label": _LABELS[matter.progress.status], "why": why(matter.progress, tells_recoveries=matter.is_between)}


def _recovery(told: Part) -> Part:
    return {
        **{name: told[name] for name in ("reason", "agreed", "so_far", "dispute")},
        "why": [{"reason": one["reason"], "amount": _money(one["amount"])} for one in told["why"]],
        "overpaid": _money(told["overpaid"]),
        "left": _money(told["left"]),
        "instalments": [
            {
                "number": str(one["number"]),
                "component": one["component"],
                "due_on": one["due_on"].isoformat(),
                "amount": _money(one["amount"]),
                "reason": one["reason"],
            }
            for one in told["instalments"]
        ],
    }


def _component(part: Part) -> Part:
    """The amount and the way to it: what it would be without limits, and what each of them takes off and why."""
    limits = [one for one in part["limits"] if one["reduced_by"]["amount"] != "0.00"]
    told = part["reason"].removesuffix(" ".join(limit["reason"] for limit in part["limits"])).strip()
    unlimited = parse_amount(part["amount"]["amount"]) + sum(
        parse_amount(one["reduced_by"]["amount"]) for one in limits
    )
    return {
        "title": part["title"],
        "amount": _money(part["amount"]),
        "reason": told or part["reason"],
        "unlimited": dollars(unlimited),
        "limits": [
            {
                "title": _LIMITS[one["limit"]],
                "reason": one["reason"],
                "amount": dollars(-parse_amount(one["reduced_by"]["amount"])),
            }
            for one in limits
        ],
        "counted": [f"{one['credential']}, awarded on {one['awarded_at'][:10]}" for one in part["counted"]],
    }


def _not_earned(body: dict[str, Any]) -> Iterator[Part]:
    """What pays nothing, or less than it might, and why."""
    for part in body["components"]:
        if part["amount"]["amount"] == "0.00":
            yield {"title": part["title"], "reason": part["reason"]}
        for award in part["not_counted"]:
            yield {"title": f"{part['title']}: {award['credential']}", "reason": award["reason"]}


def _condition(gate: Part) -> Part:
    return {"title": gate["title"], "met": "met" if gate["met"] else "not met", "reason": gate["reason"]}


def _measure(measure: Part) -> Part:
    value = measure["value"] if measure["value"] is not None else "nothing on file"
    return {"title": measure["title"], "value": value, "reason": measure["reason"]}


def _offer(offer: Part, matter: PageMatter) -> Part:
    until = None if offer["answer_by"] is None else datetime.fromisoformat(offer["answer_by"])
    is_over = matter.progress is not None and not can_answer(until, matter.now, matter.progress)
    reason = f"{offer['reason']}{_PASSED}" if is_over else offer["reason"]
    return {**offer, "worth": _money(offer["worth"]), "reason": reason}


def _until(one: Part, now: datetime) -> str:
    told = f"{_COUNT[one['evidence']]} {one['before']}."
    if now < one["ends_at"]:
        return told
    return f"{told}{_PASSED} What was {_COUNTED[one['evidence']]} before it still counts when it comes in late."


def _earnable(part: Part, offers: Sequence[Part], now: datetime) -> Part:
    # A step that is an offer says here too that its time has passed.
    told = {offer["reason"].removesuffix(_PASSED): offer["reason"] for offer in offers}
    return {
        "title": part["title"],
        "still_open": _money(part["still_open"]),
        "reason": part["reason"],
        "steps": [told.get(step, step) for step in part["steps"]],
        "missing": [
            one["reason"] if one["gap"] is None else f"{one['reason']} Missing: {one['gap']}."
            for one in part["missing"]
        ],
        "until": [_until(one, now) for one in part["until"]],
    }


def _ladder(ladder: Part) -> Part:
    following = ladder["next"]
    return {
        "rung": ladder["title"],
        "next": None if following is None else following["title"],
        "gap": [] if following is None else following["gap"],
        "kept": [one["reason"] for name in ("held", "awaiting") if (one := ladder.get(name)) is not None],
    }


def _how_to_ask(rule: InquiryRule, *, can_ask: bool) -> Iterator[str]:
    if not can_ask:
        ended = "once the money was paid" if rule.until is None else f"on {_local(rule.until, rule.zone)}"
        yield f"The time to open an inquiry about this year ended {ended}. If something is wrong, tell HR."
        return
    if rule.until is None:
        yield "If something is wrong, open an inquiry before the money is paid."
    else:
        yield f"If something is wrong, open an inquiry by {_local(rule.until, rule.zone)}."
    own = "" if rule.source is not None else " (the plan does not say; this is the product's default)"
    yield f"An answer is due within {rule.answered_within_days} calendar days{own}."
    yield "While an inquiry is open, what payroll has not been given yet is not paid. HR can open it for you."


def _footer(matter: PageMatter) -> Part:
    plan, stored = matter.body["plan"], matter.statement
    decided_at = stored.decided_at.astimezone(UTC)
    return {
        "statement": f"Statement {stored.sequence}, decided on {decided_at:%Y-%m-%d %H:%M} UTC",
        "educator": matter.body["educator_id"],
        "statement_hash": stored.hash,
        "plan": f"{plan['code']}, version {plan['version']}",
        "plan_hash": plan["content_hash"],
        "decided_on": _day(decided_at),
    }


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


def _day(moment: datetime) -> Part:
    """For a document's own date: the same statement makes the same bytes on any day."""
    return {"year": moment.year, "month": moment.month, "day": moment.day}
