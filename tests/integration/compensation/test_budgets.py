"""Budgets, and the report of a year against its budget with its forecast."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from tests.integration.compensation.test_rebuild import NEXT_YEAR
from tests.support.compensation import WRITER, Compensation
from tests.support.factories.events import DISTRICT, awarded, educator_id, revoked, rostered
from tests.support.paying import pay

ANA, BEN = educator_id(1), educator_id(2)
OTHER_DISTRICT = educator_id(88)
LINES = [
    {"district_id": None, "component": None, "amount": "1000.00"},
    {"district_id": str(DISTRICT), "component": "credentials", "amount": "300.00"},
]
Row = dict[str, Any]


async def decide(compensation: Compensation, replaces: int, lines: list[Any] = LINES, year: str = "2020-21") -> Any:
    body = {"replaces": replaces, "reason": "voted in June", "lines": lines}
    return await compensation.call("PUT", f"/budgets/{year}", as_=WRITER, json=body)


async def report(compensation: Compensation, year: str = "2020-21") -> dict[tuple[str | None, str | None], Row]:
    answer = await compensation.call("GET", f"/budgets/{year}/report", as_=WRITER)
    assert answer.status_code == 200, answer.text
    return {(row["district_id"], row["component"]): row for row in answer.json()["rows"]}


def amounts(row: Row) -> dict[str, str]:
    return {name: part["amount"] for name, part in row.items() if isinstance(part, dict) and name != "forecast"}


async def test_a_budget_replaces_the_one_that_was_read_and_all_are_kept(compensation: Compensation) -> None:
    absent = await compensation.call("GET", "/budgets/2020-21", as_=WRITER)
    assert (absent.status_code, absent.json()["code"]) == (404, "budget-absent")
    first = await decide(compensation, 0)
    assert (first.status_code, first.json()["number"]) == (200, 1)
    assert (await decide(compensation, 0)).json() == first.json()
    stale = await decide(compensation, 0, LINES[:1])
    assert (stale.status_code, stale.json()["code"]) == (409, "budget-changed")
    assert (await decide(compensation, 1, LINES[:1])).json()["number"] == 2
    standing = (await compensation.call("GET", "/budgets/2020-21", as_=WRITER)).json()
    assert standing["lines"] == LINES[:1]
    assert [(one["number"], one["lines"], one["decided_by"]) for one in standing["history"]] == [
        (1, LINES, WRITER["sub"])
    ]
    twice = await decide(compensation, 2, [LINES[0], LINES[0]])
    assert twice.status_code == 422
    with pytest.raises(DBAPIError):
        await compensation.rows("UPDATE budget SET reason = 'another'")


async def test_the_report_has_every_cent_at_each_of_its_places(compensation: Compensation) -> None:
    await compensation.publish()
    await decide(compensation, 0)
    await compensation.take_in(rostered(ANA), awarded(ANA, 1), rostered(BEN, district_id=OTHER_DISTRICT))
    await compensation.take_in(awarded(BEN, 1), awarded(BEN, 2, credential="mc-differentiation"))
    await pay(compensation, rejects=lambda line: line["educator_id"] == str(ANA))
    await pay(compensation, up_to="approved")
    # Ben was paid in one district, works in another, and has earned less than he was paid and more than he was.
    await compensation.take_in(rostered(BEN, version=2))
    await compensation.take_in(revoked(BEN, 1), awarded(BEN, 3, credential="mc-three"))
    rows = await report(compensation)
    component = next(
        component for _, component in rows if component and amounts(rows[None, component])["paid"] != "0.00"
    )
    assert amounts(rows[None, None]) == {
        "budget": "1000.00",
        "accrued": "600.00",
        "approved": "200.00",
        "paid": "400.00",
        "recovered": "0.00",
        "open": "0.00",
        "difference": "400.00",
    }
    assert amounts(rows[str(OTHER_DISTRICT), component]) == {
        "accrued": "400.00",
        "approved": "0.00",
        "paid": "400.00",
        "recovered": "0.00",
        "open": "0.00",
    }
    assert amounts(rows[str(DISTRICT), None])["accrued"] == "200.00"
    # What is budgeted and nothing came of it is there too.
    assert rows[str(DISTRICT), "credentials"]["budget"]["amount"] == "300.00"
    answer = await compensation.call("GET", "/budgets/2020-21/report", as_=WRITER, headers={"Accept": "text/csv"})
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(table) == len(rows)
    assert (table[0]["budget"], table[0]["accrued"], table[0]["forecast"]) == ("1000.00", "600.00", "")


async def test_the_forecast_is_last_years_growth_from_the_same_day(compensation: Compensation) -> None:
    await compensation.publish()
    await compensation.publish(NEXT_YEAR)
    await compensation.take_in(rostered(ANA), awarded(ANA, 1))
    compensation.clock.moment = datetime(2021, 5, 20, tzinfo=UTC)
    await compensation.take_in(awarded(ANA, 2, credential="mc-differentiation"))
    compensation.clock.moment = datetime(2022, 4, 1, tzinfo=UTC)
    this_year = datetime(2022, 2, 1, 12, tzinfo=UTC)
    await compensation.take_in(rostered(BEN), awarded(BEN, 1, awarded_at=this_year))
    assert (await report(compensation, "2021-22"))[None, None]["forecast"] == {
        "amount": None,
        "factor": None,
        "reason": "2020-21 is not closed: what it came to in the end is not known",
    }
    asked = await compensation.call("POST", "/common-facts/2020-21/settlements", as_=WRITER, json={"final": True})
    assert asked.status_code == 202, asked.text
    await compensation.recalculate()
    # Ana had 200 by 1 April 2021 and 400 in the end; Ben has 200.
    rows = await report(compensation, "2021-22")
    assert rows[None, None]["accrued"]["amount"] == "200.00"
    assert rows[None, None]["forecast"] == {
        "amount": {"amount": "400.00", "currency": "USD"},
        "factor": "2.0000",
        "reason": None,
    }
    compensation.clock.moment = datetime(2022, 5, 20, tzinfo=UTC)
    assert (await report(compensation, "2021-22"))[None, None]["forecast"]["factor"] == "1.0000"
    compensation.clock.moment = datetime(2022, 2, 1, tzinfo=UTC)
    none = (await report(compensation, "2021-22"))[None, None]["forecast"]
    assert none["reason"] == "nothing was accrued for 2020-21 by the same day"
    assert (await report(compensation))[None, None]["forecast"]["reason"].startswith("2020-21 is closed")
