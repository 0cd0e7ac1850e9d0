"""Where a consumer reads on, and which of the records it was given continue what it has."""

import pytest

from shared.messaging.bus import Bounds, ConsumedRecord, Partition
from shared.messaging.consumer import _due
from shared.messaging.offsets import Place, place_in


@pytest.mark.parametrize(
    ("log", "stood", "reads_on"),
    [
        pytest.param(Bounds(0, 9, "a"), Place(5, "a"), Place(5, "a"), id="the same log"),
        pytest.param(Bounds(0, 5, "a"), Place(5, "a"), Place(5, "a"), id="all of it was read"),
        pytest.param(
            Bounds(0, 9, "a"), Place(5, None), Place(5, "a"), id="a log that was empty when it was first seen"
        ),
        pytest.param(Bounds(0, 9, "b"), Place(5, "a"), Place(0, "b"), id="another log in its place"),
        pytest.param(Bounds(0, 0, None), Place(5, "a"), Place(0, None), id="a log that was emptied"),
        pytest.param(Bounds(0, 4, "a"), Place(5, "a"), Place(0, "a"), id="a log that lost its end"),
        pytest.param(Bounds(7, 9, None), Place(5, "a"), Place(7, None), id="a log that lost its start"),
        pytest.param(Bounds(3, 9, None), Place(5, "a"), Place(5, "a"), id="a log that lost only what was read"),
    ],
)
def test_a_consumer_reads_on_where_the_log_as_it_is_now_allows(log: Bounds, stood: Place, reads_on: Place) -> None:
    assert place_in(log, stood) == reads_on


A, B = Partition("t", 0), Partition("t", 1)


def at(partition: Partition, *offsets: int) -> list[ConsumedRecord]:
    return [ConsumedRecord(partition, offset, "key", None, ()) for offset in offsets]


def test_records_that_continue_each_partition_are_due_however_the_partitions_are_mixed() -> None:
    mixed = [record for pair in zip(at(A, 3, 4, 5), at(B, 7, 8, 9), strict=True) for record in pair]
    assert _due(mixed, {A: 3, B: 7}) == (mixed, set())


def test_records_below_the_expected_offset_are_old() -> None:
    assert _due(at(A, 1, 2, 3, 4), {A: 3}) == (at(A, 3, 4), set())


def test_records_beyond_a_gap_are_not_due_and_their_partition_is_read_again() -> None:
    assert _due([*at(A, 3, 5, 6), *at(B, 0)], {A: 3, B: 0}) == ([*at(A, 3), *at(B, 0)], {A})


def test_a_record_that_comes_twice_in_one_batch_is_due_once() -> None:
    assert _due(at(A, 3, 3, 4, 3), {A: 3}) == (at(A, 3, 4), set())


def test_records_of_a_partition_without_a_known_offset_are_left() -> None:
    assert _due(at(A, 0, 1), {}) == ([], set())
