"""Plan versions and the recalculation of everybody: a plain model with no code of the product.

As services/compensation/README.md and docs/decisions/0004 and 0012 describe them, under the plan of plan_document.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.models.doors import Caller, Granted
from tests.models.pay import Components, Facts, difference
from tests.models.refusals import refuse
from tests.models.words import moment

Json = dict[str, Any]
OFFICE = ("hr", "admin")
COMMENTERS = ("hr", "admin", "educator", "appraiser", "principal", "coach", "slo-reviewer")


@dataclass(frozen=True)
class Wanted:
    """A document that somebody sends: the small plan of a year with this stipend, or one with this fault."""

    code: str
    year: int
    stipend: int
    fault: str | None = None
    counts_for_retirement: bool = False


@dataclass(eq=False)
class Version:
    """A version of a plan. `shown` is what was answered when it was written, and stays."""

    wanted: Wanted
    version: int
    shown: Json
    state: str = "draft"
    published: tuple[str, datetime] | None = None
    closes_at: datetime | None = None
    waived_because: str | None = None
    approval: Json | None = None
    comments: list[Json] = field(default_factory=list)
    steps: list[Json] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<{self.state} version {self.version} of {self.wanted.code}>"

    @property
    def version_id(self) -> str:
        return str(self.shown["id"])

    @property
    def writer(self) -> str:
        return str(self.shown["written_by"])

    def may_read(self, caller: Caller) -> bool:
        """Everybody, once it was opened to comment or that was waived."""
        return caller.is_any(*OFFICE) or bool(self.closes_at or self.waived_because or self.published)

    def view(self, now: datetime) -> Json:
        by, at = self.published or (None, None)
        approval = self.approval or {}
        return self.shown | {
            "state": self.state,
            "is_effective": self.state == "published" and self.shown["effective_on"] <= now.date().isoformat(),
            "comments": len(self.comments),
            "comments_close_at": moment(self.closes_at),
            "comments_waived_because": self.waived_because,
            "minute_reference": approval.get("minute_reference"),
            "board_approved_on": approval.get("approved_on"),
            "describes_all_pay": approval.get("describes_all_pay"),
            "published_by": by,
            "published_at": moment(at),
        }

    def is_open(self, now: datetime) -> bool:
        return self.state == "public_comment" and self.closes_at is not None and now < self.closes_at

    def enter(self, state: str, by: str, at: datetime, reason: str | None = None) -> None:
        self.state = state
        self.steps.append({"state": state, "by": by, "at": moment(at), "reason": reason})

    def out_of_order(self, *begins_from: str) -> dict[str, bool]:
        is_published = self.state in ("published", "superseded")
        return {
            "plan-already-published": is_published,
            "plan-step-out-of-order": not is_published and self.state not in begins_from,
        }


@dataclass
class Recalculation:
    """Everybody by a version that was published: how far it has come. A range is (after, up to), None for no border."""

    version: Version
    requested_at: datetime
    ranges: list[tuple[UUID | None, UUID | None]] | None = None
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
            "written_by": caller.subject,
            "written_at": moment(self.now),
            "effective_on": f"{wanted.year}-08-17",
        }
        version = Version(wanted, number, shown)
        version.enter("draft", caller.subject, self.now)
        self.versions.append(version)
        return Granted(version.view(self.now), 201)

    def review(self, caller: Caller, version: Version) -> Granted:
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        refuse(version.out_of_order("draft"))
        return self._entered(version, "in_review", caller)

    def open_comments(self, caller: Caller, version: Version, closes_at: datetime | None, because: str) -> Granted:
        """Until `closes_at`; without, public comment is waived."""
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        is_fit = closes_at is None or self.now < closes_at <= self.now + timedelta(days=366)
        is_writer = caller.subject == version.writer
        refuse(
            {
                **version.out_of_order("in_review"),
                "writer-cannot-open-comments": is_writer,
                "plan-date-does-not-fit": not is_fit,
            }
        )
        version.closes_at = closes_at
        version.waived_because = because if closes_at is None else None
        return self._entered(version, "public_comment", caller, version.waived_because)

    def approve(self, caller: Caller, version: Version, approval: Json) -> Granted:
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        voted_on = date.fromisoformat(approval["approved_on"])
        is_early = voted_on < (version.closes_at or datetime.fromisoformat(version.shown["written_at"])).date()
        refuse(
            {
                **version.out_of_order("public_comment"),
                "writer-cannot-approve": caller.subject == version.writer,
                "all-pay-not-described": version.wanted.counts_for_retirement and not approval["describes_all_pay"],
                "comments-still-open": version.is_open(self.now),
                "plan-date-does-not-fit": is_early or voted_on > self.now.date(),
            }
        )
        version.approval = approval
        return self._entered(version, "board_approved", caller)

    def give_back(self, caller: Caller, version: Version, reason: str) -> Granted:
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        refuse(version.out_of_order("draft", "in_review", "public_comment", "board_approved"))
        return self._entered(version, "returned", caller, reason)

    def _entered(self, version: Version, state: str, caller: Caller, reason: str | None = None) -> Granted:
        version.enter(state, caller.subject, self.now, reason)
        return Granted(version.view(self.now) | {"document": None})

    def comment(self, caller: Caller, version: Version, text: str, answered: Json) -> Granted:
        refuse({"insufficient-scope": not caller.is_any(*COMMENTERS)})
        refuse({"comments-not-open": not version.is_open(self.now)})
        said = {"id": answered["id"], "text": text, "written_at": moment(self.now), "written_by": caller.subject}
        version.comments.append(said)
        return Granted(said, 201)

    def comments(self, caller: Caller, version: Version) -> Granted:
        """Who said it, the office sees, and who said it."""
        refuse({"insufficient-scope": not caller.is_any(*COMMENTERS)})
        items = [
            one if caller.is_any(*OFFICE) or one["written_by"] == caller.subject else one | {"written_by": None}
            for one in version.comments
        ]
        return Granted({"items": items, "next": None})

    def history(self, caller: Caller, version: Version) -> Granted:
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        return Granted(version.steps)

    def publish(self, caller: Caller, version: Version) -> Granted:
        """From now on its year is paid by it. What was published once is never published again."""
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        approval = version.approval or {}
        refuse(
            {
                **version.out_of_order("board_approved"),
                "writer-cannot-publish": caller.subject == version.writer,
            }
        )
        for one in self.standing():
            if one.wanted.year == version.wanted.year:
                why = f"version {version.version} of {version.wanted.code} took its place"
                one.enter("superseded", caller.subject, self.now, why)
        version.published = (caller.subject, self.now)
        version.enter("published", caller.subject, self.now)
        self.recalculations.append(Recalculation(version, self.now))
        told = ("plan", "version", "plan_year", "content_hash", "document")
        said = {
            "plan_version_id": version.version_id,
            "publication": len(self.recalculations),
            "minute_reference": approval["minute_reference"],
            "board_approved_on": approval["approved_on"],
            "describes_all_pay": approval["describes_all_pay"],
        }
        self.published.append(("plan.published", {name: version.shown[name] for name in told} | said))
        return Granted(version.view(self.now) | {"document": None})

    def standing(self) -> list[Version]:
        """The version of each year that it is paid by, the oldest year first."""
        return sorted((one for one in self.versions if one.state == "published"), key=lambda one: one.wanted.year)

    def read(self, caller: Caller, version: Version) -> Granted:
        refuse({"plan-version-unknown": not version.may_read(caller)})
        return Granted(version.view(self.now))

    def all(self, caller: Caller) -> Granted:
        views = (one.view(self.now) | {"document": None} for one in self.versions if one.may_read(caller))
        return Granted(sorted(views, key=lambda view: str(view["id"])))

    def progress(self, caller: Caller, version: Version) -> Granted:
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        found = next((one for one in self.recalculations if one.version is version), None)
        refuse({"not-found": found is None})
        assert found is not None
        return Granted(
            {
                "plan_version_id": version.version_id,
                "educators": found.educators,
                "educators_total": found.educators if found.finished_at else len(self.accounts),
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
        """A range of the oldest recalculation that is not finished, or its division; None where nothing is due."""
        divided = [one for one in self.recalculations if one.ranges]
        if not divided:
            due = self.due()
            if due is None:
                return None
            borders = [*sorted(self.accounts)[self._chunk - 1 :: self._chunk], None]
            due.ranges = list(zip([None, *borders], borders, strict=False))
            return 0
        due = divided[0]
        assert due.ranges is not None
        after, until = due.ranges.pop(0)
        ids = [
            one for one in sorted(self.accounts) if (after is None or one > after) and (until is None or one <= until)
        ]
        if due.version.state == "published":
            for educator in ids:
                self._decide(educator, due.version)
        due.educators += len(ids)
        due.finished_at = None if due.ranges else self.now
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
