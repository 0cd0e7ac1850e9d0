"""Which database errors pass by themselves. Everything else means that the statement or the data is wrong."""

import asyncio

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# SQLSTATE classes: 08 connection, 40 rollback (deadlock, serialisation), 53 resources (disk, memory, connections),
# 55 object not in prerequisite state (lock timeout), 57 operator intervention (restart, timeout), 58 system error.
_PASSING_CLASSES = ("08", "40", "53", "55", "57", "58")


def is_passing(error: BaseException) -> bool:
    """True where the same call may succeed later: lost connection, restart, deadlock, full disk."""
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
        if state is not None:
            return str(state).startswith(_PASSING_CLASSES)
        return isinstance(error, (InterfaceError, OperationalError))
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_PASSING_CLASSES)
    name = type(error).__name__
    return isinstance(error, (OSError, asyncio.TimeoutError, PoolTimeoutError)) or name in {
        "ConnectionDoesNotExistError",
        "InterfaceError",
    }
