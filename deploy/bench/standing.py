"""What the figures of the evaluator stand on: the sample plan, compiled, and the facts of a whole season."""

from uuid import UUID

import orjson

from deploy.bench.season import recorded_at, season
from deploy.loading import PLAN
from services.compensation.domain import EducatorFacts
from services.compensation.policy.evaluation.compiled import CompiledPlan, compile_plan
from services.compensation.policy.plan import parse_plan
from services.compensation.service.arrivals import to_arrival
from shared.kernel.ids import uuid7
from shared.messaging.received import ReceivedEvent


def sample_plan() -> CompiledPlan:
    return compile_plan(parse_plan(PLAN.read_text()), version=1)


def standing_facts(educators: int) -> list[EducatorFacts]:
    """The standing facts after the whole season, as they come out of the database."""
    known: dict[str, EducatorFacts] = {}
    for number, event in enumerate(season(educators=educators, events=educators * 100)):
        received = ReceivedEvent(uuid7(recorded_at(number)), event, recorded_at(number), None)
        arrival = to_arrival(received)
        if arrival is not None:
            facts = known.get(arrival.educator_id) or EducatorFacts(arrival.educator_id, {})
            known[arrival.educator_id] = facts.with_fact(arrival.fact)
    return [
        EducatorFacts.from_document(str(UUID(key)), orjson.loads(orjson.dumps(facts.to_document())))
        for key, facts in known.items()
    ]
