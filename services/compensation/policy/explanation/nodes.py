"""The nodes of an explanation, and the places in the plan document that they point at."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from services.compensation.policy.checks.faults import at
from services.compensation.policy.language.document import Plan
from services.compensation.policy.words.texts import amount

Node = dict[str, Any]


class Clause(NamedTuple):
    """A place in the plan document as a JSON pointer, and where the rule is published."""

    pointer: str
    source: str

    def below(self, *parts: str | int) -> "Clause":
        return Clause(self.pointer + at(*parts), self.source)


def node(
    what: str,
    title: str,
    reason: str,
    clause: Clause | None,
    *,
    cents: int | None = None,
    value: str | None = None,
    met: bool | None = None,
    because: Sequence[Node] = (),
) -> Node:
    return {
        "what": what,
        "title": title,
        "amount": None if cents is None else amount(cents),
        "value": value,
        "met": met,
        "reason": reason,
        "clause": None if clause is None else clause._asdict(),
        "fact": None,
        "because": list(because),
    }


def without(tree: Node, kinds: Collection[str]) -> Node:
    """The tree without its leaves that are facts of these kinds."""
    kept = [one for one in tree["because"] if one["fact"] is None or one["fact"]["kind"] not in kinds]
    return {**tree, "because": [without(one, kinds) for one in kept]}


class Clauses:
    """Where each part of one plan stands in its document."""

    def __init__(self, plan: Plan) -> None:
        self._source = plan.source
        self._named = {
            (section, part.code): Clause(at(section, index), part.source)
            for section in ("measures", "gates", "bands", "indexes", "offers", "components", "pathways")
            for index, part in enumerate(getattr(plan, section))
        }
        self.proration = Clause(at("proration"), plan.proration.source)
        self.eligibility = Clause(at("eligibility"), plan.eligibility.source)
        ladder = plan.ladder
        self.ladder = Clause(at("ladder"), ladder.source)
        self.rungs = [Clause(at("ladder", "rungs", index), rung.source) for index, rung in enumerate(ladder.rungs)]
        kept = ("holds", ladder.holds) if ladder.holds is not None else ("demotion", ladder.demotion)
        self.kept = None if kept[1] is None else Clause(at("ladder", kept[0]), kept[1].source)
        """By what rule an earlier placement is kept."""
        cap = plan.total_cap
        self.total_cap = None if cap is None else Clause(at("total_cap"), cap.source)

    @property
    def document(self) -> Clause:
        """The plan as a whole."""
        return Clause("", self._source)

    def of(self, section: str, code: str) -> Clause:
        return self._named[section, code]
