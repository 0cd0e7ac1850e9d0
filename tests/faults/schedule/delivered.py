"""Outbox and broker have the same events, under the same keys, in the same order."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.faults.schedule.evidence import Evidence, Place, Record, Recorded
from tests.faults.schedule.promises import Promises


def outbox_and_broker_have_the_same_events(evidence: Evidence, _promises: Promises) -> Iterator[str]:
    """Every recorded event is on the broker, nothing else is, and each key's events came in their order at first.

    Order is that of an aggregate: all of its events have one key and follow its versions in the outbox. Two aggregates
    of one educator may be changed at once, and which of them is published first is nobody's promise.

    An operator who fills an emptied broker publishes the old ones behind what was new meanwhile: what stands there is
    then compared as a set, and order from the first event on that was recorded after that. Whether a consumer took all
    of it in is seen in what took effect, and in its offsets, which are at the end before anything is checked.
    """
    for service, recorded in evidence.outbox.items():
        records = evidence.records.get(f"{service}.events", [])
        yield from _same(service, recorded, records)
        yield from _under_their_keys(service, recorded, records)
        newer = [event for event in recorded if event.position > evidence.ordered_after.get(service, 0)]
        yield from _in_order(service, newer, records)
        yield from _versions_without_gap(service, recorded)


def _same(service: str, recorded: Sequence[Recorded], records: Sequence[Record]) -> Iterator[str]:
    ids, there = {event.id for event in recorded}, {record.event_id for record in records}
    yield from (f"{service}: event {event} is not on the broker" for event in ids - there)
    yield from (f"{service}: the broker has {event}, which was never recorded" for event in there - ids)
    yield from (f"{service}: event {event.id} is not published" for event in recorded if not event.is_published)
    wrong = (event for event in recorded if event.topic != f"{service}.events")
    yield from (f"{service}: event {event.id} is for topic {event.topic}" for event in wrong)


def _under_their_keys(service: str, recorded: Sequence[Recorded], records: Sequence[Record]) -> Iterator[str]:
    keys = {event.id: event.key for event in recorded}
    partitions: dict[str, set[int]] = defaultdict(set)
    for record in records:
        partitions[record.key].add(record.partition)
        due = keys.get(record.event_id, record.key)
        if record.key != due:
            yield f"{service}: event {record.event_id} of {due} is on the broker under {record.key}"
    torn = (key for key, places in partitions.items() if len(places) > 1)
    yield from (f"{service}: the records of {key} lie in partitions {partitions[key]}" for key in torn)


def _in_order(service: str, recorded: Sequence[Recorded], records: Sequence[Record]) -> Iterator[str]:
    first: dict[str, int] = {}
    for number, record in enumerate(records):
        first.setdefault(record.event_id, number)
    last: dict[Place, Recorded] = {}
    for event in recorded:
        before = last.get(event.place)
        # What is not there at all is told of elsewhere.
        if before and before.id in first and event.id in first and first[before.id] > first[event.id]:
            yield f"{service}: {event.place} came as version {event.version} before version {before.version}"
        last[event.place] = event


def _versions_without_gap(service: str, recorded: Sequence[Recorded]) -> Iterator[str]:
    last: dict[Place, int] = {}
    for event in recorded:
        if event.version != last.get(event.place, 0) + 1:
            yield f"{service}: {event.place} went from version {last.get(event.place, 0)} to {event.version}"
        last[event.place] = event.version
