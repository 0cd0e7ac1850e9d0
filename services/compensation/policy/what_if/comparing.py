"""Two plans, or a plan on facts as they stand and as they are supposed to be, on everybody at once.

The population is taken in page by page, and of each page no more than its columns is kept: a hundred thousand educators
take as much memory as their numbers, not as their facts. What depends on all educators is drawn through all columns
together; then the evaluator decides block by block.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import orjson

from services.compensation.domain import EducatorFacts, FactKind
from services.compensation.policy.evaluation.columns import Columns, joined
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.evaluate import Working, work
from services.compensation.policy.evaluation.reading import columns_of
from services.compensation.policy.evaluation.settlement import Settlement
from services.compensation.policy.exact import Bools, Ints, integers
from services.compensation.policy.facts.gather import CampusAttributes, Gathered, gather
from services.compensation.policy.what_if.groups import Groups
from services.compensation.policy.what_if.supposing import Supposing
from services.compensation.policy.what_if.unanswered import Unanswered
from services.compensation.policy.what_if.unheeded import Unheeded
from shared.kernel.assertions import InvariantBroken

BLOCK = 1_024
"""Educators in a page: enough for arrays to be worth it, and so few that their facts are gone before Python looks
through them for garbage (8,192 at once take half as long again)."""
NONE = "none"
"""Stands for the place, role or subject group of who has none."""


class Person(NamedTuple):
    """Whom the summary counts an educator with; `none` where there is nothing to tell."""

    role: str
    subject_group: str
    district: str
    campus: str


@dataclass(eq=False)
class Side:
    """A plan and the columns of the population that it decides. `settlement` is None where it is to be drawn."""

    plan: CompiledPlan
    campuses: CampusAttributes
    settlement: Settlement | None = None
    blocks: list[Columns] = field(default_factory=list)

    def gathered(self, facts: EducatorFacts) -> Gathered:
        found = gather(facts, self.plan.scope, self.campuses)
        if found is None:
            raise InvariantBroken(f"educator {facts.educator_id} is on no roster and was not passed over")
        return found

    def read(self, found: Sequence[Gathered]) -> None:
        columns, _ = columns_of(self.plan, found)
        self.blocks.append(columns)

    def drawn(self) -> Settlement:
        """What depends on all educators, through those who were read."""
        if not (self.plan.looks_at_everybody and self.blocks):
            return Settlement()
        return work(self.plan, joined(self.blocks)).settlement

    def decided(self, settlement: Settlement) -> Iterator["Outcome"]:
        for columns in self.blocks:
            yield Outcome.of(work(self.plan, columns, settlement))


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """What one side comes to; the last axis is the educator, the first the component or gate in the plan's order."""

    total: Ints
    amounts: Ints
    rung: Ints
    gate_asked: Bools
    """The gate applies, and the educator is eligible at all."""
    gate_met: Bools
    eligible: Bools
    measured: Bools
    """By measure, in compiled order."""

    @classmethod
    def of(cls, working: Working) -> "Outcome":
        return cls(
            total=working.total,
            amounts=working.amounts,
            rung=working.rung,
            gate_asked=working.gate_applies & working.eligible,
            gate_met=working.gate_applies & working.eligible & working.gate_met,
            eligible=working.eligible,
            measured=working.measured,
        )


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """Educators with what the two sides come to, in the order of their ids; `before` is None where nothing stands."""

    ids: Sequence[str]
    people: Sequence[Person]
    before: Outcome | None
    after: Outcome


class Comparison:
    """Take everybody in, page by page, then `decided` once. `before` is None where no plan stands for the year."""

    def __init__(self, before: Side | None, after: Side, supposing: Supposing) -> None:
        self.before = before
        self.after = after
        self.supposing = supposing
        self.unanswered = Unanswered(after.plan)
        self.groups = Groups(after.plan)
        self.unheeded = Unheeded(after.plan, supposing.changes)
        self.educators = 0
        self.is_redrawn = False
        """Whether the standing settlement is not what the facts come to now, so that drawing it anew changes pay."""
        self._is_alike = before is not None and (before.plan.scope, before.campuses) == (
            after.plan.scope,
            after.campuses,
        )
        self._ids: list[list[str]] = []
        self._people: list[list[Person]] = []

    def take_in(self, page: Sequence[tuple[str, str]]) -> None:
        """Educators with their standing facts as they are stored; who is not on a roster is passed over."""
        read = (EducatorFacts.from_document(educator_id, orjson.loads(facts)) for educator_id, facts in page)
        standing = [one for one in read if one.facts.get(FactKind.ROSTER)]
        for one in standing:
            self.unheeded.look_at(one)
        supposed = [self.supposing.of(one) for one in standing]
        after = [self.after.gathered(one) for one in supposed]
        for one, found in zip(supposed, after, strict=True):
            self.unanswered.look_at(one, found)
            self.groups.look_at(found)
        before = after
        if self.before is not None:
            # Most drafts look at the same dates, roles and attributes: what was gathered once serves both sides.
            before = [
                found if self._is_alike and now is then else self.before.gathered(now)
                for now, then, found in zip(standing, supposed, after, strict=True)
            ]
            self.before.read(before)
        self.after.read(after)
        self._ids.append([one.educator_id for one in standing])
        self._people.append([_person(*both) for both in zip(after, before, strict=True)])
        self.educators += len(standing)

    def decided(self) -> Iterator[Block]:
        """The scenario by what its own population settles, the baseline by what stands for it."""
        after, before = self.after.decided(self.after.drawn()), None
        if self.before is not None:
            standing, now = self.before.settlement or Settlement(), self.before.drawn()
            self.is_redrawn = standing.to_document() != now.to_document()
            before = self.before.decided(standing)
        for ids, people, decided in zip(self._ids, self._people, after, strict=True):
            yield Block(ids, people, next(before) if before else None, decided)


def _person(*found: Gathered) -> Person:
    """By the deciding assignment under the scenario's plan, else under the standing one."""
    work = next((one.employment for one in found if one.employment.role is not None), found[0].employment)
    return Person(work.role or NONE, work.group or NONE, work.district_id or NONE, work.campus_id or NONE)


def crossed(block: Block, gates_before: Sequence[int], gates_after: Sequence[int]) -> tuple[Bools, Bools]:
    """Who crosses each gate upwards and downwards; the gates are told by their positions in the two plans.

    A gate is crossed where it is asked of the educator on both sides, and met on one of them alone.
    """
    before, after = block.before, block.after
    if before is None or not gates_before:
        nobody = np.zeros((len(gates_before), len(block.ids)), dtype=np.bool_)
        return nobody, nobody
    first, second = integers(gates_before), integers(gates_after)
    asked = before.gate_asked[first] & after.gate_asked[second]
    met, still = before.gate_met[first], after.gate_met[second]
    return asked & ~met & still, asked & met & ~still
