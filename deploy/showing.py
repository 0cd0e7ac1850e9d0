"""The main job, shown on one educator: an award and an observation come in, rung and bonus come out, with reasons."""

import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rich.console import Console

from deploy.before_and_after import Story, print_page
from deploy.client import Doors, Person
from deploy.loading import PLAN, PLAN_YEAR, WRITER
from deploy.sample.awards import CREDENTIALS
from services.compensation.policy.plan import content_hash, parse_plan
from shared.kernel.clock import SystemClock
from shared.kernel.ids import uuid7
from shared.web.tokens import Role

_VISIT_ON = "2021-05-20"
_AWARDED_AT = "2021-05-20T16:00:00Z"
_WAIT_SECONDS = 30.0
_CANDIDATES = 300
_STIPENDS_AT_MOST = 8


class NothingToShow(RuntimeError):
    """There is nobody on whom the main job can be shown: with a roster or a plan of one's own that is no fault."""


class MainJobFailed(RuntimeError):
    """What came in did not change the statement in time."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The educator of the showing: a teacher with room for one more stipend, and a micro-credential not earned yet."""

    educator: dict[str, Any]
    statement: dict[str, Any]
    credential: str

    @property
    def educator_id(self) -> str:
        return str(self.educator["educator_id"])


async def show_main_job(doors: Doors, console: Console) -> None:
    """Choose an educator, send a signed award, finalize an observation, and print before and after.

    Raises NothingToShow, MainJobFailed.
    """
    chosen = await _choose(doors)
    began = time.perf_counter()
    await _award(doors, chosen)
    after_award = await _changed(doors, chosen, chosen.statement)
    award_seconds = time.perf_counter() - began
    finalize = await _scored_observation(doors, chosen)
    began = time.perf_counter()
    await finalize()
    after_observation = await _changed(doors, chosen, after_award)
    observation_seconds = time.perf_counter() - began
    catalogue = await doors.get("/credentials/v1/micro-credentials", WRITER)
    story = Story(
        educator=chosen.educator,
        credential=chosen.credential,
        before=chosen.statement,
        after=after_observation,
        award_seconds=award_seconds,
        observation_seconds=observation_seconds,
        titles={item["code"]: item["title"] for item in catalogue},
    )
    print_page(story, console)


async def _choose(doors: Doors) -> Chosen:
    """A paid teacher whom one more micro-credential brings to the next rung; else who comes nearest to that."""
    page = await doors.get("/compensation/v1/bonus-totals", WRITER, plan_year=PLAN_YEAR, limit=str(_CANDIDATES))
    best: tuple[int, Chosen] | None = None
    for total in page["items"]:
        statement = await _statement(doors, total["educator_id"])
        if not _has_room(statement) or (best is not None and _worth_showing(statement) <= best[0]):
            continue
        educator = await doors.get(f"/evaluation/v1/educators/{total['educator_id']}", WRITER)
        awards = await doors.get(f"/credentials/v1/educators/{total['educator_id']}/awards", WRITER)
        held = {award["credential"] for award in awards}
        missing = [credential for credential in CREDENTIALS if credential not in held]
        if not missing or not any(_on_visit_day(assignment) for assignment in educator["assignments"]):
            continue
        best = (_worth_showing(statement), Chosen(educator, statement, missing[0]))
        if best[0] == _ALL_WORTH:
            break
    if best is None:
        raise NothingToShow(await _why_nobody(doors))
    return best[1]


async def _why_nobody(doors: Doors) -> str:
    """The showing is made for the sample's plan: by another one there may be nobody to choose."""
    nobody = "no teacher has room for one more micro-credential"
    standing = await doors.get("/compensation/v1/plans", WRITER, plan_year=PLAN_YEAR, state="published")
    if not standing:
        return f"no plan is published for {PLAN_YEAR}"
    told = f"{standing[0]['plan']} version {standing[0]['version']}"
    if standing[0]["content_hash"] == content_hash(parse_plan(PLAN.read_text(encoding="utf-8"))):
        return f"{nobody}, of the {_CANDIDATES} who were looked at"
    return f"{PLAN_YEAR} is paid by {told}, which is not the sample's plan that it is made for, and by it {nobody}"


