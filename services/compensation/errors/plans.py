"""What is refused of plans."""

from services.compensation.errors.base import CompensationError


class PlanUnreadable(CompensationError):
    """The text is not YAML that a plan can be written in; nothing of it was understood."""

    code = "plan-unreadable"
    status = 400
    title = "The plan document cannot be read"


class PlanInvalid(CompensationError):
    """The document can be read but is not a plan; `errors` names each place with its remedy."""

    code = "plan-invalid"
    status = 422
    title = "The plan document is not valid"


class PlanVersionUnknown(CompensationError):
    """No plan version has this id."""

    code = "plan-version-unknown"
    status = 404
    title = "No such plan version"


class PlanAlreadyPublished(CompensationError):
    """The version is published or superseded; what was published never changes."""

    code = "plan-already-published"
    status = 409
    title = "The plan version is published already"


class WriterCannotPublish(CompensationError):
    """Who wrote a plan version cannot publish it."""

    code = "writer-cannot-publish"
    status = 403
    title = "Another person has to publish it"
