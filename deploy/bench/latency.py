"""Figure: from a webhook that was accepted to a new statement that can be read, at 100 awards a second."""

from dataclasses import dataclass

import asyncpg
import uvloop

from deploy.bench.bare_log import TOPIC, BareLog, KafkaLog, PostgresLog
from deploy.bench.bare_path import BarePath
from deploy.bench.figures import Aim, Figure
from deploy.bench.network import READER, load
from deploy.bench.passage import Passage, Path, undisturbed
from deploy.bench.setting import Setting
from deploy.bench.spread import Spread
from deploy.bench.watcher import Watcher
from deploy.bench.webhook_path import WebhookPath, earners
from deploy.bench.wire import Wire
from deploy.client import Doors
from deploy.stack import Stack
from deploy.workspace import Engine

PER_SECOND = 100
_ROUNDS = 5
_ROUND_SECONDS = 3.0
_KAFKA_EDUCATORS = 1_000
"""Fewer than the network has, since loading them is not what is measured; each has a full year behind."""


@dataclass(frozen=True, slots=True)
class _Measured:
    ours: list[Passage]
    floor: list[Passage]
    reading_ms: list[float]


def latency(setting: Setting, engine: Engine) -> list[Figure]:
    """Raises BenchFailed, StackDidNotStart, KafkaDidNotStart."""
    stack = setting.stack(engine)
    educators = setting.educators if engine == "embedded" else min(_KAFKA_EDUCATORS, setting.educators)
    setting.report(f"starting the product on the {engine} engine")
    with stack:
        if not stack.workspace.is_loaded:
            load(stack, educators=educators, report=setting.report)
        return _figures(engine, uvloop.run(_measure(setting, stack, educators=educators)))


async def _measure(setting: Setting, stack: Stack, *, educators: int) -> _Measured:
    """Rounds of ours and of the floor by turns, so that whatever else the machine does meets both."""
    async with (
        Doors(stack.url, stack.workspace) as doors,
        Watcher(stack.postgres.url("compensation"), channel="outbox") as watcher,
        Wire(stack.port) as wire,
    ):
        teachers = await earners(stack, educators=educators)
        ours = WebhookPath(stack, wire, watcher, teachers, reader_token=doors.token(READER))
        async with await bare_path_of(stack) as floor:
            setting.report(f"warming up: {_ROUND_SECONDS:.0f} s each of ours and of the floor")
            await _round(ours)
            await _round(floor)
            measured = _Measured([], [], ours.reading_ms)
            ours.reading_ms.clear()
            for number in range(_ROUNDS):
                setting.report(f"{PER_SECOND} awards a second, round {number + 1} of {_ROUNDS}")
                measured.ours.extend(await _round(ours))
                measured.floor.extend(await _round(floor))
            return measured


async def _round(path: Path) -> list[Passage]:
    return await undisturbed(path, per_second=PER_SECOND, seconds=_ROUND_SECONDS)


async def bare_path_of(stack: Stack) -> BarePath:
    """The floor on the servers of `stack`, with statements and events of the size that ours have there."""
    if stack.broker is not None:
        stack.broker.create_topics([TOPIC], 1)
    source, target = await _empty_database(stack, "bench_source"), await _empty_database(stack, "bench_target")
    statement, event = await _a_statement_and_an_event(stack)
    return BarePath(source, await _bare_log(stack), target, event=event, statement=statement)


async def _bare_log(stack: Stack) -> BareLog:
    if stack.broker is not None:
        return KafkaLog(stack.broker.bootstrap)
    return PostgresLog(await _empty_database(stack, "bench_log"))


async def _empty_database(stack: Stack, name: str) -> str:
    stack.postgres.drop_database(name)
    stack.postgres.create_database(name)
    return stack.postgres.url(name)


async def _a_statement_and_an_event(stack: Stack) -> tuple[str, bytes]:
    """A statement and an award's event of the usual size, for the floor to carry."""
    connection = await asyncpg.connect(stack.postgres.url("compensation"))
    try:
        body = await connection.fetchval("SELECT body FROM statement ORDER BY hash LIMIT 1")
        data = await connection.fetchval("SELECT data FROM fact WHERE kind = 'award' LIMIT 1")
    finally:
        await connection.close()
    return str(body), str(data).encode()


def _figures(engine: Engine, measured: _Measured) -> list[Figure]:
    ours = Spread.of(one.recalculating_ms for one in measured.ours)
    floor = Spread.of(one.recalculating_ms for one in measured.floor)
    accepting = Spread.of(one.accepting_ms for one in measured.ours)
    committing = Spread.of(one.accepting_ms for one in measured.floor)
    reading = Spread.of(measured.reading_ms)
    name = f"award accepted to statement readable, {engine}"
    note = (
        f"{ours.count} awards at {PER_SECOND}/s, open loop. Readable: another connection reads the committed row, "
        f"which is when a door shows it; {reading.count} of them were also read over REST at that moment: each was "
        f"the new one and took {reading.p50:.1f} ms more."
    )
    return [
        Figure(f"{name}, p50", "ms", ours.p50, floor.p50, Aim(times_floor_at_most=2), note),
        Figure(f"{name}, p99", "ms", ours.p99, floor.p99, Aim(times_floor_at_most=3)),
        Figure(
            f"award due to webhook's answer, {engine}, p50",
            "ms",
            accepting.p50,
            committing.p50,
            note="Floor: the commit of the outbox row alone, without HTTP, signature and person.",
        ),
        Figure(f"award due to webhook's answer, {engine}, p99", "ms", accepting.p99, committing.p99),
    ]
