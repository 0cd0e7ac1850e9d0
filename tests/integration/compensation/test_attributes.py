"""What HR keeps, and what depends on all educators at once: recorded, decided, posted, and found again in the log."""

from typing import Any
from uuid import UUID

from tests.integration.compensation.test_rebuild import found_again
from tests.support.compensation import APPROVER, SHARED_PLAN, WRITER, Compensation
from tests.support.factories.events import educator_id, rostered

TEAM_PLAN = (
    SHARED_PLAN.replace(b"    shared: equally\n", b"    shared: equally\n    within: {attribute: team}\n")
    .replace(
        b"gates:\n",
        b"  - {code: together, title: Days absent of the team, take: group_mean, of: away, within: {attribute: team}, "
        b"source: illustrative}\ngates:\n",
    )
    .replace(b"measure: away, at_most", b"measure: together, at_most")
)
"""A pot of each team, for those of a team that was rarely away."""
ANA, BEN, CLEO = educator_id(1), educator_id(2), educator_id(3)


async def recorded(compensation: Compensation, *values: tuple[UUID, str | None, str | None]) -> Any:
    """Days absent, by educator and type of leave."""
    body = [
        {"educator_id": str(who), "school_year": "2020-21", "attribute": "absence_days", "item": item, "value": value}
        for who, item, value in values
    ]
    answer = await compensation.call("POST", "/attributes", as_=WRITER, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def amounts(compensation: Compensation, who: UUID) -> dict[str, str]:
    statement = await compensation.statement(who)
    return {part["code"]: part["amount"]["amount"] for part in statement["components"]}


async def three_teachers(compensation: Compensation) -> None:
    await compensation.take_in(*[rostered(who) for who in (ANA, BEN, CLEO)])
    await compensation.publish(SHARED_PLAN)


async def test_a_pot_is_shared_by_all_who_meet_its_gates_once_it_is_settled(compensation: Compensation) -> None:
    await three_teachers(compensation)
    assert [(await amounts(compensation, who))["share"] for who in (ANA, BEN, CLEO)] == ["333.33"] * 3
    # Days that are not counted keep nobody out; six that are, do. The others' share is what was settled until it is
    # settled again.
    await recorded(compensation, (ANA, "military", "30"), (BEN, "sick", "6"))
    assert [(await amounts(compensation, who))["share"] for who in (ANA, BEN, CLEO)] == ["333.33", "0.00", "333.33"]
    asked = await compensation.call("POST", "/common-facts/2020-21/settlements", as_=WRITER, json={"final": False})
    assert asked.status_code == 202
    await compensation.recalculate()
    assert [(await amounts(compensation, who))["share"] for who in (ANA, BEN, CLEO)] == ["500.00", "0.00", "500.00"]
    statement = await compensation.statement(ANA)
    assert statement["common_facts"] == {
        "number": 2,
        "is_final": False,
        "reason": "What depends on all educators is an estimate until the period is closed.",
    }


async def test_what_was_taken_back_counts_no_longer_and_the_same_again_changes_nothing(
    compensation: Compensation,
) -> None:
    await three_teachers(compensation)
    assert await recorded(compensation, (BEN, "sick", "6")) == {"changed": 1, "unchanged": 0}
    assert await recorded(compensation, (BEN, "sick", "6")) == {"changed": 0, "unchanged": 1}
    assert (await amounts(compensation, BEN))["share"] == "0.00"
    assert await recorded(compensation, (BEN, "sick", None)) == {"changed": 1, "unchanged": 0}
    assert (await amounts(compensation, BEN))["share"] == "333.33"
    assert await recorded(compensation, (CLEO, "sick", None)) == {"changed": 0, "unchanged": 1}
    kept = await compensation.call("GET", f"/educators/{BEN}/attributes", as_=WRITER, params={"school_year": "2020-21"})
    assert kept.json() == []


async def test_nothing_is_kept_of_somebody_whom_no_roster_has_brought(compensation: Compensation) -> None:
    await three_teachers(compensation)
    body = [
        {"educator_id": str(who), "school_year": "2020-21", "attribute": "absence_days", "value": "6"}
        for who in (ANA, educator_id(9))
    ]
    answer = await compensation.call("POST", "/attributes", as_=WRITER, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "educator-not-rostered")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/1/educator_id"]
    assert await compensation.rows("SELECT * FROM attribute") == []


async def test_what_is_kept_of_campuses_pays_everybody_on_them(compensation: Compensation) -> None:
    await three_teachers(compensation)
    assert (await amounts(compensation, ANA))["by-need"] == "0.00"
    campus = (await compensation.rows("SELECT campus_id FROM bonus_total LIMIT 1"))[0]["campus_id"]
    body = {"campuses": {str(campus): {"need": "1.37"}}}
    first = await compensation.call("PUT", "/common-facts/2020-21/campuses", as_=WRITER, json=body)
    again = await compensation.call("PUT", "/common-facts/2020-21/campuses", as_=WRITER, json=body)
    assert first.json() == again.json()
    await compensation.recalculate()
    assert (await amounts(compensation, ANA))["by-need"] == "137.00"
    assert (await amounts(compensation, ANA))["share"] == "333.33"


async def test_a_year_that_was_settled_for_good_changes_no_more(compensation: Compensation) -> None:
    await three_teachers(compensation)
    path = "/common-facts/2020-21"
    await compensation.call("POST", f"{path}/settlements", as_=WRITER, json={"final": True})
    await compensation.recalculate()
    assert (await compensation.statement(ANA))["common_facts"]["is_final"] is True
    for answer in (
        await compensation.call("POST", f"{path}/settlements", as_=WRITER, json={"final": False}),
        await compensation.call("PUT", f"{path}/campuses", as_=WRITER, json={"campuses": {}}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "year-closed")
    approved = await compensation.approved(SHARED_PLAN)
    published = await compensation.call("POST", f"/plans/{approved}/publication", as_=APPROVER)
    assert (published.status_code, published.json()["code"]) == (409, "year-closed")
    assert (await amounts(compensation, ANA))["share"] == "333.33"


async def test_an_estimate_is_not_paid(compensation: Compensation) -> None:
    await three_teachers(compensation)
    batch = {"plan_year": "2020-21", "pay_date": "2021-11-15"}
    refused = await compensation.call("POST", "/payout-batches", as_=WRITER, json=batch)
    assert (refused.status_code, refused.json()["code"]) == (409, "year-not-settled")
    await compensation.call("POST", "/common-facts/2020-21/settlements", as_=WRITER, json={"final": True})
    await compensation.recalculate()
    prepared = await compensation.call("POST", "/payout-batches", as_=WRITER, json=batch)
    assert prepared.json()["control_total"]["amount"] == "999.99"


async def test_there_is_nothing_to_settle_where_a_plan_looks_at_nobody_else(compensation: Compensation) -> None:
    await compensation.publish()
    asked = await compensation.call("POST", "/common-facts/2020-21/settlements", as_=WRITER, json={"final": False})
    assert (asked.status_code, asked.json()["code"]) == (409, "nothing-to-settle")
    absent = await compensation.call("GET", "/common-facts/2020-21", as_=WRITER)
    assert (absent.status_code, absent.json()["code"]) == (404, "common-facts-absent")


async def test_teams_are_settled_as_campuses_are_and_found_again_in_the_log(
    compensation: Compensation, make_database: Any
) -> None:
    async def assigned(**teams: str) -> None:
        named = {"ana": ANA, "ben": BEN, "cleo": CLEO}
        body = [
            {"educator_id": str(named[who]), "school_year": "2020-21", "attribute": "team", "value": team}
            for who, team in teams.items()
        ]
        assert (await compensation.call("POST", "/attributes", as_=WRITER, json=body)).status_code == 200

    async def settled(*, final: bool) -> Any:
        await compensation.call("POST", "/common-facts/2020-21/settlements", as_=WRITER, json={"final": final})
        await compensation.recalculate()
        common = await compensation.call("GET", "/common-facts/2020-21", as_=WRITER)
        return common.json()["settlement"]

    await compensation.take_in(*[rostered(who) for who in (ANA, BEN, CLEO)])
    await assigned(ana="Grade 3", ben="Grade 3", cleo="Grade 4")
    await recorded(compensation, (ANA, "sick", "9"), (BEN, "sick", "0.5"))
    await compensation.publish(TEAM_PLAN)
    assert [(await amounts(compensation, who))["share"] for who in (ANA, BEN, CLEO)] == ["500.00", "500.00", "600.00"]
    # Who changes the team has what stands for that one; nothing is different for the others until it is settled anew.
    await assigned(ben="Grade 4")
    assert [(await amounts(compensation, who))["share"] for who in (ANA, BEN, CLEO)] == ["500.00", "600.00", "600.00"]
    assert await settled(final=True) == {
        "pot_units": {"share": {"Grade 3": 0, "Grade 4": 2}},
        "group_sums": {"together": {"Grade 3": 9_000_000, "Grade 4": 500_000}},
        "group_counts": {"together": {"Grade 3": 1, "Grade 4": 2}},
    }
    assert [(await amounts(compensation, who))["share"] for who in (ANA, BEN, CLEO)] == ["0.00", "500.00", "500.00"]
    async with found_again(compensation, make_database, [rostered(who) for who in (ANA, BEN, CLEO)]):
        pass


async def test_the_log_alone_brings_attributes_and_common_facts_back(
    compensation: Compensation, make_database: Any
) -> None:
    await three_teachers(compensation)
    await recorded(compensation, (BEN, "sick", "6"), (ANA, "sick", "1"))
    await compensation.call("POST", "/common-facts/2020-21/settlements", as_=WRITER, json={"final": True})
    await compensation.recalculate()
    await recorded(compensation, (ANA, "sick", None))
    async with found_again(compensation, make_database, [rostered(who) for who in (ANA, BEN, CLEO)]) as empty:
        for table in ("attribute", "common_facts"):
            columns = {
                "attribute": "id, version, value, item",
                "common_facts": "plan_year, number, campuses, settlement, settled_for, is_final",
            }
            query = f"SELECT {columns[table]} FROM {table} ORDER BY 1, 2"
            assert await empty.rows(query) == await compensation.rows(query)