_ALL_WORTH = 3


def _worth_showing(statement: dict[str, Any]) -> int:
    """2 where the next rung is one micro-credential away, and 1 where the performance bonus is paid."""
    gap = (statement["ladder"]["next"] or {}).get("gap", [])
    is_paid: bool = statement["components"][0]["amount"]["amount"] != "0.00"
    return 2 * int(gap == ["three of four micro-credentials"]) + int(is_paid)


def _has_room(statement: dict[str, Any]) -> bool:
    """Whether it is a teacher who could still be paid for a micro-credential of the year."""
    if statement["eligibility"].get("role") != "teacher" or not statement["eligibility"]["eligible"]:
        return False
    stipends = [part for part in statement["components"] if part["code"] == "micro-credential-stipend"]
    return bool(stipends) and len(stipends[0]["counted"]) < _STIPENDS_AT_MOST


def _on_visit_day(assignment: dict[str, Any]) -> bool:
    return bool(assignment["begins_on"] <= _VISIT_ON and (assignment["ends_on"] or "9999") >= _VISIT_ON)


async def _statement(doors: Doors, educator_id: str) -> dict[str, Any]:
    found: dict[str, Any] = await doors.get(
        f"/compensation/v1/educators/{educator_id}/statement", WRITER, plan_year=PLAN_YEAR
    )
    return found


async def _changed(doors: Doors, chosen: Chosen, before: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        statement = await _statement(doors, chosen.educator_id)
        if statement != before:
            return statement
    raise MainJobFailed(f"the statement of {chosen.educator_id} did not change within {_WAIT_SECONDS:.0f} s")


async def _award(doors: Doors, chosen: Chosen) -> None:
    now = SystemClock().now()
    body = {
        "type": "credential.awarded",
        "timestamp": now.isoformat(),
        "data": {
            "award_id": f"showing-{uuid7(now)}",
            "credential_id": chosen.credential,
            "recipient": {"email": chosen.educator["email"], "employee_id": chosen.educator["employee_number"]},
            "awarded_at": _AWARDED_AT,
            "expires_at": None,
            "evidence_url": "https://example.org/evidence",
        },
    }
    await doors.send_award("bloomboard", json.dumps(body).encode())


async def _scored_observation(doors: Doors, chosen: Chosen) -> Any:
    """Schedule a visit and score every dimension at the highest level; returns the call that finalizes it."""
    assignment = next(part for part in chosen.educator["assignments"] if _on_visit_day(part))
    campus = UUID(assignment["campus_id"])
    people = await doors.get("/evaluation/v1/educators", WRITER, campus=str(campus), role="principal")
    if not people["items"]:
        raise NothingToShow(f"campus {campus} has no principal who could observe")
    principal = UUID(people["items"][0]["educator_id"])
    appraiser = Person("principal:showing", (Role.APPRAISER, Role.PRINCIPAL), principal, frozenset({campus}))
    visit = {"educator_id": chosen.educator_id, "campus_id": str(campus), "planned_on": _VISIT_ON}
    planned = await doors.call("POST", "/evaluation/v1/observations", appraiser, json=visit)
    path = f"/evaluation/v1/observations/{planned.json()['observation_id']}"
    held = {"If-Match": planned.headers["ETag"]}
    observed = await doors.call("PATCH", path, appraiser, json={"observed_on": _VISIT_ON}, headers=held)
    tag = observed.headers["ETag"]
    rubric = await doors.get("/evaluation/v1/rubrics/h-tess/versions/1", appraiser)
    for domain in rubric["domains"]:
        for dimension in domain["dimensions"]:
            scored = await doors.call(
                "PUT",
                f"{path}/scores/{dimension['code']}",
                appraiser,
                json={"level": 4, "evidence": "Seen throughout the lesson."},
                headers={"If-Match": tag},
            )
            tag = scored.headers["ETag"]

    async def finalize() -> None:
        await doors.call("POST", f"{path}/finalization", appraiser)

    return finalize
