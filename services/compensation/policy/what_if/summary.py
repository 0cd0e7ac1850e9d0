"""What a what-if came to, in whole cents and whole educators: cost, winners and losers, gates, rungs, distribution.

A plain document, as it is kept and compared; amounts are cents under names that end in `_cents`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services.compensation.domain import OFFER_ATTRIBUTE
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.exact import Bools, Ints, integers
from services.compensation.policy.what_if.comparing import Block, Comparison, Outcome, Person, crossed
from services.compensation.policy.what_if.distribution import quartiles, within_bins
from services.compensation.policy.words.texts import counted, dollars

Document = dict[str, Any]
GROUPINGS = (*Person._fields, "rung")
NO_RUNG = "none"
"""Stands for the rung before where no plan stands."""


@dataclass(eq=False)
class _Gate:
    """`before` and `after` are its positions; None where that plan has no such gate."""

    code: str
    title: str
    before: int | None
    after: int | None
    asked_before: int = 0
    asked_after: int = 0
    met_before: int = 0
    met_after: int = 0
    up: int = 0
    down: int = 0


@dataclass(eq=False)
class Tally:
    """Counts the blocks of a comparison as they are decided; `summary` once all are counted.

    `given` is what was paid of the year already, or is under way, in cents by educator; `is_closed` whether the year
    was settled for good.
    """

    comparison: Comparison
    given: Mapping[str, int] = field(default_factory=dict)
    is_closed: bool = False
    gates: list[_Gate] = field(init=False)
    _people: list[Person] = field(default_factory=list)
    _totals: list[tuple[Ints, Ints]] = field(default_factory=list)
    _rungs: list[tuple[Ints, Ints]] = field(default_factory=list)
    _amounts: list[tuple[Ints, Ints]] = field(default_factory=list)
    _overpaid: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))
    """What each who got more than a side comes to got too much, before and after."""

    def __post_init__(self) -> None:
        before, after = self._plans
        codes = [gate.code for gate in before.plan.gates] if before else []
        codes_after = [gate.code for gate in after.plan.gates]
        self.gates = [
            _Gate(gate.code, gate.title, codes.index(gate.code) if gate.code in codes else None, at)
            for at, gate in enumerate(after.plan.gates)
        ]
        self.gates += [
            _Gate(gate.code, gate.title, at, None)
            for at, gate in enumerate(before.plan.gates if before else ())
            if gate.code not in codes_after
        ]

    @property
    def _plans(self) -> tuple[CompiledPlan | None, CompiledPlan]:
        before = self.comparison.before
        return before.plan if before else None, self.comparison.after.plan

    @property
    def gates_on_both(self) -> list["_Gate"]:
        """Those that somebody can cross, in the order of the scenario's plan."""
        return [gate for gate in self.gates if gate.before is not None and gate.after is not None]

    def add(self, block: Block) -> tuple[Bools, Bools]:
        """Count a block; who of it crosses which gate (`gates_on_both`) upwards and downwards."""
        nothing = np.zeros_like(block.after.total)
        before, after = block.before, block.after
        self._people += block.people
        self._totals.append((before.total if before else nothing, after.total))
        self._rungs.append((before.rung if before else nothing - 1, after.rung))
        self._amounts.append((_summed(before), _summed(after)))
        given = integers(self.given.get(educator_id, 0) for educator_id in block.ids)
        for sums, total in zip(self._overpaid, (before.total if before else given, block.after.total), strict=True):
            sums += [cents for cents in (given - total).tolist() if cents > 0]
        self.comparison.unanswered.count(after.eligible, after.measured, after.gate_asked, after.gate_met)
        both = self.gates_on_both
        up, down = crossed(block, [gate.before or 0 for gate in both], [gate.after or 0 for gate in both])
        for gate, ups, downs in zip(both, up, down, strict=True):
            gate.up += int(ups.sum())
            gate.down += int(downs.sum())
        for gate in self.gates:
            if before and gate.before is not None:
                gate.asked_before += int(before.gate_asked[gate.before].sum())
                gate.met_before += int(before.gate_met[gate.before].sum())
            if gate.after is not None:
                gate.asked_after += int(after.gate_asked[gate.after].sum())
                gate.met_after += int(after.gate_met[gate.after].sum())
        return up, down

    def summary(self) -> Document:
        before, after = _together(self._totals)
        rungs = self._rungs_by_name()
        by = {name: [one[at] for one in self._people] for at, name in enumerate(Person._fields)}
        # The rung that somebody stands on now; where nothing stands, the one they would come to.
        by["rung"] = [now if now != NO_RUNG else then for now, then in rungs]
        return {
            "educators": len(self._people),
            "plans": dict(zip(("before", "after"), map(_told, self._plans), strict=True)),
            "touched": self.comparison.supposing.touched,
            "notes": list(self._notes()),
            "cost": _cost(before, after),
            "outcome": _won_and_lost(after - before),
            "components": self._components(),
            "by": {name: _by(by[name], before, after) for name in GROUPINGS},
            "gates": [_told_of_gate(gate, has_before=self.comparison.before is not None) for gate in self.gates],
            "rungs": self._moves(rungs),
            "distribution": {
                "totals": within_bins({"before": before, "after": after}),
                "differences": within_bins({"educators": after - before}),
                "quartiles": {
                    "before": quartiles(before),
                    "after": quartiles(after),
                    "difference": quartiles(after - before),
                    "paid_before": quartiles(before[before > 0]),
                    "paid_after": quartiles(after[after > 0]),
                },
            },
        }

    def _notes(self) -> Iterator[str]:
        """What a reader of the figures has to know."""
        if not self._people:
            yield "No roster has brought anybody yet: there is nobody to decide."
        if self.comparison.before is None:
            yield "No plan is published for the year: everything is compared with nothing."
        before, after = self._plans
        if self.is_closed and (before is None or before.content_hash != after.content_hash):
            yield (
                f"{after.plan.plan_year} was settled for good: no plan is published over it unless another person "
                "reopens it."
            )
        for number, educators in enumerate(self.comparison.supposing.touched, start=1):
            if not educators:
                yield f"Change {number} touches nobody: look at whom it is for, and at what it names."
        if self._people:
            yield from self.comparison.unheeded.notes()
            yield from self.comparison.unanswered.notes()
            yield from self.comparison.groups.notes()
        now, then = self._overpaid
        if then != now:
            yield (
                f"{dollars(sum(self.given.values()))} of this year is paid already or in batches. "
                f"{dollars(sum(then))} of it would be overpaid, to {counted(len(then), 'educator', 'educators')} "
                f"({dollars(sum(now))} to {len(now)} as it stands), and is taken back by nothing but a recovery."
            )
        offers = after.plan.offers
        if offers:
            accepted = f"{{change: attribute, attribute: {OFFER_ATTRIBUTE}, item: {offers[0].code}, value: accepted}}"
            yield (
                "What the plan offers costs nothing until it is accepted. What it costs if all accept: run it with the "
                f"change {accepted}, one for each offer."
            )
        if self.comparison.is_redrawn:
            yield (
                "Places among all, bands by shares, means of groups and pots of the standing plan were last settled "
                "from other facts: part of the difference would come from settling them anew."
            )

    def _components(self) -> list[Document]:
        """Those of the scenario in its plan's order, then those that only the standing plan has."""
        sums = [sum(parts[1:], parts[0]) for parts in zip(*self._amounts, strict=True)] if self._amounts else [[], []]
        codes = [[component.code for component in plan.plan.components] if plan else [] for plan in self._plans]
        before, after = (
            dict(zip(code, map(int, amounts), strict=False)) for code, amounts in zip(codes, sums, strict=True)
        )
        return [
            {"key": code, **_cost_of(before.get(code, 0), after.get(code, 0))}
            for code in dict.fromkeys([*after, *before])
        ]

    def _rungs_by_name(self) -> list[tuple[str, str]]:
        before, after = _together(self._rungs)
        plan_before, plan_after = self._plans
        names = [rung.code for rung in plan_before.plan.ladder.rungs] if plan_before else [NO_RUNG]
        names_after = [rung.code for rung in plan_after.plan.ladder.rungs]
        return [(names[old], names_after[new]) for old, new in zip(before.tolist(), after.tolist(), strict=True)]

    def _moves(self, rungs: Sequence[tuple[str, str]]) -> list[Document]:
        """Educators by rung before and after, in the order of the ladders; moves that nobody makes are left out."""
        counts: dict[tuple[str, str], int] = {}
        for move in rungs:
            counts[move] = counts.get(move, 0) + 1
        order = {
            rung.code: at
            for plan in reversed(self._plans)
            for at, rung in enumerate(plan.plan.ladder.rungs if plan else ())
        }
        moves = sorted(counts, key=lambda move: tuple(order.get(name, -1) for name in move))
        return [{"before": old, "after": new, "educators": counts[old, new]} for old, new in moves]


