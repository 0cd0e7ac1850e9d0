"""Engines on asyncpg with limits that keep a lost lock or a hung statement from holding a worker for ever."""

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_SERVER_SETTINGS = {
    "application_name": "rung",
    "lock_timeout": "15s",
    "statement_timeout": "120s",
    # A process that was stopped in mid-transaction must give its locks up before others are long held up by it.
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
}


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
            "server_settings": _SERVER_SETTINGS | {"application_name": application_name},
            "timeout": 10,
            "command_timeout": 150,
        },
    )
