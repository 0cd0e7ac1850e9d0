"""What stops a rebuild."""

from services.compensation.errors.base import CompensationError


class LogDoesNotMatch(CompensationError):
    """A replay of the log does not come to what was published."""

    code = "log-does-not-match"
    status = 409
    title = "The log does not come to what was published"


class DatabaseNotEmpty(CompensationError):
    """A rebuild was asked for in a database that has accounts or plans already."""

    code = "database-not-empty"
    status = 409
    title = "The database is not empty"
