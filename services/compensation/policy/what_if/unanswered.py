"""What a plan names and nobody has: measures of nobody, credentials that were never awarded, gates that nobody meets.

A plan may name what is not on file yet, so none of it is refused; but what is misspelt looks the same, and pays nobody.
"""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import numpy as np

from services.compensation.domain import EducatorFacts, FactKind
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.exact import Bools
from services.compensation.policy.facts.gather import Gathered
from services.compensation.policy.language.conditions import Gate
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.ladder import CredentialNeed, Requirement, WaysNeed
from services.compensation.policy.language.measures import (
    AttributeNumber,
    CampusAttribute,
    Chosen,
    Combined,
    CredentialCount,
    EvidenceMeasure,
    GroupMean,
    GrowthPercent,
    Measure,
    ObservationLowest,
    ObservationMean,
    Weighted,
)
from services.compensation.policy.language.pay import PerAward
from services.compensation.policy.language.terms import Named
from services.compensation.policy.words.texts import in_words, listed

_Observations: TypeAlias = ObservationMean | ObservationLowest


class Unanswered:
    """Look at everybody's facts, count every block of outcomes, then ask for the `notes`."""

    def __init__(self, plan: CompiledPlan) -> None:
        self._plan = plan.plan
        self._measures = plan.measures
        self._credentials = {code for _, codes in _credentials_named(plan.plan) for code in codes}
        self._domains = {
            domain for measure in plan.measures if isinstance(measure, _Observations) for domain in measure.domains
        }
        self._is_anybody_eligible = False
        self._measured = np.zeros(len(plan.measures), dtype=np.bool_)
        self._asked = np.zeros(len(plan.plan.gates), dtype=np.bool_)
        self._met = np.zeros(len(plan.plan.gates), dtype=np.bool_)

    def look_at(self, facts: EducatorFacts, found: Gathered) -> None:
        """Strike out what an educator was ever awarded, counted or not, and was scored in for a year looked at."""
        if self._credentials:
            for award in facts.facts.get(FactKind.AWARD, {}).values():
                self._credentials.discard(award.data["credential"])
        if self._domains:
            self._domains.difference_update(found.domains, *(year.domains for year in found.earlier.values()))

    def count(self, eligible: Bools, measured: Bools, asked: Bools, met: Bools) -> None:
        """Take in a block; the last axis is the educator."""
        self._is_anybody_eligible |= bool(eligible.any())
        self._measured |= (measured & eligible).any(axis=1)
        self._asked |= asked.any(axis=1)
        self._met |= met.any(axis=1)

    def notes(self) -> Iterator[str]:
        """A sentence for each part of the plan that nobody answers, with the part that it is about."""
        if not self._is_anybody_eligible:
            yield "Nobody on a roster is in a role that the plan is for: look at `eligibility`."
            return
        for measure, is_measured in zip(self._measures, self._measured.tolist(), strict=True):
            if not is_measured:
                yield f"{_named('Measure', measure)}: {_unmeasured(measure)}"
            elif isinstance(measure, _Observations) and (unscored := _in(self._domains, measure.domains)):
                yield f"{_named('Measure', measure)}: nobody was scored in {_spelt('domain', unscored)}"
        for part, codes in _credentials_named(self._plan):
            if never := _in(self._credentials, codes):
                yield f"{part}: nobody was ever awarded {_spelt('credential', never)}"
        for gate, is_asked, is_met in zip(self._plan.gates, self._asked.tolist(), self._met.tolist(), strict=True):
            if not is_met:
                yield f"{_named('Gate', gate)}: {_unmet(gate, is_asked=is_asked)}"


def _credentials_named(plan: Plan) -> Iterator[tuple[str, Iterable[str]]]:
    """Each part of the plan that names credentials, in words, with their codes."""
    for pathway in plan.pathways:
        yield _named("Pathway", pathway), pathway.credentials
    for measure in plan.measures:
        if isinstance(measure, CredentialCount) and measure.of is not None:
            yield _named("Measure", measure), measure.of
    for component in plan.components:
        if isinstance(component, PerAward) and component.credentials is not None:
            yield _named("Component", component), component.credentials
    for rung in plan.ladder.rungs:
        if codes := list(_credentials_needed(rung.requires)):
            yield _named("Rung", rung), codes


def _credentials_needed(needs: Iterable[Requirement]) -> Iterator[str]:
    for need in needs:
        if isinstance(need, WaysNeed):
            for way in need.ways:
                yield from _credentials_needed(way.requires)
        elif isinstance(need, CredentialNeed):
            yield from need.of or ()


def _named(what: str, part: Named) -> str:
    return f"{what} {part.code} ({part.title})"


def _in(unanswered: set[str], codes: Iterable[str]) -> list[str]:
    return [code for code in dict.fromkeys(codes) if code in unanswered]


def _spelt(what: str, codes: list[str]) -> str:
    one = len(codes) == 1
    return f"{what if one else f'{what}s'} {listed(codes, 'and')}: {'is it' if one else 'are they'} spelt right?"


def _unmeasured(measure: Measure) -> str:
    nothing = "nobody has anything on file for it"
    if isinstance(measure, EvidenceMeasure) and measure.over is not None and measure.over.at_least > 1:
        nothing = f"nobody has {in_words(measure.over.at_least)} years on file for it"
    match measure:
        case Weighted():
            return "nobody has weights in it: look at whom its rows are for."
        case Chosen() | Combined():
            parts = listed(list(dict.fromkeys(measure.of)), "and")
            return f"nobody has {measure.needs} of what it is made of on file ({parts})."
        case GroupMean():
            return f"no group has a value: look at {measure.of}, and at what is on file of `within`."
        case ObservationMean() | ObservationLowest():
            named = ("domain", measure.domains)
        case GrowthPercent() if measure.measures is not None:
            named = ("growth measure", measure.measures)
        case AttributeNumber() | CampusAttribute():
            named = ("attribute", (measure.attribute,))
        case _:
            return f"{nothing}."
    what, codes = named[0], list(dict.fromkeys(named[1]))
    asked = f"is {what}" if len(codes) == 1 else f"are {what}s"
    return f"{nothing}: {asked} {listed(codes, 'and')} spelt right?"


def _unmet(gate: Gate, *, is_asked: bool) -> str:
    if not is_asked:
        return "it is asked of nobody: look at whom it is for."
    return f"nobody meets it: look at {'the gates' if gate.measure is None else 'the measure and the border'} in it."
