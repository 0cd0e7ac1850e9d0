"""The people of the run and what they do: providers, principals, educators, HR and payroll, each in their own way.

Whatever the product acknowledges is noted among the promises, with what it must look like from then on.
"""

import asyncio
import hashlib
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from deploy.client import Person
from deploy.loading import PLAN_YEAR
from deploy.publishing import approve_and_publish
from deploy.sample.awards import CREDENTIALS
from shared.kernel.clock import SystemClock
from shared.web.tokens import Role
from tests.faults.schedule.bodies import slo_body
from tests.faults.schedule.caller import Caller, Refused
from tests.faults.schedule.doors import Answer
from tests.faults.schedule.plan import LADDER, RUNGS, plan_document
from tests.faults.schedule.promises import Award, Batch, Placement, Promises
from tests.support import roster_files

HR = Person("hr:one", (Role.HR,))
SECOND_HR = Person("hr:two", (Role.HR,))
THIRD_HR = Person("hr:three", (Role.HR,))
PAYROLL = Person("client:payroll", (Role.PAYROLL,))
CAMPUSES = ("c1", "c2")
DIMENSIONS = (
    "learning_objectives",
    "content_knowledge",
    "questioning_and_discussion",
    "student_engagement",
    "use_of_assessment",
    "differentiation",
    "classroom_culture",
    "classroom_management",
    "growth_goals",
    "planning_and_reflection",
)
"""All that an observation has to have, and one dimension of each other domain, without which nobody is rated."""
_VISIT_ON = "2021-05-20"
_GOOD = {"goal": 3, "evidence": 3, "targets": 2, "strategies": 4}
_V1 = "/compensation/v1"
_BATCHES = f"{_V1}/payout-batches"
_CHANGED_MEANWHILE = ("nothing-overpaid", "payment-under-way", "instalments-do-not-match")
# A plan was published since the batch was prepared, or pays less by now.
_NOT_NOW = ("recalculation-under-way", "lines-not-owed")
# What a change of before is refused with, where it had come through and its answer was lost.
_DONE_BEFORE = ("amendment-changes-nothing", "observation-cancelled")
_NOT_YET_KNOWN = ("educator-not-on-roster", "educator-not-rostered", "not-yours", "insufficient-scope")
_AT_FIRST = 24
_OF_EACH_AT_FIRST = 4


@dataclass(frozen=True)
class Educator:
    educator_id: str
    number: str
    campus: str


Act = Callable[["District", random.Random], Awaitable[None]]


