"""Random plans that are valid, with every word of the language among them. Small numbers, so that borders are met."""

from random import Random
from typing import Any

from tests.support.random_ladders import Document, random_ladder

ROLES = ["teacher", "instructional_coach", "principal"]
GROUPS = ["tested", "non_tested", "none"]
DOMAINS = ["instructional_quality", "student_growth_and_achievement", "professional_roles_and_responsibilities"]
NUMBERS = ["absence_days", "salary", "level"]
WORDS = {"category": ["A", "B", "C"], "licence": ["standard"]}
TEAMS = ["Grade 3", "Grade 4"]
OFFERS = ["first", "second"]
LEAVE = ["sick", "bereavement", "military"]
CAMPUS_NUMBERS = ["need", "rating"]
_MOMENT_CUT_OFFS = [
    {"observations_finalized": "2021-05-15T17:00:00"},
    {"slos_approved": "2020-12-01T17:00:00"},
    # An hour that no clock showed: the clocks had been put forward.
    {"observations_finalized": "2021-03-14T02:30:00", "slos_approved": "2021-01-16T00:00:00"},
]
CUT_OFF_BORDERS = [
    *("2021-05-15T20:59:59.999999Z", "2021-05-15T21:00:00Z", "2021-05-15T21:59:59.999999Z", "2021-05-15T22:00:00Z"),
    *("2020-12-01T21:59:59.999999Z", "2020-12-01T22:00:00Z", "2020-12-01T22:59:59.999999Z", "2020-12-01T23:00:00Z"),
    *("2021-03-14T07:29:59.999999Z", "2021-03-14T07:30:00Z", "2021-03-14T08:29:59.999999Z", "2021-03-14T08:30:00Z"),
    *("2021-01-16T04:59:59.999999Z", "2021-01-16T05:00:00Z", "2021-01-16T05:59:59.999999Z", "2021-01-16T06:00:00Z"),
]
"""Each cut-off by moment in New York and in Chicago, and the last moment before it."""
_SOURCE = {"source": "illustrative"}


def random_plan(rng: Random) -> Document:
    """A plan document of the school year 2020-21."""
    plan = _Plan(rng)
    measures = plan.measures()
    gates = plan.gates()
    bands = plan.bands()
    components = plan.components()
    document: Document = {
        "language": 1,
        "code": "random",
        "plan_year": "2020-21",
        "title": "A random plan",
        "illustrative": True,
        **_SOURCE,
        "currency": "USD",
        "time_zone": rng.choice(["America/Chicago", "America/New_York"]),
        "performance_period": {"begins_on": "2020-09-01", "ends_on": "2021-05-31", "reference_on": "2021-01-15"}
        | _SOURCE,
        "eligibility": {"roles": rng.sample(ROLES, rng.randint(1, 3))} | _SOURCE,
        "rounding": {
            "mode": "half_up",
            "points_places": rng.randint(0, 4),
            "amounts": rng.choice(["cent", "cent", "dollar"]),
        }
        | _SOURCE,
        "proration": {"by": "days_times_fte", "fte_at_most": "1.0", "leavers": "by_days"} | _SOURCE,
        "measures": measures,
        "gates": gates,
        "bands": bands,
        "indexes": [{"code": "index", "title": "Index", "amount": "36635.00"} | _SOURCE],
        "components": components,
        "pathways": [{"code": "path", "title": "Path", "credentials": ["mc-a", "mc-b"]} | _SOURCE],
        "ladder": random_ladder(rng, measures, gates) | _SOURCE,
    }
    if rng.random() < 0.3:
        document["cut_offs"] = {
            "observations": "2021-05-01T00:00:00",
            "slos": "2020-12-01T17:00:00",
            "awards": "2021-05-31T17:00:00",
        } | _SOURCE
    if rng.random() < 0.3:
        document.setdefault("cut_offs", {**_SOURCE}).update(rng.choice(_MOMENT_CUT_OFFS))
    _pay_only_eligible(document)
    _make_offers(rng, document)
    if rng.random() < 0.4:
        document["total_cap"] = {"at_most": "60000.00"} | _SOURCE
    return document


