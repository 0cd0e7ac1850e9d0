"""The rung of one educator: what is reached, what was confirmed, what earlier placements hold."""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.support.reference.known import Known

if TYPE_CHECKING:
    from tests.support.reference.case import Case

Placement = dict[str, Any]
NOBODY_HOLDS = {"reached": None, "held": None, "awaiting": None}


def ladder_of(case: "Case") -> dict[str, Any]:
    """The standing rung, and of a ladder that rests on placements what it is made of."""
    return _Ladder(case).stand()


def placements_that_count(known: Known, ladder: str) -> list[Placement]:
    """Those on a ladder that bear on the plan year and are valid in it, the earliest first.

    What a year's end came to counts from the next year on.
    """
    found = []
    for _, data in known.of("placement_id"):
        year = int(data["school_year"][:4])
        counts_from = year + 1 if data["kind"] == "placed" else year
        is_over = data["valid_through_year"] and int(data["valid_through_year"][:4]) < known.first_year
        is_taken_back = data["withdrawn"] or data["lapsed"]
        if data["ladder"] == ladder and not is_taken_back and counts_from <= known.first_year and not is_over:
            found.append({**data, "year": year})
    return sorted(found, key=lambda one: (one["year"], ["brought_along", "confirmed", "placed"].index(one["kind"])))


def position_of(known: Known, own_ladder: str, measure: dict[str, Any]) -> int:
    """The measure of the rung that placements hold."""
    rungs = measure["rungs"]
    positions = [
        rungs.index(one["rung"]) + 1 if one["rung"] in rungs else 0
        for one in placements_that_count(known, measure.get("ladder", own_ladder))
    ]
    if not positions:
        return 0
    return max(positions) if measure["combine"] == "best" else positions[-1]


class _Ladder:
    def __init__(self, case: "Case") -> None:
        self.case, self.known = case, case.known
        self.ladder = case.plan.get("ladder", {"rungs": [{"code": "none"}]})
        self.rungs = self.ladder["rungs"]
        self.codes = [rung["code"] for rung in self.rungs]
        self.name = self.ladder.get("code", case.plan["code"])
        self.placements = [one for one in placements_that_count(self.known, self.name) if one["rung"] in self.codes]

    def stand(self) -> dict[str, Any]:
        reached = self._highest(lambda rung: all(self._has(need) for need in rung.get("requires", [])))
        entitled = min(reached, self._highest(self._is_confirmed))
        rung, told = entitled, dict(NOBODY_HOLDS)
        rests = {"holds", "demotion"} & self.ladder.keys() or any("confirmed_by" in one for one in self.rungs)
        if rests:
            held = self._held()
            if held is not None:
                rung = self._kept(entitled, self.codes.index(held["rung"]))
            waiting = [
                at
                for at, one in enumerate(self.rungs)
                if "confirmed_by" in one and rung < at <= reached and not self._is_confirmed(one)
            ]
            told = {
                "reached": self.codes[entitled],
                "held": held and (held["rung"], held["school_year"], held["valid_through_year"]),
                "awaiting": self.codes[waiting[-1]] if waiting else None,
            }
        asked = [(one["code"], self._has(need)) for one in self.rungs[: rung + 2] for need in one.get("requires", [])]
        return {"rung": self.codes[rung], "asked": asked, **told}

    def _highest(self, holds: Any) -> int:
        """The highest rung up to which all hold."""
        highest = -1
        for rung in self.rungs:
            if not holds(rung):
                break
            highest += 1
        return highest

    def _is_confirmed(self, rung: dict[str, Any]) -> bool:
        if "confirmed_by" not in rung:
            return True
        enough = [None, "board", rung["confirmed_by"]]
        return any(
            self.codes.index(one["rung"]) >= self.codes.index(rung["code"])
            for one in self.placements
            if one["kind"] != "placed" and one["confirmed_by_kind"] in enough
        )

    def _held(self) -> Placement | None:
        if "holds" in self.ladder:
            longest = [one["valid_through_year"] or "9999" for one in self.placements]
            ranked = [
                (self.codes.index(one["rung"]), through, one["year"], one["kind"], one)
                for one, through in zip(self.placements, longest, strict=True)
            ]
            return max(ranked, key=lambda one: one[:4])[-1] if ranked else None
        if "demotion" not in self.ladder:
            return None
        before = [
            one for one in self.placements if one["kind"] == "brought_along" or one["year"] < self.known.first_year
        ]
        return before[-1] if before else None

    def _kept(self, entitled: int, held: int) -> int:
        if entitled >= held or "holds" in self.ladder:
            return max(entitled, held)
        rule = self.ladder["demotion"]
        years_below = 1
        while self._was_below(self.known.first_year - years_below):
            years_below += 1
        if years_below < int(rule["after_years_below"]):
            return held
        return max(entitled, held - 1) if rule.get("one_rung_a_year") == "true" else entitled

    def _was_below(self, year: int) -> bool:
        return any(
            data["reached"] is not None
            for _, data in self.known.of("placement_id")
            if data["ladder"] == self.name
            and data["kind"] == "placed"
            and not (data["withdrawn"] or data["lapsed"])
            and int(data["school_year"][:4]) == year
        )

    def _has(self, need: dict[str, Any]) -> bool:  # noqa: PLR0911 - one for each kind of need
        known, case = self.known, self.case
        held = {credential for _, _, credential in known.valid_awards()}
        if need["need"] == "any_of":
            return any(all(self._has(one) for one in way["requires"]) for way in need["ways"])
        if need["need"] == "measure":
            value = case.value(need["measure"])
            return value is not None and value >= Fraction(need["at_least"])
        if need["need"] == "gates":
            met = [one for code in need["of"] if (one := case.gate(code)) is not None]
            return bool(met) and all(met)
        if need["need"] == "role":
            return known.role in need["any_of"]
        if need["need"] == "years_of_service":
            return known.years_of_service() >= int(need["at_least"])
        if need["need"] == "credentials":
            return len(held & set(need.get("of", held))) >= int(need["at_least"])
        if need["need"] == "pathway":
            wanted = [pathway for pathway in case.plan["pathways"] if pathway["code"] in need["any_of"]]
            return any(set(pathway["credentials"]) <= held for pathway in wanted)
        years = range(known.first_year - int(need["within"]) + 1, known.first_year + 1)
        good = [year for year in years if year in known.ratings() and known.ratings()[year][0] >= int(need["level"])]
        return len(good) >= int(need["years"])
