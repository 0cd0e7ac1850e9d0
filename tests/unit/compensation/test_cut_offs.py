"""Cut-offs by the moment: the exact border, time zones, evidence without a moment on file, and what is said of it."""

from datetime import date
from typing import Any

import pytest

from services.compensation.domain import EducatorFacts
from services.compensation.policy.cases.events import EDUCATOR_ID, fact_of, facts_of, observation, roster, slo
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.evaluation.evaluate import Evaluation, evaluate
from services.compensation.policy.explanation.earnable import still_earnable
from services.compensation.policy.explanation.evidence import Evidence
from services.compensation.policy.plan import parse_plan
from services.compensation.policy.snapshot.pseudonyms import Pseudonyms
from services.compensation.policy.snapshot.records import Reading, Terms, record_of
from services.compensation.policy.statement import statement_body
from services.compensation.schemas.explanation import StillEarnable
from tests.support.outcome import outcome
from tests.support.policy_facts import HARMONY, events_of
from tests.support.reference import Event, read_raw_plan, reference

TEACHER = roster({"role": "teacher", "group": "non_tested"})
LEVELS = {"instructional_quality": 3}
JUNE = "observations_finalized: 2021-06-01T17:00:00"
FEBRUARY = "slos_approved: 2021-02-26T17:00:00"


def text_of(*cut_offs: str, zone: str = "America/Chicago") -> str:
    """Harmony's plan with more cut-offs; its own are 5 June for visits and 1 March for approvals."""
    known = "  slos: 2021-03-01T17:00:00\n"
    assert known in HARMONY
    more = "".join(f"  {one}\n" for one in cut_offs)
    return HARMONY.replace(known, known + more).replace("time_zone: America/Chicago", f"time_zone: {zone}")


def counted(text: str, *events: Event) -> tuple[int, int]:
    """Observations and SLOs that count, as evaluator and reference agree on."""
    history = [TEACHER, *events]
    found = outcome(compile_plan(parse_plan(text), version=1), facts_of(history))
    assert found == reference(read_raw_plan(text), history)
    assert found is not None
    return found["values"]["observations"], found["values"]["slos"]


def evaluated(text: str, *events: Event) -> tuple[Evaluation, dict[str, Any]]:
    evaluation = evaluate(compile_plan(parse_plan(text), version=1), [facts_of([TEACHER, *events])])
    body = statement_body(evaluation, 0)
    assert body is not None
    return evaluation, body


class TestTheBorder:
    @pytest.mark.parametrize(
        ("zone", "finalized_at", "counts"),
        [
            ("America/Chicago", "2021-06-01T21:59:59.999999Z", 1),
            ("America/Chicago", "2021-06-01T22:00:00Z", 0),
            ("America/Chicago", "2021-06-01T22:00:00.000001Z", 0),
            # The same moments, written elsewhere.
            ("America/Chicago", "2021-06-02T06:59:59.999999+09:00", 1),
            ("America/Chicago", "2021-06-01T12:00:00-10:00", 0),
            ("America/Denver", "2021-06-01T22:59:59.999999Z", 1),
            ("America/Denver", "2021-06-01T23:00:00Z", 0),
        ],
    )
    def test_an_observation_counts_if_it_was_finalized_before(self, zone: str, finalized_at: str, counts: int) -> None:
        seen = observation(1, LEVELS, on="2021-05-20", finalized_at=finalized_at)
        assert counted(text_of(JUNE, zone=zone), seen) == (counts, 0)

    @pytest.mark.parametrize(
        ("approved_at", "counts"),
        [
            ("2021-02-26T22:59:59.999999Z", 1),
            ("2021-02-26T23:00:00Z", 0),
            ("2021-02-26T23:00:00.000001Z", 0),
        ],
    )
    def test_an_slo_counts_if_its_approval_was_recorded_before(self, approved_at: str, counts: int) -> None:
        goal = slo(1, 4, approved_on="2021-02-26", approved_at=approved_at)
        assert counted(text_of(FEBRUARY), goal) == (0, counts)

    def test_in_an_hour_that_no_clock_showed_the_clock_had_not_been_put_forward_yet(self) -> None:
        text = text_of("observations_finalized: 2021-03-14T02:30:00")
        for at, counts in (("2021-03-14T08:29:59.999999Z", 1), ("2021-03-14T08:30:00Z", 0)):
            assert counted(text, observation(1, LEVELS, finalized_at=at)) == (counts, 0), at

    def test_a_summer_after_the_plan_year_is_not_too_late_to_finalize(self) -> None:
        text = text_of("observations_finalized: 2021-09-30T17:00:00")
        seen = observation(1, LEVELS, on="2021-05-20", finalized_at="2021-09-30T21:59:59Z")
        assert counted(text, seen) == (1, 0)


