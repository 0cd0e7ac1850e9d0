"""What-ifs on a real database: what they say is what statements say once it is published, and they touch none."""

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from deploy import previewing
from deploy.bench.season import season
from services.compensation import bootstrap
from services.compensation.models import metadata
from services.compensation.policy.what_if.comparing import Comparison
from services.compensation.service import what_if_runs
from shared.db.direct import begin
from shared.events.compensation import AttributeRecorded
from shared.kernel.ids import derived_id
from tests.support.compensation import PLAN, SHARED_PLAN, WRITER, Compensation
from tests.support.factories.events import CAMPUS, awarded, educator_id, rostered
from tests.support.policy_facts import REPOSITORY

EDUCATORS = 48
RANKIN = (REPOSITORY / "services/compensation/plans/rankin-performance-pay.yaml").read_bytes()
RANKIN = RANKIN.replace(b"2013-14", b"2020-21").replace(b"2013-", b"2020-").replace(b"2014-", b"2021-")
"""The shipped plan of two pots, in the year of the sample."""
DRAFTS = {
    "another stipend and more observations": PLAN.replace(b'"200.00"', b'"150.00"').replace(
        b"at_least: 2\n", b"at_least: 4\n"
    ),
    "two pots": RANKIN,
    "a pot and a need": SHARED_PLAN,
}
NO_NEED = "Measure need (Need of the campus): nobody has anything on file for it: is attribute need spelt right?"
UNANSWERED = (
    NO_NEED,
    (
        "Measure proficiency-gain (Gain in proficiency, in percent): nobody has anything on file for it: is attribute "
        "proficiency_gain spelt right?"
    ),
    "Gate proficiency (Proficiency up by 3 %): nobody meets it: look at the measure and the border in it.",
)
"""Two of the drafts ask for it, and the season brings none of it."""
UNHEARD_OF = "which nobody was ever awarded and the plan names nowhere; it counts where any other does"
FEW = [educator_id(1), educator_id(2), educator_id(3)]
LATE = educator_id(77)
OWN = {"what_if", "what_if_progress", "what_if_row", "idempotency_key"}


@pytest.fixture
async def network(compensation: Compensation) -> Compensation:
    """A small network after its season, paid by the sample plan."""
    await compensation.publish()
    events = season(educators=EDUCATORS, events=EDUCATORS * 100)
    await compensation.take_in(*events, *kept_of({event.educator_id for event in events}))
    return compensation


@pytest.fixture
async def few(compensation: Compensation) -> Compensation:
    """Three teachers of one campus, paid by the sample plan."""
    await compensation.publish()
    await compensation.take_in(*map(rostered, FEW), *(awarded(who, 1) for who in FEW))
    return compensation


def kept_of(educators: set[UUID]) -> Iterator[AttributeRecorded]:
    """What the plan of two pots asks HR for; every other educator has reached the goal."""
    for number, educator in enumerate(sorted(educators)):
        for attribute, value in (
            ("certified_position", "teacher"),
            ("school_website", "kept up"),
            ("next_year", "returns"),
            ("growth_goal", "reached" if number % 2 else "missed"),
        ):
            yield AttributeRecorded(
                educator_id=educator,
                attribute_id=derived_id(str(educator), attribute),
                version=1,
                school_year="2020-21",
                attribute=attribute,
                item=None,
                value=value,
            )


async def draft(compensation: Compensation, document: bytes) -> str:
    written = await compensation.call("POST", "/plans", as_=WRITER, content=document)
    assert written.status_code == 201, written.text
    return str(written.json()["id"])


