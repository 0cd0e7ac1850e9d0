"""Every process is killed before and after each write that it makes, one at a time; all that it was at ends the same.

The steps are not listed anywhere: each run dies one step later than the one before, until one comes to its end alive.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from services.credentials import bootstrap as credentials
from services.credentials.handlers import handler
from services.credentials.settings import Settings as CredentialsSettings
from shared.events.topics import Topic
from shared.kernel.clock import SystemClock
from shared.kernel.person_key import PersonKeyKind, person_key
from shared.messaging.embedded import EmbeddedBus
from shared.web.webhooks import WebhookSecret, sign
from tests.support.backlog import Books, append, not_published_in_order
from tests.support.compensation import APPROVER, PAYROLL, WRITER, running_compensation
from tests.support.factories.events import a_year_of, awarded, educator_id, received, rostered, scored
from tests.support.mortals import Deaths, Mortal, as_of_now, rows
from tests.support.service import PERSON_KEY_SECRET, running_service

ANA, BEN = educator_id(1), educator_id(2)
ANA_KEY = person_key(PERSON_KEY_SECRET.encode(), PersonKeyKind.EMAIL, "ana@example.org")
SECRET = WebhookSecret(bytes(32))


def notice(kind: str, moment: str, **data: Any) -> bytes:
    said = {"type": f"credential.{kind}", "timestamp": moment, "data": {"award_id": "bb-1"} | data}
    return json.dumps(said).encode()


AWARDED = notice(
    "awarded",
    "2021-03-01T10:00:00Z",
    credential_id="mc-questioning",
    recipient={"email": "ana@example.org"},
    awarded_at="2021-02-27T10:00:00Z",
    expires_at=None,
    evidence_url="https://example.org/1",
)
REVOKED = notice("revoked", "2021-03-01T11:00:00Z", revoked_at="2021-03-01T11:00:00Z", reason="withdrawn")
UNREADABLE = notice("awarded", "2021-03-01T12:00:00Z")


async def test_the_webhook(deaths: Deaths, database: str, tmp_path: Path) -> None:
    """A provider sends each call until it is answered."""
    providers = tmp_path / "providers.json"
    providers.write_text(json.dumps({"bloomboard": {"adapter": "bloomboard", "secrets": [SECRET.reveal()]}}))
    async with running_service(
        "credentials",
        CredentialsSettings,
        credentials.MIGRATIONS,
        credentials.api,
        database=database,
        providers_file=providers,
    ) as service:
        body = {"title": "Questioning", "description": "", "clock_hours": 15}
        hr = {"roles": ["hr"], "sub": "hr-1"}
        await service.call("PUT", "/credentials/v1/micro-credentials/mc-questioning", as_=hr, json=body)
        async with service.runtime.engine.begin() as connection:
            await handler(service.clock)(connection, [received(rostered(ANA, person_keys=[ANA_KEY]))])

    async def play(api: Mortal, urls: list[str]) -> Any:
        answers = []
        for number, body in enumerate((AWARDED, REVOKED, AWARDED, UNREADABLE)):
            headers = sign(SECRET, webhook_id=f"msg_{number}", sent_at=SystemClock().now(), body=body)
            answer = await api.call("POST", "/credentials/v1/webhooks/bloomboard", content=body, headers=headers)
            answers.append((answer.status_code, answer.json().get("state")))
        return answers, await rows(
            urls[0],
            "SELECT provider_award_id, state, version, educator_id FROM award",
            "SELECT webhook_id, outcome FROM receipt ORDER BY webhook_id",
            "SELECT key, type, data::json->>'version' FROM outbox ORDER BY position",
        )

    module = "services.credentials.main"
    steps = await deaths.everywhere(module, [database], play, RUNG_PROVIDERS_FILE=str(providers))
    assert steps > 60


async def test_the_steps_of_a_payout_batch(deaths: Deaths, database: str) -> None:
    """Whoever gets no answer takes the step again, with the same key."""
    async with running_compensation(database) as service:
        await service.publish()
        await service.take_in(rostered(ANA), awarded(ANA, 1), rostered(BEN), awarded(BEN, 1))

    async def play(api: Mortal, urls: list[str]) -> Any:
        async def take(path: str, by: dict[str, Any], **request: Any) -> Any:
            headers = as_of_now(**by) | {"Idempotency-Key": f'"{uuid4()}"'}
            answer = await api.call("POST", f"/compensation/v1/payout-batches{path}", headers=headers, **request)
            assert answer.is_success, answer.text
            return answer.json()

        batch = await take("", WRITER, json={"plan_year": "2020-21", "pay_date": "2021-11-15"})
        await take(f"/{batch['id']}/approval", APPROVER)
        sealed = await take(f"/{batch['id']}/seal", WRITER)
        address = f"/compensation/v1/payout-batches/{batch['id']}/lines"
        pulled = await api.call("GET", address, headers=as_of_now(**PAYROLL))
        counted = {name: sealed[name] for name in ("line_count", "control_total", "content_hash")}
        done = await take(f"/{batch['id']}/acknowledgements", PAYROLL, json=counted | {"rejected": []})
        return (
            sealed["control_total"],
            done["state"],
            len(pulled.content.splitlines()),
            await rows(
                urls[0],
                "SELECT state, line_count, control_total_cents FROM payout_batch",
                "SELECT number, educator_id, component, amount_cents, state FROM payout_line ORDER BY number",
                "SELECT ledger_entry_id, released_at FROM payout_entry ORDER BY ledger_entry_id",
                "SELECT type, count(*) FROM outbox GROUP BY type ORDER BY type",
            ),
        )

    steps = await deaths.everywhere("services.compensation.main", [database], play)
    assert steps > 100


async def test_the_worker_that_takes_in_and_publishes(deaths: Deaths, make_database: Callable[[], str]) -> None:
    """Consumer, relay and recalculation in one process, from a log in which a season waits."""
    events = [*a_year_of(ANA), rostered(BEN), scored(BEN), awarded(BEN, 1)]
    database, log = make_database(), make_database()
    async with running_compensation(database) as service:
        await service.announce()
    bus = EmbeddedBus(log)
    await bus.create_topics(list(Topic))
    await append(bus, events)
    await bus.close()

    async def play(worker: Mortal, urls: list[str]) -> Any:
        books = Books(urls[0])
        await worker.until(lambda: books.is_settled(len(events)))
        assert await not_published_in_order(EmbeddedBus(urls[1]), books) == []
        offsets = "SELECT topic, partition, next_offset FROM consumer_offset WHERE next_offset > 0 ORDER BY 1, 2"
        return await books.outcome(), await rows(urls[0], offsets)

    steps = await deaths.everywhere("services.compensation.worker", [database, log], play)
    assert steps > 150
