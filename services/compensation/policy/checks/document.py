"""The checks of a plan's calendar, and of where its parts are published."""

from collections.abc import Sequence
from datetime import date, timedelta

from services.compensation.policy.checks.faults import Faults, at
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.ladder import NO_LADDER
from services.compensation.policy.language.terms import ILLUSTRATIVE, Sourced
from shared.kernel.errors import FieldError
from shared.kernel.period import SchoolYear

_NAMED_AT_MOST = 3
_CLOSING = timedelta(days=92)
"""July to September: what took place in the plan year may be put on record in the summer after it. A cut-off later than
that is a slip in the year."""


def faults_of_document(plan: Plan) -> Faults:
    yield from _faults_of_dates(plan)
    yield from _faults_of_sources(plan)


def _faults_of_dates(plan: Plan) -> Faults:
    year, period = SchoolYear.parse(plan.plan_year), plan.performance_period
    if period.ends_on < period.begins_on:
        yield FieldError(at("performance_period", "ends_on"), "is before begins_on: correct one of them")
    for name in ("begins_on", "ends_on", "reference_on"):
        day: date = getattr(period, name)
        if not year.begins_on <= day <= year.ends_on:
            yield FieldError(
                at("performance_period", name),
                f"{day} is outside the plan year {year}: choose a day from {year.begins_on} to {year.ends_on}",
            )
    if not period.begins_on <= period.reference_on <= period.ends_on:
        yield FieldError(at("performance_period", "reference_on"), "is outside the period: choose a day within it")
    for name in ("observations", "slos", "awards"):
        moment = getattr(plan.cut_offs, name, None)
        if moment is not None and not year.begins_on <= moment.date() <= year.ends_on:
            yield FieldError(at("cut_offs", name), f"{moment} is outside the plan year {year}: choose a time within it")
    closed_by = year.ends_on + _CLOSING
    for name in ("observations_finalized", "slos_approved"):
        moment = getattr(plan.cut_offs, name, None)
        if moment is not None and not year.begins_on <= moment.date() <= closed_by:
            yield FieldError(
                at("cut_offs", name),
                f"{moment} is outside the plan year {year} and the {_CLOSING.days} days after it: "
                f"choose a time from {year.begins_on} to {closed_by}",
            )

    until = plan.inquiries and plan.inquiries.until
    if until and until.date() < year.begins_on:
        yield FieldError(
            at("inquiries", "until"), f"{until} is before the plan year {year} begins: choose a time from then on"
        )


def _faults_of_sources(plan: Plan) -> Faults:
    if plan.illustrative:
        return
    single = {
        name: part
        for name in (
            "performance_period",
            "cut_offs",
            "eligibility",
            "rounding",
            "proration",
            "total_cap",
            "ladder",
            "inquiries",
        )
        if (part := getattr(plan, name)) not in (None, NO_LADDER)
    }
    parts: list[tuple[str, Sourced | Plan]] = [("", plan), *((at(name), part) for name, part in single.items())]
    for section in ("measures", "gates", "bands", "indexes", "offers", "components", "pathways"):
        parts += [(at(section, index), part) for index, part in enumerate(getattr(plan, section))]
    if plan.ladder != NO_LADDER:
        parts += [(at("ladder", "rungs", index), rung) for index, rung in enumerate(plan.ladder.rungs)]
        parts += [
            (at("ladder", name), part)
            for name in ("holds", "demotion")
            if (part := getattr(plan.ladder, name)) is not None
        ]
    found = [f"{pointer}/source" for pointer, part in parts if part.source == ILLUSTRATIVE]
    if found:
        yield FieldError(
            found[0],
            f"is illustrative{_and_so_are(found[1:])}, but the plan is not marked so: name where it is published, or "
            "set illustrative: true",
        )


def _and_so_are(others: Sequence[str]) -> str:
    """The other places of one fault: the first of them, and how many there are."""
    named, left = others[:_NAMED_AT_MOST], len(others) - _NAMED_AT_MOST
    more = f" and {left} more" if left > 0 else ""
    return f" (and so {'are' if len(others) > 1 else 'is'} {', '.join(named)}{more})" if others else ""
