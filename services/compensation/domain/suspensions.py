"""Suspended payouts: a database that may not know of all that was paid pays nobody until that is certain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.compensation.errors import PayoutsNotWhole
from shared.kernel.errors import FieldError
from shared.kernel.money import format_cents


@dataclass(frozen=True, slots=True)
class PayoutSuspension:
    """Since when nothing is paid, and why."""

    id: UUID
    suspended_by: str
    suspended_at: datetime
    reason: str


class Released(NamedTuple):
    """How many batches of a plan year were released to payroll, and the sum of their control totals in cents."""

    batches: int
    cents: int

    def __str__(self) -> str:
        return f"{self.batches} batches of {format_cents(self.cents)}"


def agree(known: Mapping[str, Released], payroll_has: Mapping[str, Released]) -> None:
    """What the database knows to be released has to be what payroll says that it was given, for every plan year.

    What is in a batch counts whether payroll has paid it yet or not: given once more, it would be paid twice.
    Raises PayoutsNotWhole.
    """
    nothing = Released(0, 0)
    differing = [
        FieldError(f"/{year}", _differs(year, known.get(year, nothing), payroll_has.get(year)))
        for year in sorted({*known, *payroll_has})
        if known.get(year, nothing) != payroll_has.get(year)
    ]
    if differing:
        told = "; ".join(one.detail for one in differing)
        raise PayoutsNotWhole(
            f"{told}. Ask payroll for the batches that it was given of every year, none left out, and restore what is "
            "missing here; payouts stay suspended",
            errors=differing,
        )


def _differs(year: str, known: Released, payroll_has: Released | None) -> str:
    if payroll_has is None:
        return f"payroll's figures of {year} are missing: give them as --payroll-has {year}=COUNT:SUM"
    return f"{year}: here are {known}, and payroll has {payroll_has}"
