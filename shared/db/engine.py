"""Engines on asyncpg with limits that keep a lost lock or a hung statement from holding a worker for ever."""

from typing import Any, Literal

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

SILENCE_SECONDS = 30
"""A process that was stopped or cut off gives its locks up before others are long held up by them."""
TRANSACTION_SECONDS = 60
ANSWER_SECONDS = 20

_SERVER_SETTINGS = {
    "application_name": "rung",
    "lock_timeout": "15s",
    "statement_timeout": "120s",
    "timezone": "UTC",
}


def silence_ends(seconds: int, *, holds: Literal["transaction", "session"]) -> dict[str, str]:
    """Settings by which the server itself ends a client that says nothing for `seconds` while it holds locks, of a
    transaction or of the whole session.

    A server that waits for the next statement and one that waits for somebody to read a large answer need a limit
    each: while it sends, the server looks at no limit on statements.
    """
    limit = f"{seconds}s"
    settings = {"idle_in_transaction_session_timeout": limit, "tcp_user_timeout": limit}
    return settings | {"idle_session_timeout": limit} if holds == "session" else settings


def end_long_transactions(engine: AsyncEngine, *, seconds: int) -> None:
    """Have the server end any transaction of `engine` that lasts longer. For workers, whose transactions are short.

    Between the two halves of a statement that is new to its connection the server waits under no other limit: a
    process that is stopped just there holds its locks for ever. PostgreSQL has this limit from version 17 on.
    """

    @event.listens_for(engine.sync_engine, "connect")
    def _limit(connection: Any, _record: object) -> None:
        if connection.driver_connection.get_server_version() >= (17,):
            cursor = connection.cursor()
            cursor.execute(f"SET transaction_timeout = '{seconds}s'")
            cursor.close()
            connection.commit()


async def end_long_statements(connection: "asyncpg.Connection[asyncpg.Record]", *, seconds: int) -> None:
    """The same for a connection of the driver's own, which holds locks of its session: what is under no limit between
    the two halves of a statement would hold them for ever.
    """
    if connection.get_server_version() >= (17,):
        await connection.execute(f"SET transaction_timeout = '{seconds}s'")


def expect_answers(engine: AsyncEngine, *, seconds: int) -> None:
    """Have a connection given up whose server has said nothing for so long. For workers, whose statements are short.

    A connection of which only this end is left swallows what is sent and never answers: without a limit below the
    150 s of a large upload, a consumer would stand still for as long (found by the fault schedule).
    """

    @event.listens_for(engine.sync_engine, "do_connect")
    def _limit(_dialect: object, _record: object, _arguments: object, parameters: dict[str, Any]) -> None:
        parameters["command_timeout"] = seconds


def create_engine(url: str, *, pool_size: int = 8, application_name: str = "rung") -> AsyncEngine:
    """An engine for `postgresql://...`; limits hold on the server too."""
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=30,
        pool_recycle=3600,
        # Bound values are people's data, and errors are logged.
        hide_parameters=True,
        connect_args={
            "server_settings": {
                **_SERVER_SETTINGS,
                **silence_ends(SILENCE_SECONDS, holds="transaction"),
                "application_name": application_name,
            },
            "timeout": 10,
            "command_timeout": 150,
        },
    )
