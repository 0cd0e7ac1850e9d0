"""A second, slow and obvious evaluator of plans, written from the plan document and the raw events alone.

It imports nothing of the policy it judges: exact fractions, one educator, one day and one award at a time.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.reference.case import Case
from tests.support.reference.known import ID_FIELD, Event, Known, Plan, read_raw_plan, standing

__all__ = ["ID_FIELD", "Event", "Plan", "read_raw_plan", "reference", "reference_of_all"]

Campuses = Mapping[str, Mapping[str, str]]


def reference(plan: Plan, events: Sequence[Event], campuses: Campuses | None = None) -> dict[str, Any] | None:
    """All that is decided for one educator alone, amounts in cents; None for who was never rostered."""
    return reference_of_all(plan, [events], campuses)[0]


def reference_of_all(
    plan: Plan, events_of_each: Sequence[Sequence[Event]], campuses: Campuses | None = None
) -> list[dict[str, Any] | None]:
    """The same for several educators, who are all that there are."""
    cases = [
        Case(Known(plan, events), campuses or {}) if ("", "") in standing(events) else None for events in events_of_each
    ]
    everybody = [case for case in cases if case is not None]
    for case in everybody:
        case.everybody = everybody
    return [None if case is None else case.decide() for case in cases]
