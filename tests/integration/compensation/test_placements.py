"""Placements on the ladder: what is confirmed, held, fallen from and found again in the log, over several years."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.events.registry import Event
from tests.integration.compensation.test_rebuild import found_again
from tests.support.compensation import APPROVER, PAYROLL, WRITER, Compensation
from tests.support.factories.events import CAMPUS, awarded, educator_id, grown, rated, revoked, rostered
from tests.support.ladder_plan import HOLDING_PLAN, LADDER_PLAN, in_year

ANA, BEN = educator_id(1), educator_id(2)
ANA_LEADS: list[Event] = [
    rostered(ANA),
    awarded(ANA, 1, credential="mc-a"),
    grown(ANA),
    rated(ANA),
    rated(ANA, school_year="2019-20"),
]
BEN_IS_SKILLED: list[Event] = [rostered(BEN), awarded(BEN, 1, credential="mc-a")]
MINUTES = {"confirmed_by": "board", "minute_reference": "2021-06-14/7"}

REFUSED: list[tuple[dict[str, Any], int, str, str]] = [
    ({"confirmed_by": "person"}, 422, "placement-invalid", "/confirmed_by"),
    (MINUTES | {"rung": "skilled"}, 422, "placement-invalid", "/rung"),
    (MINUTES | {"rung": "laed"}, 422, "placement-invalid", "/rung"),
    (MINUTES | {"ladder": "other"}, 422, "placement-invalid", "/ladder"),
    (MINUTES | {"school_year": "2019-20"}, 422, "placement-invalid", "/ladder"),
    (MINUTES, 422, "placement-invalid", ""),
    (MINUTES | {"educator_id": str(BEN)}, 409, "rung-not-reached", "/rung"),
    (MINUTES | {"educator_id": str(educator_id(9))}, 422, "educator-not-rostered", "/educator_id"),
    ({"confirmed_by": "board"}, 422, "malformed-request", ""),
    ({"kind": "placed"}, 422, "malformed-request", "/kind"),
    (MINUTES | {"valid_through_year": "2019-20"}, 422, "malformed-request", ""),
    (MINUTES | {"minute_reference": "\0"}, 422, "malformed-request", "/minute_reference"),
]
"""What is wrong with the second of two, and how it is refused."""


def placement(who: UUID, rung: str = "lead", year: str = "2020-21", **more: Any) -> dict[str, Any]:
    return {
        "educator_id": str(who),
        "school_year": year,
        "ladder": "climbing",
        "rung": rung,
        "kind": "confirmed",
    } | more


def brought(who: UUID, rung: str, year: str, **more: Any) -> dict[str, Any]:
    return placement(who, rung, year, kind="brought_along", **more)


async def record(compensation: Compensation, *placements: dict[str, Any], as_: dict[str, Any] = WRITER) -> Any:
    return await compensation.call("POST", "/placements", as_=as_, json=list(placements))


async def ladder(compensation: Compensation, who: UUID, year: str = "2020-21") -> Any:
    answer = await compensation.call("GET", f"/educators/{who}/ladder", as_=WRITER, params={"plan_year": year})
    assert answer.status_code == 200, answer.text
    return answer.json()["ladder"]


async def place_everybody(compensation: Compensation, year: str) -> tuple[int, int]:
    """All pages; how many were changed, and how many stood already."""
    changed = unchanged = 0
    after = None
    while True:
        answer = await compensation.call("POST", f"/ladder/{year}/placements", as_=WRITER, json={"after": after})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        changed, unchanged, after = changed + page["changed"], unchanged + page["unchanged"], page["next"]
        if after is None:
            return changed, unchanged


async def two_teachers(compensation: Compensation, document: bytes = LADDER_PLAN) -> None:
    await compensation.take_in(*ANA_LEADS, *BEN_IS_SKILLED)
    await compensation.publish(document)


class TestConfirmation:
    async def test_a_rung_that_the_board_confirms_is_stood_on_from_then_on(self, compensation: Compensation) -> None:
        await two_teachers(compensation)
        before = await ladder(compensation, ANA)
        assert (before["rung"], before["reached"]) == ("skilled", "skilled")
        assert before["awaiting"] == {
            "rung": "lead",
            "title": "Lead",
            "confirmed_by": "board",
            "reason": "All that Lead asks for is met; the confirmation by the board is missing.",
        }
        assert before["next"]["in_words"] == "The confirmation of Lead by the board."
        answer = await record(compensation, placement(ANA, **MINUTES))
        assert (answer.status_code, answer.json()) == (200, {"changed": 1, "unchanged": 0})
        after = await ladder(compensation, ANA)
        assert (after["rung"], after["reached"], after["awaiting"]) == ("lead", "lead", None)
        # Pay goes by the rung that placements hold: it was none before.
        assert (await compensation.statement(ANA))["total"]["amount"] == "300.00"
        again = await record(compensation, placement(ANA, **MINUTES))
        assert again.json() == {"changed": 0, "unchanged": 1}

    async def test_what_the_plan_does_not_know_or_nobody_reached_is_refused_whole(
        self, compensation: Compensation
    ) -> None:
        await two_teachers(compensation)
        for changes, status, code, place in REFUSED:
            sound, wrong = placement(ANA, **MINUTES), placement(ANA) | changes
            body = (answer := await record(compensation, sound, wrong)).json()
            told = (answer.status_code, body["code"], body["errors"][0]["pointer"])
            assert told == (status, code, f"/1{place}"), body
        assert await compensation.rows("SELECT * FROM placement") == []

    async def test_nobody_places_themselves_or_sees_another_s_years(self, compensation: Compensation) -> None:
        await two_teachers(compensation)
        own = {"roles": ["hr"], "sub": "hr-ana", "educator_id": str(ANA)}
        refused = await record(compensation, placement(ANA, **MINUTES), as_=own)
        assert (refused.status_code, refused.json()["code"]) == (403, "conflict-of-interest")
        await record(compensation, placement(ANA, **MINUTES))
        [kept] = (await compensation.call("GET", f"/educators/{ANA}/placements", as_=WRITER)).json()
        path = f"/placements/{kept['placement_id']}/withdrawal"
        refused = await compensation.call("POST", path, as_=own, json={"reason": "by mistake"})
        assert (refused.status_code, refused.json()["code"]) == (403, "conflict-of-interest")
        for path in ("placements", "ladder/history"):
            mine = await compensation.call("GET", f"/educators/{ANA}/{path}", as_=own | {"roles": ["educator"]})
            assert (mine.status_code, len(mine.json())) == (200, 1)
            theirs = await compensation.call("GET", f"/educators/{BEN}/{path}", as_=own | {"roles": ["educator"]})
            assert (theirs.status_code, theirs.json()["code"]) == (403, "not-yours")
        told = "Brought along: Lead in 2018-19."
        await record(compensation, brought(ANA, "lead", "2018-19"))
        principal = {"roles": ["principal"], "sub": "principal", "campus_ids": [str(CAMPUS)]}
        for who, is_told in (
            (own | {"roles": ["educator"]}, True),
            (WRITER, True),
            (principal, False),
            (PAYROLL, False),
        ):
            for part in ("explanation", "page"):
                path, params = f"/educators/{ANA}/statement/{part}", {"plan_year": "2020-21"}
                answer = await compensation.call("GET", path, as_=who, params=params)
                assert (answer.status_code, told in answer.text) == (200, is_told), (who, part)

    async def test_a_withdrawal_is_a_new_version_and_takes_the_rung_back(self, compensation: Compensation) -> None:
        await two_teachers(compensation)
        await record(compensation, placement(ANA, **MINUTES))
        [kept] = (await compensation.call("GET", f"/educators/{ANA}/placements", as_=WRITER)).json()
        path, why = f"/placements/{kept['placement_id']}/withdrawal", {"reason": "the minutes were of another"}
        withdrawn = await compensation.call("POST", path, as_=APPROVER, json=why)
        assert (withdrawn.json()["version"], withdrawn.json()["withdrawn"]) == (2, True)
        assert (await ladder(compensation, ANA))["rung"] == "skilled"
        again = await compensation.call("POST", path, as_=APPROVER, json=why)
        assert (again.status_code, again.json()["code"]) == (409, "placement-already-withdrawn")
        versions = (await compensation.call("GET", f"/educators/{ANA}/placements", as_=WRITER)).json()
        assert [(one["version"], one["reason"], one["recorded_by"]) for one in versions] == [
            (1, None, "hr-writer"),
            (2, why["reason"], "hr-approver"),
        ]
        for change in ("UPDATE placement SET rung = 'novice'", "DELETE FROM placement", "TRUNCATE placement"):
            with pytest.raises(DBAPIError, match="append-only"):
                async with compensation.engine.begin() as connection:
                    await connection.execute(text(change))


class TestYears:
    async def test_a_year_is_placed_once_it_is_over_and_the_same_again_changes_nothing(
        self, compensation: Compensation
    ) -> None:
        await two_teachers(compensation)
        early = await compensation.call("POST", "/ladder/2020-21/placements", as_=WRITER, json={})
        assert (early.status_code, early.json()["code"]) == (409, "year-not-over")
        none = await compensation.call("POST", "/ladder/2018-19/placements", as_=WRITER, json={})
        assert (none.status_code, none.json()["code"]) == (409, "nothing-to-place")
        before = await compensation.state()
        compensation.clock.advance(days=180)
        assert await place_everybody(compensation, "2020-21") == (2, 0)
        assert await place_everybody(compensation, "2020-21") == (0, 2)
        # What the end of a year comes to counts from the next year on, so no statement of the year changes.
        assert await compensation.state() == before

    async def test_a_rung_is_lost_only_after_two_years_below_it(self, compensation: Compensation) -> None:
        await two_teachers(compensation)
        compensation.clock.advance(days=180)
        await place_everybody(compensation, "2020-21")
        await compensation.take_in(revoked(BEN, 1, credential="mc-a"))
        # The late revocation changes what 2020-21 came to; BEN, who keeps nothing from before, is placed anew.
        assert await place_everybody(compensation, "2020-21") == (1, 1)
        await record(compensation, brought(BEN, "lead", "2019-20"))
        assert (await ladder(compensation, BEN))["held"]["reason"] == (
            "Placed on Lead in 2019-20, brought along. This year reaches Novice: one school year in a row below it, "
            "and one falls after two, so the rung stays."
        )
        assert await place_everybody(compensation, "2020-21") == (1, 1)
        await compensation.publish(in_year(2021))
        fallen = await ladder(compensation, BEN, "2021-22")
        assert fallen["rung"] == "novice"
        assert fallen["held"]["reason"] == (
            "Placed on Lead in 2020-21. This year reaches Novice: two school years in a row below it, "
            "and one falls after two, so the rung is Novice."
        )
        history = (await compensation.call("GET", f"/educators/{BEN}/ladder/history", as_=WRITER)).json()
        assert [(one["plan_year"], one["rung"], one["since"], one["title"]) for one in history] == [
            ("2019-20", "lead", "2019-20", None),
            ("2020-21", "lead", "2019-20", "Lead"),
            ("2021-22", "novice", "2021-22", "Novice"),
        ]

    async def test_a_designation_is_held_for_its_years_and_renewed_when_it_is_reached_again(
        self, compensation: Compensation
    ) -> None:
        await two_teachers(compensation, HOLDING_PLAN)
        compensation.clock.advance(days=180)
        # Nobody is placed on the lowest rung, and BEN's lapses with what it rested on.
        assert await place_everybody(compensation, "2020-21") == (2, 0)
        await compensation.take_in(revoked(BEN, 1, credential="mc-a"))
        assert await place_everybody(compensation, "2020-21") == (1, 1)
        for year in (2021, 2022):
            await compensation.publish(in_year(year, HOLDING_PLAN))
        held = await ladder(compensation, ANA, "2021-22")
        assert (held["rung"], held["reached"]) == ("lead", "skilled")
        reason = (
            "Placed on Lead in 2020-21; that holds through 2021-22 and may only rise. "
            "This year reaches Skilled, and the rung stays."
        )
        since_through = {"since": "2020-21", "through": "2021-22"}
        assert held["held"] == {"rung": "lead", "title": "Lead", "reason": reason} | since_through
        compensation.clock.advance(days=365)
        # What is merely held is not renewed.
        assert await place_everybody(compensation, "2021-22") == (0, 0)
        assert (await ladder(compensation, ANA, "2022-23"))["rung"] == "skilled"
        await compensation.take_in(
            *[awarded(ANA, number, credential=f"mc-{code}") for number, code in [(2, "b"), (3, "c"), (4, "d")]]
        )
        assert (await ladder(compensation, ANA, "2021-22"))["reached"] == "lead"
        assert await place_everybody(compensation, "2021-22") == (1, 0)
        assert (await ladder(compensation, ANA, "2022-23"))["held"]["through"] == "2022-23"

    async def test_what_a_person_withdrew_the_end_of_the_year_does_not_bring_back(
        self, compensation: Compensation
    ) -> None:
        await two_teachers(compensation, HOLDING_PLAN)
        compensation.clock.advance(days=180)
        await place_everybody(compensation, "2020-21")
        [kept] = (await compensation.call("GET", f"/educators/{ANA}/placements", as_=WRITER)).json()
        path = f"/placements/{kept['placement_id']}/withdrawal"
        await compensation.call("POST", path, as_=WRITER, json={"reason": "an investigation"})
        assert await place_everybody(compensation, "2020-21") == (0, 2)


async def test_the_log_alone_brings_placements_and_what_rests_on_them_back(
    compensation: Compensation, make_database: Callable[[], str]
) -> None:
    await two_teachers(compensation)
    await record(compensation, placement(ANA, **MINUTES))
    compensation.clock.advance(days=180)
    await place_everybody(compensation, "2020-21")
    await compensation.publish(in_year(2021))
    await record(compensation, brought(BEN, "lead", "2019-20", valid_through_year="2021-22"))
    [kept, *_] = (await compensation.call("GET", f"/educators/{BEN}/placements", as_=WRITER)).json()
    why = {"reason": "of another person"}
    await compensation.call("POST", f"/placements/{kept['placement_id']}/withdrawal", as_=WRITER, json=why)
    async with found_again(compensation, make_database, [*ANA_LEADS, *BEN_IS_SKILLED]) as empty:
        columns = "id, version, educator_id, ladder, school_year, kind, rung, reached, confirmed_by, minute_reference"
        query = f"SELECT {columns}, valid_through_year, withdrawn, lapsed FROM placement ORDER BY id, version"
        rows = await compensation.rows(query)
        assert len(rows) == 5
        assert await empty.rows(query) == rows