async def rows(compensation: Compensation, what_if: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    headers = {"Accept": "application/x-ndjson"}
    path = f"/what-ifs/{what_if['id']}/rows"
    answer = await compensation.call("GET", path, as_=WRITER, headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.content.splitlines()]


async def all_but_what_ifs(compensation: Compensation) -> dict[str, list[dict[str, Any]]]:
    names = [table.name for table in metadata.sorted_tables if table.name not in OWN]
    return {name: await compensation.rows(f"SELECT * FROM {name} ORDER BY 1, 2") for name in names}


async def test_a_draft_comes_to_what_statements_say_once_it_is_published_and_then_differs_for_nobody(
    network: Compensation,
) -> None:
    """One plan after the other, so that each is the baseline of the next."""
    for name, document in DRAFTS.items():
        version = await draft(network, document)
        foreseen = await network.what_if(plan_version_id=version)
        before = await totals(network)
        told = await rows(network, foreseen)
        await network.publish(document)
        after = await totals(network)
        assert len(told) == len(after) == EDUCATORS
        assert sum(row["total_cents"] for row in after.values()) > 0, name
        for row in told:
            for side, by_statement in (("before", before), ("after", after)):
                stands = by_statement[UUID(row["educator_id"])]
                cents = {code: _cents(amount) for code, amount in row[f"components_{side}"].items()}
                assert cents == json.loads(stands["components"]), name
                assert (_cents(row[f"total_{side}"]), row[f"rung_{side}"]) == (stands["total_cents"], stands["rung"])
        same = await network.what_if(plan_version_id=version)
        assert [note for note in same["summary"]["notes"] if note not in UNANSWERED] == []
        assert same["summary"]["outcome"]["unchanged"] == same["summary"]["educators"] == EDUCATORS
        assert same["summary"]["cost"]["before"] == foreseen["summary"]["cost"]["after"]
        for row in await rows(network, same):
            assert row["difference"]["amount"] == "0.00"
            assert not row["gates_crossed_up"] + row["gates_crossed_down"]


async def totals(compensation: Compensation) -> dict[UUID, dict[str, Any]]:
    return {row["educator_id"]: row for row in await compensation.rows("SELECT * FROM bonus_total")}


async def test_nothing_that_it_does_touches_a_statement(network: Compensation) -> None:
    version = await draft(network, RANKIN)
    before = await all_but_what_ifs(network)
    done = await network.what_if(plan_version_id=version, changes=[{"change": "growth_percent", "add": "10"}])
    assert done["state"] == "done"
    assert done["summary"]["outcome"]["winners"] > 0
    assert await all_but_what_ifs(network) == before


async def test_changed_facts_are_run_on_the_plan_that_stands(network: Compensation) -> None:
    one = (await network.rows("SELECT educator_id, campus_id FROM bonus_total ORDER BY 1 LIMIT 1"))[0]
    changes = [
        {
            "change": "award",
            "credential": "mc-only-supposed",
            "applies_to": {"roles": ["teacher"], "campuses": [str(one["campus_id"])]},
        },
        {"change": "attribute", "attribute": "absence_days", "value": "9", "applies_to": {"districts": [str(uuid4())]}},
    ]
    found = (await network.what_if(changes=changes))["summary"]
    teachers = await network.rows(
        f"SELECT * FROM what_if_row WHERE role = 'teacher' AND campus_id = '{one['campus_id']}'"
    )
    assert found["touched"] == [len(teachers), 0]
    assert found["notes"] == [
        "Change 2 touches nobody: look at whom it is for, and at what it names.",
        f"Change 1 awards mc-only-supposed, {UNHEARD_OF}: is it spelt right?",
        "Change 2 sets absence_days, which the plan does not look at, so that it changes nothing: is it spelt right?",
    ]
    assert teachers
    assert 0 < found["outcome"]["winners"] <= len(teachers)
    assert found["plans"]["before"] == found["plans"]["after"]


async def test_without_a_published_plan_everything_is_compared_with_nothing(compensation: Compensation) -> None:
    await compensation.take_in(rostered(educator_id(1)))
    nobody = await compensation.call(
        "POST", "/what-ifs", as_=WRITER, json={"title": "x", "plan_year": "2020-21", "changes": [AWARD]}
    )
    assert (nobody.status_code, nobody.json()["code"]) == (409, "what-if-without-plan")
    found = await compensation.what_if(document=PLAN.decode(), changes=[AWARD])
    assert found["baseline_id"] is None
    assert found["summary"]["plans"]["before"] is None
    assert found["summary"]["notes"][0] == "No plan is published for the year: everything is compared with nothing."
    [row] = await rows(compensation, found)
    assert (row["total_before"], row["components_before"], row["rung_before"]) == (None, None, None)
    assert row["difference"] == row["total_after"] == {"amount": "200.00", "currency": "USD"}
    picture = await compensation.call("GET", f"/what-ifs/{found['id']}/chart.svg", as_=WRITER)
    assert "before</text>" not in picture.text


AWARD = {"change": "award", "credential": "mc-questioning"}
REFUSED = {
    "nothing": ({}, 422, "malformed-request"),
    "both": ({"plan_version_id": str(uuid4()), "document": "x"}, 422, "malformed-request"),
    "unknown": ({"plan_version_id": str(uuid4())}, 404, "plan-version-unknown"),
    "unreadable": ({"document": "a: [b"}, 400, "plan-unreadable"),
    "invalid": ({"document": "language: 1\n"}, 422, "plan-invalid"),
    "another year": ({"plan_year": "2019-20", "document": PLAN.decode()}, 422, "plan-of-another-year"),
    "control character": ({"title": "a\0b", "changes": [AWARD]}, 422, "malformed-request"),
    "a change that is none": ({"changes": [{"change": "salary", "add": 1}]}, 422, "changes-invalid"),
    "out of bounds": ({"changes": [{"change": "growth_percent", "add": "100.5"}]}, 422, "changes-invalid"),
    "add and set": ({"changes": [{"change": "slo_score", "add": 1, "set": 3}]}, 422, "changes-invalid"),
}


async def test_what_cannot_be_run_is_refused_with_its_remedy_and_kept_nowhere(compensation: Compensation) -> None:
    await compensation.publish()
    for name, (question, status, code) in REFUSED.items():
        body = {"title": "x", "plan_year": "2020-21", **question}
        answer = await compensation.call("POST", "/what-ifs", as_=WRITER, json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (name, answer.text)
    changes = [AWARD, {"change": "growth_percent", "add": "500", "applies_to": {"rolles": ["teacher"]}}]
    body = {"title": "x", "plan_year": "2020-21", "changes": changes}
    answer = await compensation.call("POST", "/what-ifs", as_=WRITER, json=body)
    assert {error["pointer"]: error["detail"] for error in answer.json()["errors"]} == {
        "/changes/1/add": "'500' is no number from -100 to 100 with at most four places: write it like \"2.5\"",
        "/changes/1/applies_to/rolles": "is not part of the changes language here: did you mean `roles`?",
    }
    for role in ("educator", "principal", "payroll"):
        for method, path in (("POST", "/what-ifs"), ("GET", "/what-ifs"), ("GET", f"/what-ifs/{uuid4()}/rows")):
            answer = await compensation.call(method, path, as_={"roles": [role], "sub": "x"}, json={})
            assert answer.status_code == 403
    assert await compensation.rows("SELECT * FROM what_if") == []


async def test_rows_are_paged_filtered_and_exported(network: Compensation) -> None:
    found = await network.what_if(document=DRAFTS["another stipend and more observations"].decode())
    path = f"/what-ifs/{found['id']}/rows"
    everybody = await rows(network, found)
    paged, params = [], {"limit": "20"}
    while params:
        page = (await network.call("GET", path, as_=WRITER, params=params)).json()
        paged += page["items"]
        params = {"limit": "20", "cursor": page["next"]} if page["next"] else {}
    assert paged == everybody
    summary = found["summary"]
    for outcome in ("winners", "losers", "unchanged"):
        chosen = await rows(network, found, outcome=outcome)
        assert len(chosen) == summary["outcome"][outcome]
    assert summary["outcome"]["losers"] > 0
    crossing = await rows(network, found, gate="observed-twice")
    assert len(crossing) == next(gate["crossed_down"] for gate in summary["gates"] if gate["key"] == "observed-twice")
    assert crossing
    campus = everybody[0]["campus_id"]
    assert await rows(network, found, campus_id=campus) == [row for row in everybody if row["campus_id"] == campus]
    answer = await network.call("GET", path, as_=WRITER, headers={"Accept": "text/csv"})
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(line["educator_id"], line["difference"]) for line in table] == [
        (row["educator_id"], row["difference"]["amount"]) for row in everybody
    ]
    assert table[0]["after.performance-bonus"] == everybody[0]["components_after"]["performance-bonus"]["amount"]


async def test_several_are_laid_side_by_side_and_drawn(few: Compensation) -> None:
    first = await few.what_if(title="Less <for> each & all", document=DRAFTS["a pot and a need"].decode())
    few.clock.advance(seconds=1)
    second = await few.what_if(changes=[AWARD])
    few.clock.advance(seconds=1)
    waiting = await few.call(
        "POST", "/what-ifs", as_=WRITER, json={"title": "x", "plan_year": "2020-21", "changes": [AWARD]}
    )
    ids = [first["id"], second["id"]]
    beside = (await few.call("GET", "/what-ifs/compare", as_=WRITER, params={"ids": ids})).json()
    assert [one["id"] for one in beside["what_ifs"]] == ids
    assert beside["cost"] == [first["summary"]["cost"], second["summary"]["cost"]]
    by_key = {line["key"]: line["values"] for line in beside["components"]}
    assert by_key["share"][1] is None
    assert by_key["micro-credential-stipend"][1] == second["summary"]["components"][1]
    early = await few.call("GET", "/what-ifs/compare", as_=WRITER, params={"ids": [*ids, waiting.json()["id"]]})
    assert (early.status_code, early.json()["code"]) == (409, "what-if-not-done")
    listed = (await few.call("GET", "/what-ifs", as_=WRITER, params={"limit": 2})).json()
    assert [one["state"] for one in listed["items"]] == ["waiting", "done"]
    assert listed["next"]
    pictures = [await few.call("GET", f"/what-ifs/{first['id']}/chart.svg", as_=WRITER) for _ in range(2)]
    assert pictures[0].content == pictures[1].content
    drawn = ET.fromstring(pictures[0].text)  # noqa: S314 - our own
    assert (drawn[0].text or "").startswith("Less <for> each & all: ")
    told = [bar[0].text or "" for bar in drawn.iter("{http://www.w3.org/2000/svg}rect") if len(bar)]
    counted = sum(int(one.split(": ")[1].split()[0]) for one in told if one.endswith("before"))
    assert counted == len(FEW)


class _Doors:
    """The doors as the command calls them; the worker is at work meanwhile."""

    def __init__(self, compensation: Compensation) -> None:
        self._compensation = compensation

    async def call(self, method: str, path: str, _person: object, **request: Any) -> Any:
        return await self._compensation.call(method, path.removeprefix("/compensation/v1"), as_=WRITER, **request)

    async def get(self, path: str, person: object) -> Any:
        await self._compensation.run_what_ifs()
        return (await self.call("GET", path, person)).json()


async def test_the_command_tells_what_it_came_to(few: Compensation) -> None:
    doors: Any = _Doors(few)
    console = Console(width=80, record=True, file=io.StringIO())
    document = DRAFTS["a pot and a need"].decode().replace("Need of the campus", "'Need [/b] of the campus'")
    question = {"title": "Preview", "plan_year": "2020-21", "document": document}
    what_if = await previewing.preview(doors, question, console)
    previewing.show(what_if, console)
    screen = console.export_text()
    assert f"Note: {NO_NEED.replace('Need of', 'Need [/b] of')}" in " ".join(screen.split())
    told = [" ".join(line.replace("│", " ").split()) for line in screen.splitlines()]
    assert "in all 600.00 999.99 399.99" in told
    assert "share 0.00 999.99 999.99" in told
    assert "everybody 3 3 0 0 399.99" in told
    assert "At most five days absent - 3 of 3 - -" in told
    kept = await previewing.files(doors, what_if)
    assert kept["chart.svg"].startswith(b"<svg")
    assert len(kept["rows.csv"].splitlines()) == 1 + len(FEW)


class TestRun:
    async def test_it_is_run_once_by_whoever_has_it_and_what_it_came_to_never_changes(self, few: Compensation) -> None:
        asked = await few.call(
            "POST", "/what-ifs", as_=WRITER, json={"title": "x", "plan_year": "2020-21", "changes": [AWARD]}
        )
        runtime = few.running.runtime
        ran = await asyncio.gather(bootstrap.run_what_if(runtime), bootstrap.run_what_if(runtime))
        assert sorted(ran) == [False, True]
        found = (await few.call("GET", f"/what-ifs/{asked.json()['id']}", as_=WRITER)).json()
        assert (found["state"], found["educators_done"], found["educators"]) == ("done", 3, 3)
        for statement in (
            "UPDATE what_if SET summary = '{}'",
            "DELETE FROM what_if_row",
            "UPDATE what_if_row SET difference_cents = 1",
            "TRUNCATE what_if CASCADE",
        ):
            with pytest.raises(DBAPIError, match=r"never changes|append-only"):
                await few.rows(statement)

    async def test_one_that_fails_keeps_its_reason_and_is_not_begun_again(
        self, few: Compensation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object) -> None:
            raise ArithmeticError("a plan nobody can run")

        monkeypatch.setattr(Comparison, "take_in", broken)
        found = await few.what_if(changes=[AWARD])
        assert (found["state"], found["failed_reason"]) == ("failed", "ArithmeticError: a plan nobody can run")
        refused = await few.call("GET", f"/what-ifs/{found['id']}/rows", as_=WRITER)
        assert (refused.status_code, refused.json()["code"]) == (409, "what-if-not-done")
        assert not await bootstrap.run_what_if(few.running.runtime)

    async def test_one_that_takes_its_process_down_is_given_up_in_the_end(self, few: Compensation) -> None:
        await few.call("POST", "/what-ifs", as_=WRITER, json={"title": "x", "plan_year": "2020-21", "changes": [AWARD]})
        for _ in range(what_if_runs.ATTEMPTS_AT_MOST):
            async with begin(few.engine) as connection:
                due = await what_if_runs.next_due(connection)
                assert due is not None
                async with begin(few.engine) as aside:
                    await what_if_runs.begin(aside, due)
        await few.run_what_ifs()
        [kept] = await few.rows("SELECT done_at, failed_reason FROM what_if")
        assert kept == {"done_at": None, "failed_reason": "it was begun 5 times and never came to its end"}

    async def test_facts_are_of_one_moment(self, few: Compensation, monkeypatch: pytest.MonkeyPatch) -> None:
        """What arrives while it is run is in the next one."""
        await few.call("POST", "/what-ifs", as_=WRITER, json={"title": "x", "plan_year": "2020-21", "changes": [AWARD]})
        taken_in = Comparison.take_in
        arrived: list[object] = []

        def slowly(self: Comparison, page: Any) -> None:
            if not arrived:
                arrived.append(asyncio.run_coroutine_threadsafe(few.take_in(rostered(LATE)), loop).result(20))
            taken_in(self, page)

        loop = asyncio.get_running_loop()
        monkeypatch.setattr(Comparison, "take_in", slowly)
        monkeypatch.setattr(what_if_runs, "BLOCK", 1)
        await few.run_what_ifs()
        kept = await few.rows("SELECT educator_id FROM what_if_row")
        assert len(kept) == len(FEW)
        assert {"educator_id": LATE} not in kept


async def test_a_campus_that_needs_more_pays_more(compensation: Compensation) -> None:
    await compensation.take_in(rostered(educator_id(1)))
    await compensation.publish(SHARED_PLAN)
    need = {"change": "campus_attribute", "campuses": [str(CAMPUS)], "attribute": "need", "value": "2"}
    found = await compensation.what_if(changes=[need])
    assert found["summary"]["touched"] == [1]
    assert found["summary"]["cost"]["difference"]["amount"] == "200.00"


def _cents(amount: dict[str, str]) -> int:
    return int(amount["amount"].replace(".", ""))
