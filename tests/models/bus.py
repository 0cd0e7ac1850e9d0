"""The log, one group that reads it, and what its consumer takes in: a plain model with no code of the product.

As shared/messaging/bus.py and docs/decisions/0006 describe them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.models.refusals import Refused, refuse

UNAVAILABLE = "bus-unavailable"
MOVED = "offset-moved"
STILL_POISON = "still-poison"


class Place(NamedTuple):
    topic: str
    partition: int


class Sent(NamedTuple):
    """A record: `number` counts what was sent of the key."""

    key: str
    number: int


class Got(NamedTuple):
    """A record as it is read."""

    place: Place
    offset: int
    sent: Sent


@dataclass(eq=False)
class Member:
    """A member of the group with its consumer: what it read last, and where it thinks that the group stands."""

    name: str
    is_dead: bool = False
    next: dict[Place, int] = field(default_factory=dict)
    expected: dict[Place, int] = field(default_factory=dict)
    pending: list[Got] = field(default_factory=list)

    def __repr__(self) -> str:
        return self.name


@dataclass
class Letter:
    """A record set aside."""

    got: Got
    state: str = "waiting"


class Log:
    """The records of each partition, and where the consumer's group stands."""

    def __init__(self, topics: Sequence[str], partitions: int) -> None:
        places = [Place(topic, number) for topic in topics for number in range(partitions)]
        self.records: dict[Place, list[Sent]] = {place: [] for place in places}
        self.partition_of: dict[str, int] = {}
        self.holder: Member | None = None
        self.rows: dict[Place, int] = defaultdict(int)
        self.effects: list[Sent] = []
        self.letters: list[Letter] = []
        self.poison: set[Sent] = set()

    def place(self, topic: str, sent: Sent) -> Place:
        """A key has the same partition in each topic."""
        return Place(topic, self.partition_of[sent.key])

    def part(self, member: Member) -> None:
        member.is_dead = True
        self.holder = None if self.holder is member else self.holder

    def read(self, member: Member, limit: int) -> list[Got]:
        """The consumer of `member` reads on. What it got, `pending`, is given here: between partitions no order holds.

        One member of the group reads; another one gets nothing while that one lives.
        """
        got, member.pending = member.pending, []
        self._adopt(member, member.next)
        refuse({UNAVAILABLE: member.is_dead})
        if self.holder is None:
            self.holder = member
            member.next = dict.fromkeys(self.records, 0)
        there_are = sum(max(0, len(self.records[place]) - at) for place, at in member.next.items())
        assert len(got) == min(limit, there_are), (got, limit, there_are)
        for one in got:
            assert one == Got(one.place, member.next[one.place], self.records[one.place][one.offset]), one
            member.next[one.place] += 1
        member.pending = got
        return got

    def _adopt(self, member: Member, places: Iterable[Place]) -> None:
        """The consumer of `member` learns where the group stands in places that are new to it, and reads on there."""
        fresh = [place for place in places if place not in member.expected]
        refuse({UNAVAILABLE: bool(fresh) and member.is_dead})
        for place in fresh:
            member.expected[place] = member.next[place] = self.rows[place]

    def take_in(self, member: Member) -> None:
        """What continues each partition takes effect, unless another reader was there first."""
        pending, member.pending = member.pending, []
        try:
            self._adopt(member, {one.place for one in pending})
            due, early = self._due(member, pending)
            first = {one.place: one.offset for one in reversed(due)}
            refuse({MOVED: any(self.rows[place] != offset for place, offset in first.items())})
        except Refused:
            member.expected.clear()
            raise
        for one in due:
            self.rows[one.place] = member.expected[one.place] = one.offset + 1
            if self.waiting(one.sent.key) or one.sent in self.poison:
                self.letters.append(Letter(one))
            else:
                self.effects.append(one.sent)
        for place in early:
            member.expected.pop(place, None)

    @staticmethod
    def _due(member: Member, pending: Iterable[Got]) -> tuple[list[Got], set[Place]]:
        """What continues without a gap, and the places that were read too far ahead. The rest is old."""
        ahead, due, early = dict(member.expected), [], set()
        for one in pending:
            if one.offset == ahead[one.place]:
                due.append(one)
                ahead[one.place] += 1
            elif one.offset > ahead[one.place]:
                early.add(one.place)
        return due, early

    def waiting(self, key: str | None = None) -> list[Letter]:
        """What waits, of one key or of all."""
        return [one for one in self.letters if one.state == "waiting" and key in (None, one.got.sent.key)]

    def retry(self, key: str) -> int:
        """All that waits of the key, in order; nothing of it where one fails again."""
        letters = self.waiting(key)
        refuse({STILL_POISON: any(letter.got.sent in self.poison for letter in letters)})
        for letter in letters:
            letter.state = "retried"
            self.effects.append(letter.got.sent)
        return len(letters)

    @staticmethod
    def discard(letter: Letter) -> int:
        """Whether it was waiting still; what waits behind it goes on waiting."""
        was_waiting = letter.state == "waiting"
        letter.state = "discarded" if was_waiting else letter.state
        return int(was_waiting)