class TestWithoutAMoment:
    @pytest.mark.parametrize(("day", "counts"), [("2021-06-01", 1), ("2021-06-02", 0)])
    def test_an_observation_counts_if_the_day_of_the_visit_began_before(self, day: str, counts: int) -> None:
        event_type, data = observation(1, LEVELS, on=day)
        before = {field: value for field, value in data.items() if field != "finalized_at"}
        for told in (data, before):
            assert counted(text_of(JUNE), (event_type, told)) == (counts, 0)

    @pytest.mark.parametrize(("day", "counts"), [("2021-02-26", 1), ("2021-02-27", 0)])
    def test_an_slo_counts_if_the_day_of_its_approval_began_before(self, day: str, counts: int) -> None:
        assert counted(text_of(FEBRUARY), slo(1, 4, approved_on=day)) == (0, counts)

    def test_a_cut_off_at_midnight_leaves_out_the_day_that_begins_then(self) -> None:
        text = text_of("slos_approved: 2021-02-26T00:00:00")
        assert counted(text, slo(1, 4, approved_on="2021-02-25"), slo(2, 4, approved_on="2021-02-26")) == (0, 1)


def test_each_cut_off_that_is_given_holds_and_those_by_the_day_mean_what_they_meant() -> None:
    long_after = "2021-08-20T12:00:00Z"
    seen = observation(1, LEVELS, on="2021-05-20", finalized_at=long_after)
    goal = slo(1, 4, approved_on="2021-03-01", approved_at="2021-03-02T01:00:00Z")
    assert counted(HARMONY, seen, goal) == (1, 1)
    assert counted(text_of(JUNE, FEBRUARY), seen, goal) == (0, 0)
    in_time = observation(2, LEVELS, on="2021-06-06", finalized_at="2021-06-01T12:00:00Z")
    assert counted(text_of(JUNE), in_time) == (0, 0)


def test_what_earlier_years_bring_in_is_under_no_cut_off_of_this_one() -> None:
    # Of 2019-20, put on record long after the cut-off of 2020-21.
    history = [TEACHER, observation(1, LEVELS, on="2020-05-20", finalized_at="2021-08-01T12:00:00Z", year="2019-20")]
    own = "title: Mean level over all observations\n"
    assert HARMONY.count(own) == 1
    over = own + "    over: {years: 2, combine: mean}\n"
    for text in (HARMONY.replace(own, over), text_of(JUNE).replace(own, over)):
        found = outcome(compile_plan(parse_plan(text), version=1), facts_of(history))
        assert found == reference(read_raw_plan(text), history)
        assert found is not None
        assert found["values"]["observation_mean"] == 3


def test_a_correction_is_judged_by_the_moment_that_it_carries() -> None:
    first = observation(1, LEVELS, on="2021-05-20", finalized_at="2021-05-21T12:00:00Z")
    corrected = observation(
        1, {"instructional_quality": 4}, on="2021-05-20", finalized_at="2021-05-21T12:00:00Z", version=2
    )
    assert counted(text_of(JUNE), first, corrected) == (1, 0)


def test_a_case_in_short_form_says_local_times() -> None:
    short = {
        "observations": [
            {"on": "2021-05-20", "levels": {"instructional_quality": "3"}, "finalized_at": f"2021-06-01T{time}"}
            for time in ("15:59", "16:00")
        ],
        "slos": [
            {"approved_on": "2021-02-26", "score": "4", "approved_at": f"2021-02-26T{time}"}
            for time in ("15:59:59", "16:00", "16:01")
        ],
    }
    assert counted(text_of(JUNE, FEBRUARY), *events_of(short, zone="America/Denver")) == (1, 1)


class TestFacts:
    def test_a_moment_is_kept_in_one_form_and_stays_so(self) -> None:
        events = [
            observation(1, LEVELS, finalized_at="2021-06-01T17:00:00-05:00"),
            slo(1, 4, approved_at="2021-02-26T23:00:00Z"),
        ]
        facts = facts_of(events)
        once = [fact for of_kind in facts.facts.values() for fact in of_kind.values()]
        kept = [fact.data.get("finalized_at") or fact.data.get("approved_at") for fact in once]
        assert kept == ["2021-06-01T22:00:00.000000Z", "2021-02-26T23:00:00.000000Z"]
        again = EducatorFacts(EDUCATOR_ID, {})
        for fact in once:
            again = again.with_fact(fact)
        assert again == facts

    @pytest.mark.parametrize("event", [observation(1, LEVELS), slo(1, 4)], ids=["observation", "slo"])
    def test_without_one_the_fact_is_kept_as_it_was_before_there_were_any(self, event: Event) -> None:
        event_type, data = event
        before = {field: value for field, value in data.items() if field not in ("finalized_at", "approved_at")}
        assert facts_of([event]) == facts_of([(event_type, before)])
        kept = next(iter(facts_of([event]).facts[fact_of(event).kind].values())).data
        assert kept.keys().isdisjoint({"finalized_at", "approved_at"})


