"""The compensation service for a machine: facts come in as its consumer takes them in, and nothing else runs."""

from contextlib import AbstractAsyncContextManager

from services.compensation import bootstrap
from services.compensation.handlers import handler
from services.compensation.policy.plan_book import PlanBook
from services.compensation.service import recalculation
from services.compensation.settings import Settings
from shared.db.direct import begin
from shared.events.registry import Event
from tests.models.bench import Bench, bench
from tests.models.doors import Caller
from tests.support.factories.events import received

PLANS = ("recalculation_range", "recalculation", "plan_comment", "plan_step", "plan_version")
BOOKS = (
    "payment_entry",
    "payout_instalment",
    "recovery_instalment",
    "recovery_entry",
    "recovery",
    "payment_hold",
    "refused_step",
    "payout_entry",
    "payout_line",
    "payout_batch",
    "ledger_entry",
    "bonus_total",
    "statement",
    "fact",
    "educator_account",
    "idempotency_key",
    "outbox",
)
CALLERS = {
    "hr": Caller("hr-1", ("hr",)),
    "other hr": Caller("hr-2", ("hr",)),
    "third hr": Caller("hr-3", ("hr",)),
    "admin": Caller("admin", ("admin",)),
    "payroll": Caller("payroll", ("payroll",)),
    "principal": Caller("principal", ("principal",)),
}


def compensation_bench(database: str) -> AbstractAsyncContextManager[Bench]:
    return bench("compensation", Settings, bootstrap.MIGRATIONS, bootstrap.api, database=database)


class Consumer:
    """What the worker does, one step at a time."""

    def __init__(self, opened: Bench) -> None:
        self._engine = opened.running.runtime.engine
        self._clock = opened.clock
        self._book = PlanBook()
        self._handle = handler(opened.clock, self._book)

    async def take_in(self, *events: Event) -> None:
        """One batch."""
        async with begin(self._engine) as connection:
            await self._handle(connection, [received(event) for event in events])

    async def recalculate(self) -> int | None:
        """A range of a recalculation, or its division into ranges; None where nothing is due."""
        async with self._engine.begin() as connection:
            return await recalculation.recalculate_next(connection, self._clock, self._book)
