"""From an event to a statement and a ledger entry: once, with its reason, whatever the order."""

import csv
import json
import random
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from tests.support.compensation import PLAN, Compensation, running_compensation
from tests.support.factories.events import (
    a_year_of,
    awarded,
    educator_id,
    grown,
    received,
    revoked,
    rostered,
    scored,
)

ANA, BEN = educator_id(1), educator_id(2)
YEAR = {"plan_year": "2020-21"}


async def ledger_sums(compensation: Compensation) -> dict[str, int]:
    rows = await compensation.rows(
        "SELECT educator_id, sum(amount_cents)::bigint AS cents FROM ledger_entry GROUP BY educator_id"
    )
    return {str(row["educator_id"]): row["cents"] for row in rows}


class TestEventToStatement:
    async def test_an_award_becomes_a_stipend_with_its_event_as_the_cause(self, compensation: Compensation) -> None:
        await compensation.publish()
        await compensation.take_in(rostered(ANA))
        award = awarded(ANA, 1)
        await compensation.take_in(award)
        body = await compensation.statement(ANA)
        assert body["total"] == {"amount": "200.00", "currency": "USD"}
        [entry] = await compensation.rows("SELECT * FROM ledger_entry")
        assert entry["amount_cents"] == 20_000
        assert entry["component"] == "micro-credential-stipend"
        assert entry["cause_event_id"] == received(award).id

    async def test_a_revocation_posts_the_difference_and_edits_nothing(self, compensation: Compensation) -> None:
        await compensation.publish()
        await compensation.take_in(rostered(ANA), awarded(ANA, 1))
        await compensation.take_in(revoked(ANA, 1))
        entries = await compensation.rows("SELECT amount_cents FROM ledger_entry ORDER BY sequence")
        assert [entry["amount_cents"] for entry in entries] == [20_000, -20_000]
        assert (await compensation.statement(ANA))["total"]["amount"] == "0.00"

    async def test_what_comes_late_of_an_earlier_year_is_decided_where_the_plan_looks_back(
        self, compensation: Compensation
    ) -> None:
        await compensation.publish(
            PLAN.replace(b"combine: mean", b"combine: mean\n    over: {years: 2, combine: mean}")
        )
        await compensation.take_in(rostered(ANA), grown(ANA, "60.1"))
        late = grown(ANA, "55.2", school_year="2019-20")
        await compensation.take_in(late)
        body = await compensation.statement(ANA)
        assert [one["value"] for one in body["measures"] if one["code"] == "growth"] == ["57.65"]
        assert str(received(late).id) in [fact["event_id"] for fact in body["facts"]]
        causes = await compensation.rows("SELECT plan_year, cause_event_id FROM statement ORDER BY sequence")
        assert tuple(causes[-1].values()) == ("2020-21", received(late).id)
        before = await compensation.state()
        await compensation.take_in(grown(ANA, "99", school_year="2018-19"))
        assert await compensation.state() == before

    async def test_the_same_event_twice_takes_effect_once(self, compensation: Compensation) -> None:
        await compensation.publish()
        await compensation.take_in(rostered(ANA), awarded(ANA, 1))
        before = await compensation.state()
        await compensation.take_in(awarded(ANA, 1), rostered(ANA), awarded(ANA, 1))
        assert await compensation.state() == before

    async def test_facts_wait_for_the_roster(self, compensation: Compensation) -> None:
        await compensation.publish()
        await compensation.take_in(awarded(ANA, 1))
        absent = await compensation.call(
            "GET", f"/educators/{ANA}/statement", as_={"roles": ["hr"], "sub": "hr"}, params=YEAR
        )
        assert (absent.status_code, absent.json()["code"]) == (404, "statement-absent")
        await compensation.take_in(rostered(ANA))
        assert (await compensation.statement(ANA))["total"]["amount"] == "200.00"

    async def test_what_a_batch_has_of_an_educator_is_decided_once_and_all_of_it_is_named(
        self, compensation: Compensation
    ) -> None:
        await compensation.publish()
        second = awarded(ANA, 2, credential="mc-differentiation")
        # The last one is stale, so it changed nothing and cannot be the cause.
        await compensation.take_in(rostered(ANA), awarded(ANA, 1), rostered(BEN), second, awarded(ANA, 1))
        rows = await compensation.rows("SELECT educator_id, cause_event_id, applied_sequence FROM statement")
        assert {str(row["educator_id"]): (row["cause_event_id"], row["applied_sequence"]) for row in rows} == {
            str(ANA): (received(second).id, 3),
            str(BEN): (received(rostered(BEN)).id, 1),
        }
        told = await compensation.rows(f"SELECT data::jsonb AS data FROM outbox WHERE key = '{ANA}'")
        assert told[-1]["data"]["applied"] == [
            str(received(event).id) for event in (rostered(ANA), awarded(ANA, 1), second)
        ]

    async def test_what_was_decided_is_published_with_what_was_taken_in(self, compensation: Compensation) -> None:
        await compensation.publish()
        await compensation.take_in(rostered(ANA), awarded(ANA, 1))
        events = await compensation.rows(
            "SELECT data::jsonb AS data FROM outbox WHERE type LIKE '%recalculated%' ORDER BY position"
        )
        applied = [event_id for row in events for event_id in row["data"]["applied"]]
        assert applied == [str(received(event).id) for event in (rostered(ANA), awarded(ANA, 1))]


