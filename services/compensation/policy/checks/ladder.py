"""The checks of the ladder and the pathways."""

from collections.abc import Iterable, Iterator

from services.compensation.policy.checks.faults import Faults, at, repeated, unknown
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.ladder import (
    NO_LADDER,
    CredentialNeed,
    GatesNeed,
    MeasureNeed,
    PathwayNeed,
    RatingNeed,
    Requirement,
    WaysNeed,
)
from services.compensation.policy.language.measures import PlacementPosition
from shared.kernel.errors import FieldError


def faults_of_ladder(plan: Plan) -> Faults:
    yield from repeated(plan.pathways, "pathways", "pathway")
    for index, pathway in enumerate(plan.pathways):
        if len(set(pathway.credentials)) < len(pathway.credentials):
            yield FieldError(at("pathways", index, "credentials"), "names a credential twice: keep one of them")
    for fault in repeated(plan.ladder.rungs, "rungs", "rung"):
        yield FieldError(f"/ladder{fault.pointer}", fault.detail)
    lowest = plan.ladder.rungs[0]
    for name, given in (("requires", lowest.requires), ("confirmed_by", lowest.confirmed_by)):
        if given:
            yield FieldError(
                at("ladder", "rungs", 0, name),
                "the lowest rung has needs, so somebody could stand nowhere: put a rung without needs below it",
            )
    for index, rung in enumerate(plan.ladder.rungs):
        for place, need in _needs(rung.requires, at("ladder", "rungs", index, "requires")):
            yield from _faults_of_need(plan, need, place)
    yield from _faults_of_holding(plan)
    for index, measure in enumerate(plan.measures):
        if isinstance(measure, PlacementPosition):
            yield from _faults_of_position(plan, measure, at("measures", index))


def _needs(requires: Iterable[Requirement], place: str) -> Iterator[tuple[str, Requirement]]:
    """Every need with its place, those of each way after the need that asks for one of them."""
    for number, need in enumerate(requires):
        here = f"{place}/{number}"
        yield here, need
        if isinstance(need, WaysNeed):
            for way, one in enumerate(need.ways):
                yield from _needs(one.requires, f"{here}/ways/{way}/requires")


def _faults_of_need(plan: Plan, need: Requirement, place: str) -> Faults:
    match need:
        case PathwayNeed():
            yield from _known(need.any_of, {pathway.code for pathway in plan.pathways}, "pathway", f"{place}/any_of")
        case CredentialNeed(of=of) if of is not None and need.at_least > len(set(of)):
            yield FieldError(f"{place}/at_least", f"only {len(set(of))} credentials are named in `of`: ask for no more")
        case RatingNeed() if need.years > need.within:
            yield FieldError(f"{place}/years", f"is more than `within` ({need.within}): correct one of them")
        case MeasureNeed():
            measures = {measure.code for measure in plan.measures}
            if need.measure not in measures:
                yield unknown(f"{place}/measure", "measure", need.measure, measures)
        case GatesNeed():
            yield from _known(need.of, {gate.code for gate in plan.gates}, "gate", f"{place}/of")
            yield from _named_once(need.of, f"{place}/of")
        case WaysNeed():
            titles = [way.title for way in need.ways]
            for number, title in enumerate(titles):
                if title in titles[:number]:
                    yield FieldError(
                        f"{place}/ways/{number}/title", f"{title!r} names a way already: name each by itself"
                    )


def _known(codes: Iterable[str], known: set[str], what: str, place: str) -> Faults:
    for number, code in enumerate(codes):
        if code not in known:
            yield unknown(f"{place}/{number}", what, code, known)


def _named_once(codes: tuple[str, ...], place: str) -> Faults:
    for number, code in enumerate(codes):
        if code in codes[:number]:
            yield FieldError(f"{place}/{number}", f"names {code!r} twice: keep one of them")


def _faults_of_holding(plan: Plan) -> Faults:
    ladder, demotion = plan.ladder, plan.ladder.demotion
    for name in ("holds", "demotion"):
        if getattr(ladder, name) is not None and len(ladder.rungs) == 1:
            yield FieldError(
                at("ladder", name), "is for a ladder with one rung, from which nobody can fall: leave it out"
            )
    if ladder.holds is not None and demotion is not None:
        yield FieldError(
            at("ladder", "demotion"), "stands beside `holds`, under which a rung only rises: keep one of them"
        )
    if demotion is not None and demotion.after_years_below == 1 and not demotion.one_rung_a_year:
        yield FieldError(
            at("ladder", "demotion", "after_years_below"),
            "lets everybody fall at once, as without it: ask for two years or more, or write one_rung_a_year: true",
        )


def _faults_of_position(plan: Plan, measure: PlacementPosition, place: str) -> Faults:
    yield from _named_once(measure.rungs, f"{place}/rungs")
    if (measure.ladder or plan.ladder_code) != plan.ladder_code:
        return
    if plan.ladder == NO_LADDER:
        yield FieldError(
            place, "asks for the rung of this plan, which has no ladder: name in `ladder` whose placements count"
        )
        return
    order = [rung.code for rung in plan.ladder.rungs]
    yield from _known(measure.rungs, set(order), "rung", f"{place}/rungs")
    known = [order.index(code) for code in measure.rungs if code in order]
    if known != sorted(known):
        yield FieldError(f"{place}/rungs", "are not in the order of the ladder: write them from the lowest up")
