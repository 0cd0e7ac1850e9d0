"""What the raw events say of one educator in one plan year, one day and one award at a time."""

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
    "rung.compensation.attribute.recorded.v1": "attribute_id",
    "rung.compensation.placement.recorded.v1": "placement_id",
}


def read_raw_plan(text: str) -> Plan:
    """The document with every value as the text that stands in it."""
    document: Plan = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - the safest loader: it makes text only
    return document


def half_up(value: Fraction, places: int = 0) -> Fraction:
    shifted = value * 10**places + Fraction(1, 2)
    return Fraction(shifted.numerator // shifted.denominator, 10**places)


def standing(events: Sequence[Event]) -> dict[tuple[str, str], Event]:
    """Of each thing the event of the highest version."""
    found: dict[tuple[str, str], Event] = {}
    for event_type, data in events:
        subject = ID_FIELD[event_type]
        key = (subject, data[subject] if subject else "")
        if key not in found or data["version"] > found[key][1]["version"]:
            found[key] = (event_type, data)
    return found


class Known:
    """One educator who was rostered."""

    def __init__(self, plan: Plan, events: Sequence[Event]) -> None:
        self.plan = plan
        self.standing = standing(events)
        self.roster = self.standing["", ""][1]
        self.zone = ZoneInfo(plan["time_zone"])
        first_year = int(plan["plan_year"][:4])
        self.first_year = first_year
        self.year_begins = datetime(first_year, 7, 1, tzinfo=self.zone).astimezone(UTC)
        self.year_ends = datetime(first_year + 1, 7, 1, tzinfo=self.zone).astimezone(UTC)
        period = plan["performance_period"]
        self.begins, self.ends = date.fromisoformat(period["begins_on"]), date.fromisoformat(period["ends_on"])
        self.on = date.fromisoformat(period["reference_on"])
        self.eligible_roles = plan["eligibility"]["roles"]
        self.main = self._main()
        self.role = self.main["role"] if self.main else None
        self.group = self.main["subject_group"] if self.main else None

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

    def _main(self) -> dict[str, Any] | None:
        """The assignment that decides role, subject group and campus."""
        here = [part for part in self.roster["assignments"] if self._days(part)]
        chosen = [part for part in here if part["role"] in self.eligible_roles] or here
        if not chosen:
            return None
        today = [part for part in chosen if date.fromisoformat(part["begins_on"]) <= self.on <= self._last_day(part)]
        chosen = today or chosen
        latest = max(min(self._last_day(part), self.on) for part in chosen)
        chosen = [part for part in chosen if min(self._last_day(part), self.on) == latest]
        chosen = [part for part in chosen if part["is_primary"]] or chosen
        chosen.sort(key=lambda part: (part["begins_on"], part["assignment_id"]))
        main: dict[str, Any] = chosen[-1]
        return main

    def share(self) -> Fraction:
        return self.share_on(None)

    def share_on(self, campuses: set[str] | None) -> Fraction:
        """FTE of each day, never above one, summed over the days of the period and divided by them."""
        return self.fte_days(campuses) / ((self.ends - self.begins).days + 1)

    def fte_days(self, campuses: set[str] | None) -> Fraction:
        by_day: dict[date, Fraction] = {}
        for part in self._eligible_parts(campuses):
            fte = min(max(Fraction(part["full_time_equivalent"]), Fraction(0)), Fraction(1))
            for day in self._days(part):
                by_day[day] = by_day.get(day, Fraction(0)) + fte
        return sum((min(fte, Fraction(1)) for fte in by_day.values()), Fraction(0))

    def days_employed(self) -> int:
        return self.days_on(None)

    def days_on(self, campuses: set[str] | None) -> int:
        return len({day for part in self._eligible_parts(campuses) for day in self._days(part)})

    def _eligible_parts(self, campuses: set[str] | None) -> list[dict[str, Any]]:
        parts = [part for part in self.roster["assignments"] if part["role"] in self.eligible_roles]
        return [part for part in parts if campuses is None or part["campus_id"] in campuses]

    def years_of_service(self) -> int:
        return self._full_years(date.fromisoformat(self.roster["hired_on"])) if self.roster["hired_on"] else 0

    def _full_years(self, since: date) -> int:
        until = self.on
        if self.roster["ended_on"]:
            until = min(until, date.fromisoformat(self.roster["ended_on"]))
        years = 0
        while (since.year + years + 1, since.month, since.day) <= (until.year, until.month, until.day):
            years += 1
        return years

    # What counts.

    def _before_cut_off(self, kind: str, day: str) -> bool:
        cut_off = self.plan.get("cut_offs", {}).get(kind)
        return cut_off is None or datetime.combine(date.fromisoformat(day), time()) < datetime.fromisoformat(cut_off)

    def _in_time(self, kind: str, moment: str | None, day: str) -> bool:
        """By the moment, and by the day where there is none."""
        cut_off = self.plan.get("cut_offs", {}).get(kind)
        if cut_off is None or moment is None:
            return self._before_cut_off(kind, day)
        return datetime.fromisoformat(moment) < datetime.fromisoformat(cut_off).replace(tzinfo=self.zone)

    def observations(self, year: int | None = None) -> list[dict[str, Any]]:
        """Of the plan year, or of another, in which all count."""
        found = self._of_year("observation_id", year)
        return [
            data
            for data in found
            if year not in (None, self.first_year)
            or (
                self._before_cut_off("observations", data["observed_on"])
                and self._in_time("observations_finalized", data.get("finalized_at"), data["observed_on"])
            )
        ]

    def slos(self, year: int | None = None) -> list[dict[str, Any]]:
        """The same of SLOs."""
        found = self._of_year("slo_id", year)
        return [
            data
            for data in found
            if year not in (None, self.first_year)
            or (
                self._before_cut_off("slos", data["approved_on"])
                and self._in_time("slos_approved", data.get("approved_at"), data["approved_on"])
            )
        ]

    def growth(self, year: int | None = None) -> list[dict[str, Any]]:
        return self._of_year("growth_id", year)

    def _of_year(self, id_field: str, year: int | None) -> list[dict[str, Any]]:
        wanted = self.first_year if year is None else year
        return [data for _, data in self.of(id_field) if int(data["school_year"][:4]) == wanted]

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

    def years_on_campus(self) -> int:
        if self.main is None:
            return 0
        campus = self.main["campus_id"]
        first = min(part["begins_on"] for part in self.roster["assignments"] if part["campus_id"] == campus)
        return self._full_years(date.fromisoformat(first))

    def attribute(self, code: str, year: int) -> dict[str, str]:
        """What is on file for a school year: by item, "" for what is not kept item by item."""
        kept = [data for _, data in self.of("attribute_id") if data["attribute"] == code]
        return {data["item"] or "": data["value"] for data in kept if int(data["school_year"][:4]) == year}

    def word(self, code: str) -> str | None:
        return self.attribute(code, self.first_year).get("")
