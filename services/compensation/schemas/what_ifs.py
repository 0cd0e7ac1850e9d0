"""Bodies of the doors for what-ifs: what is asked, what it comes to in all and for each, several side by side."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BeforeValidator, Field, model_validator

from services.compensation.domain import WhatIf, WhatIfState
from services.compensation.policy.what_if.changes import Change, Changes
from services.compensation.policy.what_if.summary import GROUPINGS, side_by_side
from services.compensation.policy.what_if.written_changes import parse_changes
from services.compensation.schemas.parts import Body, Money
from shared.events.types import SchoolYearLabel

Title = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["A stipend of 150 dollars"])
]
T = TypeVar("T")


def _changes(sent: Any) -> list[Change]:
    """Told apart from what else a body can lack, since their faults are those of a written document."""
    return parse_changes(sent, at="/changes")


class WhatIfRequest(Body):
    """What is to be run on everybody beside the plan that stands: another plan, changed facts, or both."""

    title: Title
    plan_year: SchoolYearLabel
    plan_version_id: UUID | None = Field(default=None, description="A kept version, a draft too.")
    document: str | None = Field(
        default=None,
        description="The text of a plan, YAML or JSON, that is kept as no version.",
        examples=["language: 1\ncode: harmony-pbcs\nplan_year: 2020-21\n"],
    )
    changes: Annotated[Changes, BeforeValidator(_changes)] = Field(
        default=[],
        description="Changes of facts, made one after the other.",
        examples=[[{"change": "growth_percent", "add": "5", "applies_to": {"roles": ["teacher"]}}]],
    )

    @model_validator(mode="after")
    def _asks_for_something(self) -> "WhatIfRequest":
        if self.plan_version_id is not None and self.document is not None:
            raise ValueError("names a version and has a document: send one of them")
        if self.plan_version_id is None and self.document is None and not self.changes:
            raise ValueError("changes nothing: name a plan version, send a document, or list changes of facts")
        return self


class Cost(Body):
    before: Money
    after: Money
    difference: Money


class WonAndLost(Body):
    """Educators by what becomes of their totals, with the sums of the differences."""

    winners: int
    won: Money
    losers: int
    lost: Money
    unchanged: int


class ComponentLine(Cost):
    key: str


class GroupLine(Cost, WonAndLost):
    """All educators of a role, subject group, district, campus or rung."""

    key: str
    educators: int


class GateLine(Body):
    """Of how many a gate is asked, how many of them meet it, and how many cross it: asked on both sides, met on one.
    Null for a plan that has no such gate.
    """

    key: str
    title: str
    asked_before: int | None = Field(default=None, description="Null in what was run before this was counted.")
    asked_after: int | None = None
    met_before: int | None
    met_after: int | None
    crossed_up: int | None
    crossed_down: int | None


class RungMove(Body):
    before: str = Field(description="`none` where no plan stands.")
    after: str
    educators: int


class Bin(Body):
    """The amounts from `at_least` to `at_most`, both included. Exactly nothing is a bin by itself."""

    at_least: Money
    at_most: Money


class TotalsBin(Bin):
    before: int
    after: int


class DifferencesBin(Bin):
    educators: int


class Quartiles(Body):
    """By nearest rank: of n amounts in order the one at rank n * p, rounded up; each is one that somebody gets."""

    lowest: Money
    lower: Money
    median: Money
    upper: Money
    highest: Money


class AllQuartiles(Body):
    """Of everybody, and of those whose total is above nothing; null where there is nobody."""

    before: Quartiles | None
    after: Quartiles | None
    difference: Quartiles | None
    paid_before: Quartiles | None
    paid_after: Quartiles | None


class Distribution(Body):
    totals: list[TotalsBin]
    differences: list[DifferencesBin]
    quartiles: AllQuartiles


class PlanTold(Body):
    code: str
    title: str
    content_hash: str


class PlansTold(Body):
    before: PlanTold | None
    after: PlanTold


class GroupLines(Body):
    """Roles, places and subject groups go by the deciding assignment, rungs by where the educator stands now."""

    role: list[GroupLine]
    subject_group: list[GroupLine]
    district: list[GroupLine]
    campus: list[GroupLine]
    rung: list[GroupLine]


class WhatIfSummary(Body):
    """What a what-if came to in all."""

    educators: int
    plans: PlansTold
    touched: list[int] = Field(description="How many educators each change touched, in the order of the changes.")
    notes: list[str] = Field(description="What a reader of the figures has to know.")
    cost: Cost
    outcome: WonAndLost
    components: list[ComponentLine]
    by: GroupLines
    gates: list[GateLine]
    rungs: list[RungMove]
    distribution: Distribution

    @classmethod
    def of(cls, summary: Mapping[str, Any]) -> "WhatIfSummary":
        return cls.model_validate(_with_money(summary))


class WhatIfView(Body):
    """A what-if: what was asked, how far it has come, and what it came to."""

    id: UUID
    title: str
    plan_year: SchoolYearLabel
    plan_version_id: UUID | None
    has_document: bool = Field(description="Whether the plan that is run came with the question.")
    changes: list[Change]
    asked_by: str
    asked_at: AwareDatetime
    state: WhatIfState
    educators_done: int = Field(description="How many are read so far, of")
    educators: int | None = Field(description="so many; null before it has begun.")
    baseline_id: UUID | None = Field(description="The version that stood; null where none did, or before it is done.")
    facts_as_of: AwareDatetime | None = Field(description="All facts are of this one moment.")
    done_at: AwareDatetime | None
    failed_at: AwareDatetime | None
    failed_reason: str | None
    summary: WhatIfSummary | None = Field(description="Null before it is done, and in lists.")

    @classmethod
    def of(cls, one: WhatIf, *, with_summary: bool = False) -> "WhatIfView":
        same = cls.model_fields.keys() - {"has_document", "changes", "summary"}
        return cls(
            **{name: getattr(one, name) for name in same},
            has_document=one.document is not None,
            changes=list(one.changes),
            summary=WhatIfSummary.of(one.summary) if with_summary and one.summary else None,
        )


class WhatIfRowView(Body):
    """What a what-if came to for one educator. What was before is null where no plan stood."""

    educator_id: UUID
    role: str
    subject_group: str
    district_id: UUID | None
    campus_id: UUID | None
    rung_before: str | None
    rung_after: str
    total_before: Money | None
    total_after: Money
    difference: Money
    gates_crossed_up: list[str]
    gates_crossed_down: list[str]
    components_before: dict[str, Money] | None
    components_after: dict[str, Money]

    @classmethod
    def of(cls, row: Any) -> "WhatIfRowView":
        amounts = {
            name.removesuffix("_cents"): None if (cents := getattr(row, name)) is None else Money.of(cents)
            for name in ("total_before_cents", "total_after_cents", "difference_cents")
        }
        components = {
            name: None if (told := getattr(row, name)) is None else _amounts(told)
            for name in ("components_before", "components_after")
        }
        same = cls.model_fields.keys() - amounts.keys() - components.keys()
        return cls.model_validate({name: getattr(row, name) for name in same} | amounts | components)


class Lines(Body, Generic[T]):
    """One line of several what-ifs, in their order; null for one that has no such line."""

    key: str
    values: list[T | None]


class GroupingsBeside(Body):
    role: list[Lines[GroupLine]]
    subject_group: list[Lines[GroupLine]]
    district: list[Lines[GroupLine]]
    campus: list[Lines[GroupLine]]
    rung: list[Lines[GroupLine]]


class WhatIfsBeside(Body):
    """What-ifs of one year side by side; all lists of values are in the order of `what_ifs`."""

    plan_year: SchoolYearLabel
    what_ifs: list[WhatIfView]
    notes: list[str] = Field(description="What makes them hard to compare.")
    cost: list[Cost]
    outcome: list[WonAndLost]
    quartiles: list[AllQuartiles]
    components: list[Lines[ComponentLine]]
    by: GroupingsBeside
    gates: list[Lines[GateLine]]

    @classmethod
    def of(cls, found: Sequence[WhatIf]) -> "WhatIfsBeside":
        summaries = [_with_money(one.summary) for one in found]
        return cls.model_validate(
            {
                "plan_year": found[0].plan_year,
                "what_ifs": [WhatIfView.of(one) for one in found],
                "notes": _what_differs(found),
                "cost": [summary["cost"] for summary in summaries],
                "outcome": [summary["outcome"] for summary in summaries],
                "quartiles": [summary["distribution"]["quartiles"] for summary in summaries],
                "components": side_by_side(summaries, ("components",)),
                "by": {name: side_by_side(summaries, ("by", name)) for name in GROUPINGS},
                "gates": side_by_side(summaries, ("gates",)),
            }
        )


def _what_differs(found: Sequence[WhatIf]) -> list[str]:
    notes = []
    if len({one.baseline_id for one in found}) > 1:
        notes.append("They were run beside different plans: what was before is not the same.")
    if len({one.facts_as_of for one in found}) > 1:
        notes.append("They were run on facts of different moments: ask anew what is to be compared to the cent.")
    return notes


def _with_money(part: Any) -> Any:
    """A kept document with every number of cents as an amount of money, under its name without the unit."""
    if isinstance(part, Mapping):
        return {
            name.removesuffix("_cents"): Money.of(value) if name.endswith("_cents") else _with_money(value)
            for name, value in part.items()
        }
    return [_with_money(one) for one in part] if isinstance(part, list) else part


def _amounts(components: str) -> dict[str, Money]:
    return {code: Money.of(cents) for code, cents in orjson.loads(components).items()}
