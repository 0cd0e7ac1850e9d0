"""What is refused of what-ifs."""

from services.compensation.errors.base import CompensationError


class WhatIfUnknown(CompensationError):
    """No what-if has this id."""

    code = "what-if-unknown"
    status = 404
    title = "No such what-if"


class WhatIfNotDone(CompensationError):
    """The what-if has not come to its end, so there is nothing to show; or it failed, and never will."""

    code = "what-if-not-done"
    status = 409
    title = "The what-if is not done"


class WhatIfWithoutPlan(CompensationError):
    """Changed facts alone were to be run on the plan that stands, and none is published for the year."""

    code = "what-if-without-plan"
    status = 409
    title = "No plan stands for this year"


class ChangesInvalid(CompensationError):
    """The changes of facts cannot be taken; `errors` names each place with its remedy."""

    code = "changes-invalid"
    status = 422
    title = "The changes are not valid"


class PlanOfAnotherYear(CompensationError):
    """The plan to be run is of another year than the what-if."""

    code = "plan-of-another-year"
    status = 422
    title = "The plan is of another year"


class WhatIfsOfSeveralYears(CompensationError):
    """What-ifs of one year can be laid side by side, these are of several."""

    code = "what-ifs-of-several-years"
    status = 409
    title = "The what-ifs are of several years"
