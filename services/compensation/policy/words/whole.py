"""What a statement says of the educator as a whole: eligibility, days and FTE, the cap on the total."""

from orjson import Fragment

from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.evaluate import Row
from services.compensation.policy.evaluation.reading import Source
from services.compensation.policy.exact import decimal_text
from services.compensation.policy.facts.employment import Span
from services.compensation.policy.facts.gather import Gathered
from services.compensation.policy.words.texts import Memo, Part, amount, dollars, listed, plain, remember


class WholeWords:
    """The words of one plan."""

    def __init__(self, plan: CompiledPlan) -> None:
        self._plan = plan
        self._eligibility: Memo = {}
        self._proration: Memo = {}
        self._caps: Memo = {}

    def eligibility(self, row: Row, found: Gathered) -> Fragment:
        """Role, subject group and whether the plan pays them."""
        employment = found.employment
        key = (row.kind, employment.years_of_service)
        made = self._eligibility.get(key)
        if made is None:
            part = {
                "eligible": row.eligible,
                "role": employment.role,
                "subject_group": employment.group,
                "years_of_service": employment.years_of_service,
                "reason": self._eligibility_reason(row.kind),
            }
            made = remember(self._eligibility, key, part)
        return made

    def _eligibility_reason(self, kind: int) -> str:
        calendar = self._plan.calendar
        if kind == self._plan.people.nobody:
            return f"No assignment is on file from {calendar.period_begins_on} to {calendar.period_ends_on}."
        role, group = self._plan.people.kinds[kind][:2]
        held = f"The role on file is {plain(role)} (subject group: {plain(group)})"
        if self._plan.eligible[kind]:
            return f"{held}, which this plan pays."
        paid = listed([plain(role) for role in self._plan.plan.eligibility.roles], "and")
        return f"{held}, which this plan does not pay: it pays {paid}."

    def proration(self, row: Row, source: Source) -> Fragment:
        """Days and FTE, assignment by assignment, and the share of the period that they are (cut off, not rounded)."""
        employment, calendar = source.found.employment, self._plan.calendar
        key = (tuple(employment.spans), row.fte_days)
        made = self._proration.get(key)
        if made is None:
            full_time = decimal_text(row.fte_days, places=2)
            part = {
                "days": employment.days,
                "full_time_days": full_time,
                "period_days": calendar.period_days,
                "share": decimal_text(row.fte_days // calendar.period_days),
                "assignments": [_assignment(span) for span in employment.spans],
                "reason": (
                    f"{full_time} full-time days of {calendar.period_days} from {calendar.period_begins_on} to "
                    f"{calendar.period_ends_on}; on no day does more than 1.0 FTE count."
                ),
            }
            made = remember(self._proration, key, part)
        return made

    def caps(self, row: Row) -> Fragment:
        """The caps that the plan sets on the whole."""
        key = (row.total_before_cap, row.total)
        made = self._caps.get(key)
        if made is None:
            made = remember(self._caps, key, self._caps_list(row))
        return made

    def _caps_list(self, row: Row) -> list[Part]:
        cap, terms = self._plan.total_cap, self._plan.plan.total_cap
        if cap is None or terms is None:
            return []
        cut = row.total_before_cap - row.total
        return [
            {
                "code": "total",
                "at_most": amount(cap),
                "applied": cut > 0,
                "reason": (
                    f"The total is at most {dollars(cap)}; the components come to {dollars(row.total_before_cap)}, "
                    f"so it cuts {dollars(cut) if cut else 'nothing'}."
                ),
                "source": terms.source,
            }
        ]


def _assignment(span: Span) -> Part:
    """All but the campus, which statements did not name from the start: they come to the same bytes as they did."""
    return {name: value for name, value in span._asdict().items() if name != "campus_id"}
