"""Measures and their points, as exact fractions."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from tests.support.reference.known import Known, half_up
from tests.support.reference.ladder import position_of


def number(text: str | None) -> Fraction | None:
    """A value on file as a number below a million with at most six places, or nothing."""
    if text is None:
        return None
    whole, _, part = text.removeprefix("-").partition(".")
    is_written = whole.isascii() and whole.isdigit() and len(whole) <= 6
    if not is_written or ("." in text and not (part.isascii() and part.isdigit() and len(part) <= 6)):
        return None
    return Fraction(text)


class Measured:
    """The measures of one educator under one plan."""

    def __init__(self, known: Known, campuses: Mapping[str, Mapping[str, str]]) -> None:
        self.known = known
        self.plan = known.plan
        self.campuses = campuses
        self.campus = campuses.get(known.main["campus_id"], {}) if known.main else {}
        self.measures = {measure["code"]: measure for measure in self.plan.get("measures", [])}
        self.places = int(self.plan["rounding"]["points_places"])

    def value(self, code: str) -> Fraction | None:  # noqa: PLR0911 - one for each kind of measure
        """The exact value of a measure; None where there is nothing to measure."""
        measure = self.measures[code]
        take = measure["take"]
        if take == "weighted":
            return self.points(code)
        if take in ("best_of", "lowest_of", "mean_of", "sum_of", "difference_of"):
            return self._of_several(measure)
        if take in ("summative_score", "summative_level", "attribute") or "over" in measure:
            return self._over_years(measure)
        if take == "group_mean":
            return self.group_mean(code)
        if take == "attribute_is":
            return Fraction(self.known.word(measure["attribute"]) in measure["any_of"])
        if take == "campus_attribute":
            found = number(self.campus.get(measure["attribute"]))
            return _otherwise(measure) if found is None else found
        if take == "placement":
            return Fraction(
                position_of(self.known, self.plan.get("ladder", {}).get("code", self.plan["code"]), measure)
            )
        return self._of_year(measure, self.known.first_year)

    def group_mean(self, code: str) -> Fraction | None:
        """What needs everybody, of whom one alone knows nothing."""
        raise NotImplementedError(code)

    def _of_year(self, measure: dict[str, Any], year: int) -> Fraction | None:
        if measure["take"] == "observation_lowest":
            return self._lowest_dimension(measure, year)
        return _combined(self._values(measure, year), measure.get("combine", "mean"))

    def _values(self, measure: dict[str, Any], year: int) -> list[Fraction]:
        take, known = measure["take"], self.known
        if take == "observation_mean":
            scores = [score for observation in known.observations(year) for score in observation["scores"]]
            return [Fraction(score["level"]) for score in scores if score["domain"] in measure["domains"]]
        if take == "growth_percent":
            found = known.growth(year)
            if "measures" in measure:
                found = [data for data in found if data["measure"] in measure["measures"]]
            return [Fraction(data["percent_met"]) for data in found]
        if take == "slo_mean_score":
            return [Fraction(slo["score"]) for slo in known.slos(year) if slo["score"] is not None]
        if take == "slo_mean_attainment":
            percents = [slo["attainment_percent"] for slo in known.slos(year)]
            return [Fraction(percent) for percent in percents if percent is not None]
        if take == "slo_mean_quality":
            return [Fraction(slo["quality_score"]) for slo in known.slos(year)]
        return [Fraction(self._count(measure))]

    def _count(self, measure: dict[str, Any]) -> Fraction | int:
        known = self.known
        scores = [slo["score"] for slo in known.slos() if slo["score"] is not None]
        counts: dict[str, Callable[[], Fraction | int]] = {
            "observation_count": lambda: len(known.observations()),
            "slo_count": lambda: len(known.slos()),
            "slo_scored_count": lambda: len(scores),
            "slo_count_scored_at_least": lambda: len([score for score in scores if score >= int(measure["score"])]),
            "slo_count_attained_at_least": lambda: len(
                [
                    slo
                    for slo in known.slos()
                    if Fraction(slo["attainment_percent"] or -1) >= Fraction(measure["percent"])
                ]
            ),
            "credential_count": lambda: len(
                {name for _, _, name in known.year_awards() if name in measure.get("of", [name])}
            ),
            "days_employed": known.days_employed,
            "full_time_days": lambda: known.share() * ((known.ends - known.begins).days + 1),
            "years_of_service": known.years_of_service,
            "years_on_campus": known.years_on_campus,
        }
        return counts[measure["take"]]()

    def _lowest_dimension(self, measure: dict[str, Any], year: int) -> Fraction | None:
        by_dimension: dict[tuple[str, str], list[Fraction]] = {}
        for observation in self.known.observations(year):
            for score in observation["scores"]:
                if score["domain"] in measure["domains"]:
                    key = (score["domain"], score["dimension"])
                    by_dimension.setdefault(key, []).append(Fraction(score["level"]))
        return min((sum(levels, Fraction(0)) / len(levels) for levels in by_dimension.values()), default=None)

    def _over_years(self, measure: dict[str, Any]) -> Fraction | None:
        over = measure.get("over", {"years": "1", "combine": "latest"})
        latest = self.known.first_year - (over.get("through") == "year_before")
        years = [latest - back for back in range(int(over["years"]))]
        found = [value for year in years if (value := self._in_year(measure, year)) is not None]
        if len(found) < int(over.get("at_least", 1)):
            return _otherwise(measure)
        return _combined(found, over["combine"])

    def _in_year(self, measure: dict[str, Any], year: int) -> Fraction | None:
        if measure["take"].startswith("summative"):
            rating = self.known.ratings().get(year)
            if rating is None:
                return None
            return rating[1] if measure["take"] == "summative_score" else Fraction(rating[0])
        if measure["take"] != "attribute":
            value = self._of_year(measure, year)
            return None if value is None else half_up(value, 6)
        by_item = self.known.attribute(measure["attribute"], year)
        if measure.get("needs") == "all" and any(number(by_item.get(item)) is None for item in measure["items"]):
            return None
        wanted = [item for item in by_item if item in measure.get("items", [item])]
        wanted = [item for item in wanted if item not in measure.get("except_items", [])]
        numbers = [value for item in wanted if (value := number(by_item[item])) is not None]
        found = _combined(numbers, measure.get("combine", "sum"))
        return None if found is None else half_up(found, 6)

    def _of_several(self, measure: dict[str, Any]) -> Fraction | None:
        by_points = measure["by"] == "points"
        found = [self.points(code) if by_points else self.value(code) for code in measure["of"]]
        values = [
            value
            for code, value in zip(measure["of"], found, strict=True)
            if value is not None and self.value(code) is not None
        ]
        if not values or (measure["needs"] == "all" and len(values) < len(found)):
            return None
        if measure["take"] in ("best_of", "lowest_of"):
            return max(values) if measure["take"] == "best_of" else min(values)
        total = Fraction(0)
        for code, value in zip(measure["of"], found, strict=True):
            if value is not None and self.value(code) is not None:
                is_taken_off = measure["take"] == "difference_of" and code != measure["of"][0]
                total += half_up(value, int(measure["places"])) * (-1 if is_taken_off else 1)
        total = min(max(total, Fraction(-(10**9))), Fraction(10**9))
        whole = total / len(values) if measure["take"] == "mean_of" else total
        return half_up(whole, self.places) if by_points else whole

    def points(self, code: str) -> Fraction | None:
        measure = self.measures[code]
        if measure["take"] == "weighted":
            rows = [row for row in measure["weights"] if self.is_for(row)]
            if not rows:
                return None
            parts = [(Fraction(weight), self.points(of)) for of, weight in rows[0]["of"].items()]
            return half_up(sum((weight * (points or 0) for weight, points in parts), Fraction(0)), self.places)
        value = self.value(code)
        if value is None or measure.get("by") == "points":
            return value
        if "points_by_step" in measure:
            reached = [step for step in measure["points_by_step"] if value >= Fraction(step["at_least"])]
            return Fraction(reached[-1]["points"]) if reached else Fraction(0)
        none_at, all_at = Fraction(measure["points"]["none_at"]), Fraction(measure["points"]["all_at"])
        share = (min(max(value, none_at), all_at) - none_at) / (all_at - none_at)
        return half_up(share * 100, self.places)

    def is_for(self, clause: dict[str, Any]) -> bool:
        who, known = clause.get("applies_to", {}), self.known
        if known.role is None:
            return False
        years = who.get("years_on_campus", {})
        return (
            known.role in who.get("roles", [known.role])
            and known.group in who.get("subject_groups", [known.group])
            and known.years_on_campus() >= int(years.get("at_least", 0))
            and ("below" not in years or known.years_on_campus() < int(years["below"]))
            and all(known.word(code) in words for code, words in who.get("attributes", {}).items())
        )


def _otherwise(measure: dict[str, Any]) -> Fraction | None:
    return Fraction(measure["otherwise"]) if "otherwise" in measure else None


def _combined(values: list[Fraction], how: str) -> Fraction | None:
    """`values` begin with the latest."""
    if not values:
        return None
    if how == "mean":
        return sum(values, Fraction(0)) / len(values)
    return {"best": max(values), "lowest": min(values), "sum": sum(values, Fraction(0)), "latest": values[0]}[how]
