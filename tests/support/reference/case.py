"""Gates, bands and money of one educator among all that there are."""

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import Any

from tests.support.reference.known import Known, half_up
from tests.support.reference.ladder import ladder_of
from tests.support.reference.measures import Measured, number

CENTS = 100
MILLION = Fraction(10**6)
MOST = Fraction(1_000_000_000)
"""Cents: ten million dollars, the most that one educator comes to in one component."""


class Case(Measured):
    """One educator who was rostered; `everybody` has all of them, this one too."""

    everybody: "list[Case]"

    def __init__(self, known: Known, campuses: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(known, campuses)
        self.eligible = known.role in known.eligible_roles
        self.gates_by_code = {gate["code"]: gate for gate in self.plan.get("gates", [])}
        self.bands_by_code = {bands["code"]: bands for bands in self.plan.get("bands", [])}
        self.gate = cache(self._gate)
        self._mean_of_group = cache(self._group_mean)

    def group_mean(self, code: str) -> Fraction | None:
        return self._mean_of_group(code)

    def _group_mean(self, code: str) -> Fraction | None:
        """To the millionth, or half of one more where the mean is not a whole number of them."""
        measure = self.measures[code]
        counted = [one for one in self.everybody if one.eligible and one.is_with(self, measure)]
        values = [value for one in counted if (value := one.rounded(measure["of"])) is not None]
        if not values:
            return None
        mean = sum((min(max(value, -MILLION), MILLION) for value in values), Fraction(0)) / len(values)
        millionths = mean * MILLION
        return mean if millionths.denominator == 1 else (floor(millionths) + Fraction(1, 2)) / MILLION

    def decide(self) -> dict[str, Any]:
        components, full = self.pay()
        return {
            "role": self.known.role,
            "group": self.known.group,
            "share": self.known.share(),
            "values": {code: self.value(code) for code in self.measures},
            "points": {
                code: self.points(code) or 0
                for code, part in self.measures.items()
                if "points" in part or "points_by_step" in part
            },
            "gates": {code: met for code in self.gates_by_code if (met := self.gate(code)) is not None},
            "full": full,
            "components": components,
            "total": sum(components.values()),
            **ladder_of(self),
        }

    # Gates and bands.

    def _gate(self, code: str) -> bool | None:
        """Whether it is met; None where it is not for this educator."""
        gate = self.gates_by_code[code]
        if not self.is_for(gate):
            return None
        if "any_of" in gate:
            asked = [met for one in gate["any_of"] if (met := self.gate(one)) is not None]
            return any(asked) if asked else None
        if "all_of" in gate:
            asked = [met for one in gate["all_of"] if (met := self.gate(one)) is not None]
            return all(asked) if asked else None
        value = self.value(gate["measure"])
        if value is None:
            return False
        if "top" in gate:
            return self._is_in_top(gate)
        return value >= Fraction(gate["at_least"]) if "at_least" in gate else value <= Fraction(gate["at_most"])

    def passes(self, codes: list[str]) -> bool:
        return all(self.gate(code) is not False for code in codes)

    def rounded(self, code: str) -> Fraction | None:
        value = self.value(code)
        return None if value is None else half_up(value, self.places)

    def _is_in_top(self, gate: dict[str, Any]) -> bool:
        top = gate["top"]
        rivals = [one for one in self.everybody if one.is_ranked(gate) and one.is_with(self, top)]
        if not self.passes(top.get("among", [])):
            return False
        border = border_of([one.rounded(gate["measure"]) or Fraction(0) for one in rivals], top["share"], top["ties"])
        mine = self.rounded(gate["measure"])
        return border is not None and mine is not None and mine >= border

    def is_ranked(self, gate: dict[str, Any]) -> bool:
        is_measured = self.value(gate["measure"]) is not None
        return self.eligible and self.is_for(gate) and is_measured and self.passes(gate["top"].get("among", []))

    def is_with(self, other: "Case", clause: dict[str, Any]) -> bool:
        """Whether both are at the same place, or in the same group; who has none on file is in none."""
        within = clause.get("within", "network")
        if "attribute" in within:
            group = self.known.word(within["attribute"])
            return group is not None and group == other.known.word(within["attribute"])
        return bool(self._place(within) == other._place(within))

    def _place(self, within: str) -> Any:
        if within == "network" or self.known.main is None:
            return None
        return self.known.main["campus_id" if within == "campus" else "district_id"]

    def band(self, code: str) -> str:
        bands = self.bands_by_code[code]
        levels = bands["levels"]
        if "measure" not in bands:
            return str([band["code"] for band in levels if self.passes(band.get("requires", []))][-1])
        if "share" in levels[0]:
            return self._band_by_share(bands)
        value = self.value(bands["measure"]) or Fraction(0)
        return str(
            [levels[0]["code"], *(band["code"] for band in levels[1:] if value >= Fraction(band["at_least"]))][-1]
        )

    def _band_by_share(self, bands: dict[str, Any]) -> str:
        levels, among, mine = bands["levels"], bands.get("among", []), self.rounded(bands["measure"])
        ranked = [
            value
            for one in self.everybody
            if one.eligible and one.passes(among) and (value := one.rounded(bands["measure"])) is not None
        ]
        reached = str(levels[0]["code"])
        for at in range(1, len(levels)):
            share = sum(Fraction(band["share"]) for band in levels[at:])
            border = border_of(ranked, share, "in" if bands["ties"] == "up" else "out")
            if mine is not None and border is not None and mine >= border:
                reached = levels[at]["code"]
        return reached

    # Money.

    def pay(self) -> tuple[dict[str, int], dict[str, int]]:
        """Cents that each component pays, and its full amount."""
        worth = {component["code"]: self.worth(component) for component in self.plan["components"]}
        through = {code for one in self.plan["components"] if one["pay"] == "greatest_of" for code in one["of"]}
        cap = self.plan.get("total_cap")
        left = Fraction(cap["at_most"]) * CENTS if cap else None
        paid: dict[str, int] = {}
        for component in self.plan["components"]:
            cents = Fraction(0) if component["code"] in through else worth[component["code"]]
            if left is not None:
                cents = min(cents, left)
                left -= cents
            paid[component["code"]] = int(cents)
        full = {one["code"]: int(self.full(one)) if self.is_paid(one) else 0 for one in self.plan["components"]}
        return paid, full

    def is_paid(self, component: dict[str, Any]) -> bool:
        return self.eligible and self.is_for(component)

    def is_taken(self, component: dict[str, Any]) -> bool:
        """It is no offer, or the offer was accepted."""
        answers = self.known.attribute("offer", self.known.first_year)
        return "offer" not in component or answers.get(component["offer"]) == "accepted"

    def worth(self, component: dict[str, Any]) -> Fraction:
        """Cents after gates, days, day of hire, rounding, the component's own cap and hold-harmless."""
        if not self.is_paid(component):
            return Fraction(0)
        taken = self.is_taken(component)
        cents = self.full(component) if taken and self.passes(component.get("requires", [])) else Fraction(0)
        if component["prorates"] == "true":
            cents *= self._worked(component)
        if "by_hire" in component:
            cents *= self._hire_share(component["by_hire"])
        unit = 100 if component.get("rounds_to", self.plan["rounding"]["amounts"]) == "dollar" else 1
        is_shared = component["pay"] == "pot"
        cents = Fraction(floor(cents / unit) if is_shared else half_up(cents / unit)) * unit
        if "at_most_each" in component:
            cents = min(cents, Fraction(component["at_most_each"]) * CENTS)
        if taken and "hold_harmless" in component:
            cents = max(cents, self._dollars(component["hold_harmless"]))
        return cents

    def _worked(self, component: dict[str, Any]) -> Fraction:
        """The share of the period, or the FTE, that the component goes by."""
        known, by_fte = self.known, component.get("prorated_by") == "fte"
        campuses = self._campuses_that_count(component["on_campuses"]) if "on_campuses" in component else None
        groups: list[set[str] | None] = [None] if campuses is None else [{campus} for campus in sorted(campuses)]
        if not by_fte:
            return known.share_on(campuses)
        means = [
            half_up(known.fte_days(one) / days, 6) if (days := known.days_on(one)) else Fraction(0) for one in groups
        ]
        return min(sum(means, Fraction(0)), Fraction(1))

    def _campuses_that_count(self, rule: dict[str, Any]) -> set[str]:
        counted = set()
        for campus in {part["campus_id"] for part in self.known.roster["assignments"]}:
            value = number(self.campuses.get(campus, {}).get(rule["attribute"]))
            is_high = value is not None and value >= Fraction(rule["at_least"])
            if is_high and self.known.days_on({campus}) >= int(rule.get("days_at_least", 0)):
                counted.add(campus)
        return counted

    def _hire_share(self, steps: list[dict[str, Any]]) -> Fraction:
        hired_on = self.known.roster["hired_on"]
        held = [step["share"] for step in steps if hired_on and hired_on <= step["hired_by"]]
        return Fraction(held[0]) if held else Fraction(0)

    def _dollars(self, measure: str) -> Fraction:
        """A measure in dollars, in cents rounded half up."""
        return min(max(half_up((self.value(measure) or Fraction(0)) * CENTS), Fraction(0)), MOST)

    def full(self, component: dict[str, Any]) -> Fraction:
        """Cents before gates and proration."""
        return min(self._full(component), MOST)

    def _full(self, component: dict[str, Any]) -> Fraction:
        pay = component["pay"]
        if pay == "pot":
            return self._pot(component)
        if pay == "greatest_of":
            return max(self.worth(one) for one in self.plan["components"] if one["code"] in component["of"])
        if pay == "percent_of":
            return self._percent(component)
        return self._table_or_units(component) * CENTS

    def _table_or_units(self, component: dict[str, Any]) -> Fraction:
        pay, amounts = component["pay"], component.get("amounts", {})
        if pay == "flat":
            return Fraction(component["amount"])
        if pay == "banded":
            return Fraction(amounts[self.band(component["bands"])])
        if pay == "matrix":
            return Fraction(amounts[self.known.role][self.band(component["bands"])])
        if pay == "grid":
            return Fraction(amounts[self.band(component["rows"])][self.band(component["columns"])])
        if pay == "per_unit":
            return self._units(component)
        credentials = [credential for _, _, credential in self.known.year_awards()]
        if "credentials" in component:
            credentials = [code for code in credentials if code in component["credentials"]]
        count = len(set(credentials)) if component["each"] == "credential" else len(credentials)
        return Fraction(component["amount"]) * min(count, int(component["at_most"]))

    def _units(self, component: dict[str, Any]) -> Fraction:
        value = self.value(component["measure"])
        if value is None:
            return Fraction(0)
        terms = component["by_band"][self.band(component["bands"])] if "bands" in component else component
        counted = min(max(value, Fraction(0)), Fraction(component["at_most"]))
        return Fraction(terms.get("base", 0)) + half_up(counted * Fraction(terms["amount"]), 2)

    def _percent(self, component: dict[str, Any]) -> Fraction:
        if "index" in component:
            [index] = [one for one in self.plan["indexes"] if one["code"] == component["index"]]
            base = Fraction(index["amount"]) * CENTS
        elif "component" in component:
            [base] = [self.worth(one) for one in self.plan["components"] if one["code"] == component["component"]]
        else:
            base = self._dollars(component["measure"])
        return half_up(base * Fraction(component["percent"]) / 100)

    def _pot(self, component: dict[str, Any]) -> Fraction:
        sharers = [one for one in self.everybody if one.shares(component) and one.is_with(self, component)]
        in_all = sum((one.pot_units(component) for one in sharers), Fraction(0))
        if in_all == 0:
            return Fraction(0)
        total = self._dollars(component["total_measure"]) if "total_measure" in component else component["total"]
        cents = total if "total_measure" in component else Fraction(total) * CENTS
        return Fraction(floor(cents * self.pot_units(component) / in_all))

    def shares(self, component: dict[str, Any]) -> bool:
        return self.is_paid(component) and self.is_taken(component) and self.passes(component.get("requires", []))

    def pot_units(self, component: dict[str, Any]) -> Fraction:
        if component["shared"] == "equally":
            return Fraction(1)
        if component["shared"] == "by_full_time_days":
            return self.known.share() * ((self.known.ends - self.known.begins).days + 1)
        return Fraction(component["units"][self.band(component["bands"])])


def border_of(values: list[Fraction], share: Any, ties: str) -> Fraction | None:
    """The lowest value in the top share; None where nobody is in it.

    Ties in: the highest value that at least the share reaches. Ties out: the lowest that at most the share reaches.
    """
    wanted = Fraction(share) * len(values)
    reached = {value: len([one for one in values if one >= value]) for value in values}
    if ties == "in":
        return max((value for value, count in reached.items() if count >= ceil(wanted)), default=None)
    return min((value for value, count in reached.items() if count <= floor(wanted)), default=None)
