"""The row-level file: who shares what with how many, where somebody stands, and CSV and Parquet with one content."""

import csv
import io
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.compensation.errors import PseudonymsCollide
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.plan import parse_plan
from services.compensation.policy.snapshot import pseudonyms
from services.compensation.policy.snapshot.generalising import STEPS, SUPPRESSED, Traits, band, generalised
from services.compensation.policy.snapshot.pseudonyms import Pseudonyms
from services.compensation.policy.snapshot.records import Terms
from services.compensation.policy.snapshot.standing import Standing, standing_of
from services.compensation.policy.snapshot.whole import Cover, snapshot_files
from tests.support.factories.snapshots import STANDINGS, record
from tests.support.policy_facts import HARMONY

COVER = Cover(number=1, as_of=datetime(2021, 11, 20, tzinfo=UTC), suppress_below=5, is_settled=True)
KEY = b"a key of an installation, long enough"

traits = st.builds(
    Traits,
    role=st.sampled_from(["teacher", "principal"]),
    subject_group=st.sampled_from(["tested", "non_tested", "none"]),
    cohort=st.sampled_from(["2014-15", "2015-16", "2016-17", "unknown"]),
    campus=st.sampled_from(["a", "b", "c", "unknown"]),
    district=st.sampled_from(["x", "y"]),
    comparison_group=st.sampled_from(["yes", "no", "unknown"]),
)


class TestGeneralising:
    @given(rows=st.lists(traits, max_size=120), k=st.integers(2, 12))
    def test_every_combination_that_is_shown_is_shared_by_enough(self, rows: list[Traits], k: int) -> None:
        shown = generalised(rows, k)
        sizes = Counter(one for _, one in shown)
        for row, (step, one) in zip(rows, shown, strict=True):
            if step == len(STEPS):
                assert set(one) == {SUPPRESSED}
            else:
                assert sizes[one] >= k
                assert one == STEPS[step][1](row)

    @given(rows=st.lists(traits, max_size=60), seed=st.randoms(use_true_random=False))
    def test_the_order_of_rows_changes_nothing(self, rows: list[Traits], seed: Any) -> None:
        mixed = list(enumerate(rows))
        seed.shuffle(mixed)
        shown = generalised([row for _, row in mixed], 5)
        assert generalised(rows, 5) == [one for _, one in sorted(zip([at for at, _ in mixed], shown, strict=True))]

    def test_years_of_entry_are_taken_together_by_five(self) -> None:
        assert [band(one) for one in ("2014-15", "2015-16", "2019-20", "unknown")] == [
            "2010-2014",
            "2015-2019",
            "2015-2019",
            "unknown",
        ]


class TestStanding:
    @pytest.mark.parametrize(
        ("changes", "paid_cents", "expected"),
        [
            ({}, 100_00, Standing(True, True, (), 100_00, 100_00)),
            ({}, 0, Standing(True, False, ("not-yet-paid",), 100_00, 0)),
            ({"total": 0, "shut": True}, 0, Standing(False, False, ("gate:growth",), 0, 0)),
            ({"total": 0, "shut": True}, 1, Standing(False, True, ("paid-before", "gate:growth"), 0, 1)),
            ({"total": 0}, 0, Standing(True, False, ("nothing-earned",), 0, 0)),
            ({"total": 0, "eligible": False}, 0, Standing(False, False, ("role-not-paid",), 0, 0)),
            ({"total": 0, "eligible": False, "role": None}, 0,
             Standing(False, False, ("not-employed-in-period",), 0, 0)),
            ({"total": 0, "offered": True}, 0, Standing(False, False, ("offer-not-accepted",), 0, 0)),
            ({"total": 200, "shut": True}, 0, Standing(True, False, ("not-yet-paid",), 200, 0)),
        ],
    )  # fmt: skip
    def test_it_is_read_off_the_statement(self, changes: dict[str, Any], paid_cents: int, expected: Standing) -> None:
        offered = [{"limit": "offer"}] if changes.get("offered") else []
        is_shut, cents = changes.get("shut", False), changes.get("total", 100_00)
        statement = {
            "eligibility": {"eligible": changes.get("eligible", True), "role": changes.get("role", "teacher")},
            "total": {"amount": f"{Decimal(cents).scaleb(-2):.2f}"},
            "gates": [{"code": "observed", "met": True}, {"code": "growth", "met": not is_shut}],
            "components": [{"limits": [{"limit": "gates"}] if is_shut else []}, {"limits": offered}],
        }
        assert standing_of(statement, paid_cents=paid_cents, is_on_hold=False) == expected

    def test_a_hold_is_the_reason_of_who_is_eligible_and_not_paid(self) -> None:
        statement = {
            "eligibility": {"eligible": True, "role": "teacher"},
            "total": {"amount": "100.00"},
            "gates": [],
            "components": [],
        }
        assert standing_of(statement, paid_cents=0, is_on_hold=True).reasons == ("payment-hold",)


class TestPseudonyms:
    def test_they_are_those_of_the_key_and_of_the_kind(self) -> None:
        one, same, other = Pseudonyms(KEY), Pseudonyms(KEY), Pseudonyms(KEY + b"!")
        assert one.educator("1") == same.educator("1") != other.educator("1")
        assert len({one.educator("1"), one.campus("1"), one.district("1"), one.educator("2")}) == 4
        assert one.key_mark == same.key_mark != other.key_mark

    def test_two_of_one_pseudonym_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pseudonyms, "_DIGITS", 1)
        made = Pseudonyms(KEY)
        with pytest.raises(PseudonymsCollide):
            [made.educator(str(number)) for number in range(17)]


class TestFiles:
    def test_csv_and_parquet_have_one_content_and_equal_records_give_equal_bytes(self) -> None:
        records = [record(number, standing=STANDINGS[name]) for number, name in enumerate([*STANDINGS] * 5)]
        terms = Terms(compile_plan(parse_plan(HARMONY), version=1), {}, None, date(2021, 11, 20), Pseudonyms(KEY))
        files = snapshot_files(records, terms, COVER)
        assert files == snapshot_files(records[::-1], terms, COVER)
        for name in ("educators", "counts"):
            table = pq.read_table(io.BytesIO(files[f"{name}.parquet"]))
            header, *lines = csv.reader(io.StringIO(files[f"{name}.csv"].decode()))
            assert header == table.column_names
            assert lines == [[as_text(value) for value in row.values()] for row in table.to_pylist()]
        dictionary = list(csv.DictReader(io.StringIO(files["data_dictionary.csv"].decode())))
        assert [line["column"] for line in dictionary if line["file"] == "counts"] == header
        types = {line["column"]: line["type"] for line in dictionary if line["file"] == "educators"}
        assert types["earned_total"] == "decimal(18,2)"
        schema = pq.read_schema(io.BytesIO(files["educators.parquet"]))
        assert str(schema.field("earned_total").type) == "decimal128(18, 2)"


def as_text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
