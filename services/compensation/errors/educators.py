"""What is refused of one educator."""

from services.compensation.errors.base import CompensationError


class EducatorNotRostered(CompensationError):
    """Something was to be kept of somebody whom no roster has brought."""

    code = "educator-not-rostered"
    status = 422
    title = "No roster has brought this educator"


class StatementAbsent(CompensationError):
    """There is no statement of this educator for this plan year; the detail says why."""

    code = "statement-absent"
    status = 404
    title = "No statement"


class ConflictOfInterest(CompensationError):
    """Somebody of HR was about to change what their own pay, or their own place on the ladder, rests on."""

    code = "conflict-of-interest"
    status = 403
    title = "Another person has to do it"
    is_on_record = True
