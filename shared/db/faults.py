"""Which database errors pass by themselves. Everything else means that the statement or the data is wrong."""

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

DRIVER_FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""Whatever asyncpg raises by itself; TimeoutError is an OSError."""

_PASSING_STATES = (
    "08",  # connection
    "0A000",  # a cached plan that a migration made invalid; the next call plans anew
    "25006",  # read-only: the old primary after a failover
    "25P03",  # idle in transaction, or in one transaction, for too long: this process was stopped for a while
    "25P04",
    "28",  # authorization: a password is being changed
    "3D",  # the database is not there yet
    "40",  # rollback: deadlock, serialisation
    "42501",  # no right, no table, no column: a migration and the code that belongs to it are not both rolled out yet
    "42P01",
    "42703",
    "53",  # resources: disk, memory, connections
    "55",  # object not in prerequisite state: lock timeout
    "57",  # operator intervention: restart, statement timeout
    "58",  # system error
)


def is_passing(error: BaseException) -> bool:
    """True where the same call may succeed later: lost connection, restart, deadlock, full disk, rollout under way."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None)
    if isinstance(state, str):
        return state.startswith(_PASSING_STATES)
    return isinstance(error, (PoolTimeoutError, *DRIVER_FAULTS)) and not isinstance(error, ValueError)
