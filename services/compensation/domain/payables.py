"""What waits to be paid or taken back, and which of it a batch takes.

An educator's open sums of a plan year count together. As long as they come to nothing less than zero, each component's
sum is a line, a negative one too: the same payment covers the correction, as where a new plan version gives a component
another code. Below zero the educator was overpaid, and nothing moves by itself: it waits for a recovery.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Payable:
    """A sum of one educator's component, in cents, with the ledger entries and instalments that make it up.

    `recovery_id` is set where it is what a recovery takes back, or sets off, at this time.
    """

    educator_id: UUID
    component: str
    amount_cents: int
    entries: tuple[UUID, ...]
    instalments: tuple[UUID, ...]
    recovery_id: UUID | None
    employee_number: str | None
    district_id: UUID | None
    campus_id: UUID | None
    plan_version_id: UUID


@dataclass(frozen=True, slots=True)
class Overpayment:
    """What an educator was paid beyond what the statements of a plan year come to, in cents.

    `components` are the open sums behind it, negative where too much was paid; `under_way_cents` is in batches that
    payroll has not answered, so that it may not have been paid at all.
    """

    educator_id: UUID
    overpaid_cents: int
    under_way_cents: int
    components: tuple[Payable, ...]


def by_educator(open_sums: Sequence[Payable]) -> list[tuple[UUID, tuple[Payable, ...]]]:
    """The open sums, which come in the order of educators, one educator at a time."""
    return [(educator, tuple(sums)) for educator, sums in groupby(open_sums, key=lambda one: one.educator_id)]


def net_cents(sums: Sequence[Payable]) -> int:
    return sum(one.amount_cents for one in sums)


def payable(open_sums: Sequence[Payable]) -> list[Payable]:
    """What a batch pays of the open sums: all of those who were not overpaid, save what cancels out to nothing."""
    return [one for _, sums in by_educator(open_sums) if net_cents(sums) >= 0 for one in sums if one.amount_cents != 0]


@dataclass(frozen=True, slots=True)
class Division:
    """Payables of a batch: those it takes, and those that an open hold keeps out."""

    taken: list[Payable]
    held: list[Payable]

    @property
    def held_educators(self) -> int:
        return len({one.educator_id for one in self.held})


def divide(payables: Sequence[Payable], on_hold: Collection[UUID]) -> Division:
    """In the order of educators and components; what is paid before what is taken back."""
    ordered = sorted(payables, key=lambda one: (str(one.educator_id), one.component, str(one.recovery_id or "")))
    return Division(
        taken=[one for one in ordered if one.educator_id not in on_hold],
        held=[one for one in ordered if one.educator_id in on_hold],
    )
