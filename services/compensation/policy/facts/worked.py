"""What counts as worked for a component that goes by FTE alone, or by what was worked on some campuses."""

from collections.abc import Callable

from services.compensation.policy.exact import SCALE, is_decimal, millionths
from services.compensation.policy.facts.employment import Span, days_of
from services.compensation.policy.facts.gather import Gathered
from services.compensation.policy.language.pay import Component, OnCampuses

WorkedReader = Callable[[Gathered], int]


def is_special(component: Component) -> bool:
    """Whether it goes by something else than all full-time days."""
    return component.prorated_by != "days_times_fte" or component.on_campuses is not None


def worked_whole(component: Component, period_days: int) -> int:
    """All of it, in the unit of the reader: a full-time period, or 1.0 FTE."""
    return SCALE if component.prorated_by == "fte" else period_days * SCALE


def worked_reader(component: Component) -> WorkedReader:
    """Full-time days in millionths, or FTE in millionths, that the component goes by."""
    rule, is_by_fte = component.on_campuses, component.prorated_by == "fte"

    def read(found: Gathered) -> int:
        spans = found.employment.spans
        by_campus = [spans] if rule is None else _on_campuses(rule, found)
        if is_by_fte:
            return min(sum(_mean_fte(there) for there in by_campus), SCALE)
        return days_of([span for there in by_campus for span in there])[1]

    return read


def _on_campuses(rule: OnCampuses, found: Gathered) -> list[list[Span]]:
    border, by_campus = millionths(rule.at_least), dict[str, list[Span]]()
    for span in found.employment.spans:
        value = found.campuses.get(span.campus_id, {}).get(rule.attribute)
        if value is not None and is_decimal(value) and millionths(value) >= border:
            by_campus.setdefault(span.campus_id, []).append(span)
    return [there for there in by_campus.values() if days_of(there)[0] >= rule.days_at_least]


def _mean_fte(spans: list[Span]) -> int:
    days, fte_days = days_of(spans)
    return (2 * fte_days + days) // (2 * days) if days else 0
