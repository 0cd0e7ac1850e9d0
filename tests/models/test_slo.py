"""SLOs against their model: every step at the doors of the slo service, on a real database."""

import asyncio
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from services.slo import bootstrap
from services.slo.handlers import on_events
from services.slo.settings import Settings
from shared.messaging.received import ReceivedEvent
from tests.models.bench import Bench, Outbox, bench, held
from tests.models.conftest import Run
from tests.models.doors import Caller, Granted, KeyedCall, KeyedDoorMachine
from tests.models.machine import AT, Tally, first, pick, step
from tests.models.slo import CRITERIA, Edit, Objective, Objectives
from tests.support.slo import CAMPUS, COLLEAGUE, OTHER_CAMPUS, REVIEWER, TEACHER, rostered
from tests.support.web import NOON

TABLES = ("slo_review", "slo_version", "slo", "educator_campus", "person_key", "educator", "idempotency_key", "outbox")
CALLERS = {
    "teacher": Caller("teacher", ("educator",), TEACHER),
    "colleague": Caller("colleague", ("educator", "slo-reviewer"), COLLEAGUE, (CAMPUS,)),
    "reviewer": Caller("reviewer", ("slo-reviewer",), REVIEWER, (CAMPUS,)),
    "principal": Caller("principal", ("principal",), None, (CAMPUS, OTHER_CAMPUS)),
    "elsewhere": Caller("elsewhere", ("slo-reviewer",), None, (OTHER_CAMPUS,)),
    "teacher reviewing": Caller("teacher-2", ("slo-reviewer", "educator"), TEACHER, (CAMPUS,)),
    "teacher unnamed": Caller("teacher", ("principal", "educator"), None, (CAMPUS,)),
    "stranger": Caller("stranger", ("educator",), UUID(int=7)),
    "hr": Caller("hr", ("hr",)),
    "payroll": Caller("payroll", ("payroll",)),
}
OTHERS = list(CALLERS)
WRITERS = st.sampled_from(["teacher"] * 24 + OTHERS)
REVIEWERS = st.sampled_from(["reviewer", "reviewer", "principal", "colleague"] * 6 + OTHERS)
ANYBODY = st.sampled_from(OTHERS)
SEEN = st.sampled_from(["current"] * 12 + ["stale", "any", None])
SEEN_OR_NOT = st.sampled_from([None] * 6 + ["current"] * 3 + ["stale", "any"])
YEARS = st.sampled_from(["2020-21", "2020-21", "2019-20", "2021-22"])
BELOW = {"text": "gain two levels", "percent": "80"}
TYPICAL = {"text": "gain one level", "percent": None}
PARTS: dict[str, list[Any]] = {
    "learning_goal": ["Students voice a character.", "Students hold a character through a scene."],
    "standards": [["TEKS 117.315(c)(2)"], ["TEKS 117.315(c)(2)"], ["TEKS 117.315(c)(2)", "TEKS 117.315(c)(3)"], []],
    "population": [{"below": 9}, {"below": 9, "typical": 11}, {"typical": 3, "above": 0}, {"below": 0}],
    "targets": [{"below": BELOW, "typical": TYPICAL}, {"below": BELOW, "typical": BELOW}, {"typical": TYPICAL}, {}],
    "strategies": [["weekly rehearsal"], ["weekly rehearsal"], ["weekly rehearsal", "peer review"], []],
    "assessments": [["performance task"], ["performance task"], ["performance task"], []],
}
WHOLE = {name: choices[0] for name, choices in PARTS.items()} | {"subject": "Theatre Arts"}
CHANGES = st.dictionaries(st.sampled_from(sorted(PARTS)), st.integers(0, 3), max_size=3).map(
    lambda drawn: {name: PARTS[name][at % len(PARTS[name])] for name, at in drawn.items()}
)
SCORES = st.one_of(
    st.fixed_dictionaries({criterion: st.integers(2, 4) for criterion in CRITERIA}),
    st.fixed_dictionaries({criterion: st.integers(2, 4) for criterion in CRITERIA}),
    st.dictionaries(st.sampled_from([*CRITERIA, "shine"]), st.sampled_from([1, 2, 3, 5]), max_size=4),
)
MET = {
    "insufficient-scope",
    "token-names-no-educator",
    "educator-not-on-roster",
    "not-yours",
    "reviewer-is-the-educator",
    "if-match-required",
    "malformed-request",
    "stale-version",
    "slo-locked",
    "slo-already-submitted",
    "slo-incomplete",
    "slo-not-submitted",
    "slo-not-approved",
    "slo-already-scored",
    "rubric-score-unknown",
    "rubric-not-met",
    "idempotency-key-reused",
}


