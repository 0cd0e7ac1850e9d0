"""What may be placed on a plan's ladder, and what the end of a year comes to. Pure: plans and statements in, terms out.

The parts of a statement that are looked at are those of `policy.words.ladder`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.compensation.domain import Confirmer, PlacementKey, PlacementKind, PlacementTerms
from services.compensation.policy.checks.faults import unknown
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.ladder import NO_LADDER, Rung
from shared.kernel.errors import FieldError
from shared.kernel.period import LAST_YEAR, SchoolYear

Told = Mapping[str, Any]
"""What a statement says of the ladder."""


def has_ladder(plan: Plan) -> bool:
    return plan.ladder != NO_LADDER


def newest_with(plans: Sequence[Plan], ladder: str) -> Plan | None:
    """Of published plans, the oldest year first, the newest with that ladder."""
    return next((plan for plan in reversed(plans) if has_ladder(plan) and plan.ladder_code == ladder), None)


def faults_of_placement(key: PlacementKey, terms: PlacementTerms, plans: Sequence[Plan]) -> Iterator[FieldError]:
    """What the published plans, the oldest year first, have against a placement that a person records."""
    is_confirmation = key.kind is PlacementKind.CONFIRMED
    of_year = [plan for plan in plans if plan.plan_year == key.school_year]
    plan = newest_with(of_year if is_confirmation else plans, key.ladder)
    if plan is None:
        if is_confirmation:
            yield FieldError(
                "/ladder",
                f"no plan is published for {key.school_year} with the ladder {key.ladder!r}: publish it first, or "
                "record as brought_along what was before it",
            )
        return
    rungs = {rung.code: rung for rung in plan.ladder.rungs}
    rung = rungs.get(terms.rung)
    if rung is None:
        yield unknown("/rung", "rung", terms.rung, rungs)
    elif is_confirmation:
        yield from _faults_of_confirmation(terms, rung)


def _faults_of_confirmation(terms: PlacementTerms, rung: Rung) -> Iterator[FieldError]:
    if rung.confirmed_by is None:
        yield FieldError("/rung", f"{rung.title} needs no confirmation: everybody who reaches it stands on it")
    elif terms.confirmed_by not in (Confirmer.BOARD, rung.confirmed_by):
        yield FieldError(
            "/confirmed_by", f"{rung.title} has to be confirmed by the board: write board, with the minutes' reference"
        )


def is_reached(told: Told | None, rung: str, plan: Plan) -> bool:
    """Whether a statement says that all needs of a rung are met, confirmed or not."""
    if told is None:
        return False
    order = [one.code for one in plan.ladder.rungs]
    known = [told.get("reached"), (told.get("awaiting") or {}).get("rung")]
    return any(order.index(code) >= order.index(rung) for code in known if code in order)


def with_validity(key: PlacementKey, terms: PlacementTerms, plan: Plan | None) -> PlacementTerms:
    """The terms with the last year that they are valid in, as the plan says where nobody said otherwise. Beyond the
    last school year that can be named is for ever.
    """
    holds = None if plan is None else plan.ladder.holds
    if terms.valid_through_year is not None or holds is None or holds.for_years is None:
        return terms
    last = SchoolYear.parse(key.school_year).starts_in + holds.for_years - 1
    return replace(terms, valid_through_year=str(SchoolYear(last)) if last <= LAST_YEAR else None)


def at_years_end(told: Told, plan: Plan) -> PlacementTerms | None:
    """What the year comes to for the educator of a statement; None where it places nobody anew.

    Under `holds` a placement is made only of a rung that the year reaches by itself, so that what is merely held is not
    renewed, and of one that needs a confirmation the confirmation is the placement.
    """
    rungs = {rung.code: rung for rung in plan.ladder.rungs}
    standing, reached = told["rung"], told.get("reached") or told["rung"]
    rung = rungs.get(standing)
    if rung is None:
        return None
    if plan.ladder.holds is None:
        return PlacementTerms(rung=standing, reached=None if reached == standing else reached)
    is_lowest = rung == plan.ladder.rungs[0]
    return None if reached != standing or is_lowest or rung.confirmed_by else PlacementTerms(rung=standing)
