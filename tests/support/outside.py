"""Rung as somebody outside uses it: everything through the doors, nothing known of the inside."""

import csv
import json
from collections import defaultdict
from typing import Any
from uuid import UUID, uuid4

from deploy.client import Doors, Person
from shared.web.tokens import Role
from tests.support.books import cents

PLAN_YEAR = "2020-21"
HR = Person("hr:one", (Role.HR,))
SECOND_HR = Person("hr:two", (Role.HR,))
THIRD_HR = Person("hr:three", (Role.HR,))
PAYROLL = Person("client:payroll", (Role.PAYROLL,))
_VISIT_ON = "2021-05-20"
_TOTALS = "/compensation/v1/bonus-totals"
_BATCHES = "/compensation/v1/payout-batches"


class Outside:
    """Readings and small errands through `doors`."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors

    async def statement(self, educator: str) -> dict[str, Any]:
        return await self._of(educator, "statement")

    async def ledger(self, educator: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = await self._of(educator, "ledger")
        return entries

    async def _of(self, educator: str, part: str) -> Any:
        return await self.doors.get(f"/compensation/v1/educators/{educator}/{part}", HR, plan_year=PLAN_YEAR)

    async def totals_by_pages(self) -> dict[str, int]:
        found: dict[str, int] = {}
        cursor: dict[str, str] = {}
        while True:
            page = await self.doors.get(_TOTALS, PAYROLL, plan_year=PLAN_YEAR, limit="40", **cursor)
            for item in page["items"]:
                assert item["educator_id"] not in found, "an educator stands on two pages"
                found[item["educator_id"]] = cents(item["total"]["amount"])
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}

    async def totals_by_lines(self) -> dict[str, dict[str, Any]]:
        lines = (await self._stream("application/x-ndjson")).splitlines()
        return {row["educator_id"]: row for row in map(json.loads, lines)}

    async def totals_by_csv(self) -> dict[str, int]:
        table = csv.DictReader((await self._stream("text/csv")).splitlines())
        return {row["educator_id"]: cents(row["total"]) for row in table}

    async def _stream(self, media_type: str) -> str:
        accept = {"Accept": media_type}
        answer = await self.doors.call("GET", _TOTALS, PAYROLL, params={"plan_year": PLAN_YEAR}, headers=accept)
        assert answer.headers["content-type"].startswith(media_type)
        return answer.text

    async def pay(self) -> dict[str, Any]:
        """Prepare, approve and seal a batch of all that is due, by two people; the sealed batch."""
        body = {"plan_year": PLAN_YEAR, "pay_date": "2021-11-15"}
        batch = (await self.doors.call("POST", _BATCHES, HR, json=body)).json()
        await self.doors.call("POST", f"{_BATCHES}/{batch['id']}/approval", SECOND_HR, json={"accepts_estimates": True})
        sealed: dict[str, Any] = (await self.doors.call("POST", f"{_BATCHES}/{batch['id']}/seal", THIRD_HR)).json()
        return sealed

    async def pull(self, batch: dict[str, Any]) -> bytes:
        return (await self.doors.call("GET", f"{_BATCHES}/{batch['id']}/lines", PAYROLL)).content

    async def acknowledge(self, batch: dict[str, Any]) -> dict[str, Any]:
        body = {name: batch[name] for name in ("line_count", "control_total", "content_hash")}
        answer = await self.doors.call("POST", f"{_BATCHES}/{batch['id']}/acknowledgements", PAYROLL, json=body)
        acknowledged: dict[str, Any] = answer.json()
        return acknowledged

    async def educator(self, educator: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.doors.get(f"/evaluation/v1/educators/{educator}", HR)
        return found

    async def award(self, educator: dict[str, Any], credential: str) -> None:
        await self.doors.send_award("bloomboard", award_notice(educator["employee_number"], credential))

    async def observe(self, educator: dict[str, Any], *, level: int) -> None:
        """A visit by the principal of the campus, every dimension at `level`, finalized."""
        here = next(part for part in educator["assignments"] if _is_there(part))
        people = await self.doors.get("/evaluation/v1/educators", HR, campus=here["campus_id"], role="principal")
        principal = Person(
            "principal:visiting",
            (Role.PRINCIPAL,),
            UUID(people["items"][0]["educator_id"]),
            frozenset({UUID(here["campus_id"])}),
        )
        visit = {"educator_id": educator["educator_id"], "campus_id": here["campus_id"], "planned_on": _VISIT_ON}
        planned = await self.doors.call("POST", "/evaluation/v1/observations", principal, json=visit)
        path = f"/evaluation/v1/observations/{planned.json()['observation_id']}"
        step = await self._edit("PATCH", path, principal, {"observed_on": _VISIT_ON}, planned.headers["ETag"])
        rubric = await self.doors.get("/evaluation/v1/rubrics/h-tess/versions/1", principal)
        for dimension in [part["code"] for domain in rubric["domains"] for part in domain["dimensions"]]:
            score = {"level": level, "evidence": "Seen in the lesson."}
            step = await self._edit("PUT", f"{path}/scores/{dimension}", principal, score, step)
        await self.doors.call("POST", f"{path}/finalization", principal)

    async def _edit(self, method: str, path: str, person: Person, body: dict[str, Any], tag: str) -> str:
        answer = await self.doors.call(method, path, person, json=body, headers={"If-Match": tag})
        return str(answer.headers["ETag"])


def award_notice(employee_number: str, credential: str, *, award_id: str | None = None) -> bytes:
    """The body of a BloomBoard-shaped webhook call."""
    data = {
        "award_id": award_id or f"test-{uuid4()}",
        "credential_id": credential,
        "recipient": {"email": None, "employee_id": employee_number},
        "awarded_at": "2021-05-20T16:00:00Z",
        "expires_at": None,
        "evidence_url": "https://example.org/evidence",
    }
    return json.dumps({"type": "credential.awarded", "timestamp": "2021-05-20T16:00:01Z", "data": data}).encode()


def line_sums(content: bytes) -> dict[str, int]:
    """Cents by educator over the lines of a payout batch."""
    sums: dict[str, int] = defaultdict(int)
    for line in map(json.loads, content.splitlines()):
        sums[line["educator_id"]] += cents(line["amount"])
    return dict(sums)


def _is_there(assignment: dict[str, Any]) -> bool:
    return bool(assignment["begins_on"] <= _VISIT_ON <= (assignment["ends_on"] or "9999"))
