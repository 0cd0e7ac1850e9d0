"""Recoveries and payment holds as services/compensation/README.md describes them: no code of the product in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tests.models.refusals import refuse
from tests.models.words import moment, money

Json = dict[str, Any]
Step = tuple[str, datetime]
"""Who, and when."""


@dataclass(eq=False)
class Part:
    """What of an instalment falls on a component: `cents` as a line has it, negative where it takes back."""

    recovery: "Recovery"
    number: int
    component: str
    due_on: date
    cents: int
    line: Any = None
    is_carried: bool = False

    @property
    def educator(self) -> UUID:
        return self.recovery.educator

    @property
    def is_open(self) -> bool:
        """Whether it waits like an entry of the ledger: its recovery was stopped, and nothing has taken it."""
        return self.recovery.state == "stopped" and self.line is None and not self.is_carried

    @property
    def state(self) -> str:
        if self.is_carried:
            return "carried"
        if self.line is None:
            return "open"
        return "recovered" if self.line.state == "accepted" else "in_batch"

    def view(self) -> Json:
        return {
            "number": self.number,
            "component": self.component,
            "due_on": self.due_on.isoformat(),
            "amount": {"amount": money(-self.cents), "currency": "USD"},
            "state": self.state,
            "batch_id": None if self.line is None else self.line.batch_id,
            "line_number": None if self.line is None else self.line.number,
            "pay_date": None if self.line is None else self.line.pay_date.isoformat(),
        }


@dataclass(eq=False)
class Recovery:
    recovery_id: str
    educator: UUID
    total: int
    opened: Step
    state: str = "proposed"
    parts: list[Part] = field(default_factory=list)
    approved: Step | None = None
    stopped: Step | None = None
    reason: str | None = None

    def __repr__(self) -> str:
        return f"<{self.state} recovery of {self.total}>"

    def step(self, by: str, at: datetime, state: str, reason: str) -> None:
        if state == "approved":
            refuse({"recovery-step-out-of-order": self.state != "proposed"})
            refuse({"opener-cannot-approve": by == self.opened[0]})
            self.approved = by, at
        else:
            refuse({"recovery-step-out-of-order": self.state == "stopped"})
            self.stopped, self.reason = (by, at), reason
        self.state = state

    def view(self, plan_year: str) -> Json:
        def total(state: str) -> Json:
            return {"amount": money(-sum(part.cents for part in self.parts if part.state == state)), "currency": "USD"}

        by_and_at: Json = {}
        for name, step in (("opened", self.opened), ("approved", self.approved), ("stopped", self.stopped)):
            by, at = step or (None, None)
            by_and_at |= {f"{name}_by": by, f"{name}_at": moment(at)}
        return {
            "id": self.recovery_id,
            "educator_id": str(self.educator),
            "plan_year": plan_year,
            "state": self.state,
            "total": {"amount": money(self.total), "currency": "USD"},
            "recovered": total("recovered"),
            "under_way": total("in_batch"),
            "open": total("open"),
            "instalments": [part.view() for part in self.parts],
            "stop_reason": self.reason,
            **by_and_at,
        }


def parts_of(recovery: Recovery, due: Sequence[tuple[date, int]], sums: Mapping[str, int]) -> list[Part]:
    """What is open in the educator's favour goes with the first instalment; each takes from one component after the
    other.
    """
    owed = {component: -cents for component, cents in sorted(sums.items()) if cents < 0}
    favours = {component: cents for component, cents in sums.items() if cents > 0}
    parts = []
    for number, (due_on, amount) in enumerate(due, start=1):
        taken = {component: -cents for component, cents in favours.items()} if number == 1 else {}
        left = amount + (sum(favours.values()) if number == 1 else 0)
        for component, still in owed.items():
            share = min(left, still)
            owed[component] = still - share
            left -= share
            if share:
                taken[component] = share
        parts += [Part(recovery, number, component, due_on, -cents) for component, cents in sorted(taken.items())]
    return parts


@dataclass(eq=False)
class Hold:
    hold_id: str
    educator: UUID
    placed: Step
    lifted: Step | None = None

    def __repr__(self) -> str:
        return f"<{'open' if self.lifted is None else 'lifted'} hold>"

    def view(self, plan_year: str) -> Json:
        lifted_by, lifted_at = self.lifted or (None, None)
        return {
            "id": self.hold_id,
            "educator_id": str(self.educator),
            "plan_year": plan_year,
            "source": "hr",
            "reason": "an investigation",
            "placed_by": self.placed[0],
            "placed_at": moment(self.placed[1]),
            "lifted_by": lifted_by,
            "lifted_at": moment(lifted_at),
            "lift_reason": None if self.lifted is None else "it is clear now",
        }
