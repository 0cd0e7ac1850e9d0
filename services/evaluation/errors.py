"""What callers of the evaluation service can get wrong, each a statement of fact with a stable code and a status."""

from shared.kernel.errors import RungError


class EvaluationError(RungError):
    """Base of this service's errors."""

    code = "evaluation-error"
    status = 400
    title = "Evaluation cannot do this"


class RosterArchiveRefused(EvaluationError):
    """The body is not a OneRoster zip that can be opened: no zip, nested folders, too large inside, files missing."""

    code = "roster-archive-refused"
    status = 422
    title = "The roster archive cannot be used"


class RosterRefused(EvaluationError):
    """Rows of the roster are broken; `errors` names file, line and column of each. Nothing was imported."""

    code = "roster-refused"
    status = 422
    title = "The roster has broken rows"


class LinesRefused(EvaluationError):
    """Lines of a bulk body are broken; `errors` names line and field of each. Nothing was loaded."""

    code = "lines-refused"
    status = 422
    title = "The body has broken lines"


class EducatorUnknown(EvaluationError):
    """The roster has not brought this educator."""

    code = "educator-unknown"
    status = 404
    title = "No such educator"


class EducatorNotOnCampus(EvaluationError):
    """The educator has no assignment on the campus on that day."""

    code = "educator-not-on-campus"
    status = 409
    title = "The educator does not work on this campus"


class AppraiserUnknown(EvaluationError):
    """An observation needs an appraiser who is on the roster: name one, or use a token with an educator id."""

    code = "appraiser-unknown"
    status = 422
    title = "No such appraiser"


class AppraiserIsEducator(EvaluationError):
    """Nobody observes or rates themselves."""

    code = "appraiser-is-educator"
    status = 409
    title = "Nobody appraises themselves"


class RubricUnknown(EvaluationError):
    """There is no such rubric in this version; GET /evaluation/v1/rubrics lists those there are."""

    code = "rubric-unknown"
    status = 404
    title = "No such rubric"


class DimensionUnknown(EvaluationError):
    """The observation's rubric has no such dimension."""

    code = "dimension-unknown"
    status = 404
    title = "No such dimension"


class LevelOutsideRubric(EvaluationError):
    """The observation's rubric has no such level."""

    code = "level-outside-rubric"
    status = 422
    title = "The rubric has no such level"


class ObservationUnknown(EvaluationError):
    """No observation has this id."""

    code = "observation-unknown"
    status = 404
    title = "No such observation"


class ObservationAlreadyFinalized(EvaluationError):
    """What was finalized changes by an amendment with a reason, and in no other way."""

    code = "observation-already-finalized"
    status = 409
    title = "The observation is finalized"


class ObservationNotFinalized(EvaluationError):
    """Only a finalized observation can be amended; before that, its scores are simply changed."""

    code = "observation-not-finalized"
    status = 409
    title = "The observation is not finalized"


class ObservationIsCancelled(EvaluationError):
    """The observation was called off; schedule another."""

    code = "observation-cancelled"
    status = 409
    title = "The observation is cancelled"


class ObservationIncomplete(EvaluationError):
    """What finalizing needs is missing: `errors` names the dimensions, and the day of the visit where it is not set."""

    code = "observation-incomplete"
    status = 409
    title = "The observation is not complete"


class ObservedInFuture(EvaluationError):
    """The day of the visit has not come yet."""

    code = "observed-in-future"
    status = 409
    title = "The visit lies in the future"


class AmendmentChangesNothing(EvaluationError):
    """The amendment gives the scores that stand already."""

    code = "amendment-changes-nothing"
    status = 409
    title = "The amendment changes nothing"


class SummativeFactsMissing(EvaluationError):
    """The year does not have the facts that its rating needs; the detail names what is missing."""

    code = "summative-facts-missing"
    status = 409
    title = "There are not enough facts for a rating"


class SummativeRatingUnknown(EvaluationError):
    """The educator has no rating for this school year."""

    code = "summative-rating-unknown"
    status = 404
    title = "No such rating"
