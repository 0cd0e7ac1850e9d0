"""Observations against their model: every step at the doors of the evaluation service, on a real database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import yaml
from fastapi import FastAPI
from hypothesis import strategies as st

from services.evaluation import bootstrap
from services.evaluation.schemas.rules import read_rubrics
from services.evaluation.settings import Settings
from shared.runtime import Runtime
from tests.models.bench import Bench, Outbox, bench, held
from tests.models.conftest import Run
from tests.models.doors import Answer, Caller, Granted, KeyedCall, KeyedDoorMachine
from tests.models.machine import AT, Tally, first, pick, step
from tests.models.observation import Edit, Observations, Rubric, Visit, Wanted
from tests.support.evaluation import C1, C2, educator_ids, import_files
from tests.support.roster_files import added, network, role

NOBODY = UUID(int=9)
WHOLE_RUBRIC = yaml.safe_load((bootstrap.RUBRICS / "h-tess-1.yaml").read_text())
SHORT_RUBRIC = WHOLE_RUBRIC | {
    "version": 2,
    "domains": [domain | {"dimensions": domain["dimensions"][:2]} for domain in WHOLE_RUBRIC["domains"]],
}
"""With two dimensions to score instead of eight, an example comes to what follows the scoring."""

KEPT = (
    "state",
    "revision",
    "version",
    "planned_on",
    "observed_on",
    "finalized_at",
    "changed_at",
    "changed_by",
    "reason",
)
"""What the model calls by the names that the table has."""

WHO = st.sampled_from(["amy"] * 20 + ["pam", "pam", "ben", "ana", "ana rating", "ana admin", "admin", "hr", "payroll"])
SEEN = st.sampled_from(["current"] * 14 + ["stale", "any", "unreadable", None])
DAYS_FROM_NOW = st.sampled_from([0, -1, -2, -20, 0, -1, 20, -4000])
MAYBE_DAYS = st.one_of(st.none(), DAYS_FROM_NOW)
DIMENSIONS = st.sampled_from(
    ["missing"] * 8 + ["growth_goals", "learning_objectives", "learning_objectives", "no_such"]
)
LEVELS = st.sampled_from([3, 4, 2, 1, 3, 4, 2, 1, 5, 0])
EVIDENCE = st.sampled_from(["seen", "seen in every group", "seen twice", " "])
MET = {
    "insufficient-scope",
    "not-yours",
    "educator-unknown",
    "educator-not-on-campus",
    "appraiser-unknown",
    "appraiser-is-educator",
    "rubric-unknown",
    "if-match-required",
    "malformed-if-match",
    "malformed-request",
    "stale-version",
    "observed-in-future",
    "observation-already-finalized",
    "observation-not-finalized",
    "observation-cancelled",
    "observation-incomplete",
    "dimension-unknown",
    "level-outside-rubric",
    "amendment-changes-nothing",
    "idempotency-key-reused",
}


@dataclass(frozen=True)
class School:
    """The service with the small network imported, and its people as callers."""

    bench: Bench
    ids: Mapping[str, UUID]
    callers: Mapping[str, Caller]

    @property
    def spans(self) -> dict[UUID, dict[UUID, tuple[date, date | None]]]:
        """Where the network's files put everybody; ben was on the second campus until January."""
        spans: dict[UUID, dict[UUID, tuple[date, date | None]]] = {
            educator: {C1: (date(2018, 8, 1), None)} for educator in self.ids.values()
        }
        spans[self.ids["ben"]][C2] = (date(2018, 8, 1), date(2021, 1, 31))
        return spans


@asynccontextmanager
async def school(database: str, folder: Path) -> AsyncIterator[School]:
    for document in (WHOLE_RUBRIC, SHORT_RUBRIC):
        (folder / f"{document['version']}.yaml").write_text(yaml.safe_dump(document))

    def api(runtime: Runtime[Settings]) -> FastAPI:
        app = bootstrap.api(runtime)
        app.state.rubrics = read_rubrics(folder)
        return app

    async with bench("evaluation", Settings, bootstrap.MIGRATIONS, api, database=database) as opened:
        files = added(network(), "roles", role("ben", campus="c2", roleType="secondary", endDate="2021-02-01"))
        answer = await import_files(opened.running, files, on="2021-03-01")
        assert answer.status_code == 200, answer.text
        ids = await educator_ids(opened.running)
        yield School(opened, ids, callers(ids))


def callers(ids: Mapping[str, UUID]) -> dict[str, Caller]:
    """Everybody by what the steps call them."""
    return {
        "amy": Caller("amy", ("appraiser",), ids["amy"], (C1,)),
        "pam": Caller("pam", ("principal",), ids["pam"], (C1,)),
        "ben": Caller("ben", ("appraiser", "educator"), ids["ben"], (C2,)),
        "ana": Caller("ana", ("educator",), ids["ana"], (C1,)),
        "ana rating": Caller("ana-rating", ("appraiser", "principal"), ids["ana"], (C1,)),
        "ana admin": Caller("ana-admin", ("admin",), ids["ana"]),
        "admin": Caller("admin", ("admin",)),
        "hr": Caller("hr", ("hr",)),
        "payroll": Caller("payroll", ("payroll",)),
    }


