"""Awards against their model: webhooks, roster and catalogue in any order, at the doors of the credentials service."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from hypothesis import strategies as st

from services.credentials import bootstrap
from services.credentials.handlers import handler
from services.credentials.settings import Settings
from shared.messaging.received import ReceivedEvent
from shared.web.webhooks import WebhookSecret, sign
from tests.models.award import Awarding, Awards, Notice
from tests.models.bench import Bench, Outbox, bench, held
from tests.models.conftest import Run
from tests.models.doors import Answer, Caller, DoorMachine, Granted
from tests.models.machine import Tally, first, step
from tests.models.provider import PROVIDERS, PersonName, awarding_body, digests, privacy_body, revoking_body
from tests.models.refusals import refuse
from tests.support.slo import CAMPUS, OTHER_CAMPUS, rostered
from tests.support.web import NOON

ANA, BEN, CY = (UUID(int=0x0193_0000_0000_7000_8000_0000_0000_0000 + n) for n in (1, 2, 3))
SECRETS = [WebhookSecret(bytes(32)), WebhookSecret(bytes(range(32)))]
TABLES = (
    "receipt",
    "award",
    "pathway_credential",
    "pathway",
    "micro_credential",
    "person_key",
    "educator",
    "outbox",
)
CALLERS = {
    "hr": Caller("hr", ("hr",)),
    "admin": Caller("admin", ("admin",)),
    "ana": Caller("ana", ("educator",), ANA),
    "coach": Caller("coach", ("coach",), None, (CAMPUS,)),
    "principal elsewhere": Caller("elsewhere", ("principal",), None, (OTHER_CAMPUS,)),
    "payroll": Caller("payroll", ("payroll",)),
}
PERSONS: list[PersonName] = [
    (None, "1"),
    ("ana@example.org", "1"),
    ("ana@example.org", None),
    (None, "2"),
    ("ben@example.org", "2"),
]
KEYS = [
    digests("ana@example.org", "1"),
    digests(None, "1"),
    digests("ben@example.org", "2"),
    digests("ana@example.org", "2"),
    (),
]
WHO = st.sampled_from(["hr"] * 6 + list(CALLERS))
NUMBERS = st.sampled_from(["1", "2"])
CODES = ["mc-a", "mc-a", "mc-b", "mc-c"]
MINUTES_LATE = st.sampled_from([0] * 6 + [1, 2, 9, 60])
"""By how much a notice is older than the newest could be; by a minute, it is of the moment of the one before it."""

FLAWS = {
    "provider": "provider-unknown",
    "headers": "webhook-headers-malformed",
    "signature": "webhook-signature-invalid",
    "timestamp": "webhook-timestamp-outside",
}
OTHER_BODIES = {
    "no JSON": Notice("bloomboard", "", b"{", is_readable=False),
    "no award": Notice("bloomboard", "", b'{"type": "credential.awarded"}', is_readable=False),
    "no kind": Notice("credly", "", b"{}", is_readable=False),
    "privacy": Notice("credly", "", privacy_body("1", NOON)),
}
MET = {
    *FLAWS.values(),
    "notice-unreadable",
    "insufficient-scope",
    "not-yours",
    "educator-unknown",
    "micro-credential-unknown",
    "duplicate",
    "now earned",
    "now revoked",
    "now parked",
    "given to another",
    "matched late",
}


@asynccontextmanager
async def credentials(database: str, folder: Path) -> AsyncIterator[Bench]:
    providers = folder / "providers.json"
    secrets = [secret.reveal() for secret in SECRETS]
    providers.write_text(json.dumps({name: {"adapter": name, "secrets": secrets} for name in PROVIDERS}))
    async with bench(
        "credentials",
        Settings,
        bootstrap.MIGRATIONS,
        bootstrap.api,
        database=database,
        providers_file=providers,
    ) as opened:
        yield opened


class AwardMachine(DoorMachine):
    def __init__(self, opened: Bench, loop: asyncio.AbstractEventLoop, tally: Tally) -> None:
        self.bench, self.doors = opened, opened.doors
        self.handle = handler(opened.clock)
        super().__init__(loop, tally)

    async def begin(self) -> None:
        await self.bench.empty(*TABLES)
        self.outbox = Outbox(self.bench.database)
        self.model = Awards()
        self.notices: list[Notice] = []

    async def look(self) -> None:
        """Nothing but what the model published was published, and nothing but what it changed was changed."""
        published, self.model.published = self.model.published, []
        assert await self.outbox.fresh() == published
        if [kind for kind, *_ in published] == ["award.revoked", "award.earned"]:
            self.came_to("given to another")
        rows = await self.bench.database.fetch("SELECT award_id::text, state, version, educator_id FROM award")
        assert {tuple(row) for row in rows} == {
            (award.award_id, award.state, award.version, award.educator) for award in self.model.awards.values()
        }

    async def end(self) -> None:
        """Every signed call is kept as it came, once."""
        rows = await self.bench.database.fetch("SELECT provider, webhook_id, body, outcome FROM receipt")
        assert {tuple(row)[:3]: row["outcome"] for row in rows} == self.model.calls
        assert len(rows) == len(self.model.calls)

    @first()
    async def begin_with_a_credential_and_an_educator(self) -> None:
        await self.put_one("hr", "mc-a")
        await self.bring_one(ANA, 1, KEYS[0])
        await self.award_one("bloomboard", "1", PERSONS[0], Awarding(NOON, "mc-a", (), NOON, None, None))

    @step(
        provider=st.sampled_from(PROVIDERS),
        number=NUMBERS,
        credential=st.sampled_from(["mc-a", "mc-a", "mc-b", "mc-c"]),
        person=st.sampled_from(PERSONS),
        late=MINUTES_LATE,
        days_ago=st.integers(0, 1),
        expires=st.booleans(),
    )
    async def award(
        self, provider: str, number: str, credential: str, person: PersonName, late: int, days_ago: int, expires: bool
    ) -> None:
        awarded_at = NOON - timedelta(days=days_ago)
        expires_at, evidence = (NOON + timedelta(days=400), "https://example.org/1") if expires else (None, None)
        says = Awarding(self.moment(late), credential, (), awarded_at, expires_at, evidence)
        await self.award_one(provider, number, person, says)

    async def award_one(self, provider: str, number: str, person: PersonName, says: Awarding) -> None:
        says = replace(says, persons=digests(*person))
        body = awarding_body(provider, number, says, person)
        await self.send(Notice(provider, self.new_id(), body, number, says))

    @step(provider=st.sampled_from(PROVIDERS), number=NUMBERS, late=MINUTES_LATE)
    async def revoke(self, provider: str, number: str, late: int) -> None:
        at = self.moment(late)
        await self.send(Notice(provider, self.new_id(), revoking_body(provider, number, at), number, at))

    @step(back=st.integers(1, 8), id_of=st.integers(0, 2), flaw=st.sampled_from([None] * 6 + [*FLAWS, *OTHER_BODIES]))
    async def deliver_again(self, back: int, id_of: int, flaw: str | None) -> None:
        """A call that came before: once more, under the id of one before it, not as its sender would sign it, or with
        a body that brings no notice."""
        newest = len(self.notices)
        notice, other = self.notices[-min(back, newest)], self.notices[-min(back + id_of, newest)]
        if flaw in OTHER_BODIES:
            notice, flaw = OTHER_BODIES[flaw], None
        await self.send(replace(notice, webhook_id=other.webhook_id), flaw)

    async def send(self, notice: Notice, flaw: str | None = None) -> None:
        now: datetime = self.bench.clock.now()
        secret = WebhookSecret(bytes(31) + b"x") if flaw == "signature" else SECRETS[len(self.notices) % 2]
        sent_at = now - timedelta(seconds=301) if flaw == "timestamp" else now
        headers = sign(secret, webhook_id=notice.webhook_id, sent_at=sent_at, body=notice.body)
        if flaw == "headers":
            headers["webhook-id"] = "a.b"
        path = "/webhooks/" + ("nobody" if flaw == "provider" else notice.provider)
        answer = await self.doors.call("POST", path, body=notice.body, headers=headers)
        self.notices.append(notice)
        said = self.agree(answer, lambda: self.received(notice, flaw, answer))
        if said is not None:
            self.came_to("duplicate" if said.view["duplicate"] else f"now {said.view['state']}")

    def received(self, notice: Notice, flaw: str | None, answer: Answer) -> Granted:
        refuse({FLAWS[flaw]: True} if flaw else {})
        return self.model.receive(notice, answer.json().get("award_id") or "")

    @step(
        educator=st.sampled_from([ANA, BEN]),
        newer=st.sampled_from([1, 1, 1, 2, 0, -1]),
        keys=st.sampled_from(KEYS),
    )
    async def bring(self, educator: UUID, newer: int, keys: tuple[str, ...]) -> None:
        """The roster's word on an educator; perhaps late, perhaps once more."""
        version = self.model.roster.get(educator, (0,))[0] + newer
        await self.bring_one(educator, max(1, version), keys)

    async def bring_one(self, educator: UUID, version: int, keys: tuple[str, ...]) -> None:
        event = rostered(educator, "", version=version).model_copy(update={"person_keys": list(keys)})
        async with self.bench.running.runtime.engine.begin() as connection:
            await self.handle(connection, [ReceivedEvent(UUID(int=version), event, NOON, None)])
        self.model.bring(educator, version, [CAMPUS], keys)
        if self.model.published:
            self.came_to("matched late")

    async def put_one(self, who: str, code: str) -> None:
        body = {"title": code, "description": "", "clock_hours": 15}
        answer = await self.doors.call("PUT", f"/micro-credentials/{code}", CALLERS[who], body=body)
        self.agree(answer, lambda: self.model.put_credential(CALLERS[who], code, body))

    @step(who=WHO, members=st.lists(st.sampled_from(CODES), min_size=1, max_size=3), is_pathway=st.booleans())
    async def put_in_the_catalogue(self, who: str, members: list[str], is_pathway: bool) -> None:
        """A pathway of these members, or the first of them as a credential."""
        if not is_pathway:
            await self.put_one(who, members[0])
            return
        code, body = f"path-{len(members)}", {"title": "Path", "credentials": members}
        answer = await self.doors.call("PUT", f"/pathways/{code}", CALLERS[who], body=body)
        self.agree(answer, lambda: self.model.put_pathway(CALLERS[who], code, "Path", members))

    @step(who=st.sampled_from(sorted(CALLERS)), whose=st.sampled_from([ANA, ANA, BEN, CY, None]))
    async def read(self, who: str, whose: UUID | None) -> None:
        """An educator's awards, or those that wait."""
        caller = CALLERS[who]
        if whose is None:
            self.agree(await self.doors.call("GET", "/parked-awards", caller), lambda: self.model.parked(caller))
        else:
            answer = await self.doors.call("GET", f"/educators/{whose}/awards", caller)
            self.agree(answer, lambda: self.model.of(caller, whose))

    def new_id(self) -> str:
        return f"msg_{len(self.notices)}"

    def moment(self, minutes_late: int) -> datetime:
        return NOON + timedelta(minutes=len(self.notices) - minutes_late)


def test_awards_agree_with_their_model(
    run: Run, loop: asyncio.AbstractEventLoop, database: str, tmp_path: Path
) -> None:
    with held(loop, credentials(database, tmp_path)) as opened:
        run("award", partial(AwardMachine, opened), MET)
