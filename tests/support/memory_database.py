"""A database in memory, whose transactions wait for locks as PostgreSQL's do and can be cut off at any of their steps.

What runs on it are coroutines that nobody but a scheduler drives: each pauses before each step that it takes, and
whoever holds it decides when it goes on, or that it never does.
"""

from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from services.compensation.domain import PlanVersion
from shared.messaging.bus import Partition
from shared.messaging.offsets import Place
from tests.support.books import Books


@dataclass(frozen=True, slots=True)
class Pause:
    """A process stands before a step; it may go on once it `can`."""

    before: str
    can: Callable[[], bool] = lambda: True

    def __await__(self) -> Generator["Pause", None, None]:
        yield self


@dataclass(slots=True)
class Recalculation:
    """A row of the table: how far everybody's recalculation by a plan version has come."""

    plan_version_id: UUID
    cause_event_id: UUID
    ranges: dict[int, tuple[str | None, str | None]] | None = None
    is_finished: bool = False


@dataclass
class Database:
    """What is committed, who holds which locks, and how often what happened."""

    books: Books = field(default_factory=Books)
    offsets: dict[Partition, Place] = field(default_factory=dict)
    versions: dict[UUID, PlanVersion] = field(default_factory=dict)
    recalculations: list[Recalculation] = field(default_factory=list)
    holders: dict[str, set["Transaction"]] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    fault: Exception | None = None
    """What is wrong beyond repair: a process might pass over the error."""

    def begin(self) -> Any:
        """A transaction, in the place of a connection."""
        return Transaction(self)


class Transaction:
    """READ COMMITTED: it sees what others have committed; what it writes, nobody sees before its commit.

    It holds its locks until it ends, shared ones beside others that are shared.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._writes: list[Callable[[], None]] = []
        self._held: list[str] = []
        self._shared: set[str] = set()

    async def lock(self, name: str, *, shared: bool = False) -> None:
        """Wait until it is free. Nobody goes to sleep over a lock that it holds already."""

        def is_free() -> bool:
            others = self.database.holders.get(name, set()) - {self}
            return not others or (shared and all(name in other._shared for other in others))

        what = f"{'share' if shared else 'lock'} {name.split(maxsplit=1)[0]}"
        self.database.seen[f"waited to {what}"] += not is_free()
        await Pause(what, is_free)
        self.hold(name, shared=shared)

    def hold(self, name: str, *, shared: bool = False) -> None:
        """Take a lock that is free."""
        self.database.holders.setdefault(name, set()).add(self)
        self._held.append(name)
        if shared:
            self._shared.add(name)

    def is_held(self, name: str) -> bool:
        """Whether somebody holds it."""
        return bool(self.database.holders.get(name))

    def write(self, change: Callable[[], None]) -> None:
        """Do `change` at the commit."""
        self._writes.append(change)

    async def __aenter__(self) -> Self:
        await Pause("begin")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await Pause("commit")
                self._commit()
        finally:
            for name in self._held:
                self.database.holders[name].discard(self)
        if kind is None:
            await Pause("what follows the commit")

    def _commit(self) -> None:
        try:
            for change in self._writes:
                change()
        except AssertionError as fault:
            self.database.fault = fault
