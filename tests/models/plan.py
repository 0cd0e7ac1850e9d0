"""Plan versions and the recalculation of everybody: a plain model with no code of the product.

As services/compensation/README.md and docs/decisions/0004 describe them, under the small plan (plan_document.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.models.doors import Caller, Granted
from tests.models.pay import Components, Facts, difference
from tests.models.refusals import refuse
from tests.models.words import moment

Json = dict[str, Any]
OFFICE = ("hr", "admin")


@dataclass(frozen=True)
class Wanted:
    """A document that somebody sends: the small plan of a year with this stipend, or one with this fault."""

    code: str
    year: int
    stipend: int
    fault: str | None = None


@dataclass(eq=False)
class Version:
    """A version of a plan. `shown` is what was answered when it was written, and stays."""

    wanted: Wanted
    version: int
    shown: Json
    state: str = "draft"
    published: tuple[str, datetime] | None = None

    def __repr__(self) -> str:
        return f"<{self.state} version {self.version} of {self.wanted.code}>"

    @property
    def version_id(self) -> str:
        return str(self.shown["id"])

    @property
    def view(self) -> Json:
        by, at = self.published or (None, None)
        return self.shown | {"state": self.state, "published_by": by, "published_at": moment(at)}


@dataclass
class Recalculation:
    """Everybody by a version that was published: how far it has come."""

    version: Version
    requested_at: datetime
    after: UUID | None = None
    educators: int = 0
    finished_at: datetime | None = None


@dataclass(frozen=True)
class Statement:
    """Where an educator stands in a year, and all that the statement names."""

    sequence: int
    version: Version
    named: Any
    components: Components


@dataclass
class Account:
    """An educator's facts, and the events taken in since a statement told of them."""

    facts: Facts = field(default_factory=Facts)
    unreported: list[str] = field(default_factory=list)


class Plans:
    """All versions, everybody's statements, and what was published. A chunk of a recalculation is `chunk` educators."""

    def __init__(self, now: datetime, *, chunk: int) -> None:
        self.now = now
        self._chunk = chunk
        self.versions: list[Version] = []
        self.recalculations: list[Recalculation] = []
        self.accounts: dict[UUID, Account] = {}
        self.statements: dict[tuple[UUID, str], Statement] = {}
        self.published: list[tuple[str, Json]] = []

    def write(self, caller: Caller, wanted: Wanted, answered: Json) -> Granted:
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        refuse({} if wanted.fault is None else {wanted.fault: True})
        number = 1 + max((one.version for one in self.versions if one.wanted.code == wanted.code), default=0)
        given = {name: answered[name] for name in ("id", "content_hash", "document")}
        shown = {
            **given,
            "plan": wanted.code,
            "version": number,
            "plan_year": label(wanted.year),
            "state": "draft",
            "written_by": caller.subject,
            "written_at": moment(self.now),
            "published_by": None,
            "published_at": None,
        }
        self.versions.append(Version(wanted, number, shown))
        return Granted(shown, 201)

    def publish(self, caller: Caller, version: Version) -> Granted:
        """From now on its year is paid by it. What was published once is never published again."""
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        refuse(
            {
                "plan-already-published": version.state != "draft",
                "writer-cannot-publish": caller.subject == version.shown["written_by"],
            }
        )
        for one in self.standing():
            if one.wanted.year == version.wanted.year:
                one.state = "superseded"
        version.state, version.published = "published", (caller.subject, self.now)
        self.recalculations.append(Recalculation(version, self.now))
        told = ("plan", "version", "plan_year", "content_hash", "document")
        said = {"plan_version_id": version.version_id, "publication": len(self.recalculations)}
        self.published.append(("plan.published", {name: version.shown[name] for name in told} | said))
        return Granted(version.view | {"document": None})

    def standing(self) -> list[Version]:
        """The version of each year that it is paid by, the oldest year first."""
        return sorted((one for one in self.versions if one.state == "published"), key=lambda one: one.wanted.year)

    def read(self, version: Version) -> Granted:
        return Granted(version.view)

    def all(self) -> Granted:
        return Granted(sorted((one.view | {"document": None} for one in self.versions), key=lambda view: view["id"]))

    def progress(self, caller: Caller, version: Version) -> Granted:
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        found = next((one for one in self.recalculations if one.version is version), None)
        refuse({"not-found": found is None})
        assert found is not None
        return Granted(
            {
                "plan_version_id": version.version_id,
                "educators": found.educators,
                "requested_at": moment(found.requested_at),
                "finished_at": moment(found.finished_at),
            }
        )

    def take_in(self, arrivals: Sequence[tuple[UUID, str, Callable[[Facts], bool]]]) -> None:
        """A batch of facts, each of an educator by an event: one decision for each who has news, after all of it."""
        changed: dict[UUID, None] = {}
        for educator, event_id, take in arrivals:
            account = self.accounts.setdefault(educator, Account())
            if take(account.facts):
                account.unreported.append(event_id)
                changed[educator] = None
        for version in self.standing():
            for educator in changed:
                self._decide(educator, version)

    def due(self) -> Recalculation | None:
        """The oldest one that is not finished."""
        return next((one for one in self.recalculations if one.finished_at is None), None)

    def recalculate(self) -> int | None:
        """The next educators of the oldest recalculation that is not finished; None where nothing is due."""
        due = self.due()
        if due is None:
            return None
        ids = [one for one in sorted(self.accounts) if due.after is None or one > due.after][: self._chunk]
        if due.version.state == "published":
            for educator in ids:
                self._decide(educator, due.version)
        due.after, due.educators = (ids[-1] if ids else due.after), due.educators + len(ids)
        due.finished_at = self.now if len(ids) < self._chunk else None
        return len(ids)

    def _decide(self, educator: UUID, version: Version) -> None:
        """The statement by this version; nothing where it says what stands already, or the roster has nobody yet."""
        account, year = self.accounts[educator], version.wanted.year
        before = self.statements.get((educator, label(year)))
        named = account.facts.named(year)
        if not account.facts.roster or (before and (before.version, before.named) == (version, named)):
            return
        components = account.facts.components(year, version.wanted.stipend)
        after = Statement(before.sequence + 1 if before else 1, version, named, components)
        self.statements[educator, label(year)] = after
        self.published.append(
            (
                "statement.recalculated",
                {
                    "educator_id": str(educator),
                    "plan_year": label(year),
                    "sequence": after.sequence,
                    "plan_version_id": version.version_id,
                    "total_cents": sum(components.values()),
                    "entries": difference(before.components if before else {}, components),
                    "applied": account.unreported,
                },
            )
        )
        account.unreported = []


def label(year: int) -> str:
    return f"{year}-{(year + 1) % 100:02d}"
