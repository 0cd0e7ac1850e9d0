"""The forecast of a year's cost, by arithmetic that anybody can follow; and the months of the books."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from services.compensation.domain import AccountingPeriod, Forecast, month_after, month_of
from services.compensation.errors import AccountingPeriodNotOver
from services.compensation.policy.forecast import develop


@pytest.mark.parametrize(
    ("accrued", "last_then", "last_final", "cents"),
    [
        (20_000, 10_000, 15_000, 30_000),
        (100, 300, 100, 33),
        (1, 2, 1, 1),
        (-1, 2, 1, 0),
        (0, 7, 9, 0),
        (10**14 + 1, 10**8, 3 * 10**8 + 1, 3 * 10**14 + 10**6 + 3),
    ],
    ids=["half as much again", "rounded down", "half a cent up", "half a cent up from below", "nothing", "exact"],
)
def test_what_was_accrued_grows_as_it_did_last_year(accrued: int, last_then: int, last_final: int, cents: int) -> None:
    forecast = develop(accrued, last_final=last_final, last_then=last_then, last_year="2019-20")
    assert forecast == Forecast(cents, Fraction(last_final, last_then), None)


@pytest.mark.parametrize("last_then", [0, -5])
def test_from_nothing_nothing_is_foreseen(last_then: int) -> None:
    forecast = develop(500, last_final=900, last_then=last_then, last_year="2019-20")
    assert forecast == Forecast(None, None, "nothing was accrued for 2019-20 by the same day")


def test_what_no_amount_can_hold_is_no_forecast() -> None:
    forecast = develop(10**9, last_final=10**9, last_then=1, last_year="2019-20")
    assert (forecast.cents, forecast.reason) == (None, "2019-20 had hardly begun by the same day")


def test_a_month_is_that_of_the_plans_time_zone() -> None:
    moment = datetime(2022, 1, 1, 5, 59, tzinfo=UTC)
    assert (month_of(moment, "UTC"), month_of(moment, "America/Chicago")) == ("2022-01", "2021-12")
    assert (month_after("2021-11"), month_after("2021-12")) == ("2021-12", "2022-01")


def test_a_month_is_over_once_it_is_over_everywhere() -> None:
    december = AccountingPeriod("2021-12")
    with pytest.raises(AccountingPeriodNotOver, match="from 2022-01-02 on"):
        december.close(datetime(2022, 1, 1, 23, 59, tzinfo=UTC))
    assert december.close(datetime(2022, 1, 2, tzinfo=UTC)) == 1
