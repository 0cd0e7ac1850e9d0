"""A success is answered only once its transaction has committed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from fastapi import APIRouter

from shared.web import transaction
from shared.web.transaction import Transaction
from tests.support.web import app_of, calling

router = APIRouter()


@router.post("/payments")
async def pay(_: Transaction) -> str:
    return "paid"


class Database:
    """Notes what becomes of its transactions; with `is_lost` every commit fails."""

    def __init__(self, *, is_lost: bool = False) -> None:
        self.is_lost = is_lost
        self.committed = 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[SimpleNamespace]:
        yield SimpleNamespace()
        if self.is_lost:
            raise ConnectionResetError
        self.committed += 1


async def answer_of(database: Database, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(transaction, "begin", Database.begin)
    app = app_of(router)
    app.state.engine = database
    async with calling(app) as client:
        return (await client.post("/compensation/v1/payments")).status_code


async def test_what_was_answered_with_success_is_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database()
    assert (await answer_of(database, monkeypatch), database.committed) == (200, 1)


async def test_a_commit_that_fails_is_never_answered_with_success(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await answer_of(Database(is_lost=True), monkeypatch) == 503
