"""What a plan asks for: gates on measures, and bands that a measure or gates put an educator in."""

from typing import Literal

from pydantic import Field

from services.compensation.policy.language.people import EVERYONE, AppliesTo, Within
from services.compensation.policy.language.terms import Clause, Code, DecimalText, Named, Share, Title


class Top(Clause):
    """The `share` with the highest values among those whom the gate is for and who meet the gates in `among`.

    Compared is the measure rounded half up to the plan's places. Of those with the value at the border either all are
    in (`ties: in`) or all out, in the whole network or within each district, campus or group. Settled when the period
    is closed and estimated before.
    """

    share: Share
    within: Within
    ties: Literal["in", "out"]
    among: tuple[Code, ...] = ()


class Gate(Named):
    """A condition, exact and before any rounding: one measure against a border, or a place among all educators; or all
    of several such gates, or any one of several gates. Gates that a component requires stand for a conjunction.
    """

    measure: Code | None = None
    at_least: DecimalText | None = None
    at_most: DecimalText | None = None
    top: Top | None = None
    all_of: tuple[Code, ...] | None = Field(default=None, min_length=2)
    any_of: tuple[Code, ...] | None = Field(default=None, min_length=2)
    applies_to: AppliesTo = EVERYONE


class Band(Clause):
    """One level of a band set, by a border, by gates or by its share of all educators.

    By a border: from `at_least` on and below `below`; the highest band has no `below`.
    By gates: where all in `requires` are met; the highest band of which that holds, and the lowest requires nothing.
    By shares: the borders are moved until each band holds its `share`.
    """

    code: Code
    title: Title
    at_least: DecimalText | None = None
    below: DecimalText | None = None
    requires: tuple[Code, ...] | None = Field(default=None, min_length=1)
    share: Share | None = None


class BandSet(Named):
    """Bands from the lowest up. `measure` is left out where they are by gates.

    By shares, those with the value at a border are all above it (`ties: up`) or all below it; counted are the
    educators whom the plan is for, whose measure was measured and who meet the gates in `among`.
    """

    measure: Code | None = None
    levels: tuple[Band, ...] = Field(min_length=1)
    ties: Literal["up", "down"] | None = None
    among: tuple[Code, ...] = ()
