"""The slo service is killed before and after each of its writes, one at a time; all that it was at ends the same."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from services.slo import bootstrap
from services.slo.handlers import on_events
from services.slo.settings import Settings
from shared.events.topics import Topic
from tests.integration.slo.conftest import DRAFT
from tests.integration.slo.test_loading import APPROVED, LINE, RETURNED
from tests.support.backlog import Books, append, not_published_in_order
from tests.support.evaluation import ndjson
from tests.support.factories.events import received
from tests.support.fail_points import Forge
from tests.support.mortals import Deaths, Mortal, Stage
from tests.support.played_routes import routes_without_play
from tests.support.service import RunningService, running_service
from tests.support.slo import CAMPUS, COLLEAGUE, GOOD_SCORES, OTHER_CAMPUS, REVIEWER, TEACHER, rostered

WRITER = {"roles": ["educator"], "sub": "teacher", "educator_id": str(TEACHER)}
JUDGE = {
    "roles": ["slo-reviewer"],
    "sub": "reviewer",
    "educator_id": str(REVIEWER),
    "campus_ids": [str(CAMPUS)],
}
APPROVAL = {"decision": "approve", "scores": GOOD_SCORES}
TARGETS = {"below": {"text": "gain one level"}, "typical": {"text": "keep the level"}}


LOADED = "SELECT (SELECT count(*) FROM slo), (SELECT count(*) FROM slo_version), (SELECT count(*) FROM outbox)"


@asynccontextmanager
async def running_slo(database: str) -> AsyncIterator[RunningService]:
    """With a roster of two: who writes an SLO, and who judges it."""
    async with running_service("slo", Settings, bootstrap.MIGRATIONS, bootstrap.api, database=database) as service:
        roster = [received(rostered(TEACHER, "100001")), received(rostered(REVIEWER, "100002"))]
        async with service.runtime.engine.begin() as connection:
            await on_events(connection, roster)
        yield service


async def test_the_life_of_an_slo(deaths: Deaths, database: str) -> None:
    async with running_slo(database):
        pass

    async def play(api: Mortal, stage: Stage) -> Any:
        started = await api.take("POST", "/slo/v1/slos", by=WRITER, json=DRAFT)
        slo = f"/slo/v1/slos/{started.json()['slo_id']}"
        edit = {"json": {"subject": "Drama"}, "headers": {"If-Match": started.headers["ETag"]}}
        await api.take("PATCH", slo, by=WRITER, seen_at=slo, **edit)
        await api.take("POST", f"{slo}/submission", by=WRITER, seen_at=slo)
        await api.take("POST", f"{slo}/review", by=JUDGE, json=APPROVAL)
        await api.take("POST", f"{slo}/amendments", by=JUDGE, json={"targets": TARGETS, "reason": "the flood"})
        await api.take("POST", f"{slo}/score", by=JUDGE, json={"students": 40, "students_met": 33})
        return await stage.rows(
            # Who gets no answer on starting an SLO starts another one; nobody is told of a draft.
            "SELECT subject, state, revision, version, quality_score, rating FROM slo WHERE state <> 'draft'",
            "SELECT number, decision, scores FROM slo_review",
            "SELECT version, cause, reason FROM slo_version ORDER BY version",
            "SELECT key, type, data::json->>'version' FROM outbox ORDER BY position",
        )

    assert await deaths.everywhere("services.slo.main", database, play) > 100


async def test_slos_of_past_years(deaths: Deaths, database: str) -> None:
    """Loaded whole or not at all; sent again, they change nothing."""
    async with running_slo(database):
        pass
    upload = {"content": ndjson(LINE, APPROVED, RETURNED), "headers": {"Content-Type": "application/x-ndjson"}}

    async def play(api: Mortal, stage: Stage) -> Any:
        api.upon_death = lambda: stage.is_one_of(LOADED, (0, 0, 0), (3, 2, 2))
        for _ in range(2):
            await api.take("POST", "/slo/v1/slos/bulk", by={"roles": ["hr"], "sub": "hr-1"}, **upload)
        return await stage.rows(
            "SELECT external_id, state, version, rating FROM slo ORDER BY external_id",
            "SELECT external_id, slo_version.version, cause FROM slo_version JOIN slo USING (slo_id) ORDER BY 1, 2",
            "SELECT type, data::json->>'version', count(*) FROM outbox GROUP BY 1, 2 ORDER BY 1, 2",
        )

    assert await deaths.everywhere("services.slo.main", database, play) > 60


async def test_the_worker_that_learns_the_roster_and_publishes(deaths: Deaths, database: str) -> None:
    async with running_slo(database) as service:
        started = await service.call("POST", "/slo/v1/slos", as_=WRITER, json=DRAFT)
        slo = f"/slo/v1/slos/{started.json()['slo_id']}"
        await service.call("POST", f"{slo}/submission", as_=WRITER)
        for step, body in (("review", APPROVAL), ("score", {"students": 40, "students_met": 33})):
            await service.call("POST", f"{slo}/{step}", as_=JUDGE, json=body, headers={"Idempotency-Key": step})
    roster = [
        rostered(COLLEAGUE, "100003"),
        rostered(TEACHER, "100001", version=2, campuses={OTHER_CAMPUS: None}),
        rostered(TEACHER, "100001", version=3, campuses={CAMPUS: None, OTHER_CAMPUS: None}),
    ]

    async def play(worker: Mortal, stage: Stage) -> Any:
        books = Books(stage.database)
        await append(stage.bus, roster)
        await worker.until(lambda: books.has_published(after=len(roster)))
        assert await not_published_in_order(stage.bus, books, Topic.SLO) == []
        return await stage.rows(
            "SELECT educator_id, version FROM educator ORDER BY educator_id",
            "SELECT educator_id, campus_id FROM educator_campus ORDER BY 1, 2",
            "SELECT type, data::json->>'version' FROM outbox ORDER BY position",
        )

    assert await deaths.everywhere("services.slo.worker", database, play) > 60


def test_every_route_that_changes_something_is_in_a_play(mortals: Forge) -> None:
    """The last of this file: it goes by the plays before it."""
    assert routes_without_play("slo", mortals.done) == []
