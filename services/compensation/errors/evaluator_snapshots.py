"""What is refused of the outside evaluator's snapshots."""

from services.compensation.errors.base import CompensationError


class NothingToSnapshot(CompensationError):
    """No plan is published for the year, so nobody has a statement of it."""

    code = "nothing-to-snapshot"
    status = 409
    title = "Nothing to make a snapshot of"


class SnapshotUnknown(CompensationError):
    """No snapshot has this id."""

    code = "snapshot-unknown"
    status = 404
    title = "No such snapshot"


class SnapshotFileUnknown(CompensationError):
    """The snapshot has no file of this name; it has none at all before it is made."""

    code = "snapshot-file-unknown"
    status = 404
    title = "No such file in the snapshot"


class PseudonymKeyMissing(CompensationError):
    """The worker has no key, or one that is too short, to make pseudonyms with."""

    code = "pseudonym-key-missing"
    status = 409
    title = "There is no key for pseudonyms"


class PseudonymsCollide(CompensationError):
    """Two people or places come to one pseudonym."""

    code = "pseudonyms-collide"
    status = 409
    title = "Two have one pseudonym"