class ObservationMachine(KeyedDoorMachine):
    def __init__(self, school: School, loop: asyncio.AbstractEventLoop, tally: Tally) -> None:
        self.school = school
        self.bench, self.doors = school.bench, school.bench.doors
        super().__init__(loop, tally)

    async def begin(self) -> None:
        await super().begin()
        await self.bench.empty("observation_version", "observation", "idempotency_key", "outbox")
        self.outbox = Outbox(self.bench.database)
        rubrics = {1: Rubric.of(WHOLE_RUBRIC), 2: Rubric.of(SHORT_RUBRIC)}
        self.model = Observations(self.school.spans, rubrics, self.bench.clock.now())

    async def look(self) -> None:
        """Nothing but what the model published was published, and nothing but what it changed was changed."""
        published, self.model.published = self.model.published, []
        assert await self.outbox.fresh() == published
        rows = await self.bench.database.fetch(
            f"SELECT observation_id::text AS id, scores, {', '.join(KEPT)} FROM observation"
        )
        visits = self.model.visits
        assert {row["id"]: [row[name] for name in KEPT] for row in rows} == {
            visit_id: [getattr(visit, name) for name in KEPT] for visit_id, visit in visits.items()
        }
        assert {row["id"]: scores_of(row["scores"]) for row in rows} == {
            visit_id: visit.scores for visit_id, visit in visits.items()
        }

    def visit(self, at: int, is_fit: Callable[[Visit], bool] = lambda _: True) -> Visit:
        return pick(list(self.model.visits.values()), at, is_fit)

    def caller(self, who: str) -> Caller:
        return self.school.callers[who]

    def day(self, days_from_now: int | None) -> date | None:
        return None if days_from_now is None else self.model.now.date() + timedelta(days=days_from_now)

    @first(is_announced=st.booleans(), comes_to=st.sampled_from(["finalized", "scored", "planned"]))
    async def begin_with_a_visit(self, is_announced: bool, comes_to: str) -> None:
        await self.schedule_one("amy", self.wanted("ana", C1, 0, None, is_announced, None))
        visit, edit = self.visit(0), Edit(self.caller("amy"), "*")
        if comes_to == "planned":
            return
        for dimension in self.model.missing(visit):
            await self.score_one(visit, edit, dimension, 3, "seen")
        days = {"planned_on": None, "observed_on": self.day(0)}
        self.agree(await self.send("PATCH", visit, "", edit, days), partial(self.model.plan, edit, visit, **days))
        if comes_to == "finalized":
            await self.finalize_one(visit, edit.caller)

    @step(
        who=WHO,
        educator=st.sampled_from(["ana", "ana", "ben", "amy", "nobody"]),
        campus=st.sampled_from([C1, C1, C1, C2]),
        in_days=DAYS_FROM_NOW,
        appraiser=st.sampled_from([None, None, "amy", "pam", "nobody"]),
        is_announced=st.booleans(),
        rubric_version=st.sampled_from([None, None, None, None, 1, 9]),
    )
    async def schedule(
        self, who: str, educator: str, campus: UUID, in_days: int, appraiser: str | None, **rest: Any
    ) -> None:
        await self.schedule_one(who, self.wanted(educator, campus, in_days, appraiser, **rest))

    def wanted(
        self,
        educator: str,
        campus: UUID,
        in_days: int,
        appraiser: str | None,
        is_announced: bool,
        rubric_version: int | None,
    ) -> Wanted:
        ids = {**self.school.ids, "nobody": NOBODY}
        named = None if appraiser is None else ids[appraiser]
        planned_on = self.model.now.date() + timedelta(days=in_days)
        return Wanted(ids[educator], campus, planned_on, named, is_announced, rubric_version)

    async def schedule_one(self, who: str, wanted: Wanted) -> None:
        body = {
            "educator_id": wanted.educator,
            "campus_id": wanted.campus,
            "planned_on": wanted.planned_on,
            "is_announced": wanted.is_announced,
            "appraiser_id": wanted.appraiser,
            "rubric_version": wanted.rubric_version,
        }

        def scheduled(answer: Answer) -> Granted:
            new_id = answer.json().get("observation_id", "")
            return self.model.schedule(caller, wanted, new_id)

        caller = self.caller(who)
        await self.once(KeyedCall(caller, "schedule", "/observations", orjson.dumps(body), self.new_key(), scheduled))

    @step(at=AT, who=WHO, seen=SEEN, planned=MAYBE_DAYS, observed=MAYBE_DAYS)
    async def plan(self, at: int, who: str, seen: str | None, planned: int | None, observed: int | None) -> None:
        visit = self.visit(at, self.model.is_open)
        edit = self.edit(who, seen, visit)
        days = {"planned_on": self.day(planned), "observed_on": self.day(observed)}
        answer = await self.send("PATCH", visit, "", edit, days)
        self.agree(answer, lambda: self.model.plan(edit, visit, **days))

    @step(at=AT, who=WHO, seen=SEEN, which=DIMENSIONS, level=LEVELS, evidence=EVIDENCE)
    async def score(self, at: int, who: str, seen: str | None, which: str, level: int, evidence: str) -> None:
        visit = self.visit(at, self.model.is_open)
        dimension = next(iter(self.model.missing(visit)), which) if which == "missing" else which
        edit = self.edit(who, seen, visit, is_well_formed=bool(level and evidence.strip()))
        await self.score_one(visit, edit, dimension, level, evidence)

    async def score_one(self, visit: Visit, edit: Edit, dimension: str, level: int, evidence: str) -> None:
        body = {"level": level, "evidence": evidence}
        answer = await self.send("PUT", visit, f"/scores/{dimension}", edit, body)
        self.agree(answer, lambda: self.model.score(edit, visit, dimension, level, evidence))

    @step(at=AT, who=WHO)
    async def finalize(self, at: int, who: str) -> None:
        await self.finalize_one(self.visit(at, self.model.is_complete), self.caller(who))

    async def finalize_one(self, visit: Visit, caller: Caller) -> None:
        path = f"/observations/{visit.observation_id}/finalization"
        await self.once(
            KeyedCall(caller, "finalize", path, b"", self.new_key(), lambda _: self.model.finalize(caller, visit))
        )

    @step(
        at=AT,
        who=st.one_of(WHO, st.just("admin")),
        seen=SEEN,
        which=DIMENSIONS,
        level=st.sampled_from([1, 2, 3, 4, 5]),
        evidence=st.sampled_from(["seen", "on the video"]),
        observed=MAYBE_DAYS,
    )
    async def amend(
        self, at: int, who: str, seen: str | None, which: str, level: int, evidence: str, observed: int | None
    ) -> None:
        visit = self.visit(at, lambda visit: visit.is_published)
        edit, observed_on = self.edit(who, seen, visit), self.day(observed)
        scores = [] if which == "missing" else [(which, level, evidence)]
        given = [{"dimension": which, "level": level, "evidence": evidence} for which, level, evidence in scores]
        reason = "a level was mistaken"
        body = {"reason": reason, "scores": given, "observed_on": observed_on}
        answer = await self.send("POST", visit, "/amendments", edit, body)
        self.agree(answer, lambda: self.model.amend(edit, visit, reason, scores, observed_on))

    @step(at=AT, who=WHO, seen=SEEN, reason=st.sampled_from(["no", "the educator is ill"]))
    async def cancel(self, at: int, who: str, seen: str | None, reason: str) -> None:
        visit = self.visit(at)
        edit = self.edit(who, seen, visit, is_well_formed=len(reason) >= 3)
        answer = await self.send("POST", visit, "/cancellation", edit, {"reason": reason})
        self.agree(answer, lambda: self.model.cancel(edit, visit, reason))

    @step(
        at=AT,
        who=WHO,
        door=st.sampled_from(["visit", "visit", "versions", "educator", "own"]),
        known=st.sampled_from([None, None, "current", "stale"]),
        days_later=st.sampled_from([0, 0, 1, 9]),
    )
    async def read(self, at: int, who: str, door: str, known: str | None, days_later: int) -> None:
        self.bench.clock.advance(days=days_later)
        self.model.now = self.bench.clock.now()
        visit, caller = self.visit(at), self.caller(who)
        tag = self.tag(visit, known)
        path = f"/observations/{visit.observation_id}"
        doors: dict[str, tuple[str, Callable[[], Granted]]] = {
            "visit": (path, lambda: self.model.read(caller, visit, tag)),
            "versions": (f"{path}/versions", lambda: self.model.versions(caller, visit)),
            "educator": (f"/educators/{visit.educator}/observations", lambda: self.model.of(caller, visit.educator)),
            "own": ("/observations", lambda: self.model.own(caller)),
        }
        path, shown = doors[door]
        headers = {} if tag is None else {"if-none-match": tag}
        self.agree(await self.doors.call("GET", path, caller, headers=headers), shown)

    def edit(self, who: str, seen: str | None, visit: Visit, *, is_well_formed: bool = True) -> Edit:
        return Edit(self.caller(who), self.tag(visit, seen), is_well_formed)

    def tag(self, visit: Visit, seen: str | None) -> str | None:
        tags = {"current": visit.tag, "stale": f'"v{visit.revision - 1}"', "any": "*", "unreadable": "v1", None: None}
        return tags[seen]

    async def send(self, method: str, visit: Visit, door: str, edit: Edit, body: Any) -> Answer:
        headers = {} if edit.seen is None else {"if-match": edit.seen}
        path = f"/observations/{visit.observation_id}{door}"
        return await self.doors.call(method, path, edit.caller, body=body, headers=headers)


def scores_of(stored: str) -> dict[str, tuple[int, str]]:
    return {one["dimension"]: (one["level"], one["evidence"]) for one in orjson.loads(stored)}


def test_observations_agree_with_their_model(
    run: Run, loop: asyncio.AbstractEventLoop, database: str, tmp_path: Path
) -> None:
    with held(loop, school(database, tmp_path)) as opened:
        run("observation", partial(ObservationMachine, opened), MET)
