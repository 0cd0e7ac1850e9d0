"""What a statement says of each component: amount, the sentence that leads to it, what was counted, what limited it."""

from collections.abc import Sequence

from orjson import Fragment

from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.components import ComponentTable
from services.compensation.policy.evaluation.evaluate import Row
from services.compensation.policy.evaluation.reading import Source
from services.compensation.policy.evaluation.settlement import Settlement
from services.compensation.policy.exact import SCALE, decimal_text, millionths
from services.compensation.policy.facts.gather import YearAward
from services.compensation.policy.language.pay import (
    Banded,
    BaseAndAmount,
    Component,
    Flat,
    GreatestOf,
    Grid,
    Matrix,
    PerAward,
    PercentOf,
    PerUnit,
    Pot,
)
from services.compensation.policy.language.people import WithinGroup, YearsOnCampus
from services.compensation.policy.words.groups import place_of
from services.compensation.policy.words.looked_at import measures_of
from services.compensation.policy.words.measures import MeasureWords
from services.compensation.policy.words.offers import OfferWords
from services.compensation.policy.words.texts import (
    Memo,
    Part,
    amount,
    counted,
    dollars,
    in_words,
    listed,
    none_on_file,
    plain,
    remember,
    standing,
    whole_of,
)
from shared.events.evaluation import StaffRole, SubjectGroup
from shared.kernel.money import parse_amount

_UNCOUNTED = {
    "revoked": "It was revoked.",
    "expired": "It expired before the end of the plan year.",
    "after_cut_off": "It was awarded after the cut-off.",
}
_REPEATED = "The same micro-credential was awarded before in this plan year, and each pays once."