class _Plan:
    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._measures: list[Document] = []
        self._gates: list[Document] = []
        self._bands: list[Document] = []

    # Measures.

    def measures(self) -> list[Document]:
        rng = self._rng
        for number in range(rng.randint(2, 7)):
            self._measures.append(self._named("m", number) | self._read() | self._points())
        for number in range(7, 7 + rng.randint(0, 4)):
            derived = self._derived()
            if derived.get("by") == "value" or derived["take"] == "group_mean":
                derived |= self._points()
            self._measures.append(self._named("m", number) | derived)
        return self._measures

    def _named(self, kind: str, number: int) -> Document:
        return {"code": f"{kind}{number}", "title": f"{kind.upper()} {number}"} | _SOURCE

    def _read(self) -> Document:
        rng = self._rng
        return rng.choice(
            [
                lambda: {
                    "take": rng.choice(
                        [
                            "observation_count",
                            "slo_count",
                            "slo_scored_count",
                            "days_employed",
                            "full_time_days",
                            "years_of_service",
                            "years_on_campus",
                        ]
                    )
                },
                lambda: (
                    {"take": "credential_count"}
                    | rng.choice([{}, {"of": rng.sample(["mc-a", "mc-b", "mc-c", "mc-z"], 2)}])
                ),
                lambda: {"take": "slo_count_scored_at_least", "score": rng.randint(1, 5)},
                lambda: {"take": "slo_count_attained_at_least", "percent": rng.choice(["50", "63.5", "90.25"])},
                lambda: {"take": "observation_mean", "domains": rng.sample(DOMAINS, rng.randint(1, 3))} | self._over(),
                lambda: (
                    {"take": "observation_lowest", "domains": rng.sample(DOMAINS, rng.randint(1, 3))} | self._over()
                ),
                lambda: (
                    {"take": "growth_percent", "combine": rng.choice(["mean", "best", "lowest"])}
                    | rng.choice([{}, {"measures": ["nwea-map"]}])
                    | self._over()
                ),
                lambda: (
                    {"take": rng.choice(["slo_mean_score", "slo_mean_attainment", "slo_mean_quality"])} | self._over()
                ),
                lambda: {"take": rng.choice(["summative_score", "summative_level"])} | self._over(),
                lambda: (
                    {"take": "attribute", "attribute": rng.choice(NUMBERS)}
                    | rng.choice(
                        [{}, {"items": LEAVE[:1]}, {"items": LEAVE[:2], "needs": "all"}, {"except_items": LEAVE[1:]}]
                    )
                    | rng.choice([{}, {"combine": rng.choice(["sum", "mean", "best", "lowest"])}])
                    | rng.choice([{}, {"otherwise": "0"}])
                    | self._over()
                ),
                lambda: {"take": "attribute_is", "attribute": "category", "any_of": rng.sample(WORDS["category"], 2)},
                lambda: {
                    "take": "placement",
                    "ladder": rng.choice(["random", "designation"]),
                    "rungs": rng.choice([["r0"], ["r1"], ["r0", "r1"]]),
                    "combine": rng.choice(["best", "latest"]),
                },
                lambda: (
                    {"take": "campus_attribute", "attribute": rng.choice(CAMPUS_NUMBERS)}
                    | rng.choice([{}, {"otherwise": "1.5"}])
                ),
            ]
        )()

    def _over(self) -> Document:
        rng = self._rng
        if rng.random() < 0.5:
            return {}
        years = rng.randint(1, 3)
        how = rng.choice(["mean", "best", "lowest", "sum", "latest"])
        over = {"years": years, "combine": how, "at_least": rng.randint(1, years)}
        return {"over": over | rng.choice([{}, {"through": "year_before"}])}

    def _points(self) -> Document:
        rng = self._rng
        kind = rng.randint(0, 3)
        if kind < 2:
            none_at = rng.choice(["0", "1", "0.5"])
            return {"points": {"none_at": none_at, "all_at": rng.choice(["3", "4", "5", "90.25", "100", "365"])}}
        if kind == 2:
            return {
                "points_by_step": [
                    {"at_least": "1", "points": rng.choice(["0", "25", "33.3333"])},
                    {"at_least": rng.choice(["2", "2.5"]), "points": rng.choice(["50", "66.6667", "10"])},
                    {"at_least": rng.choice(["50", "63.5"]), "points": "100"},
                ][: rng.randint(1, 3)]
            }
        return {}

    def _derived(self) -> Document:
        rng = self._rng
        in_points = [one["code"] for one in self._measures if _is_in_points(one)]
        codes = [one["code"] for one in self._measures]
        if rng.random() < 0.25:
            return {"take": "group_mean", "of": rng.choice(codes), "within": self._within()}
        if in_points and rng.random() < 0.5:
            return {"take": "weighted", "weights": self._weights(in_points)}
        by = "points" if len(in_points) > 1 and rng.random() < 0.5 else "value"
        among = in_points if by == "points" else codes
        of = rng.sample(among, rng.randint(2, min(4, len(among))))
        derived = {"of": of, "by": by, "needs": rng.choice(["all", "any"])}
        if rng.random() < 0.5:
            return {"take": rng.choice(["best_of", "lowest_of"])} | derived
        take = rng.choice(["mean_of", "sum_of", "difference_of"])
        needs = {"needs": "all"} if take == "difference_of" else {}
        return {"take": take, "places": rng.randint(0, 4)} | derived | needs

    def _weights(self, codes: list[str]) -> list[Document]:
        """Rows that tell everybody apart by one property."""
        rng = self._rng
        rules: list[Document] = rng.choice(
            [
                [{}],
                [{"roles": ["teacher"]}, {"roles": ["instructional_coach", "principal"]}],
                [{"subject_groups": [group]} for group in GROUPS],
                [{"years_on_campus": {"below": 2}}, {"years_on_campus": {"at_least": 2}}],
                [{"attributes": {"category": ["A"]}}, {"attributes": {"category": ["B", "C"]}}],
            ]
        )
        rows = []
        for rule in rules:
            of = rng.sample(codes, rng.randint(1, min(3, len(codes))))
            shares = {1: ["1"], 2: ["0.3333", "0.6667"], 3: ["0.5", "0.3", "0.2"]}[len(of)]
            rows.append(({"applies_to": rule} if rule else {}) | {"of": dict(zip(of, shares, strict=True))})
        return rows

    # Conditions.

    def gates(self) -> list[Document]:
        rng = self._rng
        for number in range(rng.randint(1, 4)):
            self._gates.append(self._named("g", number) | self._on_measure() | self._for_whom())
        plain = [gate["code"] for gate in self._gates]
        for number in range(4, 4 + rng.randint(0, 2)):
            top = {
                "share": rng.choice(["0.25", "0.5", "0.3333", "1", "0.2"]),
                "within": self._within(),
                "ties": rng.choice(["in", "out"]),
            } | rng.choice([{}, {"among": rng.sample(plain, 1)}])
            self._gates.append(
                self._named("g", number) | {"measure": self._some_measure(), "top": top} | self._for_whom()
            )
        if len(self._gates) > 1 and rng.random() < 0.4:
            of = rng.sample([gate["code"] for gate in self._gates], 2)
            self._gates.append(self._named("g", 8) | {"all_of": of} | self._for_whom())
        if len(self._gates) > 1 and rng.random() < 0.5:
            of = rng.sample([gate["code"] for gate in self._gates], 2)
            self._gates.append(self._named("g", 9) | {"any_of": of} | self._for_whom())
        return self._gates

    def _within(self) -> Any:
        return self._rng.choice(["network", "district", "campus", {"attribute": "team"}, {"attribute": "category"}])

    def _sum_of_campus(self) -> Document:
        sums = [one["code"] for one in self._measures if one["take"] == "campus_attribute"]
        return {"total_measure": self._rng.choice(sums)} if sums else {"total": "2000.01"}

    def _some_measure(self) -> str:
        return str(self._rng.choice(self._measures)["code"])

    def _on_measure(self) -> Document:
        rng = self._rng
        border = rng.choice(["0", "1", "2", "2.5", "3", "50", "63.5", "2.3333"])
        return {"measure": self._some_measure(), rng.choice(["at_least", "at_least", "at_most"]): border}

    def _for_whom(self) -> Document:
        rng = self._rng
        rule: Document = {}
        if rng.random() < 0.2:
            rule["roles"] = rng.sample(ROLES, 2)
        if rng.random() < 0.2:
            rule["subject_groups"] = rng.sample(GROUPS, 2)
        if rng.random() < 0.15:
            rule["years_on_campus"] = rng.choice([{"at_least": 1}, {"below": 2}, {"at_least": 2, "below": 4}])
        if rng.random() < 0.15:
            code = rng.choice(list(WORDS))
            rule["attributes"] = {code: WORDS[code][:1]}
        return {"applies_to": rule} if rule else {}

    def bands(self) -> list[Document]:
        rng = self._rng
        for number in range(rng.randint(1, 3)):
            self._bands.append(self._named("b", number) | self._levels())
        return self._bands

    def _levels(self) -> Document:
        rng = self._rng
        gates = [gate["code"] for gate in self._gates]
        kind, count = rng.randint(0, 3), rng.randint(2, 4)
        levels: list[Document] = [{"code": f"l{at}", "title": f"Level {at}"} for at in range(count)]
        if kind == 0:
            for level in levels[1:]:
                level["requires"] = rng.sample(gates, rng.randint(1, min(2, len(gates))))
            return {"levels": levels}
        measure = {"measure": rng.choice([one["code"] for one in self._measures if one["take"] != "weighted"])}
        if kind == 1:
            shares = {2: ["0.6", "0.4"], 3: ["0.25", "0.5", "0.25"], 4: ["0.4", "0.3", "0.2", "0.1"]}[count]
            for level, share in zip(levels, shares, strict=True):
                level["share"] = share
            among = rng.choice([{}, {"among": rng.sample(gates, 1)}])
            return measure | {"ties": rng.choice(["up", "down"]), "levels": levels} | among
        borders = ["0", *sorted(rng.sample(["1", "2", "2.5", "3", "4"], count - 1), key=float)]
        for at, level in enumerate(levels):
            level["at_least"] = borders[at]
            if at + 1 < count:
                level["below"] = borders[at + 1]
        return measure | {"levels": levels}

    # Money.

    def components(self) -> list[Document]:
        rng = self._rng
        components = [self._named("c", number) | self._pay() | self._terms() for number in range(rng.randint(1, 5))]
        if len(components) > 1 and rng.random() < 0.4:
            of = [one["code"] for one in components[: rng.randint(2, len(components))]]
            percent = {"pay": "percent_of", "percent": "10.5", "component": of[0], "prorates": rng.random() < 0.3}
            components.append(self._named("c", 8) | percent | self._for_whom())
            components.append(
                self._named("c", 9)
                | {"pay": "greatest_of", "of": of, "prorates": False, "rounds_to": rng.choice(["cent", "dollar"])}
                | self._for_whom()
            )
        return components

    def _amounts(self, bands: Document, kind: list[str] | None = None) -> Document:
        choices = kind or ["0.00", "100.00", "1250.00", "999.99", "333.33"]
        return {level["code"]: self._rng.choice(choices) for level in bands["levels"]}

    def _pay(self) -> Document:
        rng = self._rng
        first, second = rng.choice(self._bands), rng.choice(self._bands)
        each_cap = {"at_most_each": "20000.00"}
        return rng.choice(
            [
                lambda: {"pay": "flat", "amount": "1234.56"},
                lambda: {"pay": "banded", "bands": first["code"], "amounts": self._amounts(first)},
                lambda: {
                    "pay": "matrix",
                    "bands": first["code"],
                    "amounts": {role: self._amounts(first) for role in ROLES},
                },
                lambda: {
                    "pay": "grid",
                    "rows": first["code"],
                    "columns": second["code"],
                    "amounts": {level["code"]: self._amounts(second) for level in first["levels"]},
                },
                lambda: (
                    {"pay": "per_award", "amount": "200.00", "at_most": 3, "each": rng.choice(["credential", "award"])}
                    | rng.choice([{}, {"credentials": ["mc-a", "mc-b"]}])
                ),
                lambda: (
                    {"pay": "per_unit", "measure": self._some_measure(), "at_most": "4", "amount": "333.33"}
                    | rng.choice([{}, {"base": "500.00"}])
                ),
                lambda: {
                    "pay": "per_unit",
                    "measure": self._some_measure(),
                    "at_most": "4.5",
                    "bands": first["code"],
                    "by_band": {
                        level["code"]: {"base": rng.choice(["0.00", "3000.00"]), "amount": "1500.01"}
                        for level in first["levels"]
                    },
                },
                lambda: {"pay": "percent_of", "percent": "6.4", "index": "index"},
                lambda: {"pay": "percent_of", "percent": "2.0001", "measure": self._some_measure()} | each_cap,
                lambda: {"pay": "pot", "total": "10000.00", "shared": "equally", "within": self._within()} | each_cap,
                lambda: (
                    {"pay": "pot", "shared": "equally", "within": rng.choice(["district", "campus"])}
                    | self._sum_of_campus()
                    | each_cap
                ),
                lambda: {"pay": "pot", "total": "10000.00", "shared": "by_full_time_days"} | each_cap,
                lambda: (
                    {
                        "pay": "pot",
                        "total": "3333.33",
                        "shared": "by_units",
                        "within": self._within(),
                        "bands": first["code"],
                        "units": {level["code"]: rng.randint(0, 3) for level in first["levels"]},
                    }
                    | each_cap
                ),
            ]
        )()

    def _terms(self) -> Document:
        rng = self._rng
        terms: Document = {"prorates": rng.random() < 0.5}
        terms["requires"] = rng.sample([gate["code"] for gate in self._gates], rng.randint(0, min(2, len(self._gates))))
        terms |= self._for_whom()
        if rng.random() < 0.2:
            steps = [{"hired_by": "2015-08-03", "share": "1"}, {"hired_by": "2020-10-01", "share": "0.5"}]
            terms["by_hire"] = steps[: rng.randint(1, 2)]
        if terms["prorates"] and rng.random() < 0.4:
            terms["prorated_by"] = rng.choice(["days_times_fte", "fte"])
        if terms["prorates"] and rng.random() < 0.4:
            terms["on_campuses"] = {"attribute": "need", "at_least": "0.5", "days_at_least": rng.choice([0, 89])}
        if rng.random() < 0.2:
            terms["rounds_to"] = rng.choice(["cent", "dollar"])
        if rng.random() < 0.15:
            terms["at_most_each"] = "750.00"
        if rng.random() < 0.1:
            terms["hold_harmless"] = self._some_measure()
        return terms