class TestWhatIsSaid:
    SEEN = observation(1, LEVELS, on="2021-05-20", finalized_at="2021-06-02T14:30:00Z")
    UNTOLD = observation(2, LEVELS, on="2021-06-02")
    GOAL = slo(1, 4, approved_on="2021-02-26", approved_at="2021-02-26T23:00:00Z")

    def test_the_statement_counts_what_came_late(self) -> None:
        _, body = evaluated(text_of(JUNE, FEBRUARY), self.SEEN, self.UNTOLD, self.GOAL)
        reasons = {measure["code"]: measure["reason"] for measure in body["measures"]}
        assert reasons["observations"] == (
            "0 finalized observations. 2 observations held or finalized after the cut-off do not count."
        )
        assert reasons["slos"] == "0 approved SLOs. 1 SLO after the cut-off does not count."

    def test_each_leaf_says_what_it_was_judged_by(self) -> None:
        evaluation, _ = evaluated(text_of(JUNE, FEBRUARY), self.SEEN, self.UNTOLD, self.GOAL)
        source = evaluation.sources[0]
        assert source is not None
        told = set(Evidence(evaluation.plan, source.found).everything(but=("roster",)))
        late = ", after the cut-off, so it does not count."
        assert told == {
            f"Observed on 2021-05-20 (finalized 2021-06-02 09:30, America/Chicago){late}",
            f"Observed on 2021-06-02 (when it was finalized is not on file, so its day decides){late}",
            f"SLO approved on 2021-02-26 (recorded 2021-02-26 17:00, America/Chicago), scored 4{late}",
        }

    def test_what_was_amended_after_the_cut_off_keeps_its_moment_and_says_so(self) -> None:
        first = observation(1, LEVELS, on="2021-05-20", finalized_at="2021-06-01T15:00:00Z")
        amended = observation(1, LEVELS, on="2021-05-20", finalized_at="2021-06-01T15:00:00Z", version=2)
        assert counted(text_of(JUNE), first, amended) == (1, 0)
        evaluation, _ = evaluated(text_of(JUNE), first, amended)
        source = evaluation.sources[0]
        assert source is not None
        [told] = Evidence(evaluation.plan, source.found).everything(but=("roster",))
        assert told == ("Observed on 2021-05-20 (finalized 2021-06-01 10:00, America/Chicago); it was amended since.")

    def test_what_can_still_be_earned_names_the_cut_off_by_moment_where_there_is_one(self) -> None:
        def until(text: str) -> dict[str, str]:
            parts = still_earnable(*evaluated(text))
            for part in parts:
                StillEarnable.model_validate(part)
            return {one["evidence"]: one["before"] for part in parts for one in part["until"]}

        chicago = "(America/Chicago)"
        by_day = {"observations": f"2021-06-05 17:00 {chicago}", "slos": f"2021-03-01 17:00 {chicago}"}
        by_moment = {
            "observations_finalized": f"2021-06-01 17:00 {chicago}",
            "slos_approved": f"2021-02-26 17:00 {chicago}",
        }
        assert until(text_of(JUNE, FEBRUARY)).items() >= (by_day | by_moment).items()
        assert until(HARMONY).keys().isdisjoint(by_moment)


def test_a_snapshot_leaves_out_the_same_slos() -> None:
    history = [
        TEACHER,
        slo(1, 4, approved_on="2021-02-26", approved_at="2021-02-26T22:59:59Z"),
        slo(2, 4, approved_on="2021-02-26", approved_at="2021-02-26T23:00:00Z"),
    ]
    for text, slos in ((HARMONY, 2), (text_of(FEBRUARY), 1)):
        evaluation, body = evaluated(text, *history[1:])
        reading = Reading(facts_of(history), body, paid_cents=0, is_on_hold=False)
        row = record_of(reading, Terms(evaluation.plan, {}, None, date(2021, 9, 1), Pseudonyms(bytes(32))))
        assert row is not None
        assert row.slos == slos