class TestOrder:
    @pytest.mark.parametrize("seed", range(4))
    async def test_any_order_and_any_batches_end_in_the_same_bytes(
        self, make_database: Callable[[], str], seed: int
    ) -> None:
        """Guarantee 3: shuffled over topics, duplicated, cut into batches at will."""
        educators = [educator_id(n) for n in range(5)]
        events = [event for educator in educators for event in a_year_of(educator)]
        outcomes: list[list[dict[str, Any]]] = []
        for turn in range(2):
            rng = random.Random(seed * 10 + turn)
            shuffled = [*events, *rng.sample(events, 10)]
            rng.shuffle(shuffled)
            async with running_compensation(make_database()) as compensation:
                if turn == 0:
                    await compensation.publish()
                while shuffled:
                    size = rng.randint(1, 12)
                    await compensation.take_in(*shuffled[:size])
                    del shuffled[:size]
                if turn == 1:
                    await compensation.publish()
                rows = await compensation.rows(
                    "SELECT educator_id, total_cents, rung, statement_hash FROM bonus_total ORDER BY educator_id"
                )
                outcomes.append(rows)
                assert await ledger_sums(compensation) == {
                    str(row["educator_id"]): row["total_cents"] for row in rows if row["total_cents"]
                }
        assert outcomes[0] == outcomes[1]
        assert len(outcomes[0]) == 5


class TestDatabaseGuards:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger_entry SET amount_cents = amount_cents + 1",
            "DELETE FROM ledger_entry",
            "TRUNCATE ledger_entry",
            "UPDATE statement SET body = '{}'",
            "DELETE FROM statement",
            "UPDATE fact SET data = '{}'",
            "UPDATE plan_version SET document = '{}'",
            "DELETE FROM plan_version",
        ],
    )
    async def test_the_database_itself_refuses_to_change_what_stands(
        self, compensation: Compensation, statement: str
    ) -> None:
        await compensation.publish()
        await compensation.take_in(rostered(ANA), awarded(ANA, 1))
        before = await compensation.state()
        with pytest.raises(DBAPIError):
            await compensation.rows(statement)
        assert await compensation.state() == before


