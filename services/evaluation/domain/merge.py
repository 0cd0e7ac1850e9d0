"""How a file's rows change what is known: bulk replaces the whole, delta what it names. Rows end, none is deleted."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Generic, TypeVar

from services.evaluation.domain.roster import Incoming, Mode, RosterRow

K = TypeVar("K")
R = TypeVar("R", bound=RosterRow)


@dataclass(slots=True)
class Tally:
    """What became of the rows of one file.

    `skipped` ones are of no concern here (students, above all), `stale` ones older than what is known.
    """

    rows: int = 0
    skipped: int = 0
    added: int = 0
    changed: int = 0
    ended: int = 0
    unchanged: int = 0
    stale: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """How one file is merged in: bulk or delta, as of which day; the tally counts what came of it."""

    mode: Mode
    effective_on: date
    tally: Tally


@dataclass(frozen=True, slots=True)
class Merged(Generic[K, R]):
    """All rows after the merge, and those of them that have to be stored."""

    rows: dict[K, R]
    written: dict[K, R] = field(default_factory=dict)


def _never(_row: RosterRow) -> bool:
    return False


def merge(
    known: Mapping[K, R],
    incoming: Iterable[tuple[K, Incoming[R]]],
    terms: Terms,
    keep: Callable[[R], bool] = _never,
) -> Merged[K, R]:
    """`known` with `incoming` in it. A row that `keep` holds to is not ended by being gone.

    A bulk file ends what it lacks on `effective_on`; a delta ends what it takes back on the day of that row's own
    time, and passes over rows older than what is known.
    """
    merged = Merged(dict(known))
    if terms.mode is Mode.ABSENT:
        return merged
    seen = set()
    for key, entry in incoming:
        seen.add(key)
        before = known.get(key)
        if entry.modified_at and before and before.modified_at and entry.modified_at < before.modified_at:
            terms.tally.stale += 1
        elif entry.row is not None:
            _put(merged, key, entry.row, terms.tally)
        elif before is None or before.ended_on is not None or keep(before):
            terms.tally.unchanged += 1
        else:
            ended_on = entry.modified_at.date() if entry.modified_at else terms.effective_on
            _end(merged, key, replace(before, ended_on=ended_on, modified_at=entry.modified_at), terms.tally)
    if terms.mode is Mode.BULK:
        for key, row in known.items():
            if key not in seen and row.ended_on is None and not keep(row):
                _end(merged, key, replace(row, ended_on=terms.effective_on), terms.tally)
    return merged


def _put(merged: Merged[K, R], key: K, row: R, tally: Tally) -> None:
    before = merged.rows.get(key)
    if before is None:
        tally.added += 1
    else:
        row = replace(row, modified_at=row.modified_at or before.modified_at)
        if row == before:
            tally.unchanged += 1
            return
        is_only_newer = replace(row, modified_at=before.modified_at) == before
        tally.unchanged += is_only_newer
        tally.changed += not is_only_newer
    merged.rows[key] = merged.written[key] = row


def _end(merged: Merged[K, R], key: K, row: R, tally: Tally) -> None:
    merged.rows[key] = merged.written[key] = row
    tally.ended += 1
