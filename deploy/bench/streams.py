"""Figures: what payroll pulls of 100,000 educators, beside COPY ... TO STDOUT of the same rows.

As payroll calls them, on an API process of its own: the frozen lines of a sealed batch, and the bonus totals.
"""

import socket
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date

import asyncpg

from deploy.bench.figures import Aim, Figure
from deploy.bench.filling import prepare_database
from deploy.bench.setting import BenchFailed, Setting
from deploy.bench.spread import median
from deploy.bench.watcher import PLAN_YEAR
from deploy.client import Doors, Person
from deploy.load.callers import request
from deploy.load.served import served
from deploy.postgres import PostgresServer
from deploy.private_loop import run_apart
from deploy.workspace import Workspace
from services.compensation.bootstrap import NAME
from services.compensation.policy.plan_book import PlanBook
from services.compensation.service.payouts import approve_batch, prepare_batch, seal_batch
from services.compensation.service.recalculation import recalculate_next
from shared.db.engine import create_engine
from shared.kernel.clock import SystemClock
from shared.web.tokens import Role

_LINES = 100_000
_ROUNDS = 7
_PAYROLL = Person("payroll:bench", (Role.PAYROLL,))
_PAY_DATE = date(2021, 11, 15)
_RECEIVE = 1 << 20

_PLAN = "(SELECT id FROM plan_version WHERE state = 'published')"
_EDUCATOR = "md5('educator ' || n)::uuid"
_POSTED = (
    f"""
    INSERT INTO statement (educator_id, plan_year, sequence, plan_version_id, applied_sequence, cause_event_id,
                           total_cents, rung, hash, body, decided_at)
    SELECT {_EDUCATOR}, '{PLAN_YEAR}', 1, {_PLAN}, 1, md5('event ' || n)::uuid, 100000 + n, 'novice', md5(n::text), '',
           now() FROM generate_series(1, $1::int) n
    """,
    f"""
    INSERT INTO ledger_entry (id, educator_id, plan_year, sequence, component, amount_cents, plan_version_id,
                              cause_event_id, posted_at)
    SELECT md5('entry ' || n)::uuid, {_EDUCATOR}, '{PLAN_YEAR}', 1, 'performance-bonus', 100000 + n, {_PLAN},
           md5('event ' || n)::uuid, now() FROM generate_series(1, $1::int) n
    """,
    f"""
    INSERT INTO bonus_total (educator_id, plan_year, sequence, plan_version_id, statement_hash, employee_number,
                             district_id, campus_id, rung, components, total_cents)
    SELECT {_EDUCATOR}, '{PLAN_YEAR}', 1, {_PLAN}, md5(n::text) || md5(n::text), 'E' || n, md5('district')::uuid,
           md5('campus ' || n % 58)::uuid, 'novice',
           '{{"performance-bonus":' || 100000 + n || ',"micro-credential-stipend":0}}', 100000 + n
    FROM generate_series(1, $1::int) n
    """,
)


def streams(setting: Setting) -> list[Figure]:
    """Raises BenchFailed, PostgresDidNotStart."""
    folder = setting.folder / "streams"
    with PostgresServer(folder / "postgres") as server:
        url = prepare_database(server, NAME)
        setting.report(f"{_LINES:,} educators are posted to the ledger, and frozen into a batch")
        run_apart(lambda: _decide_everybody(url))
        run_apart(lambda: _post(url))
        batch_id = run_apart(lambda: _sealed_batch(url))
        workspace = Workspace(setting.root, "embedded")
        environment = {
            "RUNG_DATABASE_URL": url,
            "RUNG_BUS_DATABASE_URL": url,
            "RUNG_TOKEN_KEYS": str(workspace.issuer().jwks_path),
            "RUNG_PERSON_KEY_SECRET": workspace.person_key_secret(),
        }
        doors = {
            "the lines of a sealed batch": (
                f"/compensation/v1/payout-batches/{batch_id}/lines",
                f"SELECT * FROM payout_line WHERE batch_id = '{batch_id}' ORDER BY number",
            ),
            "bonus totals": (
                f"/compensation/v1/bonus-totals?plan_year={PLAN_YEAR}",
                f"SELECT * FROM bonus_total WHERE plan_year = '{PLAN_YEAR}' ORDER BY educator_id",
            ),
        }
        token = Doors("", workspace).token(_PAYROLL)
        with served("services.compensation.main", environment=environment, log=folder / "api.log") as api:
            setting.report(f"payroll pulls them, {_ROUNDS} times, and so does COPY")
            return [_figure(name, api.port, url, token, *door) for name, door in doors.items()]


def _figure(name: str, port: int, url: str, token: str, path: str, query: str) -> Figure:
    ours, floor, size = [], [], 0
    sent = request("GET", path, {"Authorization": f"Bearer {token}", "Accept": "application/x-ndjson"})
    for _ in range(_ROUNDS):
        ours.append(_seconds(lambda: _pull(port, sent)))
        floor.append(_seconds(lambda: run_apart(lambda: _copy(url, query))))
    size = _pull(port, sent)
    note = f"Wall time, median of {_ROUNDS} interleaved pulls, {size / 1e6:.0f} MB. Floor: asyncpg's COPY of the rows."
    return Figure(f"payroll stream of {_LINES:,}: {name}", "s", median(ours), median(floor), _AIMS[name], note)


_AIMS = {"the lines of a sealed batch": Aim(times_floor_at_most=2), "bonus totals": None}


def _seconds(pull: Callable[[], object]) -> float:
    began = time.perf_counter()
    pull()
    return time.perf_counter() - began


def _pull(port: int, sent: bytes) -> int:
    """How many bytes came. Raises BenchFailed where these are not all lines."""
    with closing(socket.create_connection(("127.0.0.1", port))) as connection:
        connection.sendall(sent.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        size = lines = 0
        first = b""
        while received := connection.recv(_RECEIVE):
            first = first or received
            size += len(received)
            lines += received.count(b"\n") - received.count(b"\r\n")
    if not first.startswith(b"HTTP/1.1 200") or lines < _LINES:
        raise BenchFailed(f"{lines} of {_LINES} lines came: {first[:200]!r}")
    return size


async def _copy(url: str, query: str) -> None:
    async def taken(_data: bytes) -> None:
        pass

    connection = await asyncpg.connect(url)
    try:
        await connection.copy_from_query(query, output=taken)
    finally:
        await connection.close()


async def _post(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in _POSTED:
            await connection.execute(statement, _LINES, timeout=300)
        await connection.execute("VACUUM (ANALYZE)", timeout=300)
    finally:
        await connection.close()


async def _decide_everybody(url: str) -> None:
    """Nobody is there yet; but nothing is paid before the publication's recalculation is finished."""
    engine = create_engine(url)
    try:
        left: int | None = 0
        while left is not None:
            async with engine.begin() as connection:
                left = await recalculate_next(connection, SystemClock(), PlanBook())
    finally:
        await engine.dispose()


async def _sealed_batch(url: str) -> str:
    engine, clock = create_engine(url), SystemClock()
    try:
        async with engine.begin() as connection:
            batch = await prepare_batch(connection, clock, plan_year=PLAN_YEAR, pay_date=_PAY_DATE, by="bench:preparer")
            await approve_batch(connection, clock, batch.id, by="bench:approver", accepts_estimates=True)
            await seal_batch(connection, clock, batch.id, by="bench:releaser")
        return str(batch.id)
    finally:
        await engine.dispose()
