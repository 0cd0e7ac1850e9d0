"""A second, slow and obvious evaluator of plans, written from the plan document and the raw events alone.

It imports nothing of the policy it judges: exact fractions, one educator, one day and one award at a time.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import yaml

Plan = dict[str, Any]
Event = tuple[str, dict[str, Any]]
"""The type of a published event, and its payload as decoded JSON."""

ID_FIELD = {
    "rung.evaluation.educator.rostered.v1": "",
    "rung.evaluation.observation.finalized.v1": "observation_id",
    "rung.evaluation.observation.amended.v1": "observation_id",
    "rung.evaluation.growth.scored.v1": "growth_id",
    "rung.evaluation.summative.rated.v1": "summative_id",
    "rung.slo.slo.approved.v1": "slo_id",
    "rung.slo.slo.scored.v1": "slo_id",
    "rung.credentials.award.earned.v1": "award_id",
    "rung.credentials.award.revoked.v1": "award_id",
}


def read_raw_plan(text: str) -> Plan:
    """The document with every value as the text that stands in it."""
    document: Plan = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - the safest loader: it makes text only
    return document


def reference(plan: Plan, events: Sequence[Event]) -> dict[str, Any] | None:
    """All that is decided for one educator, amounts in cents; None for who was never rostered."""
    standing: dict[tuple[str, str], Event] = {}
    for event_type, data in events:
        subject = ID_FIELD[event_type]
        key = (subject, data[subject] if subject else "")
        if key not in standing or data["version"] > standing[key][1]["version"]:
            standing[key] = (event_type, data)
    if ("", "") not in standing:
        return None
    return _Case(plan, standing).decide()


def half_up(value: Fraction, places: int = 0) -> Fraction:
    shifted = value * 10**places + Fraction(1, 2)
    return Fraction(shifted.numerator // shifted.denominator, 10**places)


class _Case:
    def __init__(self, plan: Plan, standing: dict[tuple[str, str], Event]) -> None:
        self.plan = plan
        self.standing = standing
        self.roster = standing["", ""][1]
        self.zone = ZoneInfo(plan["time_zone"])
        first_year = int(plan["plan_year"][:4])
        self.first_year = first_year
        self.year_begins = datetime(first_year, 7, 1, tzinfo=self.zone).astimezone(UTC)
        self.year_ends = datetime(first_year + 1, 7, 1, tzinfo=self.zone).astimezone(UTC)
        period = plan["performance_period"]
        self.begins, self.ends = date.fromisoformat(period["begins_on"]), date.fromisoformat(period["ends_on"])
        self.on = date.fromisoformat(period["reference_on"])
        self.eligible_roles = plan["eligibility"]["roles"]
        self.role, self.group = self._who()
        self.measures = {measure["code"]: measure for measure in plan.get("measures", [])}

    def of(self, id_field: str) -> list[Event]:
        return [event for (field, _), event in self.standing.items() if field == id_field]

    # Who the educator is, and how much of the period was worked.

    def _last_day(self, part: dict[str, Any]) -> date:
        ends = [date.fromisoformat(day) for day in (part["ends_on"], self.roster["ended_on"]) if day]
        return min(ends, default=date.max)

    def _days(self, part: dict[str, Any]) -> list[date]:
        first, last = date.fromisoformat(part["begins_on"]), self._last_day(part)
        if last < first:
            return []
        count = (self.ends - self.begins).days + 1
        days = [self.begins + timedelta(days=number) for number in range(count)]
        return [day for day in days if first <= day <= last]

    def _who(self) -> tuple[str | None, str | None]:
        here = [part for part in self.roster["assignments"] if self._days(part)]
        chosen = [part for part in here if part["role"] in self.eligible_roles] or here
        if not chosen:
            return None, None
        today = [part for part in chosen if date.fromisoformat(part["begins_on"]) <= self.on <= self._last_day(part)]
        chosen = today or chosen
        latest = max(min(self._last_day(part), self.on) for part in chosen)
        chosen = [part for part in chosen if min(self._last_day(part), self.on) == latest]
        chosen = [part for part in chosen if part["is_primary"]] or chosen
        chosen.sort(key=lambda part: (part["begins_on"], part["assignment_id"]))
        return chosen[-1]["role"], chosen[-1]["subject_group"]

    def share(self) -> Fraction:
        """FTE of each day, never above one, summed over the days of the period and divided by them."""
        by_day: dict[date, Fraction] = {}
        for part in self.roster["assignments"]:
            if part["role"] in self.eligible_roles:
                fte = min(max(Fraction(part["full_time_equivalent"]), Fraction(0)), Fraction(1))
                for day in self._days(part):
                    by_day[day] = by_day.get(day, Fraction(0)) + fte
        total = sum((min(fte, Fraction(1)) for fte in by_day.values()), Fraction(0))
        return total / ((self.ends - self.begins).days + 1)

    def days_employed(self) -> int:
        parts = [part for part in self.roster["assignments"] if part["role"] in self.eligible_roles]
        return len({day for part in parts for day in self._days(part)})

    def years_of_service(self) -> int:
        if not self.roster["hired_on"]:
            return 0
        hired, until = date.fromisoformat(self.roster["hired_on"]), self.on
        if self.roster["ended_on"]:
            until = min(until, date.fromisoformat(self.roster["ended_on"]))
        years = 0
        while (hired.year + years + 1, hired.month, hired.day) <= (until.year, until.month, until.day):
            years += 1
        return years

    # What counts.

    def _before_cut_off(self, kind: str, day: str) -> bool:
        cut_off = self.plan.get("cut_offs", {}).get(kind)
        return cut_off is None or datetime.combine(date.fromisoformat(day), time()) < datetime.fromisoformat(cut_off)

    def observations(self) -> list[dict[str, Any]]:
        found = [data for _, data in self.of("observation_id") if data["school_year"] == self.plan["plan_year"]]
        return [data for data in found if self._before_cut_off("observations", data["observed_on"])]

    def slos(self) -> list[dict[str, Any]]:
        found = [data for _, data in self.of("slo_id") if data["school_year"] == self.plan["plan_year"]]
        return [data for data in found if self._before_cut_off("slos", data["approved_on"])]

    def valid_awards(self) -> list[tuple[datetime, str, str]]:
        """Awards up to the end of the plan year that were neither revoked nor expire within it."""
        valid = []
        for event_type, data in self.of("award_id"):
            at = datetime.fromisoformat(data["awarded_at"])
            expires = datetime.fromisoformat(data["expires_at"]) if data["expires_at"] else None
            if event_type.endswith("earned.v1") and at < self.year_ends and (not expires or expires >= self.year_ends):
                valid.append((at, data["award_id"], data["credential"]))
        return sorted(valid)

    def year_awards(self) -> list[tuple[datetime, str, str]]:
        awards = [award for award in self.valid_awards() if award[0] >= self.year_begins]
        cut_off = self.plan.get("cut_offs", {}).get("awards")
        if cut_off is None:
            return awards
        return [award for award in awards if award[0] < datetime.fromisoformat(cut_off).replace(tzinfo=self.zone)]

    def ratings(self) -> dict[int, tuple[int, Fraction]]:
        best: dict[int, tuple[int, Fraction]] = {}
        for _, data in self.of("summative_id"):
            year = int(data["school_year"][:4])
            rating = (data["rating_level"], Fraction(data["score"]))
            if year <= self.first_year and (year not in best or rating > best[year]):
                best[year] = rating
        return best

    # Measures, points, gates.

    def value(self, code: str) -> Fraction | None:
        """The exact value of a measure; None where there is nothing to measure."""
        measure = self.measures[code]
        take = measure["take"]
        values: list[Fraction]
        if take == "observation_mean":
            scores = [score for observation in self.observations() for score in observation["scores"]]
            values = [Fraction(score["level"]) for score in scores if score["domain"] in measure["domains"]]
        elif take == "growth_percent":
            found = [data for _, data in self.of("growth_id") if data["school_year"] == self.plan["plan_year"]]
            if "measures" in measure:
                found = [data for data in found if data["measure"] in measure["measures"]]
            values = [Fraction(data["percent_met"]) for data in found]
            if values and measure["combine"] == "best":
                values = [max(values)]
        elif take == "slo_mean_score":
            values = [Fraction(slo["score"]) for slo in self.slos() if slo["score"] is not None]
        elif take == "slo_mean_attainment":
            percents = [slo["attainment_percent"] for slo in self.slos()]
            values = [Fraction(percent) for percent in percents if percent is not None]
        elif take in ("summative_score", "summative_level"):
            rating = self.ratings().get(self.first_year)
            values = [] if rating is None else [rating[1] if take == "summative_score" else Fraction(rating[0])]
        elif take == "weighted":
            return self.points(code)
        else:
            values = [Fraction(self._count(take))]
        return sum(values, Fraction(0)) / len(values) if values else None

    def _count(self, take: str) -> int:
        return {
            "observation_count": lambda: len(self.observations()),
            "slo_count": lambda: len(self.slos()),
            "slo_scored_count": lambda: len([slo for slo in self.slos() if slo["score"] is not None]),
            "credential_count": lambda: len({credential for _, _, credential in self.year_awards()}),
            "days_employed": self.days_employed,
            "years_of_service": self.years_of_service,
        }[take]()

    def points(self, code: str) -> Fraction | None:
        measure = self.measures[code]
        places = int(self.plan["rounding"]["points_places"])
        if measure["take"] == "weighted":
            rows = [row for row in measure["weights"] if self.is_for(row)]
            if not rows:
                return None
            parts = [(Fraction(weight), self.points(of)) for of, weight in rows[0]["of"].items()]
            return half_up(sum((weight * (points or 0) for weight, points in parts), Fraction(0)), places)
        value = self.value(code)
        if value is None:
            return None
        none_at, all_at = Fraction(measure["points"]["none_at"]), Fraction(measure["points"]["all_at"])
        share = (min(max(value, none_at), all_at) - none_at) / (all_at - none_at)
        return half_up(share * 100, places)

    def is_for(self, clause: dict[str, Any]) -> bool:
        who = clause.get("applies_to", {})
        if self.role is None:
            return False
        return self.role in who.get("roles", [self.role]) and self.group in who.get("subject_groups", [self.group])

    def gates(self) -> dict[str, bool]:
        met = {}
        for gate in self.plan.get("gates", []):
            value = self.value(gate["measure"])
            if not self.is_for(gate):
                continue
            if value is None:
                met[gate["code"]] = False
            elif "at_least" in gate:
                met[gate["code"]] = value >= Fraction(gate["at_least"])
            else:
                met[gate["code"]] = value <= Fraction(gate["at_most"])
        return met

    # Money and ladder.

    def decide(self) -> dict[str, Any]:
        gates = self.gates()
        components, full = {}, {}
        cap = self.plan.get("total_cap")
        left = Fraction(cap["at_most"]) * 100 if cap else None
        for component in self.plan["components"]:
            is_paid = self.role in self.eligible_roles and self.is_for(component)
            cents = self._dollars(component) * 100 if is_paid else Fraction(0)
            full[component["code"]] = int(cents)
            if not all(gates.get(code, True) for code in component.get("requires", [])):
                cents = Fraction(0)
            if component["prorates"] == "true":
                cents = half_up(cents * self.share())
            if left is not None:
                cents = min(cents, left)
                left -= cents
            components[component["code"]] = int(cents)
        return {
            "role": self.role,
            "group": self.group,
            "share": self.share(),
            "values": {code: self.value(code) for code in self.measures},
            "points": {code: self.points(code) or 0 for code, part in self.measures.items() if "points" in part},
            "gates": gates,
            "full": full,
            "components": components,
            "total": sum(components.values()),
            "rung": self.rung(),
        }

    def _dollars(self, component: dict[str, Any]) -> Fraction:
        if component["pay"] == "matrix":
            bands = next(bands for bands in self.plan["bands"] if bands["code"] == component["bands"])
            value = self.value(bands["measure"]) or Fraction(0)
            reached = [band["code"] for band in bands["levels"] if value >= Fraction(band["at_least"])]
            return Fraction(component["amounts"][self.role][reached[-1]])
        credentials = [credential for _, _, credential in self.year_awards()]
        if "credentials" in component:
            credentials = [code for code in credentials if code in component["credentials"]]
        count = len(set(credentials)) if component["each"] == "credential" else len(credentials)
        return Fraction(component["amount"]) * min(count, int(component["at_most"]))

    def rung(self) -> str:
        reached = None
        for rung in self.plan["ladder"]["rungs"]:
            if not all(self._has(need) for need in rung.get("requires", [])):
                break
            reached = rung["code"]
        assert reached is not None
        return str(reached)

    def _has(self, need: dict[str, Any]) -> bool:
        held = {credential for _, _, credential in self.valid_awards()}
        if need["need"] == "role":
            return self.role in need["any_of"]
        if need["need"] == "years_of_service":
            return self.years_of_service() >= int(need["at_least"])
        if need["need"] == "credentials":
            return len(held & set(need.get("of", held))) >= int(need["at_least"])
        if need["need"] == "pathway":
            wanted = [pathway for pathway in self.plan["pathways"] if pathway["code"] in need["any_of"]]
            return any(set(pathway["credentials"]) <= held for pathway in wanted)
        years = range(self.first_year - int(need["within"]) + 1, self.first_year + 1)
        good = [year for year in years if year in self.ratings() and self.ratings()[year][0] >= int(need["level"])]
        return len(good) >= int(need["years"])
