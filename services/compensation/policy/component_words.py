"""What a statement says of each component: amount, the sentence that leads to it, what was counted, what limited it."""

from collections.abc import Sequence

from orjson import Fragment

from services.compensation.policy.columns import Source
from services.compensation.policy.compiled import SEGMENTS, CompiledPlan
from services.compensation.policy.evaluate import Row
from services.compensation.policy.exact import decimal_text
from services.compensation.policy.gather import YearAward
from services.compensation.policy.language import PerAward
from services.compensation.policy.measure_words import MeasureWords
from services.compensation.policy.words import Memo, Part, amount, counted, dollars, in_words, listed, plain, remember

_UNCOUNTED = {
    "revoked": "It was revoked.",
    "expired": "It expired before the end of the plan year.",
    "after_cut_off": "It was awarded after the cut-off.",
}
_REPEATED = "The same micro-credential was awarded before in this plan year, and each pays once."


class ComponentWords:
    """The words of one plan's components."""

    def __init__(self, plan: CompiledPlan, measures: MeasureWords) -> None:
        self._plan = plan
        self._measures = measures
        self._stipend_of = {component.code: index for index, component in enumerate(plan.stipends)}
        self._only_for = [f"Paid to {_paid_roles(plan, index)} only." for index in range(len(plan.components))]
        self._parts: Memo = {}

    def components(self, row: Row, source: Source) -> list[Fragment]:
        """A part for every component of the plan, those that pay nothing included."""
        parts = []
        for index, tables in enumerate(self._plan.components):
            if tables.bands >= 0:
                measure = self._plan.bands[tables.bands].measure
                depends: object = (row.numerators[measure], row.denominators[measure])
            else:
                stipend = self._stipend_of[self._plan.plan.components[index].code]
                found = source.found
                depends = (tuple(source.paid_awards[stipend]), tuple(found.year_awards), tuple(found.uncounted_awards))
            key = (
                index,
                row.segment,
                depends,
                row.full_amounts[index],
                row.granted_amounts[index],
                row.prorated_amounts[index],
                row.amounts[index],
                row.fte_days,
                None if row.gates_open[index] else tuple(row.gate_met),
            )
            part = self._parts.get(key)
            if part is None:
                part = remember(self._parts, key, self._component(index, row, source))
            parts.append(part)
        return parts

    def _component(self, index: int, row: Row, source: Source) -> Part:
        component = self._plan.plan.components[index]
        part: Part = {
            "code": component.code,
            "title": component.title,
            "amount": amount(row.amounts[index]),
            "reason": self._only_for[index],
            "counted": [],
            "not_counted": [],
            "limits": [],
            "source": component.source,
        }
        if not self._plan.components[index].pays[row.segment]:
            return part
        if isinstance(component, PerAward):
            self._per_award(component, index, row, source, part)
        else:
            part["reason"] = self._matrix(index, row)
        self._limit(index, row, part["limits"])
        part["reason"] = " ".join([part["reason"], *(limit["reason"] for limit in part["limits"])])
        return part

    def _matrix(self, index: int, row: Row) -> str:
        bands_at = self._plan.components[index].bands
        level = self._plan.plan.bands[bands_at].levels[row.bands[bands_at]]
        measure = self._plan.bands[bands_at].measure
        border = f"from {level.at_least}" if level.below is None else f"from {level.at_least} to below {level.below}"
        return (
            f"{self._plan.measures[measure].title} {self._measures.value(measure, row)} is in the band {level.title} "
            f"({border}), which is worth {dollars(row.full_amounts[index])} for the role "
            f"{plain(SEGMENTS[row.segment][0])}."
        )

    def _per_award(self, component: PerAward, index: int, row: Row, source: Source, part: Part) -> None:
        stipend = self._stipend_of[component.code]
        cents, limit = self._plan.stipend_cents[stipend], component.at_most
        awards, count = source.paid_awards[stipend], row.stipend_counts[stipend]
        names = counted(min(count, limit), "micro-credential", "micro-credentials")
        part["reason"] = (
            f"{names} at {dollars(cents)} each: {dollars(row.full_amounts[index])}."
            if count
            else f"No micro-credential awarded in {self._plan.plan.plan_year} counts."
        )
        part["counted"] = [_award(award) for award in awards[:limit]]
        part["not_counted"] = _not_counted(component, source, awards)
        if count > limit:
            what = f"{in_words(count).capitalize()} were earned and at most {in_words(limit)} a year are paid."
            part["limits"].append(_limit_part("yearly_limit", (count - limit) * cents, what))

    def _limit(self, index: int, row: Row, limits: list[Part]) -> None:
        full, granted = row.full_amounts[index], row.granted_amounts[index]
        prorated, paid = row.prorated_amounts[index], row.amounts[index]
        if not row.gates_open[index]:
            unmet = unmet_gates(self._plan, index, row)
            what = f"Not paid, because {'this is' if len(unmet) == 1 else 'these are'} not met: {listed(unmet, 'and')}."
            limits.append(_limit_part("gates", full - granted, what))
        if prorated != granted:
            days = decimal_text(row.fte_days, places=2)
            what = (
                f"Prorated: {days} full-time days of the period's {self._plan.calendar.period_days} "
                f"make {dollars(granted)} into {dollars(prorated)}."
            )
            limits.append(_limit_part("proration", granted - prorated, what))
        if paid != prorated:
            cap = dollars(self._plan.total_cap or 0)
            what = f"The cap on the total of {cap} leaves {dollars(paid)} of {dollars(prorated)}."
            limits.append(_limit_part("total_cap", prorated - paid, what))


def unmet_gates(plan: CompiledPlan, index: int, row: Row) -> list[str]:
    """Titles of the gates that keep component `index` from being paid."""
    return [
        plan.plan.gates[gate].title
        for gate in plan.components[index].requires.tolist()
        if row.gate_applies[gate] and not row.gate_met[gate]
    ]


def _limit_part(kind: str, cents: int, reason: str) -> Part:
    return {"limit": kind, "reduced_by": amount(cents), "reason": reason}


def _award(award: YearAward) -> Part:
    return {"award_id": award.award_id, "credential": award.credential, "awarded_at": award.awarded_at}


def _not_counted(component: PerAward, source: Source, paid: Sequence[YearAward]) -> list[Part]:
    """Every other award of the plan year that the component looks at, in order of time, with the reason."""
    over_limit = f"At most {in_words(component.at_most)} a year are paid, the earliest first."
    wanted, kept = component.credentials, set(paid)
    left_out = [(award, over_limit) for award in paid[component.at_most :]]
    left_out += [(award, _REPEATED) for award in source.found.year_awards if award not in kept]
    left_out += [(YearAward(*award[:3]), _UNCOUNTED[award.reason]) for award in source.found.uncounted_awards]
    return [
        {**_award(award), "reason": reason}
        for award, reason in sorted(left_out)
        if wanted is None or award.credential in wanted
    ]


def _paid_roles(plan: CompiledPlan, index: int) -> str:
    """Who the component is for, with the subject groups where not all of a role are."""
    pays = plan.components[index].pays
    who: dict[str, list[str]] = {}
    for segment, (role, group) in enumerate(SEGMENTS):
        if pays[segment]:
            who.setdefault(plain(role), []).append(plain(group))
    groups = len({group for _, group in SEGMENTS})
    return listed(
        [role if len(held) == groups else f"{role} ({listed(held, 'or')})" for role, held in who.items()], "and"
    )