class TestReading:
    async def test_only_the_educator_the_campus_and_hr_see_a_statement(self, compensation: Compensation) -> None:
        await compensation.publish()
        await compensation.take_in(rostered(ANA), scored(ANA))
        path = f"/educators/{ANA}/statement"
        campus = str(rostered(ANA).assignments[0].campus_id)
        seen_by = {
            200: [
                {"roles": ["educator"], "educator_id": str(ANA)},
                {"roles": ["principal"], "campus_ids": [campus]},
                {"roles": ["hr"]},
                {"roles": ["payroll"]},
            ],
            403: [
                {"roles": ["educator"], "educator_id": str(educator_id(2))},
                {"roles": ["principal"], "campus_ids": [str(educator_id(3))]},
                {"roles": ["appraiser"], "campus_ids": [campus]},
                {"roles": ["provider"]},
            ],
        }
        for status, callers in seen_by.items():
            for caller in callers:
                answer = await compensation.call("GET", path, as_=caller, params=YEAR)
                assert answer.status_code == status, caller

    @pytest.mark.parametrize(
        ("left", "status"),
        [
            ({}, 200),
            ({"ends_on": date(2020, 7, 1)}, 200),
            ({"ends_on": date(2020, 6, 30)}, 403),
            ({"ended_on": date(2020, 6, 30)}, 403),
        ],
    )
    async def test_the_principal_of_a_campus_that_was_left_sees_nothing_of_later_years(
        self, compensation: Compensation, left: dict[str, date], status: int
    ) -> None:
        await compensation.publish()
        await compensation.take_in(rostered(ANA, **left))
        principal = {"roles": ["principal"], "campus_ids": [str(rostered(ANA).assignments[0].campus_id)]}
        for door in ("statement", "ladder", "ledger"):
            answer = await compensation.call("GET", f"/educators/{ANA}/{door}", as_=principal, params=YEAR)
            assert answer.status_code == status, answer.text

    async def test_a_statement_that_did_not_change_is_not_sent_again(self, compensation: Compensation) -> None:
        await compensation.publish()
        await compensation.take_in(rostered(ANA))
        path, hr = f"/educators/{ANA}/statement", {"roles": ["hr"]}
        first = await compensation.call("GET", path, as_=hr, params=YEAR)
        tag = {"If-None-Match": first.headers["ETag"]}
        assert (await compensation.call("GET", path, as_=hr, params=YEAR, headers=tag)).status_code == 304
        await compensation.take_in(awarded(ANA, 1))
        assert (await compensation.call("GET", path, as_=hr, params=YEAR, headers=tag)).status_code == 200

    async def test_totals_are_the_same_as_pages_lines_and_csv(self, compensation: Compensation) -> None:
        await compensation.publish()
        educators = [educator_id(n) for n in range(7)]
        for n, educator in enumerate(educators):
            await compensation.take_in(
                rostered(educator), *(awarded(educator, k, credential=f"mc-{k}") for k in range(n))
            )
        payroll = {"roles": ["payroll"]}
        paged: dict[str, str] = {}
        cursor: dict[str, str] = {}
        while True:
            page = (
                await compensation.call("GET", "/bonus-totals", as_=payroll, params={**YEAR, "limit": "3", **cursor})
            ).json()
            paged |= {item["educator_id"]: item["total"]["amount"] for item in page["items"]}
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert len(paged) == 7
        lines = await compensation.call(
            "GET", "/bonus-totals", as_=payroll, params=YEAR, headers={"Accept": "application/x-ndjson"}
        )
        assert {row["educator_id"]: row["total"]["amount"] for row in map(json.loads, lines.text.splitlines())} == paged
        table = await compensation.call(
            "GET", "/bonus-totals", as_=payroll, params=YEAR, headers={"Accept": "text/csv"}
        )
        assert {row["educator_id"]: row["total"] for row in csv.DictReader(table.text.splitlines())} == paged

    @pytest.mark.parametrize(
        ("accept", "answered"),
        [
            ("*/*", "application/json"),
            ("application/json, text/csv;q=0.9", "application/json"),
            ("application/json;q=0.8, text/csv; charset=utf-8; q=0.9", "text/csv"),
            ("text/csv;q=0, application/json", "application/json"),
            ("Application/X-NDJSON, */*;q=0.1", "application/x-ndjson"),
        ],
    )
    async def test_totals_come_in_the_form_that_is_wanted_most(
        self, compensation: Compensation, accept: str, answered: str
    ) -> None:
        answer = await compensation.call(
            "GET", "/bonus-totals", as_={"roles": ["payroll"]}, params=YEAR, headers={"Accept": accept}
        )
        assert answer.headers["Content-Type"].partition(";")[0] == answered

    async def test_no_cell_of_the_csv_is_a_formula(self, compensation: Compensation) -> None:
        await compensation.publish()
        await compensation.take_in(rostered(ANA, employee_number='=HYPERLINK("https://example.org")'))
        table = await compensation.call(
            "GET", "/bonus-totals", as_={"roles": ["payroll"]}, params=YEAR, headers={"Accept": "text/csv"}
        )
        [row] = csv.DictReader(table.text.splitlines())
        assert row["employee_number"] == '\'=HYPERLINK("https://example.org")'