class ComponentWords:
    """The words of one plan's components."""

    def __init__(self, plan: CompiledPlan, measures: MeasureWords, offers: OfferWords) -> None:
        self._plan = plan
        self._offers = offers
        self._measures = measures
        self._bands = {bands.code: at for at, bands in enumerate(plan.plan.bands)}
        self._components = {component.code: at for at, component in enumerate(plan.plan.components)}
        self._position = {measure.code: at for at, measure in enumerate(plan.measures)}
        self._stipend_of = {component.code: index for index, component in enumerate(plan.stipends)}
        self._paid_by = {
            code: one.title for one in plan.plan.components if isinstance(one, GreatestOf) for code in one.of
        }
        self._only_for = [f"Paid to {_paid_roles(plan, index)} only." for index in range(len(plan.components))]
        self._looks_at = [
            sorted(self._position[code] for code in measures_of(plan.plan, one)) for one in plan.plan.components
        ]
        self._names_gates = any(bands.among for bands in plan.plan.bands)
        self._parts: Memo = {}

    def components(self, row: Row, source: Source, settlement: Settlement, *, is_final: bool = False) -> list[Fragment]:
        """A part for every component of the plan, those that pay nothing included; `is_final` is the settlement."""
        gates = tuple(row.gate_met) if self._names_gates else ()
        parts = []
        for index, component in enumerate(self._plan.plan.components):
            depends: object
            if isinstance(component, PerAward):
                found = source.found
                awards = tuple(source.paid_awards[self._stipend_of[component.code]])
                depends = (awards, tuple(found.year_awards), tuple(found.uncounted_awards))
            elif isinstance(component, GreatestOf) or (isinstance(component, PercentOf) and component.component):
                depends = tuple(row.prorated_amounts)
            else:
                looked_at = [
                    (row.numerators[at], row.denominators[at], row.measured[at]) for at in self._looks_at[index]
                ]
                depends = (tuple(looked_at), tuple(row.bands), tuple(row.in_groups), gates)
            shared = _shared(component, source, settlement)
            key: tuple[object, ...] = (
                index,
                row.kind,
                depends,
                (shared, is_final) if isinstance(component, Pot) else None,
                row.full_amounts[index],
                row.granted_amounts[index],
                row.timed_amounts[index],
                row.prorated_amounts[index],
                row.counted_amounts[index],
                row.amounts[index],
                row.fte_days,
                tuple(row.worked),
                source.found.employment.hired_on if component.by_hire else None,
                None if row.gates_open[index] else tuple(row.gate_met),
                None if component.offer is None else (tuple(row.offers), row.open_amounts[index]),
            )
            part = self._parts.get(key)
            if part is None:
                part = remember(self._parts, key, self._component(index, row, source, shared, is_final=is_final))
            parts.append(part)
        return parts

    def _component(self, index: int, row: Row, source: Source, shared: int, *, is_final: bool) -> Part:
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
        if not self._plan.components[index].pays[row.kind]:
            return part
        if isinstance(component, PerAward):
            self._per_award(component, index, row, source, part)
        elif isinstance(component, Pot):
            part["reason"] = self._pot(component, index, row, shared, is_final=is_final)
        else:
            part["reason"] = self._reason(component, index, row)
        if component.offer is not None and row.gates_open[index] and row.taken[index]:
            part["reason"] += f" {self._of_offer(index, row)}"
        self._limit(component, index, row, source, part["limits"])
        part["reason"] = " ".join([part["reason"], *(limit["reason"] for limit in part["limits"])])
        return part

    def _reason(self, component: Component, index: int, row: Row) -> str:  # noqa: PLR0911 - one for each kind
        full = dollars(row.full_amounts[index])
        match component:
            case Matrix():
                role = plain(self._plan.people.kinds[row.kind].role)
                return f"{self.in_band(component.bands, row)}, which is worth {full} for the role {role}."
            case Banded():
                return f"{self.in_band(component.bands, row)}, which is worth {full}."
            case Grid():
                both = f"{self.in_band(component.rows, row)} and {self.in_band(component.columns, row)}"
                return f"{both}, which together are worth {full}."
            case PerUnit():
                return self._per_unit(component, index, row)
            case PercentOf():
                return f"{component.percent} % of {self._base_of(component, row)}: {full}."
            case GreatestOf():
                return self._greatest(component, index, row)
            case Flat() | PerAward() | Pot():
                return f"The amount is {full}."

    def in_band(self, code: str, row: Row) -> str:
        """The band of a band set that the educator is in, and why."""
        at = self._bands[code]
        bands = self._plan.plan.bands[at]
        level = bands.levels[row.bands[at]]
        if bands.measure is None:
            return f"The level of {bands.title} is {level.title}"
        measure = self._position[bands.measure]
        value = f"{self._plan.measures[measure].title} {self._measures.value(measure, row)}"
        if level.share is not None:
            share = decimal_text(100 * millionths(level.share))
            drawn = f"{value} is in the band {level.title} (the {share} % of all that it is drawn for"
            unmet = self._measures.reach.titles(self._measures.reach.unmet_among(bands.among, row))
            if not unmet:
                return f"{drawn})"
            are = "is" if len(unmet) == 1 else "are"
            return f"{drawn}: those who meet {listed(unmet, 'and')}, which {are} not met)"
        border = f"from {level.at_least}" if level.below is None else f"from {level.at_least} to below {level.below}"
        return f"{value} is in the band {level.title} ({border})"

    def _per_unit(self, component: PerUnit, index: int, row: Row) -> str:
        at = self._position[component.measure]
        value = self._measures.value(at, row)
        title = self._plan.measures[at].title
        if not row.measured[at]:
            return f"{title}: {value}."
        terms: PerUnit | BaseAndAmount = component
        before = ""
        if component.bands is not None and component.by_band is not None:
            bands = self._bands[component.bands]
            terms = component.by_band[self._plan.plan.bands[bands].levels[row.bands[bands]].code]
            before = f"{self.in_band(component.bands, row)}. "
        base, each = parse_amount(terms.base or "0.00"), parse_amount(terms.amount or "0.00")
        sum_of = f"{dollars(base)} and {dollars(each)}" if base else dollars(each)
        limit = f" (up to {component.at_most} count)"
        return f"{before}{sum_of} times {title} {value}{limit}: {dollars(row.full_amounts[index])}."

    def _base_of(self, component: PercentOf, row: Row) -> str:
        if component.measure is not None:
            at = self._position[component.measure]
            return f"{self._plan.measures[at].title} ({self._measures.value(at, row)})"
        if component.component is not None:
            of = self._components[component.component]
            return f"{self._plan.plan.components[of].title} ({dollars(row.prorated_amounts[of])})"
        index = next(one for one in self._plan.plan.indexes if one.code == component.index)
        return f"{index.title} ({dollars(parse_amount(index.amount))})"

    def _greatest(self, component: GreatestOf, index: int, row: Row) -> str:
        places = [self._components[code] for code in component.of]
        ways = [(self._plan.plan.components[at], row.prorated_amounts[at]) for at in places]
        named = listed([f"{one.title} {dollars(cents)}" for one, cents in ways], "and")
        return f"The greatest of {named}: {dollars(row.full_amounts[index])}."

    def _pot(self, component: Pot, index: int, row: Row, shared: int, *, is_final: bool) -> str:
        """`shared` is how many units share it where the educator's group does, 0 where that is not known."""
        if (outside := self._measures.reach.outside(component.within, row)) is not None:
            return f"Nothing is shared, for {none_on_file(outside)}."
        how = {
            "equally": "equally",
            "by_full_time_days": "by full-time days",
            "by_units": "by the units of each band",
        }[component.shared]
        if component.total_measure is None:
            total = f"{dollars(parse_amount(component.total or '0.00'))} are"
        else:
            at = self._position[component.total_measure]
            total = f"{self._plan.measures[at].title} ({self._measures.value(at, row)}) is"
        whom = "all" if component.within == "network" else f"all of the {whole_of(component.within)}"
        in_all, meet = "", "meet"
        if shared and component.shared == "equally":
            whom, meet = f"the {shared} of the {whole_of(component.within)}", "meets" if shared == 1 else "meet"
        elif shared and component.shared == "by_units":
            in_all = f", {counted(shared, 'unit', 'units')} in all"
        elif shared:
            in_all = f", {decimal_text(shared, places=2)} days in all"
        told = f"{total} shared {how} among {whom} who {meet} its gates{in_all}"
        return f"{told}; a share{standing(is_final=is_final)} is {dollars(row.full_amounts[index])}."

    def _per_award(self, component: PerAward, index: int, row: Row, source: Source, part: Part) -> None:
        stipend = self._stipend_of[component.code]
        cents, limit = parse_amount(component.amount), component.at_most
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

    def _limit(self, component: Component, index: int, row: Row, source: Source, limits: list[Part]) -> None:
        full, granted = row.full_amounts[index], row.granted_amounts[index]
        prorated, paid = row.prorated_amounts[index], row.amounts[index]
        if not row.gates_open[index]:
            unmet = self._measures.reach.titles(self._measures.reach.unmet(component.requires, row))
            what = f"Not paid, because {'this is' if len(unmet) == 1 else 'these are'} not met: {listed(unmet, 'and')}."
            limits.append(_limit_part("gates", full - granted, what))
        elif not row.taken[index]:
            limits.append(_limit_part("offer", full - granted, self._of_offer(index, row)))
        timed, cap = row.timed_amounts[index], self._plan.components[index].at_most
        if timed != granted:
            limits.append(_limit_part("proration", granted - timed, self._timed(component, index, row, source)))
        capped = timed if cap is None else min(timed, cap)
        if capped != timed:
            what = f"At most {dollars(capped)} of it is paid to one educator."
            limits.append(_limit_part("component_cap", timed - capped, what))
        if prorated != capped:
            what = f"Held harmless: it pays no less than {dollars(prorated)}."
            limits.append(_limit_part("hold_harmless", capped - prorated, what))
        if row.counted_amounts[index] != prorated:
            what = f"It is paid through {self._paid_by[component.code]}."
            limits.append(_limit_part("paid_through", prorated, what))
        elif paid != prorated:
            cap_in_all = dollars(self._plan.total_cap or 0)
            what = f"The cap on the total of {cap_in_all} leaves {dollars(paid)} of {dollars(prorated)}."
            limits.append(_limit_part("total_cap", prorated - paid, what))

    def _of_offer(self, index: int, row: Row) -> str:
        at = self._plan.components[index].offer
        return "" if at is None else self._offers.of_component(at, row, row.open_amounts[index])

    def _worked(self, component: Component, table: ComponentTable, row: Row) -> str:
        worked = decimal_text(row.fte_days if table.worked is None else row.worked[table.worked], places=2)
        rule, there = component.on_campuses, ""
        if rule is not None:
            there = f" on campuses with {plain(rule.attribute)} of {rule.at_least} or more"
            there += f" and at least {rule.days_at_least} days there" if rule.days_at_least else ""
        if component.prorated_by == "fte":
            return f"an FTE of {worked}{there}"
        return f"{worked} full-time days{there} of the period's {self._plan.calendar.period_days}"

    def _timed(self, component: Component, index: int, row: Row, source: Source) -> str:
        """Days and FTE, day of hire, rounding: whatever of them the component goes by."""
        table, why = self._plan.components[index], []
        if component.prorates:
            why.append(self._worked(component, table, row))
        if table.hire is not None:
            percent = decimal_text(100 * SCALE * row.hire_shares[table.hire] // table.hire_whole)
            hired_on = source.found.employment.hired_on
            why.append(f"{percent} % for the day of hire {hired_on}" if hired_on else "no day of hire on file")
        if table.unit != 1:
            why.append("rounding to whole dollars")
        makes = "makes" if len(why) == 1 and component.prorated_by == "fte" else "make"
        made = f"{makes} {dollars(row.granted_amounts[index])} into {dollars(row.timed_amounts[index])}"
        return f"Prorated: {listed(why, 'and')} {made}."


def _shared(component: Component, source: Source, settlement: Settlement) -> int:
    """How many units share a pot in the educator's group; 0 of any other component."""
    if not isinstance(component, Pot) or not isinstance(component.within, WithinGroup):
        return 0
    return settlement.pot_units.get(component.code, {}).get(place_of(component.within, source.found), 0)


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
    """Who the component is for: the roles, with the subject groups where not all are meant, and what else it asks."""
    rule = plan.plan.components[index].applies_to
    roles = [role for role in StaffRole if role in plan.plan.eligibility.roles and role in (rule.roles or StaffRole)]
    groups = [group for group in SubjectGroup if group in (rule.subject_groups or SubjectGroup)]
    some = "" if len(groups) == len(SubjectGroup) else f" ({listed([plain(group) for group in groups], 'or')})"
    who = listed([f"{plain(role)}{some}" for role in roles], "and")
    years = rule.years_on_campus
    asked = [] if years is None else [_years_on_campus(years)]
    asked += [f"{plain(code)} {listed(words, 'or')}" for code, words in (rule.attributes or {}).items()]
    return f"{who} with {listed(asked, 'and')}" if asked else who


def _years_on_campus(years: YearsOnCampus) -> str:
    if years.below is None:
        return f"{years.at_least} or more years on campus"
    if not years.at_least:
        return f"fewer than {years.below} years on campus"
    return f"{years.at_least} to fewer than {years.below} years on campus"
