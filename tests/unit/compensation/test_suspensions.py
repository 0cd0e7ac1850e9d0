"""Resuming payouts: what is said of a year that payroll has other figures of, or none."""

import pytest
from typer.testing import CliRunner

from deploy import operations
from services.compensation.domain import Released
from services.compensation.domain.suspensions import agree
from services.compensation.errors import PayoutsNotWhole

KNOWN = {"2020-21": Released(2, 65_000), "2021-22": Released(0, 0)}


def test_a_year_without_payrolls_figures_is_asked_for_and_not_taken_as_nothing() -> None:
    with pytest.raises(PayoutsNotWhole) as caught:
        agree(KNOWN, {"2019-20": Released(1, 100)})
    assert "here are 0 batches of 0.00, and payroll has 1 batches of 1.00; " in caught.value.detail
    for year in KNOWN:
        missing = f"payroll's figures of {year} are missing: give them as --payroll-has {year}=COUNT:SUM"
        assert missing in caught.value.detail
        assert missing in [one.detail for one in caught.value.errors if one.pointer == f"/{year}"]


def test_what_agrees_passes() -> None:
    agree(KNOWN, KNOWN)
    agree({}, {"2020-21": Released(0, 0)})


def test_a_year_given_twice_is_refused_before_anything_is_looked_at() -> None:
    words = ["resume-payouts", "--payroll-has", "2020-21=2:650.00", "--payroll-has", "2020-21=3:650.00"]
    answer = CliRunner(env={"COLUMNS": "200"}).invoke(operations.app, [*words, "--reason", "x"])
    assert answer.exit_code == 2
    assert "2020-21 is given twice" in answer.output
