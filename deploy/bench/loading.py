"""Figure: how long the sample network takes to load through the public doors, at the first start."""

import asyncio
import time

import asyncpg

from deploy.bench.figures import Aim, Figure
from deploy.bench.network import Loaded, load
from deploy.bench.setting import Setting
from deploy.postgres import PostgresServer
from deploy.services import SERVICES

_DATABASES = (*SERVICES, "bus")
_WRITTEN = "SELECT sum(n_tup_ins + n_tup_upd) FROM pg_stat_user_tables"
_SIZE = "SELECT sum(pg_table_size(relid)) FROM pg_stat_user_tables"
_FLOOR = "bench_floor"


def loading(setting: Setting) -> list[Figure]:
    """Leaves the network loaded in the embedded engine's folder. Raises BenchFailed, StackDidNotStart, DoorRefused."""
    stack = setting.stack("embedded")
    setting.report("first start of the embedded engine")
    with stack:
        loaded = load(stack, educators=setting.educators, report=setting.report)
        transactions = asyncio.run(_transactions(stack.postgres))
    setting.report("writing the same rows in as many transactions, bare")
    # Started anew, because a server counts its rows for good only when it is stopped.
    with PostgresServer(setting.root / "embedded" / "postgres") as server:
        floor = asyncio.run(_write_as_much(server, transactions))
    return [Figure("loading the sample network", "s", loaded.seconds, floor, Aim(at_most=60), _note(loaded))]


def _note(loaded: Loaded) -> str:
    parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in loaded.parts.items())
    return f"Seconds by part: {parts}. Floor: as many rows of the same mean size, by COPY, in as many transactions."


async def _transactions(server: PostgresServer) -> int:
    """How many transactions have written anything, in the whole server and since it was made."""
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        return int(await connection.fetchval("SELECT pg_current_xact_id()::text"))
    finally:
        await connection.close()


async def _write_as_much(server: PostgresServer, transactions: int) -> float:
    """Seconds for the rows and bytes that all databases hold, in `transactions` commits of equal size."""
    rows = size = 0
    for name in _DATABASES:
        connection = await asyncpg.connect(server.url(name))
        # A sum of bigint is a numeric in PostgreSQL, which arrives as a Decimal.
        rows += int(await connection.fetchval(_WRITTEN) or 0)
        size += int(await connection.fetchval(_SIZE) or 0)
        await connection.close()
    server.create_database(_FLOOR)
    connection = await asyncpg.connect(server.url(_FLOOR))
    try:
        await connection.execute("CREATE TABLE written (id bigint PRIMARY KEY, body text NOT NULL)")
        body = "x" * (size // rows)
        began = time.perf_counter()
        for turn in range(transactions):
            numbers = range(turn * rows // transactions, (turn + 1) * rows // transactions)
            await connection.copy_records_to_table("written", records=[(number, body) for number in numbers])
        return time.perf_counter() - began
    finally:
        await connection.close()
        server.drop_database(_FLOOR)
