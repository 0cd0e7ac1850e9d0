"""The checks of the ladder and the pathways."""

from services.compensation.policy.checks.faults import Faults, at, repeated, unknown
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.ladder import CredentialNeed, PathwayNeed, RatingNeed
from shared.kernel.errors import FieldError


def faults_of_ladder(plan: Plan) -> Faults:
    yield from repeated(plan.pathways, "pathways", "pathway")
    for index, pathway in enumerate(plan.pathways):
        if len(set(pathway.credentials)) < len(pathway.credentials):
            yield FieldError(at("pathways", index, "credentials"), "names a credential twice: keep one of them")
    for fault in repeated(plan.ladder.rungs, "rungs", "rung"):
        yield FieldError(f"/ladder{fault.pointer}", fault.detail)
    if plan.ladder.rungs[0].requires:
        yield FieldError(
            at("ladder", "rungs", 0, "requires"),
            "the lowest rung has needs, so somebody could stand nowhere: put a rung without needs below it",
        )
    for index, rung in enumerate(plan.ladder.rungs):
        for number, need in enumerate(rung.requires):
            place = at("ladder", "rungs", index, "requires", number)
            if isinstance(need, PathwayNeed):
                codes = {pathway.code for pathway in plan.pathways}
                for position, code in enumerate(need.any_of):
                    if code not in codes:
                        yield unknown(f"{place}/any_of/{position}", "pathway", code, codes)
            elif isinstance(need, CredentialNeed) and need.of is not None and need.at_least > len(set(need.of)):
                yield FieldError(
                    f"{place}/at_least", f"only {len(set(need.of))} credentials are named in `of`: ask for no more"
                )
            elif isinstance(need, RatingNeed) and need.years > need.within:
                yield FieldError(f"{place}/years", f"is more than `within` ({need.within}): correct one of them")