@dataclass
class District:
    """What is known of the people and of their papers, and what was promised about them."""

    caller: Caller
    promises: Promises = field(default_factory=Promises)
    educators: list[Educator] = field(default_factory=list)
    principals: dict[str, Person] = field(default_factory=dict)
    counted: int = 0

    def __post_init__(self) -> None:
        self._publishing = asyncio.Lock()
        self._paying = asyncio.Lock()
        self._hiring = asyncio.Lock()
        self._busy: set[str] = set()

    def next(self) -> int:
        """A number that no paper of this run has yet."""
        self.counted += 1
        return self.counted

    async def settle_in(self) -> None:
        """Catalogue, roster and the first plan, what a year begins with; and some of all that is done in it."""
        for code in CREDENTIALS:
            body = {"title": code, "clock_hours": 15}
            await self.caller.call("PUT", f"/credentials/v1/micro-credentials/{code}", HR, json=body)
        await self._import(roster_files.roster_zip(self._roster(_AT_FIRST)))
        rng = random.Random("a year begins")
        await self.publish_plan(rng)
        for act, _ in ACTS:
            for _ in range(_OF_EACH_AT_FIRST):
                await act(self, rng)

    def _roster(self, count: int) -> roster_files.Files:
        network = roster_files.network()
        files = {file: network[file] for file in network.keys() - {"users", "roles", "enrollments"}}
        for number, campus in enumerate(CAMPUSES):
            files = roster_files.added(files, "users", roster_files.user(f"head-{campus}", f"90000{number}"))
            files = roster_files.added(files, "roles", roster_files.role(f"head-{campus}", "principal", campus=campus))
        for number in range(count):
            files = self._with_teacher(files, number)
        return files

    def _with_teacher(self, files: roster_files.Files, number: int) -> roster_files.Files:
        campus = CAMPUSES[number % len(CAMPUSES)]
        person = roster_files.user(f"t{number}", f"{100_000 + number}", primaryOrgSourcedId=campus)
        files = roster_files.added(files, "users", person)
        return roster_files.added(files, "roles", roster_files.role(f"t{number}", campus=campus))

    async def _import(self, body: bytes) -> None:
        path = "/evaluation/v1/roster/imports"
        report = (await self.caller.call("POST", path, HR, content=body, media_type="application/zip")).json()
        self.promises.imports[report["import_id"]] = hashlib.sha256(body).hexdigest()
        await self._meet()

    async def _meet(self) -> None:
        """Learn who is there, under which ids."""
        campuses = {
            campus["campus_id"]: campus["name"]
            for campus in (await self.caller.call("GET", "/evaluation/v1/campuses", HR)).json()
        }
        names = dict(zip(("First", "Second"), CAMPUSES, strict=True))
        known = {educator.number for educator in self.educators}
        cursor: dict[str, str] = {}
        while True:
            page = (
                await self.caller.call("GET", "/evaluation/v1/educators", HR, params={"limit": "200"} | cursor)
            ).json()
            for found in page["items"]:
                self.promises.people.add(found["employee_number"])
                [assignment] = found["assignments"]
                campus = names[campuses[assignment["campus_id"]]]
                if assignment["role"] == "principal":
                    self.principals[campus] = Person(
                        f"principal:{campus}",
                        (Role.PRINCIPAL,),
                        UUID(found["educator_id"]),
                        frozenset({UUID(assignment["campus_id"])}),
                    )
                elif found["employee_number"] not in known:
                    self.educators.append(Educator(found["educator_id"], found["employee_number"], campus))
            if page["next"] is None:
                return
            cursor = {"cursor": page["next"]}

    # Providers.

    async def award(self, rng: random.Random) -> None:
        """An award; now and then the same call twice, or somebody whom the roster will only bring later."""
        number = rng.choice(self.educators).number
        await self._award(f"bb-{self.next()}", number, rng)

    async def _award(self, name: str, number: str, rng: random.Random) -> None:
        moment = datetime(2021, 1, 4, tzinfo=UTC) + timedelta(minutes=rng.randrange(200_000))
        credential = rng.choice(sorted(CREDENTIALS))
        data = {
            "award_id": name,
            "credential_id": credential,
            "recipient": {"email": None, "employee_id": number},
            "awarded_at": _zulu(moment),
            "expires_at": None,
            "evidence_url": "https://example.org/evidence",
        }
        body = _notice("awarded", moment, data)
        webhook = f"msg-{name}-awarded"
        receipt = await self.caller.notice("bloomboard", webhook, body)
        self.promises.webhooks.add(("bloomboard", webhook))
        self.promises.awards[name] = Award(receipt["award_id"], number, credential, is_revoked=False)
        if rng.random() < 0.2:
            again = await self.caller.notice("bloomboard", webhook, body)
            assert again["award_id"] == receipt["award_id"], "one call, two awards"
        if rng.random() < 0.3:
            await self._revoke(name, moment + timedelta(days=1))

    async def _revoke(self, name: str, moment: datetime) -> None:
        body = _notice("revoked", moment, {"award_id": name, "revoked_at": _zulu(moment), "reason": "withdrawn"})
        webhook = f"msg-{name}-revoked"
        receipt = await self.caller.notice("bloomboard", webhook, body)
        self.promises.webhooks.add(("bloomboard", webhook))
        assert receipt["award_id"] == self.promises.awards[name].award_id, "one award, two ids"
        self.promises.awards[name] = replace(self.promises.awards[name], is_revoked=True)

    async def late_educator(self, rng: random.Random) -> None:
        """An award for a stranger, and then the roster that brings the person."""
        async with self._hiring:
            number = self.next()
            await self._award(f"bb-late-{number}", f"{100_000 + 1_000 + number}", rng)
            at = _zulu(datetime(2021, 4, 1, tzinfo=UTC) + timedelta(minutes=number))
            files = self._with_teacher({"users": [], "roles": []}, 1_000 + number)
            rows = {file: roster_files.told("active", at, *files[file]) for file in files}
            await self._import(roster_files.roster_zip(rows, mode="delta"))

    # Campuses.

    async def observe(self, rng: random.Random) -> None:
        """Plan a visit, set its day, score what the rubric requires, finalize; at times amend it later."""
        await self._observe(rng.choice(self.educators), rng)

    async def _observe(self, educator: Educator, rng: random.Random) -> None:
        path, principal = await self._plan_visit(educator)
        await self._edit("PATCH", path, path, principal, {"observed_on": _VISIT_ON})
        levels = {dimension: rng.randint(1, 4) for dimension in DIMENSIONS}
        for dimension, level in levels.items():
            score = {"level": level, "evidence": "Seen in the lesson."}
            await self._edit("PUT", f"{path}/scores/{dimension}", path, principal, score)
        final = (await self.caller.call("POST", f"{path}/finalization", principal)).json()
        identity = final["observation_id"]
        self.promises.observations[identity, final["version"]] = levels
        if rng.random() < 0.5:
            dimension = rng.choice(DIMENSIONS)
            levels = levels | {dimension: levels[dimension] % 4 + 1}
            scores = [{"dimension": dimension, "level": levels[dimension], "evidence": "Looked at again."}]
            body = {"reason": "A level was entered wrongly.", "scores": scores}
            amended = await self._edit("POST", f"{path}/amendments", path, principal, body)
            self.promises.observations[identity, amended["version"]] = levels

    async def call_off(self, rng: random.Random) -> None:
        """A visit that was planned and does not take place."""
        path, principal = await self._plan_visit(rng.choice(self.educators))
        body = {"reason": "The class is on a trip."}
        called_off = await self._edit("POST", f"{path}/cancellation", path, principal, body)
        assert called_off["state"] == "cancelled", called_off
        self.promises.cancelled.add(called_off["observation_id"])

    async def _plan_visit(self, educator: Educator) -> tuple[str, Person]:
        """Where the observation is, and who is to hold it."""
        principal = self.principals[educator.campus]
        [campus_id] = principal.campus_ids
        visit = {"educator_id": educator.educator_id, "campus_id": str(campus_id), "planned_on": _VISIT_ON}
        planned = await self.caller.call("POST", "/evaluation/v1/observations", principal, json=visit)
        return f"/evaluation/v1/observations/{planned.json()['observation_id']}", principal

    async def _edit(self, method: str, path: str, thing: str, person: Person, body: dict[str, Any]) -> dict[str, Any]:
        """A change of what was seen; seen again where a try before had come through after all. What stands then."""
        while True:
            seen = await self.caller.call("GET", thing, person)
            try:
                answer = await self.caller.call(method, path, person, json=body, tag=seen.headers["ETag"])
            except Refused as refused:
                if refused.status == 412 and refused.was_repeated:
                    continue
                if refused.code not in _DONE_BEFORE:
                    raise
                answer = seen
            stands: dict[str, Any] = answer.json()
            return stands

    async def growth(self, rng: random.Random) -> None:
        educator = rng.choice(self.educators)
        if educator.number in self._busy:
            return
        self._busy.add(educator.number)
        try:
            await self._grow(educator, rng)
        finally:
            self._busy.discard(educator.number)

    async def _grow(self, educator: Educator, rng: random.Random) -> None:
        percent = f"{rng.randint(0, 1000) / 10:.1f}"
        table = (
            "employee_number,school_year,measure,percent_met,students\n"
            f"{educator.number},{PLAN_YEAR},nwea-map,{percent},20\n"
        )
        path = "/evaluation/v1/growth-scores"
        await self.caller.call("POST", path, HR, content=table.encode(), media_type="text/csv")
        self.promises.growth[educator.number] = percent

    async def place(self, rng: random.Random) -> None:
        """HR records the rung that somebody brought along, or withdraws it."""
        educator = rng.choice(self.educators)
        if educator.number in self._busy:
            return
        self._busy.add(educator.number)
        try:
            await self._place(educator.educator_id, rng)
        finally:
            self._busy.discard(educator.number)

    async def _place(self, educator_id: str, rng: random.Random) -> None:
        known = self.promises.placements.get(educator_id)
        if known is not None and not known.is_withdrawn and rng.random() < 0.5:
            [*_, last] = (await self.caller.call("GET", f"{_V1}/educators/{educator_id}/placements", HR)).json()
            reason = {"reason": "It was another person's."}
            await self.caller.call("POST", f"{_V1}/placements/{last['placement_id']}/withdrawal", HR, json=reason)
            self.promises.placements[educator_id] = replace(known, is_withdrawn=True)
            return
        rung = rng.choice(RUNGS)
        brought = {"educator_id": educator_id, "school_year": "2019-20", "ladder": LADDER, "kind": "brought_along"}
        body = [brought | {"rung": rung}]
        await self._when_on_roster(lambda: self.caller.call("POST", f"{_V1}/placements", HR, json=body))
        self.promises.placements[educator_id] = Placement(rung, is_withdrawn=False)

    async def keep(self, rng: random.Random) -> None:
        """HR records how long somebody was away, or takes it back."""
        educator = rng.choice(self.educators)
        if educator.number in self._busy:
            return
        self._busy.add(educator.number)
        try:
            item, value = rng.choice(("sick", "military")), rng.choice(("1.5", "4", "9", None))
            away = {"school_year": PLAN_YEAR, "attribute": "absence_days", "item": item, "value": value}
            body = [{"educator_id": educator.educator_id} | away]
            await self._when_on_roster(lambda: self.caller.call("POST", f"{_V1}/attributes", HR, json=body))
            place = (educator.educator_id, "absence_days", item)
            if value is not None or place in self.promises.attributes:
                self.promises.attributes[place] = value
        finally:
            self._busy.discard(educator.number)

    async def keep_campuses(self, rng: random.Random) -> None:
        """HR keeps what the state has published of the campuses this year."""
        async with self._publishing:
            ids = [str(campus_id) for head in self.principals.values() for campus_id in head.campus_ids]
            campuses = {campus: {"need": f"{rng.randint(0, 400) / 100:.2f}"} for campus in ids}
            path = f"/compensation/v1/common-facts/{PLAN_YEAR}/campuses"
            await self.caller.call("PUT", path, HR, json={"campuses": campuses})
            self.promises.campuses = campuses

    async def rate(self, rng: random.Random) -> None:
        """Everybody who has the facts for it: two visits, for one. Whoever lacks them is named, and is not rated."""
        if not self.promises.ratings:
            educator = rng.choice(self.educators)
            for _ in range(2):
                await self._observe(educator, rng)
        path = "/evaluation/v1/summative-ratings/bulk"
        report = (await self.caller.call("POST", path, HR, json={"school_year": PLAN_YEAR})).json()
        stand = report["rated"] + report["changed"] + report["unchanged"]
        self.promises.ratings = max(self.promises.ratings, stand)

    async def score_slo(self, rng: random.Random) -> None:
        """Write an SLO, submit it, have it approved and scored; at times scored again with a reason."""
        educator = rng.choice(self.educators)
        self_ = Person(f"educator:{educator.number}", (Role.EDUCATOR,), UUID(educator.educator_id))
        reviewer = self.principals[educator.campus]
        started = await self._when_on_roster(
            lambda: self.caller.call("POST", "/slo/v1/slos", self_, json=slo_body(rng))
        )
        identity = self._slo_stands(started)
        path = f"/slo/v1/slos/{identity}"
        try:
            self._slo_stands(await self.caller.call("POST", f"{path}/submission", self_))
        except Refused as refused:
            if not (refused.code == "slo-already-submitted" and refused.was_repeated):
                raise
            self.promises.slos[identity] = "submitted"
        approved = await self._when_on_roster(
            lambda: self.caller.call("POST", f"{path}/review", reviewer, json={"decision": "approve", "scores": _GOOD})
        )
        self.promises.approvals[self._slo_stands(approved)] = _GOOD
        for reason in (None, "Two students were counted twice.")[: rng.randint(1, 2)]:
            met = rng.randint(0, 30)
            body = {"students": 30, "students_met": met} | ({"reason": reason} if reason else {})
            scored = await self.caller.call("POST", f"{path}/score", reviewer, json=body)
            self.promises.scores[self._slo_stands(scored), scored.json()["version"]] = (30, met)

    def _slo_stands(self, answer: httpx.Response) -> str:
        """Note the state that an SLO was answered with; its id."""
        slo = answer.json()
        self.promises.slos[slo["slo_id"]] = slo["state"]
        return str(slo["slo_id"])

    async def _when_on_roster(self, act: Callable[[], Awaitable[Any]]) -> Any:
        """The service of SLOs learns of an educator by an event, which may be on its way."""
        async with asyncio.timeout(180):
            while True:
                try:
                    return await act()
                except Refused as refused:
                    if refused.code not in _NOT_YET_KNOWN:
                        raise
                    await asyncio.sleep(0.3)

    # The office.

    async def publish_plan(self, _rng: random.Random) -> None:
        """The plan with another stipend, written by one and published by another."""
        async with self._publishing:
            document = plan_document(self.next())
            written = await self.caller.call(
                "POST", "/compensation/v1/plans", HR, content=document.encode(), media_type="application/yaml"
            )
            version = written.json()["id"]
            await approve_and_publish(
                lambda door, body: self.caller.call(
                    "POST", f"/compensation/v1/plans/{version}/{door}", SECOND_HR, json=body
                ),
                SystemClock().now(),
            )
            self.promises.plans.append(version)
            self.promises.documents[version] = document

    async def pay(self, rng: random.Random) -> None:
        """A payout batch from its preparation to payroll's answer; some are withdrawn, some lines rejected."""
        async with self._paying:
            await self._take_back(rng)
            body = {"plan_year": PLAN_YEAR, "pay_date": "2021-11-15"}
            try:
                batch = await self._step("", HR, body)
            except Refused as refused:
                if refused.code in ("nothing-to-pay", *_NOT_NOW):
                    return
                raise
            if rng.random() < 0.2:
                await self._step(f"/{batch['id']}/withdrawal", HR, {"reason": "A plan is about to change."})
                return
            try:
                await self._step(f"/{batch['id']}/approval", SECOND_HR, {"accepts_estimates": True})
                await self._step(f"/{batch['id']}/seal", THIRD_HR)
            except Refused as refused:
                if refused.code not in _NOT_NOW:
                    raise
                await self._step(f"/{batch['id']}/withdrawal", HR, {"reason": "It would pay what is not owed."})
                return
            content = (await self.caller.call("GET", f"{_BATCHES}/{batch['id']}/lines", PAYROLL)).content
            self.promises.batches[batch["id"]] = Batch("sealed", *_figures(batch), content)
            lines = [json.loads(line)["line_id"] for line in content.splitlines()]
            rejected = [{"line_id": rng.choice(lines), "reason": "account closed"}] if rng.random() < 0.3 else []
            answer = {name: batch[name] for name in ("line_count", "control_total", "content_hash")}
            await self._step(f"/{batch['id']}/acknowledgements", PAYROLL, answer | {"rejected": rejected})
            refused_lines = frozenset(line["line_id"] for line in rejected)
            self.promises.batches[batch["id"]] = replace(self.promises.batches[batch["id"]], rejected=refused_lines)

    async def _take_back(self, rng: random.Random) -> None:
        """In one deduction each, what two people were overpaid: a plan that pays less came in between."""
        found = await self.caller.call("GET", f"{_V1}/overpayments", HR, params={"plan_year": PLAN_YEAR})
        for one in rng.sample(found.json(), min(2, len(found.json()))):
            due = [{"due_on": "2021-11-01", "amount": one["overpaid"]["amount"]}]
            body = {"educator_id": one["educator_id"], "plan_year": PLAN_YEAR, "instalments": due}
            try:
                opened = (await self.caller.call("POST", f"{_V1}/recoveries", HR, json=body)).json()
            except Refused as refused:
                if refused.code in _CHANGED_MEANWHILE:
                    continue
                raise
            await self.caller.call("POST", f"{_V1}/recoveries/{opened['id']}/approval", SECOND_HR)
            self.promises.recoveries[opened["id"]] = int(opened["total"]["amount"].replace(".", ""))

    async def _step(self, path: str, person: Person, body: Any = None) -> dict[str, Any]:
        batch: dict[str, Any] = (await self.caller.call("POST", f"{_BATCHES}{path}", person, json=body)).json()
        before = self.promises.batches.get(batch["id"])
        content = before.content if before else None
        self.promises.batches[batch["id"]] = Batch(batch["state"], *_figures(batch), content)
        return batch

    async def read(self, rng: random.Random) -> None:
        """Somebody looks at a statement. There may be none yet."""
        educator = rng.choice(self.educators)
        path = f"/compensation/v1/educators/{educator.educator_id}/statement"
        try:
            await self.caller.call("GET", path, HR, params={"plan_year": PLAN_YEAR})
        except Refused as refused:
            if refused.status != 404:
                raise

    async def pull(self, path: str) -> Answer:
        """What is answered now, be it a refusal: the lines of a batch to payroll, all else to HR."""
        answer = await self.caller.look(path, PAYROLL if path.startswith(_BATCHES) else HR)
        return Answer(answer.status_code, answer.content, dict(answer.headers))


ACTS: tuple[tuple[Act, int], ...] = (
    (District.award, 40),
    (District.observe, 8),
    (District.call_off, 2),
    (District.score_slo, 10),
    (District.growth, 8),
    (District.keep, 6),
    (District.place, 4),
    (District.keep_campuses, 1),
    (District.read, 10),
    (District.pay, 6),
    (District.late_educator, 2),
    (District.publish_plan, 2),
    (District.rate, 1),
)
"""What is done, and how often it is compared with the rest."""


def _notice(kind: str, moment: datetime, data: dict[str, Any]) -> bytes:
    return json.dumps({"type": f"credential.{kind}", "timestamp": _zulu(moment), "data": data}).encode()


def _zulu(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _figures(batch: dict[str, Any]) -> tuple[str, str]:
    return batch["control_total"]["amount"], batch["content_hash"]
