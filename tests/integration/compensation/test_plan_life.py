"""The life of a plan version through its doors: who may take which step, what stays on record, who sees what of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from deploy.publishing import to_approval
from tests.support.compensation import APPROVER, PLAN, WRITER, Compensation
from tests.support.web import NOON

EDUCATOR = {"roles": ["educator"], "sub": "educator-ana"}
OTHER_EDUCATOR = {"roles": ["educator"], "sub": "educator-ben"}
FOR_RETIREMENT = PLAN.replace(b"    pay: per_award\n", b"    pay: per_award\n    retirement: true\n")
MINUTES = {"minute_reference": "2021-03-01, item 7", "approved_on": "2021-03-01", "describes_all_pay": False}

TO_APPROVAL = to_approval(NOON)


async def refused(compensation: Compensation, path: str, body: Any = None, *, as_: dict[str, Any] = APPROVER) -> str:
    answer = await compensation.call("POST", path, as_=as_, json=body)
    assert 400 <= answer.status_code < 500, answer.text
    return str(answer.json()["code"])


async def in_review(compensation: Compensation, document: bytes = PLAN) -> str:
    version = await compensation.write(document)
    await compensation.step(version, "review", as_=WRITER)
    return version


def in_(compensation: Compensation, **time: float) -> str:
    return (compensation.clock.moment + timedelta(**time)).isoformat()


async def test_a_version_goes_from_draft_to_publication_and_every_step_is_on_record(compensation: Compensation) -> None:
    version = await in_review(compensation)
    opened = await compensation.step(version, "public-comment", {"closes_at": in_(compensation, minutes=30)})
    assert (opened["state"], opened["comments_waived_because"]) == ("public_comment", None)
    compensation.clock.advance(minutes=30)
    approved = await compensation.step(version, "board-approval", MINUTES)
    assert {name: approved[name] for name in ("state", "minute_reference", "board_approved_on")} == {
        "state": "board_approved",
        "minute_reference": "2021-03-01, item 7",
        "board_approved_on": "2021-03-01",
    }
    published = await compensation.step(version, "publication")
    assert (published["state"], published["is_effective"], published["effective_on"]) == (
        "published",
        True,
        "2020-08-17",
    )
    later = await compensation.announce(PLAN.replace(b'"200.00"', b'"150.00"'))
    shown = (await compensation.call("GET", f"/plans/{version}", as_=EDUCATOR)).json()
    assert (shown["state"], shown["is_effective"]) == ("superseded", False)

    steps = (await compensation.call("GET", f"/plans/{version}/history", as_=WRITER)).json()
    assert [(step["state"], step["by"], step["reason"]) for step in steps] == [
        ("draft", "hr-writer", None),
        ("in_review", "hr-writer", None),
        ("public_comment", "hr-approver", None),
        ("board_approved", "hr-approver", None),
        ("published", "hr-approver", None),
        ("superseded", "hr-approver", "version 2 of harmony-pbcs took its place"),
    ]
    assert [step["at"] for step in steps] == sorted(step["at"] for step in steps)
    events = await compensation.rows("SELECT data::json AS data FROM outbox WHERE type LIKE '%plan.published%' LIMIT 1")
    told = ("minute_reference", "board_approved_on", "describes_all_pay")
    assert [events[0]["data"][name] for name in told] == ["2021-03-01, item 7", "2021-03-01", False]

    listed = await compensation.call(
        "GET", "/plans", as_=EDUCATOR, params={"plan_year": "2020-21", "state": "published"}
    )
    assert [one["id"] for one in listed.json()] == [later]
    none = await compensation.call("GET", "/plans", as_=EDUCATOR, params={"plan_year": "2021-22"})
    assert none.json() == []


async def test_until_it_is_opened_to_everybody_a_version_is_seen_by_hr_alone(compensation: Compensation) -> None:
    published, draft = await compensation.announce(), await in_review(compensation)
    paths = (f"/plans/{draft}", f"/plans/{draft}/differences?from={published}")
    for path in paths:
        answer = await compensation.call("GET", path, as_=EDUCATOR)
        assert (answer.status_code, answer.json()["code"]) == (404, "plan-version-unknown")
        assert (await compensation.call("GET", path, as_=WRITER)).status_code == 200
    listed = await compensation.call("GET", "/plans", as_=EDUCATOR)
    assert [one["id"] for one in listed.json()] == [published]
    await compensation.step(draft, "public-comment", {"closes_at": in_(compensation, minutes=30)})
    for path in paths:
        assert (await compensation.call("GET", path, as_=EDUCATOR)).status_code == 200


async def test_who_wrote_it_takes_no_step_that_another_person_has_to(compensation: Compensation) -> None:
    """Neither through the door, which puts it on record, nor in the database."""
    version = await in_review(compensation)
    for (door, body), state, code in zip(
        [*TO_APPROVAL[1:], ("publication", None)],
        ("public_comment", "board_approved", "published"),
        ("writer-cannot-open-comments", "writer-cannot-approve", "writer-cannot-publish"),
        strict=True,
    ):
        with capture_logs() as logs:
            assert await refused(compensation, f"/plans/{version}/{door}", body, as_=WRITER) == code
        [record] = [one for one in logs if one.get("code") == code and one["event"] == "refused"]
        assert "hr-writer wrote version 1 of harmony-pbcs" in record["detail"]
        with pytest.raises(DBAPIError, match="two_people"):
            async with compensation.engine.begin() as connection:
                await connection.execute(
                    text(
                        "INSERT INTO plan_step SELECT id, 99, written_by, :state, written_by, now() FROM plan_version"
                    ),
                    {"state": state},
                )
        await compensation.step(version, door, body)
    assert await refused(compensation, f"/plans/{version}/publication") == "plan-already-published"
    assert await refused(compensation, f"/plans/{UUID(int=1)}/review") == "plan-version-unknown"
    path = f"/plans/{version}/refusals"
    record = (await compensation.call("GET", path, as_=APPROVER)).json()
    assert [(one["operation"], one["tried_by"], one["code"]) for one in record] == [
        ("open_plan_to_comment", "hr-writer", "writer-cannot-open-comments"),
        ("record_board_approval", "hr-writer", "writer-cannot-approve"),
        ("publish_plan", "hr-writer", "writer-cannot-publish"),
        ("publish_plan", "hr-approver", "plan-already-published"),
    ]
    assert (await compensation.call("GET", path, as_=EDUCATOR)).json()["code"] == "insufficient-scope"
    assert len(await compensation.rows("SELECT id FROM refused_step")) == len(record)


async def test_a_returned_version_ends_there_with_its_reason(compensation: Compensation) -> None:
    for steps in range(len(TO_APPROVAL) + 1):
        version = await compensation.write()
        for door, body in TO_APPROVAL[:steps]:
            await compensation.step(version, door, body)
        await compensation.step(version, "return", {"reason": "counselors are missing"}, as_=WRITER)
        for door, body in (*TO_APPROVAL, ("publication", None), ("return", {"reason": "again"})):
            assert await refused(compensation, f"/plans/{version}/{door}", body) == "plan-step-out-of-order"
        history = (await compensation.call("GET", f"/plans/{version}/history", as_=APPROVER)).json()
        assert (len(history), history[-1]["reason"]) == (steps + 2, "counselors are missing")
    published = await compensation.announce()
    assert await refused(compensation, f"/plans/{published}/return", {"reason": "too late"}) == "plan-already-published"


async def test_comments_are_taken_while_it_is_open_and_show_their_authors_to_hr_and_to_themselves(
    compensation: Compensation,
) -> None:
    version = await in_review(compensation)
    path, said = f"/plans/{version}/comments", {"text": "What of counselors?"}
    assert await refused(compensation, path, said, as_=EDUCATOR) == "comments-not-open"
    await compensation.step(version, "public-comment", {"closes_at": in_(compensation, days=1)})
    for who in (EDUCATOR, OTHER_EDUCATOR, EDUCATOR):
        await compensation.step(version, "comments", said, as_=who)
        compensation.clock.advance(seconds=1)
    assert await refused(compensation, f"/plans/{version}/board-approval", MINUTES) == "comments-still-open"
    compensation.clock.advance(days=1)
    assert await refused(compensation, path, said, as_=EDUCATOR) == "comments-not-open"

    async def authors(as_: dict[str, Any]) -> list[str | None]:
        first = await compensation.call("GET", path, as_=as_, params={"limit": "2"})
        assert first.headers["Link"].endswith('rel="next"')
        rest = await compensation.call("GET", path, as_=as_, params={"limit": "2", "cursor": first.json()["next"]})
        return [one["written_by"] for one in (*first.json()["items"], *rest.json()["items"])]

    assert await authors(APPROVER) == ["educator-ana", "educator-ben", "educator-ana"]
    assert await authors(EDUCATOR) == ["educator-ana", None, "educator-ana"]
    assert (await compensation.call("GET", f"/plans/{version}", as_=EDUCATOR)).json()["comments"] == 3
    for role in ("payroll", "provider", "evaluator"):
        assert await refused(compensation, path, said, as_={"roles": [role]}) == "insufficient-scope"
    history = await compensation.call("GET", f"/plans/{version}/history", as_=EDUCATOR)
    assert history.json()["code"] == "insufficient-scope"
    # The board's vote comes after public comment.
    assert await refused(compensation, f"/plans/{version}/board-approval", MINUTES) == "plan-date-does-not-fit"


async def test_what_counts_for_retirement_is_approved_by_minutes_that_describe_all_pay(
    compensation: Compensation,
) -> None:
    for describes_all_pay, document in ((False, PLAN), (True, FOR_RETIREMENT), (False, FOR_RETIREMENT)):
        version = await in_review(compensation, document)
        await compensation.step(version, *TO_APPROVAL[1])
        minutes = MINUTES | {"describes_all_pay": describes_all_pay}
        if describes_all_pay or document is PLAN:
            await compensation.step(version, "board-approval", minutes)
            await compensation.step(version, "publication")
    answer = await compensation.call("POST", f"/plans/{version}/board-approval", as_=APPROVER, json=minutes)
    assert (answer.status_code, answer.json()["code"]) == (409, "all-pay-not-described")
    assert "34 TAC 25.24" in answer.json()["detail"]


CANNOT_BE: list[tuple[str, Any, str]] = [
    ("public-comment", {}, "malformed-request"),
    ("public-comment", {"closes_at": "2021-06-01T00:00:00Z", "waived_because": "both"}, "malformed-request"),
    ("public-comment", {"closes_at": "2021-03-01T12:00:00Z"}, "plan-date-does-not-fit"),
    ("public-comment", {"closes_at": "0001-01-01T00:00:00+23:59"}, "plan-date-does-not-fit"),
    ("public-comment", {"closes_at": "9999-12-31T23:59:59-23:59"}, "plan-date-does-not-fit"),
    ("public-comment", {"closes_at": 1e300}, "malformed-request"),
    ("public-comment", {"waived_because": "\0\0\0"}, "malformed-request"),
    ("board-approval", MINUTES | {"approved_on": "9999-12-31"}, "plan-date-does-not-fit"),
    ("board-approval", MINUTES | {"approved_on": "2021-03-02"}, "plan-date-does-not-fit"),
    ("board-approval", MINUTES | {"approved_on": "2021-02-28"}, "plan-date-does-not-fit"),
    ("board-approval", MINUTES | {"minute_reference": "x" * 201}, "malformed-request"),
    ("board-approval", MINUTES | {"minute_reference": "item\0"}, "malformed-request"),
    ("return", {"reason": "\0\0\0"}, "malformed-request"),
    ("comments", {"text": "\0\0\0"}, "malformed-request"),
    ("comments", {"text": "x" * 5001}, "malformed-request"),
]


async def test_what_cannot_be_is_refused_and_leaves_nothing(compensation: Compensation) -> None:
    open_to_comment, approvable, reviewed = [await in_review(compensation) for _ in range(3)]
    await compensation.step(approvable, *TO_APPROVAL[1])
    await compensation.step(open_to_comment, "public-comment", {"closes_at": in_(compensation, days=1)})
    versions = {"board-approval": approvable, "comments": open_to_comment}
    before = (await compensation.call("GET", "/plans", as_=WRITER)).json()
    for door, body, code in CANNOT_BE:
        path = f"/plans/{versions.get(door, reviewed)}/{door}"
        assert await refused(compensation, path, body) == code, (door, body)
    assert (await compensation.call("GET", "/plans", as_=WRITER)).json() == before


async def test_the_database_itself_refuses_to_skip_a_step_or_to_change_what_is_on_record(
    compensation: Compensation,
) -> None:
    version = await in_review(compensation)
    await compensation.step(version, "public-comment", {"closes_at": in_(compensation, days=1)})
    await compensation.step(version, "comments", {"text": "What of counselors?"})
    published, draft = await compensation.announce(), await compensation.write()
    for statement in (
        f"UPDATE plan_version SET state = 'draft' WHERE id = '{version}'",
        f"UPDATE plan_version SET state = 'published', published_by = 'x' WHERE id = '{version}'",
        f"UPDATE plan_version SET state = 'published', published_by = 'x' WHERE id = '{draft}'",
        f"UPDATE plan_version SET minute_reference = 'another' WHERE id = '{published}'",
        f"UPDATE plan_version SET written_by = 'another' WHERE id = '{version}'",
        "UPDATE plan_step SET reason = 'another'",
        "DELETE FROM plan_step",
        "UPDATE plan_comment SET text = 'another'",
        "DELETE FROM plan_comment",
        "TRUNCATE plan_comment",
    ):
        with pytest.raises(DBAPIError, match=r"never changes|in no case|append-only"):
            async with compensation.engine.begin() as connection:
                await connection.execute(text(statement))


async def test_what_two_versions_say_differently_is_told_place_by_place(compensation: Compensation) -> None:
    earlier = await compensation.write()
    later = await compensation.write(PLAN.replace(b'"200.00"', b'"150.00"'))
    path = f"/plans/{later}/differences"
    answer = await compensation.call("GET", path, as_=WRITER, params={"from": earlier})
    [difference] = answer.json()
    assert (difference["part"], difference["before"], difference["after"]) == (
        "micro-credential-stipend",
        "200.00",
        "150.00",
    )
    assert (await compensation.call("GET", path, as_=WRITER, params={"from": later})).json() == []
    missing = await compensation.call("GET", path, as_=WRITER, params={"from": "01930000-0000-7000-8000-000000000001"})
    assert missing.json()["code"] == "plan-version-unknown"
