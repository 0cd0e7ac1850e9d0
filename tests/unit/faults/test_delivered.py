"""Order and keys on the broker, judged on a handful of events: what is a violation, and what is not."""

from collections.abc import Sequence

from tests.faults.schedule.delivered import outbox_and_broker_have_the_same_events
from tests.faults.schedule.doors import Doors
from tests.faults.schedule.evidence import Evidence, Record, Recorded
from tests.faults.schedule.promises import Promises


def scored(position: int, slo: str, version: int) -> Recorded:
    data = {"slo_id": slo, "version": version}
    return Recorded(f"{slo}{version}", position, "slo.events", "her", "rung.slo.slo.scored.v1", data, is_published=True)


OUTBOX = [scored(1, "a", 1), scored(2, "b", 1), scored(3, "a", 2), scored(4, "a", 3)]


def found(*ids: str, after: int = 0, outbox: Sequence[Recorded] = OUTBOX, key: str = "her") -> list[str]:
    records = {"slo.events": [Record(event_id, key, 0) for event_id in ids]}
    evidence = Evidence({}, {"slo": outbox}, records, Doors({}, [], {}), {"slo": after})
    return list(outbox_and_broker_have_the_same_events(evidence, Promises()))


def test_the_same_events_in_their_order_are_right() -> None:
    assert found("a1", "b1", "a2", "a3") == []


def test_a_record_that_comes_again_later_is_right() -> None:
    assert found("a1", "b1", "a2", "a1", "a3", "a2") == []


def test_two_aggregates_of_one_key_have_no_order_between_them() -> None:
    assert found("b1", "a1", "a2", "a3") == []


def test_two_versions_of_one_aggregate_turned_round_are_seen() -> None:
    assert found("a1", "b1", "a3", "a2")


def test_order_counts_from_the_event_on_that_came_after_the_broker_was_filled_again() -> None:
    assert found("a2", "a1", "b1", "a3", after=3) == []
    assert found("a3", "b1", "a2", "a1", after=2)


def test_another_key_is_seen() -> None:
    assert len(found("a1", "b1", "a2", "a3", key="him")) == len(OUTBOX)


def test_what_is_missing_and_what_is_strange_is_seen() -> None:
    assert found("a1", "b1", "a2")
    assert found("a1", "b1", "a2", "a3", "a4")


def test_a_version_that_was_never_recorded_is_seen() -> None:
    assert found("a1", "a3", outbox=[OUTBOX[0], OUTBOX[3]])
