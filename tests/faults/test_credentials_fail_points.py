"""Credentials is killed before and after each write that it makes, one at a time; all that it was at ends the same."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.credentials import bootstrap
from services.credentials.handlers import handler
from services.credentials.settings import Settings
from shared.events.topics import Topic
from shared.kernel.clock import SystemClock
from shared.kernel.person_key import PersonKeyKind, person_key
from shared.web.webhooks import WebhookSecret, sign
from tests.support.backlog import Books, append, not_published_in_order
from tests.support.factories.events import educator_id, received, rostered
from tests.support.fail_points import Forge
from tests.support.mortals import Deaths, Mortal, Stage
from tests.support.played_routes import routes_without_play
from tests.support.service import PERSON_KEY_SECRET, RunningService, running_service

ANA, BEN = educator_id(1), educator_id(2)
SECRET = WebhookSecret(bytes(32))
WEBHOOK = "/credentials/v1/webhooks/bloomboard"
RECEIPTS = "SELECT webhook_id, outcome FROM receipt ORDER BY webhook_id"
MATCHED = """
SELECT (SELECT count(*) FROM micro_credential WHERE code = 'mc-coaching'),
       (SELECT count(*) FROM award WHERE state = 'earned'), (SELECT count(*) FROM outbox)
"""
AWARDS = "SELECT provider_award_id, state, version, educator_id FROM award ORDER BY provider_award_id"
RECORDED = "SELECT key, type, data::json->>'version' FROM outbox ORDER BY position"


def key_of(name: str) -> str:
    return person_key(PERSON_KEY_SECRET.encode(), PersonKeyKind.EMAIL, f"{name}@example.org")


def notice(kind: str, moment: str, **data: Any) -> bytes:
    return json.dumps({"type": f"credential.{kind}", "timestamp": moment, "data": {"award_id": "bb-1"} | data}).encode()


def awarded(to: str, **data: Any) -> bytes:
    said = {
        "credential_id": "mc-questioning",
        "recipient": {"email": f"{to}@example.org"},
        "awarded_at": "2021-02-27T10:00:00Z",
        "expires_at": None,
        "evidence_url": "https://example.org/1",
    }
    return notice("awarded", "2021-03-01T10:00:00Z", **said | data)


REVOKED = notice("revoked", "2021-03-01T11:00:00Z", revoked_at="2021-03-01T11:00:00Z", reason="withdrawn")
UNREADABLE = notice("awarded", "2021-03-01T12:00:00Z")


def signed(number: int, body: bytes, sent_at: datetime) -> dict[str, Any]:
    return {"content": body, "headers": sign(SECRET, webhook_id=f"msg_{number}", sent_at=sent_at, body=body)}


@pytest.fixture
def providers(tmp_path: Path) -> Path:
    file = tmp_path / "providers.json"
    file.write_text(json.dumps({"bloomboard": {"adapter": "bloomboard", "secrets": [SECRET.reveal()]}}))
    return file


@asynccontextmanager
async def running_credentials(database: str, providers: Path) -> AsyncIterator[RunningService]:
    """With one micro-credential in the catalogue, and Ana on the roster."""
    async with running_service(
        "credentials", Settings, bootstrap.MIGRATIONS, bootstrap.api, database=database, providers_file=providers
    ) as service:
        body = {"title": "Questioning", "description": "", "clock_hours": 15}
        hr = {"roles": ["hr"], "sub": "hr-1"}
        await service.call("PUT", "/credentials/v1/micro-credentials/mc-questioning", as_=hr, json=body)
        async with service.runtime.engine.begin() as connection:
            await handler(service.clock)(connection, [received(rostered(ANA, person_keys=[key_of("ana")]))])
        yield service


async def test_the_webhook(deaths: Deaths, database: str, providers: Path) -> None:
    """A provider sends each call until it is answered."""
    async with running_credentials(database, providers):
        pass

    async def play(api: Mortal, stage: Stage) -> Any:
        answers = []
        for number, body in enumerate((awarded("ana"), REVOKED, awarded("ana"), UNREADABLE)):
            answer = await api.call("POST", WEBHOOK, **signed(number, body, SystemClock().now()))
            answers.append((answer.status_code, answer.json().get("state")))
        return answers, await stage.rows(AWARDS, RECEIPTS, RECORDED)

    steps = await deaths.everywhere("services.credentials.main", database, play, RUNG_PROVIDERS_FILE=str(providers))
    assert steps > 60


async def test_the_catalogue(deaths: Deaths, database: str, providers: Path) -> None:
    """An award waits for its micro-credential to be put in; whoever gets no answer puts the same again."""
    async with running_credentials(database, providers) as service:
        body = awarded("ana", credential_id="mc-coaching")
        await service.client.post(WEBHOOK, **signed(1, body, service.clock.now()))

    async def play(api: Mortal, stage: Stage) -> Any:
        async def put(path: str, **body: Any) -> None:
            await api.take("PUT", f"/credentials/v1/{path}", by={"roles": ["hr"], "sub": "hr-1"}, json=body)

        api.upon_death = lambda: stage.is_one_of(MATCHED, (0, 0, 0), (1, 1, 1))
        await put("micro-credentials/mc-coaching", title="Coaching", clock_hours=15)
        await put("micro-credentials/mc-coaching", title="Coaching teams", clock_hours=30)
        await put("pathways/lead", title="Lead", credentials=["mc-coaching"])
        await put("pathways/lead", title="Lead teacher", credentials=["mc-questioning", "mc-coaching"])
        return await stage.rows(
            "SELECT code, title, clock_hours FROM micro_credential ORDER BY code",
            "SELECT pathway, title, credential, place FROM pathway_credential JOIN pathway ON code = pathway"
            " ORDER BY place",
            AWARDS,
            RECORDED,
        )

    steps = await deaths.everywhere("services.credentials.main", database, play, RUNG_PROVIDERS_FILE=str(providers))
    assert steps > 60


async def test_the_worker_that_matches_parked_awards(deaths: Deaths, database: str, providers: Path) -> None:
    """Awards wait for the roster to bring Ben, and to give Ana the address that one was sent to."""
    waiting = [awarded("ben"), awarded("ana-maria", award_id="bb-2"), awarded("nobody", award_id="bb-3")]
    async with running_credentials(database, providers) as service:
        for number, body in enumerate(waiting):
            await service.client.post(WEBHOOK, **signed(number, body, service.clock.now()))
    keys = [key_of("ana"), key_of("ana-maria")]
    roster = [rostered(BEN, person_keys=[key_of("ben")]), rostered(ANA, version=2, person_keys=keys)]

    async def play(worker: Mortal, stage: Stage) -> Any:
        books = Books(stage.database)
        await append(stage.bus, roster)
        await worker.until(lambda: books.has_published(after=len(roster)))
        assert await not_published_in_order(stage.bus, books, Topic.CREDENTIALS) == []
        # The two are matched in one transaction or in two, in the order of the partitions.
        return await stage.rows(AWARDS, RECORDED.replace("position", "key"))

    module = "services.credentials.worker"
    assert await deaths.everywhere(module, database, play, RUNG_PROVIDERS_FILE=str(providers)) > 60


def test_every_route_that_changes_something_is_in_a_play(mortals: Forge) -> None:
    """The last of this file: it goes by the plays before it."""
    assert routes_without_play("credentials", mortals.done) == []
