"""Evaluation is killed before and after each write that it makes, one at a time; all that it was at ends the same."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from services.evaluation import bootstrap
from services.evaluation.settings import Settings
from shared.events.topics import Topic
from tests.support.backlog import Books, not_published_in_order
from tests.support.evaluation import (
    C1,
    HR,
    IMPORTS,
    OBSERVATIONS,
    School,
    educator_ids,
    import_files,
    ndjson,
    past_line,
)
from tests.support.fail_points import Forge
from tests.support.mortals import Deaths, Mortal, Stage
from tests.support.played_routes import routes_without_play
from tests.support.roster_files import added, network, role, roster_zip, user, without_person
from tests.support.service import running_service

API = "services.evaluation.main"
YEAR = "2020-21"
GROWTH = f"employee_number,school_year,measure,percent_met,students\n100001,{YEAR},nwea-map,%s,40\n"
TAKEN_IN = """
SELECT (SELECT count(*) FROM educator WHERE sourced_id = 'u-cleo'),
       (SELECT count(*) FROM educator WHERE ended_on IS NOT NULL),
       (SELECT count(*) FROM observation),
       (SELECT count(*) FROM outbox WHERE type LIKE '%.observation.%')
"""
RECORDED = "SELECT type, data::json->>'version', count(*) FROM outbox GROUP BY 1, 2 ORDER BY 1, 2"


@asynccontextmanager
async def school_in(database: str) -> AsyncIterator[School]:
    async with running_service(
        "evaluation", Settings, bootstrap.MIGRATIONS, bootstrap.api, database=database
    ) as service:
        await import_files(service, on="2021-03-01")
        yield School(service, await educator_ids(service))


async def test_the_life_of_an_observation(deaths: Deaths, database: str) -> None:
    """Planned, scored, finalized, and amended; the next one is called off."""
    async with school_in(database) as school:
        observation = (await school.schedule()).json()["observation_id"]
        tag = await school.score_all(observation)
    address, appraiser = f"{OBSERVATIONS}/{observation}", school.amy
    next_visit = {"educator_id": str(school.ids["ben"]), "campus_id": str(C1), "planned_on": "2021-04-01"}
    score = {"dimension": "differentiation", "level": 4, "evidence": "four groups"}

    async def play(api: Mortal, stage: Stage) -> Any:
        async def edit(method: str, path: str, tag: str, body: dict[str, Any], *, of: str = address) -> str:
            changed = {"json": body, "headers": {"If-Match": tag}}
            answer = await api.take(method, f"{of}{path}", by=appraiser, seen_at=of, **changed)
            return answer.headers["ETag"]

        planned = await api.take("POST", OBSERVATIONS, by=appraiser, json=next_visit)
        visit = f"{OBSERVATIONS}/{planned.json()['observation_id']}"
        await edit("POST", "/cancellation", planned.headers["ETag"], {"reason": "snow"}, of=visit)
        scored = await edit("PUT", "/scores/differentiation", tag, {"level": 2, "evidence": "two groups"})
        await edit("PATCH", "", scored, {"observed_on": "2021-03-02"})
        finalized = await api.take("POST", f"{address}/finalization", by=appraiser)
        amendment = {"reason": "read wrongly", "scores": [score]}
        await edit("POST", "/amendments", finalized.headers["ETag"], amendment)
        return await stage.rows(
            "SELECT educator_id, state, revision, version, scores, reason FROM observation ORDER BY planned_on",
            "SELECT version, observed_on, scores FROM observation_version",
            RECORDED,
        )

    assert await deaths.everywhere(API, database, play) > 100


async def test_a_roster_and_a_year_of_results(deaths: Deaths, database: str) -> None:
    """Imported and loaded whole or not at all; sent again, they change nothing."""
    async with school_in(database) as school:
        pass
    roster = added(without_person(network(), "ben"), "users", user("cleo", "100005"))
    roster = added(roster, "roles", role("cleo"))
    ana = school.ids["ana"]

    async def play(api: Mortal, stage: Stage) -> Any:
        api.upon_death = lambda: stage.is_one_of(TAKEN_IN, (0, 0, 0, 0), (1, 1, 0, 0), (1, 1, 2, 2))

        async def send(path: str, content: bytes, kind: str) -> None:
            await api.take("POST", path, by=HR, content=content, headers={"Content-Type": kind})

        await send(f"{IMPORTS}?effective_on=2021-06-01", roster_zip(roster), "application/zip")
        await send(f"{OBSERVATIONS}/bulk", ndjson(past_line(1), past_line(2)), "application/x-ndjson")
        for percent in ("40", "72.5"):
            await send("/evaluation/v1/growth-scores", (GROWTH % percent).encode(), "text/csv")
            await api.take("PUT", f"/evaluation/v1/educators/{ana}/summative-ratings/{YEAR}", by=HR)
        await api.take("POST", "/evaluation/v1/summative-ratings/bulk", by=HR, json={"school_year": YEAR})
        return await stage.rows(
            "SELECT sourced_id, version, status, ended_on FROM educator ORDER BY sourced_id",
            "SELECT external_id, state, version FROM observation ORDER BY external_id",
            "SELECT version, percent_met, replaced_at IS NULL FROM growth_score ORDER BY version",
            "SELECT educator_id, version, score FROM summative_rating ORDER BY 1, 2",
            RECORDED,
        )

    assert await deaths.everywhere(API, database, play) > 100


async def test_the_worker_that_publishes(deaths: Deaths, database: str) -> None:
    async with school_in(database) as school:
        await school.finalized()

    async def play(worker: Mortal, stage: Stage) -> Any:
        books = Books(stage.database)
        await worker.until(lambda: books.has_published(after=0))
        assert await not_published_in_order(stage.bus, books, Topic.EVALUATION) == []
        return await stage.rows(RECORDED)

    assert await deaths.everywhere("services.evaluation.worker", database, play) > 20


def test_every_route_that_changes_something_is_in_a_play(mortals: Forge) -> None:
    """The last of this file: it goes by the plays before it."""
    assert routes_without_play("evaluation", mortals.done) == []