class SloMachine(KeyedDoorMachine):
    def __init__(self, opened: Bench, loop: asyncio.AbstractEventLoop, tally: Tally) -> None:
        self.bench, self.doors = opened, opened.doors
        super().__init__(loop, tally)

    async def begin(self) -> None:
        await super().begin()
        await self.bench.empty(*TABLES)
        self.outbox = Outbox(self.bench.database)
        self.model = Objectives(self.bench.clock.now())
        for educator in (TEACHER, COLLEAGUE, REVIEWER):
            await self.bring(educator, 1, {CAMPUS: None})

    async def look(self) -> None:
        """Nothing but what the model published was published, and nothing but what it changed was changed."""
        published, self.model.published = self.model.published, []
        assert await self.outbox.fresh() == published
        rows = await self.bench.database.fetch(
            "SELECT slo_id::text, state, revision, version, submitted_on, submitted_by, approved_on, "
            "approved_at, rating FROM slo"
        )
        assert {tuple(row) for row in rows} == {as_kept(slo) for slo in self.model.slos}

    @first(comes_to=st.sampled_from(["scored", "approved", "returned"]))
    async def begin_with_two_slos(self, comes_to: str) -> None:
        teacher, reviewer = Edit(CALLERS["teacher"]), Edit(CALLERS["reviewer"])
        for _ in range(2):
            await self.start_one(teacher, "2020-21", WHOLE)
            await self.submit_one(teacher, self.slo(0))
        slo, decision = self.slo(1), "return" if comes_to == "returned" else "approve"
        await self.review_one(reviewer, slo, decision, dict.fromkeys(CRITERIA, 3), "what will show it?")
        if comes_to == "scored":
            await self.score_one(reviewer, slo, 8, 7, None)

    @step(who=WRITERS, year=YEARS, changes=CHANGES)
    async def start(self, who: str, year: str, changes: dict[str, Any]) -> None:
        await self.start_one(Edit(CALLERS[who]), year, WHOLE | changes)

    async def start_one(self, edit: Edit, year: str, content: dict[str, Any]) -> None:
        body = {"school_year": year, "interval": "year", **content}
        answer = await self.doors.call("POST", "/slos", edit.caller, body=body)
        self.agree(answer, lambda: self.model.start(edit, year, content, answer.json().get("slo_id", "")))

    @step(at=AT, who=WRITERS, seen=SEEN, changes=CHANGES, is_well_formed=st.sampled_from([True] * 8 + [False]))
    async def revise(self, at: int, who: str, seen: str | None, changes: dict[str, Any], is_well_formed: bool) -> None:
        slo = self.slo(at, "draft", "returned")
        edit = Edit(CALLERS[who], self.tag(slo, seen), is_well_formed)
        headers = {} if edit.seen is None else {"if-match": edit.seen}
        body = changes if is_well_formed else changes | {"state": "approved"}
        answer = await self.doors.call("PATCH", f"/slos/{slo.slo_id}", edit.caller, body=body, headers=headers)
        self.agree(answer, lambda: self.model.revise(edit, slo, changes))

    @step(at=AT, who=WRITERS)
    async def submit(self, at: int, who: str) -> None:
        await self.submit_one(Edit(CALLERS[who]), self.slo(at, "draft", "returned"))

    async def submit_one(self, edit: Edit, slo: Objective) -> None:
        answer = await self.doors.call("POST", f"/slos/{slo.slo_id}/submission", edit.caller)
        self.agree(answer, lambda: self.model.submit(edit, slo))

    @step(
        at=AT,
        who=REVIEWERS,
        seen=SEEN_OR_NOT,
        decision=st.sampled_from(["approve", "approve", "return"]),
        scores=SCORES,
        comment=st.sampled_from(["what will show it?", "what will show it?", ""]),
    )
    async def review(
        self, at: int, who: str, seen: str | None, decision: str, scores: dict[str, int], comment: str
    ) -> None:
        slo = self.slo(at, "submitted")
        edit = Edit(CALLERS[who], self.tag(slo, seen), is_well_formed=decision == "approve" or bool(comment))
        await self.review_one(edit, slo, decision, scores, comment)

    async def review_one(self, edit: Edit, slo: Objective, decision: str, scores: dict[str, int], comment: str) -> None:
        body = {"decision": decision, "scores": scores, "comment": comment or None}
        await self.keyed(edit, slo, "review", body, lambda: self.model.review(edit, slo, decision, scores, comment))

    @step(at=AT, who=REVIEWERS, instead=st.sampled_from(PARTS["targets"]))
    async def amend(self, at: int, who: str, instead: dict[str, Any]) -> None:
        slo, edit, reason = self.slo(at, "approved"), Edit(CALLERS[who]), "a third of the class moved away"
        body = {"targets": instead, "reason": reason}
        await self.keyed(edit, slo, "amendments", body, lambda: self.model.amend(edit, slo, instead, reason))

    @step(
        at=AT,
        who=REVIEWERS,
        students=st.integers(1, 40),
        tenths_met=st.integers(0, 11),
        reason=st.sampled_from([None, "two were counted twice"]),
    )
    async def score(self, at: int, who: str, students: int, tenths_met: int, reason: str | None) -> None:
        slo, met = self.slo(at, "approved", "scored"), students * tenths_met // 10
        await self.score_one(Edit(CALLERS[who], is_well_formed=met <= students), slo, students, met, reason)

    async def score_one(self, edit: Edit, slo: Objective, students: int, met: int, reason: str | None) -> None:
        body = {"students": students, "students_met": met, "reason": reason}
        await self.keyed(edit, slo, "score", body, lambda: self.model.score(edit, slo, students, met, reason))

    @step(
        at=AT,
        who=ANYBODY,
        door=st.sampled_from(["slo", "slo", "educator", "year", "queue"]),
        knows=st.booleans(),
        days_later=st.sampled_from([0, 0, 1, 40]),
    )
    async def read(self, at: int, who: str, door: str, knows: bool, days_later: int) -> None:
        self.bench.clock.advance(days=days_later)
        self.model.now = self.bench.clock.now()
        slo, caller = self.slo(at), CALLERS[who]
        tag = slo.tag if knows else None
        of_educator = f"/educators/{slo.educator}/slos"
        doors = {
            "slo": (f"/slos/{slo.slo_id}", "", lambda: self.model.read(caller, slo, tag)),
            "educator": (of_educator, "", lambda: self.model.of(caller, slo.educator, None)),
            "year": (of_educator, f"school_year={slo.year}", lambda: self.model.of(caller, slo.educator, slo.year)),
            "queue": ("/review-queue", "", lambda: self.model.queue(caller)),
        }
        path, query, shown = doors[door]
        headers = {} if tag is None else {"if-none-match": tag}
        self.agree(await self.doors.call("GET", path, caller, headers=headers, query=query), shown)

    @step(
        educator=st.sampled_from([TEACHER, TEACHER, COLLEAGUE]),
        newer=st.sampled_from([1, 1, 1, 2, 0, -1]),
        until=st.sampled_from([None, None, None, date(2020, 6, 30), date(2020, 7, 1)]),
        elsewhere=st.booleans(),
    )
    async def move(self, educator: UUID, newer: int, until: date | None, elsewhere: bool) -> None:
        """The roster tells where an educator works from now on; perhaps late, perhaps once more."""
        version = max(1, self.model.roster[educator][0] + newer)
        await self.bring(educator, version, {CAMPUS: until} | ({OTHER_CAMPUS: None} if elsewhere else {}))

    async def bring(self, educator: UUID, version: int, campuses: dict[UUID, date | None]) -> None:
        event = rostered(educator, str(educator), version=version, campuses=campuses)
        async with self.bench.running.runtime.engine.begin() as connection:
            await on_events(connection, [ReceivedEvent(UUID(int=version), event, NOON, None)])
        self.model.bring(educator, version, campuses)

    def slo(self, at: int, *fit: str) -> Objective:
        return pick(self.model.slos, at, lambda slo: slo.state in fit)

    @staticmethod
    def tag(slo: Objective, seen: str | None) -> str | None:
        return {"current": slo.tag, "stale": f'"v{slo.revision - 1}"', "any": "*", None: None}[seen]

    async def keyed(self, edit: Edit, slo: Objective, door: str, body: Any, model: Callable[[], Granted]) -> None:
        path, unfit = f"/slos/{slo.slo_id}/{door}", None if edit.is_well_formed else "malformed-request"
        await self.once(KeyedCall(edit.caller, door, path, body, self.new_key(), lambda _: model(), edit.seen, unfit))


def as_kept(slo: Objective) -> tuple[Any, ...]:
    rating = slo.result and slo.result["rating"]
    days = (slo.submitted_on, slo.submitted_by, slo.approved_on, slo.approved_at)
    return (slo.slo_id, slo.state, slo.revision, slo.version, *days, rating)


def test_slos_agree_with_their_model(run: Run, loop: asyncio.AbstractEventLoop, database: str) -> None:
    with held(loop, bench("slo", Settings, bootstrap.MIGRATIONS, bootstrap.api, database=database)) as opened:
        run("slo", partial(SloMachine, opened), MET)
