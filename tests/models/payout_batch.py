"""Payout batches as services/compensation/README.md describes them: a plain model with no code of the product."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tests.models.doors import Caller, Granted
from tests.models.payout_recovery import Hold, Part, Recovery, parts_of
from tests.models.refusals import refuse
from tests.models.words import moment, money

Json = dict[str, Any]
OFFICE = ("hr", "admin")
READERS = (*OFFICE, "payroll")
STEPS = {"approved": "prepared", "sealed": "approved", "acknowledged": "sealed"}
"""Each step with the state that it begins from."""


@dataclass(eq=False)
class Entry:
    """What the ledger holds for one educator and component; `line` is the live line that pays it, `recovery` what takes
    it back.
    """

    educator: UUID
    component: str
    cents: int
    line: "Line | None" = None
    recovery: Recovery | None = None

    @property
    def is_open(self) -> bool:
        return self.line is None and self.recovery is None


@dataclass(eq=False)
class Line:
    number: int
    educator: UUID
    component: str
    cents: int
    place: Json
    entries: list[Entry | Part]
    recovery: Recovery | None = None
    line_id: str = ""
    state: str = "open"
    reason: str | None = None
    batch_id: str = ""
    pay_date: date | None = None

    @property
    def recovery_id(self) -> str:
        return "" if self.recovery is None else self.recovery.recovery_id

    @property
    def kind(self) -> str:
        return "recovery" if self.recovery is not None and self.cents < 0 else "bonus"


@dataclass(eq=False)
class Batch:
    """A batch with its frozen lines, and who took which step when."""

    batch_id: str
    content_hash: str
    pay_date: date
    lines: list[Line]
    held: list[Line]
    state: str = "prepared"
    steps: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    first_pulled_at: datetime | None = None
    withdrawn_reason: str | None = None

    def __repr__(self) -> str:
        return f"<{self.state} batch of {len(self.lines)} lines>"

    @property
    def cents(self) -> int:
        return sum(line.cents for line in self.lines)

    @property
    def is_sealed(self) -> bool:
        return self.state in ("sealed", "acknowledged")

    @property
    def tag(self) -> str:
        return f'"{self.content_hash}"'


@dataclass(frozen=True)
class Count:
    """What payroll says it counted, and the lines that it does not take, with the reason."""

    lines: int
    cents: int
    content_hash: str
    rejected: Mapping[str, str]


class Payouts:
    """The ledger of one plan year, and the batches that pay it."""

    def __init__(self, plan_year: str, plan_hash: str, now: datetime) -> None:
        self.plan_year = plan_year
        self.plan_hash = plan_hash
        self.now = now
        self.recoveries: list[Recovery] = []
        self.holds: list[Hold] = []
        self.entries: list[Entry] = []
        self.batches: list[Batch] = []
        self._places: dict[UUID, Json] = {}

    def post(self, educator: UUID, posted: Mapping[str, int], place: Json) -> None:
        """A new statement: the differences that it posts, and where payroll finds the educator from now on."""
        self._places[educator] = place
        self.entries += [Entry(educator, component, cents) for component, cents in posted.items()]

    def accounts(self) -> dict[str, int]:
        """Credits less debits of each account in cents, those at nought left out."""
        standing = [
            line
            for batch in self.batches
            if batch.state in ("approved", "sealed", "acknowledged")
            for line in batch.lines
            if line.state != "rejected"
        ]
        earned = sum(entry.cents for entry in self.entries)
        under_way = [line.cents for line in standing if line.state == "open"]
        balances = {
            "bonus_expense": -earned,
            "accrued_bonus": earned - sum(line.cents for line in standing),
            "bonus_payable": sum(cents for cents in under_way if cents > 0),
            "due_from_educators": sum(cents for cents in under_way if cents < 0),
            "payroll_clearing": sum(line.cents for line in standing if line.state == "accepted"),
        }
        return {account: cents for account, cents in balances.items() if cents}

    def prepare(self, caller: Caller, plan_year: str, pay_date: date, answered: Mapping[str, Any]) -> Granted:
        """Freeze what waits of all who were not overpaid, and what is due to be taken back, unless it is on hold."""
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        refuse({"malformed-request": pay_date < date(int(plan_year[:4]), 7, 1)})
        found = self._payable(pay_date) if plan_year == self.plan_year else []
        held = [line for line in found if line.educator in self._on_hold()]
        lines = [line for line in found if line.educator not in self._on_hold()]
        refuse({"nothing-to-pay": not lines})
        batch = Batch(answered["id"], answered["content_hash"], pay_date, lines, held)
        for number, line in enumerate(lines, start=1):
            line.number, line.batch_id, line.pay_date = number, batch.batch_id, pay_date
            for entry in line.entries:
                entry.line = line
        self.batches.append(batch)
        return self._taken(batch, "prepared", caller, status=201)

    def waiting(self) -> list[Entry | Part]:
        """What is in no live line and no recovery."""
        parts = [part for recovery in self.recoveries for part in recovery.parts if part.is_open]
        return [*(entry for entry in self.entries if entry.is_open), *parts]

    def _open_sums(self) -> dict[UUID, dict[str, list[Entry | Part]]]:
        sums: dict[UUID, dict[str, list[Entry | Part]]] = defaultdict(lambda: defaultdict(list))
        for one in self.waiting():
            sums[one.educator][one.component].append(one)
        return sums

    def _payable(self, pay_date: date) -> list[Line]:
        groups: dict[tuple[UUID, str, str], list[Entry | Part]] = {}
        for educator, components in self._open_sums().items():
            if sum(one.cents for entries in components.values() for one in entries) >= 0:
                groups |= {(educator, component, ""): entries for component, entries in components.items()}
        by_id = {one.recovery_id: one for one in self.recoveries if one.state == "approved"}
        for recovery in by_id.values():
            for part in recovery.parts:
                if part.line is None and part.due_on <= pay_date:
                    groups.setdefault((part.educator, part.component, recovery.recovery_id), []).append(part)
        lines = [
            Line(0, educator, component, cents, self._places[educator], entries, by_id.get(recovery_id))
            for (educator, component, recovery_id), entries in groups.items()
            if (cents := sum(one.cents for one in entries)) != 0
        ]
        return sorted(lines, key=lambda line: (str(line.educator), line.component, line.recovery_id))

    def _on_hold(self) -> set[UUID]:
        return {hold.educator for hold in self.holds if hold.lifted is None}

    def overpaid(self, educator: UUID) -> int:
        """In cents; nothing where the open sums come to nothing less than zero."""
        sums = self._open_sums().get(educator, {})
        return max(0, -sum(one.cents for entries in sums.values() for one in entries))

    def recover(
        self, caller: Caller, educator: UUID, due: Sequence[tuple[date, int]], answered: Mapping[str, Any]
    ) -> Granted:
        """Propose to take back what was overpaid."""
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        owed = self.overpaid(educator)
        refuse({"nothing-overpaid": not owed})
        under_way = (
            line
            for batch in self.batches
            if batch.state in ("prepared", "approved", "sealed")
            for line in batch.lines
            if line.educator == educator
        )
        refuse({"payment-under-way": any(under_way)})
        refuse({"instalments-do-not-match": sum(cents for _, cents in due) != owed})
        recovery = Recovery(answered["id"], educator, owed, opened=(caller.subject, self.now))
        sums = {
            component: entries
            for component, entries in self._open_sums()[educator].items()
            if sum(one.cents for one in entries) != 0
        }
        recovery.parts = parts_of(recovery, due, {one: sum(e.cents for e in entries) for one, entries in sums.items()})
        for entries in sums.values():
            for one in entries:
                if isinstance(one, Part):
                    one.is_carried = True
                else:
                    one.recovery = recovery
        self.recoveries.append(recovery)
        return Granted(recovery.view(self.plan_year), 201)

    def step_of_recovery(self, caller: Caller, recovery: Recovery, state: str, reason: str) -> Granted:
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        recovery.step(caller.subject, self.now, state, reason)
        return Granted(recovery.view(self.plan_year))

    def hold(self, caller: Caller, educator: UUID, known: bool, answered: Mapping[str, Any]) -> Granted:
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        refuse({"educator-not-rostered": not known})
        self.holds.append(Hold(answered["id"], educator, (caller.subject, self.now)))
        return Granted(self.holds[-1].view(self.plan_year), 201)

    def lift(self, caller: Caller, hold: Hold) -> Granted:
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        refuse({"payment-hold-lifted": hold.lifted is not None})
        hold.lifted = caller.subject, self.now
        return Granted(hold.view(self.plan_year))

    def step(self, caller: Caller, batch: Batch, state: str, *, has_seen: bool = True) -> Granted:
        """Approve, with or without having seen that it pays estimates, or seal."""
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        refuse({"payout-step-out-of-order": batch.state != STEPS[state]})
        prepared_by, _ = batch.steps["prepared"]
        refuse({"preparer-cannot-approve": state == "approved" and caller.subject == prepared_by})
        refuse({"estimates-not-accepted": state == "approved" and not has_seen})
        approved_by, _ = batch.steps.get("approved", ("", None))
        refuse({"releaser-not-separate": state == "sealed" and caller.subject in (prepared_by, approved_by)})
        refuse({"lines-on-hold": any(line.educator in self._on_hold() for line in batch.lines)})
        refuse({"lines-not-owed": any(line.cents > 0 and self.overpaid(line.educator) for line in batch.lines)})
        return self._taken(batch, state, caller)

    def withdraw(self, caller: Caller, batch: Batch, reason: str) -> Granted:
        refuse({"insufficient-scope": not caller.is_any(*OFFICE)})
        refuse({"malformed-request": len(reason) < 3})
        refuse({"payout-step-out-of-order": batch.state not in ("prepared", "approved")})
        self._release(batch.lines)
        batch.withdrawn_reason = reason
        return self._taken(batch, "withdrawn", caller)

    def acknowledge(self, caller: Caller, batch: Batch, count: Count) -> Granted:
        """Payroll's answer, once. What it rejects is open again."""
        refuse({"insufficient-scope": not caller.is_any("payroll")})
        refuse({"payout-step-out-of-order": batch.state != STEPS["acknowledged"]})
        counted = (count.lines, count.cents, count.content_hash)
        refuse(
            {
                "acknowledgement-does-not-match": counted != (len(batch.lines), batch.cents, batch.content_hash),
                "payout-line-unknown": not count.rejected.keys() <= {line.line_id for line in batch.lines},
            }
        )
        for line in batch.lines:
            line.state = "rejected" if line.line_id in count.rejected else "accepted"
            line.reason = count.rejected.get(line.line_id)
        self._release([line for line in batch.lines if line.state == "rejected"])
        return self._taken(batch, "acknowledged", caller)

    def pull(self, caller: Caller, batch: Batch, known: str | None) -> Granted:
        """The frozen lines; payroll's first pull is noted, but not a look that finds nothing new."""
        self._may_read(caller, batch)
        if known == batch.tag:
            return Granted(None, 304, batch.tag)
        if caller.is_any("payroll"):
            batch.first_pulled_at = batch.first_pulled_at or self.now
        return Granted(self.frozen(batch), etag=batch.tag)

    def frozen(self, batch: Batch) -> list[Json]:
        return [
            {
                "line_id": line.line_id,
                "batch_id": batch.batch_id,
                "number": line.number,
                "educator_id": str(line.educator),
                **line.place,
                "plan_year": self.plan_year,
                "component": line.component,
                "earning_code": "MC20" if line.component == "stipend" else line.component,
                "amount": money(line.cents),
                "currency": "USD",
                "kind": line.kind,
                "account_code": None,
                "retirement": None,
                "plan_content_hash": self.plan_hash,
                "minute_reference": "illustrative, no minutes",
                "paid_in_year": "2021-22",
                "recovery_id": line.recovery_id or None,
            }
            for line in batch.lines
        ]

    def read(self, caller: Caller, batch: Batch) -> Granted:
        self._may_read(caller, batch)
        return Granted(self._view(batch))

    def lines(self, caller: Caller, batch: Batch) -> Granted:
        """What became of each line."""
        self._may_read(caller, batch)
        is_withdrawn = batch.state == "withdrawn"
        return Granted(
            [
                {
                    "line_id": line.line_id,
                    "number": line.number,
                    "kind": line.kind,
                    "educator_id": str(line.educator),
                    "component": line.component,
                    "amount": {"amount": money(line.cents), "currency": "USD"},
                    "state": "withdrawn" if is_withdrawn else line.state,
                    "reason": batch.withdrawn_reason if is_withdrawn else line.reason,
                    "paid_on": None,
                    "payroll_reference": None,
                }
                for line in batch.lines
            ]
        )

    def all(self, caller: Caller) -> Granted:
        """All of them, in the order of preparing; payroll sees those that were sealed."""
        refuse({"insufficient-scope": not caller.is_any(*READERS)})
        return Granted([self._view(one) for one in self.batches if caller.is_any(*OFFICE) or one.is_sealed])

    @staticmethod
    def _may_read(caller: Caller, batch: Batch) -> None:
        refuse({"insufficient-scope": not caller.is_any(*READERS)})
        refuse({"payout-batch-unknown": not caller.is_any(*OFFICE) and not batch.is_sealed})

    @staticmethod
    def _release(lines: list[Line]) -> None:
        for line in lines:
            for entry in line.entries:
                entry.line = None

    def _taken(self, batch: Batch, state: str, caller: Caller, *, status: int = 200) -> Granted:
        batch.state = state
        batch.steps[state] = caller.subject, self.now
        return Granted(self._view(batch), status)

    def _view(self, batch: Batch) -> Json:
        by_and_at: Json = {}
        for state in ("prepared", *STEPS, "withdrawn"):
            by, at = batch.steps.get(state, (None, None))
            by_and_at |= {f"{state}_by": by, f"{state}_at": moment(at)}
        return {
            "id": batch.batch_id,
            "plan_year": self.plan_year,
            "state": batch.state,
            "pay_date": batch.pay_date.isoformat(),
            "line_count": len(batch.lines),
            "control_total": {"amount": money(batch.cents), "currency": "USD"},
            "content_hash": batch.content_hash,
            "first_pulled_at": moment(batch.first_pulled_at),
            "withdrawn_reason": batch.withdrawn_reason,
            "district_id": None,
            "districts": [
                {
                    "district_id": batch.lines[0].place["district_id"],
                    "line_count": len(batch.lines),
                    "control_total": {"amount": money(batch.cents), "currency": "USD"},
                }
            ],
            "lines_without_account_code": len(batch.lines),
            "is_estimate": True,
            "held": {
                "educators": len({line.educator for line in batch.held}),
                "amount": {"amount": money(sum(line.cents for line in batch.held)), "currency": "USD"},
            },
            **by_and_at,
        }
