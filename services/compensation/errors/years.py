"""What is refused of a plan year: its common facts, its settlement."""

from services.compensation.errors.base import CompensationError


class CommonFactsAbsent(CompensationError):
    """Nothing is kept yet that would be common to all educators of the year."""

    code = "common-facts-absent"
    status = 404
    title = "Nothing is kept for this year"


class YearClosed(CompensationError):
    """The plan year was settled for good; what everybody's pay rests on does not change any more."""

    code = "year-closed"
    status = 409
    title = "The plan year is closed"


class CampusesTooMany(CompensationError):
    """What is to be kept of campuses is more than an event can tell."""

    code = "campuses-too-many"
    status = 422
    title = "Too much for one plan year"


class YearNotSettled(CompensationError):
    """What depends on all educators at once is an estimate still, and estimates are not paid."""

    code = "year-not-settled"
    status = 409
    title = "The plan year is not settled"


class NothingToSettle(CompensationError):
    """No plan is published for the year, or the one that is looks at nobody else's work."""

    code = "nothing-to-settle"
    status = 409
    title = "Nothing to settle"


class YearNotClosed(CompensationError):
    """Only a year that was settled for good can be reopened."""

    code = "year-not-closed"
    status = 409
    title = "The plan year is not closed"


class YearBeingPaid(CompensationError):
    """A payout batch of the year waits to be sealed; reopened, it would pay what is an estimate again."""

    code = "year-being-paid"
    status = 409
    title = "A payout batch of the year is under way"


class RecalculationUnderWay(CompensationError):
    """Not everybody of the year is decided by what stands now; until then nothing of it is paid."""

    code = "recalculation-under-way"
    status = 409
    title = "Everybody is being recalculated"