def _is_in_points(measure: Document) -> bool:
    return (
        measure["take"] == "weighted"
        or "points" in measure
        or "points_by_step" in measure
        or measure.get("by") == "points"
    )


def _pay_only_eligible(document: Document) -> None:
    """What is said of roles that the plan does not pay is a fault of a plan; so it is taken out here."""
    eligible = document["eligibility"]["roles"]
    for component in document["components"]:
        rule = component.get("applies_to", {})
        if "roles" in rule:
            rule["roles"] = [role for role in rule["roles"] if role in eligible] or list(eligible)
        if component["pay"] == "matrix":
            component["amounts"] = {role: component["amounts"][role] for role in rule.get("roles", eligible)}
        if component["pay"] == "pot":
            component.pop("hold_harmless", None)
        if component["pay"] == "pot" and component["shared"] == "by_full_time_days":
            component["prorates"] = False
            component.pop("prorated_by", None)
            component.pop("on_campuses", None)


def _make_offers(rng: Random, document: Document) -> None:
    """Of some plans, some components are offers; two of them may be one offer."""
    if rng.random() < 0.7:
        return
    parts = {code for one in document["components"] if one["pay"] == "greatest_of" for code in one["of"]}
    whole = [one for one in document["components"] if one["code"] not in parts]
    offered = rng.sample(whole, rng.randint(1, min(3, len(whole))))
    for component in offered:
        component["offer"] = rng.choice(OFFERS)
    document["offers"] = [
        {"code": code, "title": f"The {code} offer", "terms": "Some terms."}
        | rng.choice([{}, {"answer_by": "2021-09-15T17:00:00"}])
        | _SOURCE
        for code in OFFERS
        if any(one["offer"] == code for one in offered)
    ]
