"""What an educator could still earn in the plan year: gates to meet, the next band, micro-credentials up to
the limit, offers to accept.

There is no clock here, so a step says until when it is open, and the reader knows the day.
"""

from orjson import Fragment

from services.compensation.policy.evaluation.amounts import ByBand
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.conditions import BorderBands
from services.compensation.policy.evaluation.evaluate import Row
from services.compensation.policy.facts.offers import DECLINED, UNANSWERED
from services.compensation.policy.language.pay import PerAward
from services.compensation.policy.words.measures import MeasureWords
from services.compensation.policy.words.offers import OfferWords
from services.compensation.policy.words.texts import Memo, Part, amount, counted, dollars, listed, remember, standing
from shared.kernel.money import parse_amount


class NextSteps:
    """The next steps under one plan."""

    def __init__(self, plan: CompiledPlan, measures: MeasureWords, offers: OfferWords) -> None:
        self._plan = plan
        self._offers = offers
        self._measures = measures
        self._steps: Memo = {}
        self._stipend_of = {component.code: index for index, component in enumerate(plan.stipends)}
        self._position = {measure.code: at for at, measure in enumerate(plan.measures)}
        measured = (bands.measure for bands in plan.plan.bands)
        self._band_measures = sorted({self._position[code] for code in measured if code is not None})
        self._awards_until = _awards_until(plan)

    def steps(self, row: Row, *, is_final: bool = False) -> Fragment:
        """A step for each component that could pay more, with what it is worth within the cap on the total."""
        measures = [(row.numerators[at], row.denominators[at], row.measured[at]) for at in self._band_measures]
        key = (
            row.kind,
            row.total,
            tuple(row.gate_met),
            tuple(row.stipend_counts),
            tuple(row.open_amounts),
            tuple(row.bands),
            tuple(row.offers),
            tuple(measures),
            tuple(row.measured),
            tuple(row.in_groups),
            is_final,
        )
        made = self._steps.get(key)
        if made is None:
            made = remember(self._steps, key, self._all_steps(row, standing(is_final=is_final)))
        return made

    def _all_steps(self, row: Row, stands: str) -> list[Part]:
        cap = self._plan.total_cap
        room = None if cap is None else cap - row.total
        steps: list[Part] = []
        if not row.eligible or room == 0:
            return steps
        for index, component in enumerate(self._plan.plan.components):
            table = self._plan.components[index]
            if not table.pays[row.kind] or (table.offer is not None and row.offers[table.offer] == DECLINED):
                continue
            if not self._measures.reach.can_be_paid(component, row):
                continue
            amounts = table.amounts
            if not row.gates_open[index]:
                steps += self._gates(index, row, room, stands)
            if isinstance(amounts, ByBand):
                steps += self._next_band(component.code, amounts, row)
            elif isinstance(component, PerAward) and row.gates_open[index]:
                steps += self._more_awards(component, row, room)
        return steps + self._accept(row, room, stands)

    def _accept(self, row: Row, room: int | None, stands: str) -> list[Part]:
        """The offers that wait for an answer."""
        steps = []
        for at, offer in enumerate(self._plan.plan.offers):
            worth = self._offers.worth(at, row)
            if row.offers[at] == UNANSWERED and worth:
                text = f"Accepting {offer.title} {self._offers.until(offer)} pays {dollars(worth)}{stands}."
                steps.append(_step("accept_offer", None, text, _within(worth, room)))
        return steps

    def _gates(self, index: int, row: Row, room: int | None, stands: str) -> list[Part]:
        worth = row.open_amounts[index]
        if worth == 0:
            return []
        component = self._plan.plan.components[index]
        reach = self._measures.reach
        gates = listed(reach.titles(reach.unmet(component.requires, row)), "and")
        text = f"Meeting {gates} opens the {component.title}: {dollars(worth)}{stands}."
        return [_step("meet_gates", component.code, text, _within(worth, room))]

    def _next_band(self, code: str, amounts: ByBand, row: Row) -> list[Part]:
        table, bands = self._plan.bands[amounts.bands], self._plan.plan.bands[amounts.bands]
        at = row.bands[amounts.bands]
        if not isinstance(table, BorderBands) or at + 1 == len(bands.levels):
            return []
        if not self._measures.reach.measure_can_change(self._plan.measures[table.measure].code, row):
            return []
        following = bands.levels[at + 1]
        gain = int(amounts.amounts[row.kind, at + 1] - amounts.amounts[row.kind, at])
        if gain <= 0:
            return []
        text = (
            f"{self._plan.measures[table.measure].title} from {following.at_least} on reaches the band "
            f"{following.title}, worth {dollars(gain)} more for a full year; "
            f"it is {self._measures.value(table.measure, row)} now."
        )
        return [_step("reach_band", code, text, None)]

    def _more_awards(self, component: PerAward, row: Row, room: int | None) -> list[Part]:
        stipend = self._stipend_of[component.code]
        left = component.at_most - row.stipend_counts[stipend]
        if left <= 0:
            return []
        cents = parse_amount(component.amount)
        text = (
            f"{counted(left, 'more micro-credential', 'more micro-credentials')} awarded {self._awards_until} can earn "
            f"{dollars(cents)} each, {dollars(left * cents)} in all."
        )
        return [_step("earn_micro_credentials", component.code, text, _within(left * cents, room))]


def _step(code: str, component: str | None, text: str, worth: int | None) -> Part:
    return {"code": code, "component": component, "text": text, "worth": None if worth is None else amount(worth)}


def _within(cents: int, room: int | None) -> int:
    return cents if room is None else min(cents, room)


def _awards_until(plan: CompiledPlan) -> str:
    cut_offs = plan.plan.cut_offs
    if cut_offs is not None and cut_offs.awards is not None:
        return f"before {cut_offs.awards:%Y-%m-%d %H:%M} ({plan.plan.time_zone})"
    return f"in {plan.plan.plan_year}"
