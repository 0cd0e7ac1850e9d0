"""What a plan pays: components, how they are prorated and rounded, and the cap on their total."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from services.compensation.policy.language.people import EVERYONE, AppliesTo, Within
from services.compensation.policy.language.terms import (
    AmountText,
    Clause,
    Code,
    Count,
    Day,
    DecimalText,
    EarningCode,
    LocalTime,
    Named,
    PotText,
    Share,
    Sourced,
    Terms,
    WholeNumber,
)
from shared.events.evaluation import StaffRole


class HireStep(Clause):
    """Who was hired on or before `hired_by` is paid this share; the first step that holds counts."""

    hired_by: Day
    share: Share


class OnCampuses(Clause):
    """Campuses whose attribute is `at_least` so high and that an educator was assigned to on `days_at_least` days."""

    attribute: Code
    at_least: DecimalText
    days_at_least: WholeNumber = 0


class Offer(Named):
    """What is paid only to who takes it: the `terms` are what an educator agrees to with it, as they are put to them.

    The answer is a fact, kept as the attribute `offer` of the plan year with the offer's code as its item: `accepted`
    or `declined`. It can be given, and given otherwise, before `answer_by`; where that is left out, until money of the
    plan year is approved for the educator.
    """

    terms: Terms
    answer_by: LocalTime | None = None


class _Component(Named):
    """`prorates` pays by days times FTE over the days of the period, or by FTE alone (the mean over the days worked,
    rounded half up to a millionth); with `on_campuses` only what was worked there counts, and FTE is summed over the
    campuses, up to 1.0. `by_hire` in steps by the day of hire (nothing after the last step), both exact
    and rounded once; `at_most_each` caps what one educator is paid; `hold_harmless` names a measure in dollars that
    the component pays no less than, gates or not, beyond `at_most_each` too, but not beyond the plan's `total_cap`;
    `rounds_to` is the plan's `rounding.amounts` where it is left out. With `offer` it pays nothing unless that was
    accepted.
    """

    requires: tuple[Code, ...] = ()
    offer: Code | None = None
    applies_to: AppliesTo = EVERYONE
    prorates: StrictBool
    prorated_by: Literal["days_times_fte", "fte"] = "days_times_fte"
    on_campuses: OnCampuses | None = None
    by_hire: tuple[HireStep, ...] | None = Field(default=None, min_length=1)
    at_most_each: AmountText | None = None
    hold_harmless: Code | None = None
    rounds_to: Literal["cent", "dollar"] | None = None
    builds_base: StrictBool = False
    retirement: StrictBool | None = None
    earning_code: EarningCode | None = None


class Flat(_Component):
    """One amount."""

    pay: Literal["flat"]
    amount: AmountText


class Banded(_Component):
    """An amount by band."""

    pay: Literal["banded"]
    bands: Code
    amounts: dict[Code, AmountText] = Field(min_length=1)


class Matrix(_Component):
    """An amount by role and band."""

    pay: Literal["matrix"]
    bands: Code
    amounts: dict[StaffRole, dict[Code, AmountText]] = Field(min_length=1)


class Grid(_Component):
    """An amount by the bands of two band sets: level of designation by need of the campus, level by experience."""

    pay: Literal["grid"]
    rows: Code
    columns: Code
    amounts: dict[Code, dict[Code, AmountText]] = Field(min_length=1)


class PerAward(_Component):
    """An amount for each micro-credential awarded in the plan year, `at_most` so many of them.

    `each: credential` pays a credential awarded twice in the year once; `each: award` pays every award.
    """

    pay: Literal["per_award"]
    amount: AmountText
    at_most: Count
    each: Literal["credential", "award"]
    credentials: tuple[Code, ...] | None = Field(default=None, min_length=1)


class PerUnit(_Component):
    """`base` and `amount` times a measure, which counts up to `at_most` and need not be whole; nothing unmeasured.

    With `bands`, both are by band: a state's allotment is base plus multiplier times the points of the campus.
    """

    pay: Literal["per_unit"]
    measure: Code
    at_most: DecimalText
    amount: AmountText | None = None
    base: AmountText | None = None
    bands: Code | None = None
    by_band: dict[Code, "BaseAndAmount"] | None = Field(default=None, min_length=1)


class BaseAndAmount(Clause):
    base: AmountText
    amount: AmountText


class PercentOf(_Component):
    """A percentage of an index of the plan, of a measure in dollars, which is rounded half up to the cent first, or of
    what a component before this one comes to.
    """

    pay: Literal["percent_of"]
    percent: DecimalText
    index: Code | None = None
    measure: Code | None = None
    component: Code | None = None


class GreatestOf(_Component):
    """The greatest of what these components come to; they are paid through this one and not by themselves."""

    pay: Literal["greatest_of"]
    of: tuple[Code, ...] = Field(min_length=2)


class Pot(_Component):
    """A fixed sum, shared among those whom the component is for and who meet its gates, in the whole network or within
    each district, campus or group; `total_measure` names a measure that holds the sum in dollars, made of what is kept
    of campuses: each one's own, or the same number on all campuses of a district.

    Shared equally, by full-time days, or by `units` for each band; cut off to the cent, so that no more than the sum
    is paid. Settled when the period is closed and estimated before.
    """

    pay: Literal["pot"]
    total: PotText | None = None
    total_measure: Code | None = None
    within: Within = "network"
    shared: Literal["equally", "by_full_time_days", "by_units"]
    bands: Code | None = None
    units: dict[Code, WholeNumber] | None = Field(default=None, min_length=1)
    at_most_each: AmountText


Component = Annotated[
    Flat | Banded | Matrix | Grid | PerAward | PerUnit | PercentOf | GreatestOf | Pot, Field(discriminator="pay")
]


class Index(Named):
    """An amount that percentages are taken of."""

    amount: AmountText


class Proration(Sourced):
    """A component that prorates is paid by days in eligible assignments times FTE, over the days of the period.

    On no day does more than 1.0 FTE count, over however many assignments. Who leaves is prorated by days and
    otherwise treated like everyone.
    """

    by: Literal["days_times_fte"]
    fte_at_most: Literal["1.0"]
    leavers: Literal["by_days"]


class TotalCap(Sourced):
    """The most that an educator is paid in all; components are paid in the plan's order until it is reached."""

    at_most: AmountText
