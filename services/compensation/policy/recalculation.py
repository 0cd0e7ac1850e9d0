"""From arrived facts to new statements and ledger entries: the whole of the event path that is not I/O.

One decision for each educator of a batch, after all events that the batch has of them: the statement names what was
taken in since the one before, in order, and the last of it as its cause. A replay that follows these lists comes to
the same rows. Educators are independent of one another and are decided together, as whole arrays.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.compensation.domain import (
    Account,
    Arrival,
    Decision,
    EducatorFacts,
    LedgerEntry,
    NewStatement,
    NewTotal,
    RecordedFact,
    StandingTotal,
)
from shared.events.compensation import LedgerLine, StatementRecalculated
from shared.kernel.ids import derived_id


class StandingPlan(Protocol):
    """A published plan version, ready to decide."""

    @property
    def plan_version_id(self) -> UUID: ...

    @property
    def plan_year(self) -> str: ...

    @property
    def common_facts(self) -> int | None:
        """The number of the common facts of the year that decisions rest on, if they rest on any."""
        ...

    def decide(self, facts: Sequence[EducatorFacts]) -> Sequence[Decision | None]:
        """A decision for each educator in the same order; None for who is not on the roster."""
        ...


@dataclass(slots=True)
class Changes:
    """All that a batch came to, ready to be written and published."""

    facts: list[RecordedFact] = field(default_factory=list)
    statements: list[NewStatement] = field(default_factory=list)
    entries: list[LedgerEntry] = field(default_factory=list)
    events: list[StatementRecalculated] = field(default_factory=list)
    traceparents: list[str | None] = field(default_factory=list)
    changed: dict[str, Account] = field(default_factory=dict)
    """Accounts whose own row is written anew: not where the plan changed and no fact. That row is most of the bytes."""
    standing: dict[tuple[str, str], NewTotal] = field(default_factory=dict)

    @property
    def accounts(self) -> list[Account]:
        return list(self.changed.values())

    @property
    def totals(self) -> list[NewTotal]:
        return list(self.standing.values())

    def add(self, later: "Changes") -> None:
        """Take in what came after these, so that both are written together."""
        self.facts += later.facts
        self.statements += later.statements
        self.entries += later.entries
        self.events += later.events
        self.traceparents += later.traceparents
        self.changed |= later.changed
        self.standing |= later.standing

    def __bool__(self) -> bool:
        return bool(self.changed or self.statements)


@dataclass(frozen=True, slots=True)
class _Cause:
    account: Account
    event_id: UUID
    traceparent: str | None


def take_in(
    accounts: Mapping[str, Account],
    arrivals: Iterable[Arrival],
    plans: Sequence[StandingPlan],
    *,
    decided_at: datetime,
) -> Changes:
    """Apply `arrivals` to their accounts and decide each account that changed. A stale fact changes nothing."""
    changes = Changes()
    causes: dict[str, _Cause] = {}
    for arrival in arrivals:
        account = accounts[arrival.educator_id]
        if _apply(account, arrival, changes):
            causes[arrival.educator_id] = _Cause(account, arrival.event_id, arrival.traceparent)
    _decide(list(causes.values()), plans, changes, decided_at)
    return changes


def decide_again(
    accounts: Iterable[Account],
    plan: StandingPlan,
    *,
    cause_event_id: UUID,
    decided_at: datetime,
    arrivals: Sequence[Arrival] = (),
) -> Changes:
    """Decide every account by `plan`, because the plan changed and not the facts.

    A replay gives the `arrivals` of one account that the recorded decision had taken in, and decides once for all.
    """
    changes = Changes()
    accounts = list(accounts)
    for arrival in arrivals:
        _apply(accounts[0], arrival, changes)
    _decide([_Cause(account, cause_event_id, None) for account in accounts], [plan], changes, decided_at)
    return changes


def _apply(account: Account, arrival: Arrival, changes: Changes) -> bool:
    facts = account.facts.with_fact(arrival.fact)
    if facts is account.facts:
        return False
    account.facts = facts
    account.applied_sequence += 1
    account.unreported.append(arrival.event_id)
    changes.facts.append(RecordedFact(account.educator_id, account.applied_sequence, arrival.fact, arrival.recorded_at))
    changes.changed[account.educator_id] = account
    return True


def _decide(causes: Sequence[_Cause], plans: Sequence[StandingPlan], changes: Changes, decided_at: datetime) -> None:
    if not causes:
        return
    for plan in plans:
        decisions = plan.decide([cause.account.facts for cause in causes])
        for cause, decision in zip(causes, decisions, strict=True):
            if decision is not None:
                _post(cause, plan, decision, changes, decided_at)


def _post(cause: _Cause, plan: StandingPlan, decision: Decision, changes: Changes, decided_at: datetime) -> None:
    """The new statement, and per component the difference to what stood. The same statement posts nothing."""
    account, year = cause.account, plan.plan_year
    standing = account.totals.get(year)
    if standing is not None and standing.statement_hash == decision.hash:
        return
    sequence = standing.sequence + 1 if standing else 1
    before = standing.components if standing else {}
    entries = [
        LedgerEntry(
            id=derived_id("ledger", account.educator_id, year, str(sequence), component),
            educator_id=account.educator_id,
            plan_year=year,
            sequence=sequence,
            component=component,
            amount_cents=decision.components.get(component, 0) - before.get(component, 0),
            plan_version_id=plan.plan_version_id,
            cause_event_id=cause.event_id,
            posted_at=decided_at,
        )
        for component in sorted(before.keys() | decision.components.keys())
        if decision.components.get(component, 0) != before.get(component, 0)
    ]
    changes.entries += entries
    changes.statements.append(
        NewStatement(
            educator_id=account.educator_id,
            plan_year=year,
            sequence=sequence,
            plan_version_id=plan.plan_version_id,
            applied_sequence=account.applied_sequence,
            cause_event_id=cause.event_id,
            total_cents=decision.total_cents,
            rung=decision.rung,
            hash=decision.hash,
            body=decision.body,
            decided_at=decided_at,
            common_facts=plan.common_facts,
        )
    )
    account.totals[year] = StandingTotal(sequence, plan.plan_version_id, decision.hash, decision.components)
    if account.unreported:
        changes.changed[account.educator_id] = account
    _report(cause, plan, decision, sequence, entries, changes, decided_at)


def _report(
    cause: _Cause,
    plan: StandingPlan,
    decision: Decision,
    sequence: int,
    entries: Sequence[LedgerEntry],
    changes: Changes,
    decided_at: datetime,
) -> None:
    account = cause.account
    place = account.facts.primary_place()
    changes.standing[account.educator_id, plan.plan_year] = NewTotal(
        educator_id=account.educator_id,
        plan_year=plan.plan_year,
        sequence=sequence,
        plan_version_id=plan.plan_version_id,
        hash=decision.hash,
        employee_number=place.employee_number,
        district_id=place.district_id,
        campus_id=place.campus_id,
        rung=decision.rung,
        components=decision.components,
        total_cents=decision.total_cents,
    )
    changes.events.append(
        StatementRecalculated(
            educator_id=UUID(account.educator_id),
            plan_year=plan.plan_year,
            sequence=sequence,
            plan_version_id=plan.plan_version_id,
            total_cents=decision.total_cents,
            rung=decision.rung,
            statement_hash=decision.hash,
            entries=[
                LedgerLine(entry_id=entry.id, component=entry.component, amount_cents=entry.amount_cents)
                for entry in entries
            ],
            applied=account.unreported,
            cause_event_id=cause.event_id,
            decided_at=decided_at,
            applied_sequence=account.applied_sequence,
            common_facts=plan.common_facts,
        )
    )
    changes.traceparents.append(cause.traceparent)
    account.unreported = []
