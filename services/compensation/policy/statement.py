"""The statement of one educator: what was decided, with the reason for every cent, from the evaluator's own numbers.

A pure function of the facts and the plan version: no clock, no sequence number. Equal facts give equal bytes.
"""

import hashlib
from functools import lru_cache
from typing import Any

import orjson

from services.compensation.domain import CommonFacts
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.evaluate import Evaluation
from services.compensation.policy.words.components import ComponentWords
from services.compensation.policy.words.ladder import LadderWords
from services.compensation.policy.words.measures import MeasureWords
from services.compensation.policy.words.next_steps import NextSteps
from services.compensation.policy.words.offers import OfferWords
from services.compensation.policy.words.texts import amount, written
from services.compensation.policy.words.whole import WholeWords

Body = dict[str, Any]


def statement_bytes(evaluation: Evaluation, index: int, *, rests_on: CommonFacts | None = None) -> bytes | None:
    """The statement of educator `index` in its one form: UTF-8 JSON, keys sorted, no spaces.

    `rests_on` are the common facts of a plan that looks at them, and are named then. None for an educator who is not
    on the roster: nobody owes a statement to who is not employed.
    """
    source = evaluation.sources[index]
    if source is None:
        return None
    row, found = evaluation.rows[index], source.found
    words, settlement = words_of(evaluation.plan), evaluation.working.settlement
    is_final = rests_on is not None and rests_on.is_final
    parts: Body = {
        "educator_id": found.educator_id,
        "plan_year": evaluation.plan.calendar.plan_year,
        "plan": words.plan,
        "facts": [
            {"kind": kind, "key": key, "version": version, "event_id": event_id}
            for kind, key, version, event_id, _ in found.used
        ],
        "eligibility": words.whole.eligibility(row, found),
        "gates": words.measures.gates(row, found, settlement),
        "measures": words.measures.measures(row, found, settlement),
        "components": words.components.components(row, source, settlement, is_final=is_final),
        "proration": words.whole.proration(row, source),
        "caps": words.whole.caps(row),
        "total": amount(row.total),
        "ladder": words.ladder.placement(row, found),
        "next_steps": words.next_steps.steps(row, is_final=is_final),
    }
    # A plan without offers says nothing of them, so that its statements keep their bytes.
    if evaluation.plan.plan.offers:
        parts["offers"] = words.offers.offers(row, is_final=is_final)
    if rests_on is not None:
        parts["common_facts"] = _rests_on(rests_on)
    return orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)


def _rests_on(common: CommonFacts) -> Body:
    reason = (
        "What depends on all educators is settled."
        if common.is_final
        else "What depends on all educators is an estimate until the period is closed."
    )
    return {"number": common.number, "is_final": common.is_final, "reason": reason}


def statement_body(evaluation: Evaluation, index: int) -> Body | None:
    """The same statement as a document."""
    content = statement_bytes(evaluation, index)
    return None if content is None else orjson.loads(content)


def canonical_bytes(body: Body) -> bytes:
    """A statement's document back in its one form: `canonical_bytes(statement_body(...)) == statement_bytes(...)`."""
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def statement_hash(content: bytes) -> str:
    """SHA-256 of the statement's bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


class Words:
    """All that is said under one plan version; pieces that several statements share are written out once."""

    def __init__(self, plan: CompiledPlan) -> None:
        self.plan = written(
            {
                "code": plan.plan.code,
                "title": plan.plan.title,
                "version": plan.version,
                "content_hash": plan.content_hash,
                "illustrative": plan.plan.illustrative,
            }
        )
        self.whole = WholeWords(plan)
        self.measures = MeasureWords(plan)
        self.offers = OfferWords(plan)
        self.components = ComponentWords(plan, self.measures, self.offers)
        self.ladder = LadderWords(plan, self.measures)
        self.next_steps = NextSteps(plan, self.measures, self.offers)


@lru_cache(maxsize=32)
def words_of(plan: CompiledPlan) -> Words:
    return Words(plan)