def _summed(outcome: Outcome | None) -> Ints:
    return np.zeros(0, dtype=np.int64) if outcome is None else outcome.amounts.sum(axis=1)


def _together(pairs: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    if not pairs:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    first, second = zip(*pairs, strict=True)
    return np.concatenate(first), np.concatenate(second)


def _told(plan: CompiledPlan | None) -> Document | None:
    if plan is None:
        return None
    return {"code": plan.plan.code, "title": plan.plan.title, "content_hash": plan.content_hash}


def _told_of_gate(gate: _Gate, *, has_before: bool) -> Document:
    """Counts are null for a plan that has no such gate."""
    both = gate.before is not None and gate.after is not None
    is_before, is_after = has_before and gate.before is not None, gate.after is not None
    return {
        "key": gate.code,
        "title": gate.title,
        "asked_before": gate.asked_before if is_before else None,
        "asked_after": gate.asked_after if is_after else None,
        "met_before": gate.met_before if is_before else None,
        "met_after": gate.met_after if is_after else None,
        "crossed_up": gate.up if both else None,
        "crossed_down": gate.down if both else None,
    }


def _cost_of(before: int, after: int) -> Document:
    return {"before_cents": before, "after_cents": after, "difference_cents": after - before}


def _cost(before: Ints, after: Ints) -> Document:
    return _cost_of(int(before.sum()), int(after.sum()))


def _won_and_lost(differences: Ints) -> Document:
    won, lost = differences[differences > 0], differences[differences < 0]
    return {
        "winners": len(won),
        "won_cents": int(won.sum()),
        "losers": len(lost),
        "lost_cents": int(lost.sum()),
        "unchanged": len(differences) - len(won) - len(lost),
    }


def _by(names: Sequence[str], before: Ints, after: Ints) -> list[Document]:
    """One line for each name that anybody has, in the order of the names."""
    positions: dict[str, int] = {}
    at = np.array([positions.setdefault(name, len(positions)) for name in names], dtype=np.int64)
    order = np.argsort(at, kind="stable")
    ends = np.cumsum(np.bincount(at, minlength=len(positions))).tolist()
    places = dict(zip(positions, zip([0, *ends], ends, strict=False), strict=True))
    return [_line(name, order[first:last], before, after) for name, (first, last) in sorted(places.items())]


def _line(name: str, members: Ints, before: Ints, after: Ints) -> Document:
    old, new = before[members], after[members]
    return {"key": name, "educators": len(members), **_cost(old, new), **_won_and_lost(new - old)}


def side_by_side(summaries: Sequence[Mapping[str, Any]], section: Iterable[str]) -> list[Document]:
    """The lines of one section of several summaries beside one another: for each key a value for each, null where that
    one has no such line.
    """
    names = tuple(section)
    lines = [{line["key"]: line for line in _section(summary, names)} for summary in summaries]
    keys = dict.fromkeys(key for of_one in lines for key in of_one)
    return [{"key": key, "values": [of_one.get(key) for of_one in lines]} for key in keys]


def _section(summary: Mapping[str, Any], names: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    part: Any = summary
    for name in names:
        part = part[name]
    found: Sequence[Mapping[str, Any]] = part
    return found
