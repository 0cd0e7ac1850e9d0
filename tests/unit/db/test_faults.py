"""Which faults are waited out and which are taken for an error in the statement or its data."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.db.faults import is_passing


class DriverError(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


def of_state(sqlstate: str | None) -> DBAPIError:
    return DBAPIError("SELECT", {}, DriverError(sqlstate))


PASSING = ["08006", "0A000", "25006", "25P03", "28P01", "3D000", "40001", "40P01", "42P01", "42703", "53100", "53300"]
PASSING += ["55P03", "57P01", "57014", "58030"]
STAYING = ["22000", "22003", "22021", "22P02", "23505", "23514", "25P02", "42601", "42883", "P0001", "XX000"]


@pytest.mark.parametrize("sqlstate", PASSING)
def test_a_fault_of_the_surroundings_passes(sqlstate: str) -> None:
    assert is_passing(of_state(sqlstate))


@pytest.mark.parametrize("sqlstate", STAYING)
def test_an_error_in_the_statement_or_its_data_does_not_pass(sqlstate: str) -> None:
    assert not is_passing(of_state(sqlstate))


@pytest.mark.parametrize(
    "error",
    [
        DBAPIError("SELECT", {}, DriverError(None), connection_invalidated=True),
        PoolTimeoutError(),
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.DeadlockDetectedError(),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("got result for unknown protocol state"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_lost_connection_passes_however_it_shows(error: Exception) -> None:
    assert is_passing(error)


@pytest.mark.parametrize(
    "error",
    [
        InterfaceError("SELECT", {}, DriverError(None)),
        InvalidRequestError(),
        asyncpg.UniqueViolationError(),
        asyncpg.DataError("invalid input for query argument $1"),
        ValueError(),
        ZeroDivisionError(),
        KeyError("weight"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_no_fault_of_the_connection_does_not_pass(error: Exception) -> None:
    assert not is_passing(error)
