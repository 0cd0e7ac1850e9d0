"""What is refused of placements on a ladder."""

from services.compensation.errors.base import CompensationError


class PlacementInvalid(CompensationError):
    """The plan has no such ladder or rung, or asks for another confirmation; `errors` names each place."""

    code = "placement-invalid"
    status = 422
    title = "The plan does not know this placement"


class RungNotReached(CompensationError):
    """A rung was to be confirmed whose needs are not met by the educator's statement of the year."""

    code = "rung-not-reached"
    status = 409
    title = "The rung is not reached"


class PlacementUnknown(CompensationError):
    """There is no placement under this id."""

    code = "placement-unknown"
    status = 404
    title = "No such placement"


class PlacementAlreadyWithdrawn(CompensationError):
    """A placement can be withdrawn once; nothing rests on it any more."""

    code = "placement-already-withdrawn"
    status = 409
    title = "The placement was withdrawn already"


class NothingToPlace(CompensationError):
    """No plan is published for the year, or the one that is has no ladder."""

    code = "nothing-to-place"
    status = 409
    title = "There is no ladder to place anybody on"


class YearNotOver(CompensationError):
    """The performance period still runs: what the year comes to on the ladder is not known yet."""

    code = "year-not-over"
    status = 409
    title = "The year is not over"
