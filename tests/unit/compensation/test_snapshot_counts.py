"""No small count of a snapshot can be seen or worked out: integer programmes that know all that is shown try it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from services.compensation.policy.snapshot.counts import Counts, counts_of
from services.compensation.policy.snapshot.records import Record
from services.compensation.policy.snapshot.suppression import CannotBeProtected, Table, hidden_cells
from tests.support.factories.snapshots import STANDINGS, record

BELOW = 5
YEAR = "2020-21"
WHOLE = ("considered", "eligible", "not_eligible")

Row = dict[str, Any]


@dataclass
class Reader:
    """Somebody who has the table, and knows what its columns mean and which zeros are never hidden."""

    rows: Sequence[Row]
    names: Sequence[str]
    sums: list[tuple[tuple[int, str], list[tuple[int, str]]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        reasons = [name for name in self.names if name.startswith("reason_")]
        for at in range(len(self.rows)):
            for whole, parts in (
                ("considered", ["eligible", "not_eligible"]),
                ("eligible", ["paid", "eligible_not_paid"]),
                ("not_eligible", reasons),
            ):
                self.sums.append(((at, whole), [(at, part) for part in parts]))
        for at, children in self._children().items():
            self.sums += [((at, name), [(child, name) for child in children]) for name in self.names]

    def _children(self) -> Mapping[int, list[int]]:
        children: dict[int, list[int]] = {}
        for at, row in enumerate(self.rows):
            for child, other in enumerate(self.rows):
                is_role = row["level"] == "network" and other["level"] == "role"
                is_district = row["level"] == "network" and other["level"] == "district"
                is_campus = (row["level"], other["level"]) == ("district", "campus")
                if (is_campus and other["district"] == row["member"]) or is_district or is_role:
                    children.setdefault(at, []).append(child)
        return children

    def can_tell(self, at: int, name: str, truth: int) -> bool:
        """Whether what is shown leaves no other value than the true one."""
        return self._extreme(at, name, 1) == truth and self._extreme(at, name, -1) == truth

    def _extreme(self, at: int, name: str, sign: int) -> int:
        wanted = np.zeros(len(self._place))
        wanted[self._place[at, name]] = sign
        found = milp(wanted, integrality=1, bounds=self._within, constraints=self._adding_up)
        assert found.success, found.message
        return round(sign * found.fun)

    @cached_property
    def _place(self) -> dict[tuple[int, str], int]:
        cells = ((at, name) for at in range(len(self.rows)) for name in self.names)
        return {cell: number for number, cell in enumerate(cells)}

    @cached_property
    def _within(self) -> Bounds:
        return Bounds(*np.array([self._bounds(*cell) for cell in self._place]).T)

    @cached_property
    def _adding_up(self) -> LinearConstraint:
        matrix = np.zeros((len(self.sums), len(self._place)))
        for number, (whole, parts) in enumerate(self.sums):
            matrix[number, self._place[whole]] = -1
            for part in parts:
                matrix[number, self._place[part]] += 1
        return LinearConstraint(matrix, 0, 0)

    def _bounds(self, at: int, name: str) -> tuple[int, int]:
        row = self.rows[at]
        if row[name] is not None:
            return row[name], row[name]
        is_whole_hidden = name not in WHOLE and row[self._whole(name)] is None
        return (1 if self.is_shown_in_part(name) and not is_whole_hidden else 0), 10_000

    def is_shown_in_part(self, name: str) -> bool:
        """Whether anything but the network is shown of the table that the column is of. Else zeros are hidden too."""
        table = [one for one in self.names if self._whole(one) == self._whole(name)]
        return any(row[one] is not None for row in self.rows[1:] for one in table)

    @staticmethod
    def _whole(name: str) -> str:
        if name in WHOLE:
            return ""
        return "eligible" if name in ("paid", "eligible_not_paid") else "not_eligible"


def shown_rows(counts: Counts) -> list[Row]:
    names = [column.name for column in counts.columns]
    return [dict(zip(names, row, strict=True)) for row in counts.rows]


def true_rows(records: Sequence[Record]) -> list[Row]:
    """The same with nothing hidden."""
    return shown_rows(counts_of(records, YEAR, 1))


def of_levels(rows: Iterable[Row], *levels: str) -> list[Row]:
    return [row for row in rows if row["level"] in levels]


standings = st.sampled_from(sorted(STANDINGS))
places = st.tuples(st.integers(0, 2), st.integers(0, 2))
crowds = st.lists(
    st.tuples(places, standings, st.sampled_from(["teacher", "principal", "other"]), st.integers(1, 9)),
    min_size=1,
    max_size=25,
)


def people(crowd: Iterable[tuple[tuple[int, int], str, str, int]]) -> list[Record]:
    return [
        record(number, standing=STANDINGS[standing], role=role, district=f"d{district}", campus=f"c{district}{campus}")
        for number, ((district, campus), standing, role) in enumerate(
            (place, standing, role) for place, standing, role, times in crowd for _ in range(times)
        )
    ]


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(crowd=crowds)
def test_no_hidden_count_can_be_worked_out(crowd: list[tuple[tuple[int, int], str, str, int]]) -> None:
    records = people(crowd)
    counts = counts_of(records, YEAR, BELOW)
    truth = counts_of(records, YEAR, 1)
    for levels in (("network", "role"), ("network", "district", "campus")):
        rows, true = of_levels(shown_rows(counts), *levels), of_levels(shown_rows(truth), *levels)
        names = counted_names(counts)
        reader = Reader(rows, names)
        for at, row in enumerate(rows):
            for name in names:
                actual = true_value(true[at], name, counts.pooled)
                if row[name] is not None:
                    assert row[name] == actual
                    assert not 0 < actual < BELOW, (row, name)
                elif 0 < actual < BELOW or (actual and reader.is_shown_in_part(name)):
                    assert not reader.can_tell(at, name, actual), (row, name, actual)


def counted_names(counts: Counts) -> list[str]:
    return [column.name for column in counts.columns if column.unit == "educators"]


def true_value(row: Row, name: str, pooled: Sequence[str]) -> int:
    if name == "reason_other":
        return sum(row[f"reason_{code}"] for code in pooled)
    return int(row[name])


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(crowd=crowds)
def test_what_is_left_of_a_shown_sum_is_no_small_count(crowd: list[tuple[tuple[int, int], str, str, int]]) -> None:
    counts = counts_of(people(crowd), YEAR, BELOW)
    for levels in (("network", "role"), ("network", "district", "campus")):
        rows = of_levels(shown_rows(counts), *levels)
        for (at, whole), parts in Reader(rows, counted_names(counts)).sums:
            values = [rows[of][name] for of, name in parts]
            if rows[at][whole] is not None and values:
                left = rows[at][whole] - sum(value or 0 for value in values)
                assert left == 0 or left >= BELOW, (rows[at], whole, values)


def test_amounts_are_exact_and_shown_of_enough_people_only() -> None:
    records = people([((0, 0), "paid", "teacher", 9), ((0, 1), "not paid", "teacher", 9), ((0, 2), "paid", "other", 4)])
    rows = shown_rows(counts_of(records, YEAR, BELOW))
    [network] = of_levels(rows, "network")
    assert [str(network[f"earned_{name}"]) for name in ("mean", "median", "min", "max")] == [
        "79.55",
        "100.00",
        "50.00",
        "100.00",
    ]
    assert str(network["paid_mean"]) == "100.00"
    [small] = [row for row in rows if row["member"] == "c02"]
    assert small["considered"] is None
    assert small["earned_mean"] is None
    assert "considered" in small["suppressed"]
    [teachers] = [row for row in rows if row["member"] == "teacher"]
    assert (teachers["considered"], teachers["paid_min"]) == (None, None), "it would give the four others away"


def test_a_table_that_cannot_be_protected_shows_the_network_alone() -> None:
    """Five campuses with one educator each: whoever knows that zeros are shown counts them."""
    ones = Table({"network": None, **dict.fromkeys("abcde", "network")}, ["x"], {(row, "x"): 1 for row in "abcde"})
    with pytest.raises(CannotBeProtected):
        hidden_cells(ones, BELOW)
    records = people([((0, campus), "paid", "teacher", 1) for campus in range(5)])
    rows = shown_rows(counts_of(records, YEAR, BELOW))
    assert [row["considered"] for row in of_levels(rows, "network", "campus")] == [5, *[None] * 5]


def test_reasons_that_hardly_anybody_has_stand_together() -> None:
    crowd = [((0, 0), "paid", "teacher", 9), ((0, 0), "role", "teacher", 2), ((0, 1), "gate", "teacher", 3)]
    counts = counts_of(people(crowd), YEAR, BELOW)
    assert counts.pooled == ["gate:growth", "role-not-paid"]
    assert of_levels(shown_rows(counts), "network")[0]["reason_other"] == 5


def test_it_hides_no_more_than_it_has_to() -> None:
    """A table without small counts is shown whole."""
    crowd = [((place, 0), standing, "teacher", 9) for place in range(3) for standing in STANDINGS]
    counts = counts_of(people(crowd), YEAR, BELOW)
    assert Counter(row["suppressed"] for row in shown_rows(counts)) == {None: 8}
