"""The providers' door on a real database: signed, idempotent, in any order, never a 5xx for what somebody sends."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from structlog.testing import capture_logs

from services.credentials import bootstrap
from services.credentials.domain import AwardNotice
from services.credentials.errors import NoticeUnreadable
from services.credentials.handlers import handler
from services.credentials.schemas.providers import Provider
from services.credentials.settings import Settings
from shared.events.evaluation import Assignment, EducatorRostered, EducatorStatus, StaffRole, SubjectGroup
from shared.kernel.person_key import PersonKeyKind, person_key
from shared.messaging.consumer import ReceivedEvent
from shared.web.webhooks import WebhookSecret, sign
from tests.support.service import PERSON_KEY_SECRET, RunningService, running_service
from tests.support.web import NOON

SECRETS = [WebhookSecret(bytes(32)), WebhookSecret(bytes(range(32)))]
EDUCATOR = UUID("01930000-0000-7000-8000-000000000001")
BEN = UUID("01930000-0000-7000-8000-000000000002")
CAMPUS = UUID("01930000-0000-7000-8000-00000000000c")
HR = {"roles": ["hr"], "sub": "hr-1"}


@pytest.fixture
async def service(database: str, tmp_path: Path) -> AsyncIterator[RunningService]:
    providers = tmp_path / "providers.json"
    revealed = [secret.reveal() for secret in SECRETS]
    providers.write_text(
        json.dumps({name: {"adapter": name, "secrets": revealed} for name in ("bloomboard", "credly")})
    )
    async with running_service(
        "credentials", Settings, bootstrap.MIGRATIONS, bootstrap.api, database=database, providers_file=providers
    ) as running:
        body = {"title": "Questioning", "description": "", "clock_hours": 15}
        put = await running.call("PUT", "/credentials/v1/micro-credentials/mc-questioning", as_=HR, json=body)
        assert put.status_code == 200
        yield running


def rostered(version: int = 1, email: str = "ana@example.org", educator: UUID = EDUCATOR) -> EducatorRostered:
    return EducatorRostered(
        educator_id=educator,
        version=version,
        status=EducatorStatus.ACTIVE,
        employee_number="100001",
        person_keys=[person_key(PERSON_KEY_SECRET.encode(), PersonKeyKind.EMAIL, email)],
        hired_on=None,
        ended_on=None,
        assignments=[
            Assignment(
                assignment_id=UUID(int=5),
                campus_id=CAMPUS,
                district_id=UUID(int=6),
                role=StaffRole.TEACHER,
                subject_group=SubjectGroup.TESTED,
                full_time_equivalent="1.00",
                is_primary=True,
                begins_on=NOON.date(),
                ends_on=None,
            )
        ],
    )


async def bring(service: RunningService, *events: EducatorRostered) -> None:
    """What the consumer does with events of the roster."""
    received = [ReceivedEvent(UUID(int=n + 1), event, NOON, None) for n, event in enumerate(events)]
    async with service.runtime.engine.begin() as connection:
        await handler(service.clock)(connection, received)


def awarded(award: str = "bb-1", *, at: str = "2021-03-01T10:00:00Z", **data: Any) -> bytes:
    fields = {
        "award_id": award,
        "credential_id": "mc-questioning",
        "recipient": {"email": "Ana@example.org "},
        "awarded_at": "2021-02-27T10:00:00Z",
        "expires_at": None,
        "evidence_url": "https://example.org/1",
    } | data
    return json.dumps({"type": "credential.awarded", "timestamp": at, "data": fields}).encode()


def revoked(award: str = "bb-1", *, at: str = "2021-03-01T11:00:00Z") -> bytes:
    data = {"award_id": award, "revoked_at": at, "reason": "evidence withdrawn"}
    return json.dumps({"type": "credential.revoked", "timestamp": at, "data": data}).encode()


async def post(
    service: RunningService,
    body: bytes,
    *,
    webhook_id: str = "msg_1",
    provider: str = "bloomboard",
    secret: WebhookSecret = SECRETS[0],
    **headers: str,
) -> httpx.Response:
    signed = sign(secret, webhook_id=webhook_id, sent_at=service.clock.now(), body=body)
    return await service.client.post(
        f"/credentials/v1/webhooks/{provider}", content=body, headers={**signed, **headers}
    )


async def recorded(service: RunningService) -> list[tuple[str, int]]:
    async with service.runtime.engine.connect() as connection:
        rows = await connection.execute(text("SELECT type, data FROM outbox ORDER BY position"))
        return [(row.type.split(".")[3], json.loads(row.data)["version"]) for row in rows]


class TestAward:
    async def test_an_award_to_a_known_person_is_earned_and_told_of_once(self, service: RunningService) -> None:
        await bring(service, rostered())
        first = await post(service, awarded())
        assert first.status_code == 200
        assert first.json()["state"] == "earned"
        again = await post(service, awarded())
        assert again.json() == first.json() | {"duplicate": True}
        assert await recorded(service) == [("earned", 1)]

    async def test_the_same_award_under_another_webhook_id_is_told_of_once(self, service: RunningService) -> None:
        await bring(service, rostered())
        await post(service, awarded())
        assert (await post(service, awarded(), webhook_id="msg_2")).json()["duplicate"] is True
        assert await recorded(service) == [("earned", 1)]

    async def test_an_unknown_person_is_parked_and_matched_when_the_roster_comes(self, service: RunningService) -> None:
        parked = await post(service, awarded())
        assert (parked.status_code, parked.json()["state"]) == (200, "parked")
        assert await recorded(service) == []
        listed = await service.call("GET", "/credentials/v1/parked-awards", as_=HR)
        assert listed.json()["items"][0]["parked_reason"] == "the person is not on the roster yet"
        await bring(service, rostered())
        assert await recorded(service) == [("earned", 1)]

    async def test_an_unknown_credential_is_parked_and_matched_when_the_catalogue_has_it(
        self, service: RunningService
    ) -> None:
        await bring(service, rostered())
        body = awarded(credential_id="mc-new")
        assert "not in the catalogue" in (await post(service, body)).json()["parked_reason"]
        put = {"title": "New"}
        await service.call("PUT", "/credentials/v1/micro-credentials/mc-new", as_=HR, json=put)
        assert await recorded(service) == [("earned", 1)]

    async def test_a_revocation_that_comes_before_its_award_still_stands(self, service: RunningService) -> None:
        await bring(service, rostered())
        early = await post(service, revoked(), webhook_id="msg_r")
        assert early.json()["state"] == "parked"
        assert (await post(service, awarded())).json()["state"] == "revoked"
        assert await recorded(service) == [("revoked", 1)]

    async def test_an_award_that_is_corrected_to_another_person_is_lost_by_the_one_and_earned_by_the_other(
        self, service: RunningService
    ) -> None:
        await bring(service, rostered(), rostered(email="ben@example.org", educator=BEN))
        await post(service, awarded())
        corrected = awarded(at="2021-03-01T11:00:00Z", recipient={"email": "ben@example.org"})
        assert (await post(service, corrected)).json()["state"] == "earned"
        assert (await post(service, awarded(), webhook_id="msg_late")).json()["duplicate"] is True
        assert await recorded(service) == [("earned", 1), ("revoked", 2), ("earned", 3)]
        async with service.runtime.engine.connect() as connection:
            keys = await connection.scalars(text("SELECT key FROM outbox ORDER BY position"))
            assert list(keys) == [str(EDUCATOR), str(EDUCATOR), str(BEN)]

    async def test_an_older_word_of_the_roster_changes_nothing(self, service: RunningService) -> None:
        await bring(service, rostered(version=2, email="new@example.org"))
        await bring(service, rostered(version=1))
        assert (await post(service, awarded())).json()["state"] == "parked"

    async def test_an_address_of_two_people_matches_neither(self, service: RunningService) -> None:
        await bring(service, rostered(), rostered(educator=UUID(int=99)))
        assert "more than one" in (await post(service, awarded())).json()["parked_reason"]

    async def test_an_address_that_one_of_two_people_loses_matches_the_other(self, service: RunningService) -> None:
        await bring(service, rostered(), rostered(educator=UUID(int=99)))
        await post(service, awarded())
        await bring(service, rostered(version=2, email="new@example.org", educator=UUID(int=99)))
        assert await recorded(service) == [("earned", 1)]

    async def test_a_call_that_was_taken_is_not_judged_again_though_it_would_be_read_otherwise_now(
        self, service: RunningService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Providers retry for weeks, and in the meantime an adapter or the secret of the person keys may change."""
        read = Provider.read

        def otherwise(provider: Provider, body: bytes) -> AwardNotice | None:
            notice = read(provider, body)
            return notice and replace(notice, person_keys=("zzz",))

        await bring(service, rostered())
        first = await post(service, awarded())
        with monkeypatch.context() as patch:
            patch.setattr(Provider, "read", otherwise)
            again = await post(service, awarded())
            another_call = await post(service, awarded(), webhook_id="another")
        assert (first.json()["state"], first.json()["duplicate"]) == ("earned", False)
        assert (again.json()["state"], again.json()["duplicate"]) == ("earned", True)
        assert (another_call.json()["state"], another_call.json()["duplicate"]) == ("parked", False)

    @pytest.mark.parametrize("offset", ["+23:59", "-16:00", "+05:45"])
    async def test_a_moment_is_taken_in_whatever_its_offset(self, service: RunningService, offset: str) -> None:
        await bring(service, rostered())
        answer = await post(service, awarded(awarded_at=f"2021-03-01T12:00:00.000001{offset}"))
        assert answer.json()["state"] == "earned"


class TestSignature:
    async def test_either_of_two_secrets_is_taken(self, service: RunningService) -> None:
        assert (await post(service, awarded(), secret=SECRETS[1])).status_code == 200

    async def test_a_wrong_secret_is_refused_and_leaves_nothing(self, service: RunningService) -> None:
        refused = await post(service, awarded(), secret=WebhookSecret(b"x" * 32))
        assert refused.status_code == 401
        assert refused.headers["content-type"] == "application/problem+json"
        async with service.runtime.engine.connect() as connection:
            assert await connection.scalar(text("SELECT count(*) FROM receipt")) == 0
            assert await connection.scalar(text("SELECT count(*) FROM award")) == 0

    async def test_a_changed_byte_is_refused(self, service: RunningService) -> None:
        signed = sign(SECRETS[0], webhook_id="m", sent_at=service.clock.now(), body=awarded())
        answer = await service.client.post(
            "/credentials/v1/webhooks/bloomboard", content=awarded() + b" ", headers=signed
        )
        assert answer.status_code == 401

    async def test_a_replay_after_five_minutes_is_refused(self, service: RunningService) -> None:
        signed = sign(SECRETS[0], webhook_id="m", sent_at=NOON - timedelta(seconds=301), body=awarded())
        answer = await service.client.post("/credentials/v1/webhooks/bloomboard", content=awarded(), headers=signed)
        assert answer.status_code == 401

    async def test_a_new_secret_counts_without_a_restart(self, service: RunningService, tmp_path: Path) -> None:
        fresh = WebhookSecret(b"n" * 32)
        entry = {"adapter": "bloomboard", "secrets": [fresh.reveal()]}
        (tmp_path / "providers.json").write_text(json.dumps({"bloomboard": entry}))
        assert (await post(service, awarded(), secret=fresh)).status_code == 200
        assert (await post(service, awarded(), secret=SECRETS[0])).status_code == 401

    @pytest.mark.parametrize(
        ("content", "place"),
        [
            ('{"bloomboard": {"adap', "EOF"),
            ('{"bloomboard": {"adapter": "blomboard", "secrets": []}}', "/bloomboard/adapter"),
            ('{"bloomboard": {"adapter": "bloomboard", "secrets": ["swordfish"]}}', "/bloomboard/secrets/0"),
            (None, "No such file"),
        ],
    )
    async def test_a_broken_providers_file_is_said_once_and_the_last_good_one_serves_on(
        self,
        service: RunningService,
        tmp_path: Path,
        content: str | None,
        place: str,
    ) -> None:
        providers = tmp_path / "providers.json"
        await post(service, awarded())
        if content is None:
            providers.unlink()
        else:
            providers.write_text(content)
        with capture_logs() as logs:
            for number in range(3):
                assert (await post(service, awarded(f"bb-{number}"), webhook_id=f"m{number}")).status_code == 200
        [said] = [entry for entry in logs if entry["log_level"] == "error"]
        assert place in said["fault"]["message"]
        assert "swordfish" not in str(said)
        providers.write_text("{}")
        assert (await post(service, awarded())).status_code == 404


class TestMalformed:
    async def test_a_signed_body_of_another_shape_is_kept_and_named(self, service: RunningService) -> None:
        body = json.dumps({"type": "credential.awarded", "timestamp": "2021-03-01T10:00:00Z", "data": {}}).encode()
        answer = await post(service, body)
        assert answer.status_code == 422
        assert {error["pointer"] for error in answer.json()["errors"]} >= {"/data/award_id"}
        async with service.runtime.engine.connect() as connection:
            kept = (await connection.execute(text("SELECT outcome, body FROM receipt"))).one()
        assert (kept.outcome, bytes(kept.body)) == ("unreadable", body)

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            (b"", ""),
            (b"[1]", ""),
            (awarded("bb\0"), "/data/award_id"),
            (awarded(evidence_url="\0"), "/data/evidence_url"),
            (awarded(at="0001-01-01T00:00:00+14:00"), "/timestamp"),
            (awarded(awarded_at="9999-12-31T23:59:59-12:00"), "/data/awarded_at"),
            (awarded(awarded_at=0), "/data/awarded_at"),
            (awarded(expires_at="9999-12-31T23:59:59-12:00"), "/data/expires_at"),
            (revoked(at="0001-01-01T00:00:00+14:00"), "/timestamp"),
        ],
    )
    async def test_what_could_not_be_stored_is_kept_as_it_came_and_named_by_its_place(
        self, service: RunningService, body: bytes, pointer: str
    ) -> None:
        answer = await post(service, body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"] == pointer
        async with service.runtime.engine.connect() as connection:
            kept = (await connection.execute(text("SELECT outcome, body FROM receipt"))).one()
        assert (kept.outcome, bytes(kept.body)) == ("unreadable", body)

    async def test_a_call_that_can_be_read_now_is_taken_when_it_is_sent_again(
        self, service: RunningService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The fault was in our adapter, and the provider retries the same bytes under the same id."""

        def unreadable(_provider: Provider, _body: bytes) -> None:
            raise NoticeUnreadable("a fault of ours")

        await bring(service, rostered())
        with monkeypatch.context() as patch:
            patch.setattr(Provider, "read", unreadable)
            for _ in range(2):
                assert (await post(service, awarded())).status_code == 422
        answer = await post(service, awarded())
        assert (answer.json()["state"], answer.json()["duplicate"]) == ("earned", False)
        assert (await post(service, awarded())).json()["duplicate"] is True
        async with service.runtime.engine.connect() as connection:
            kept = (await connection.execute(text("SELECT outcome, award_id IS NOT NULL AS named FROM receipt"))).one()
        assert tuple(kept) == ("taken", True)
        assert await recorded(service) == [("earned", 1)]

    async def test_an_award_without_an_end_may_say_so_by_the_last_moment_there_is(
        self, service: RunningService
    ) -> None:
        await bring(service, rostered())
        assert (await post(service, awarded(expires_at="9999-12-31T23:59:59Z"))).json()["state"] == "earned"

    async def test_an_unknown_provider_is_not_found(self, service: RunningService) -> None:
        assert (await service.client.post("/credentials/v1/webhooks/nobody", content=b"{}")).status_code == 404

    @settings(
        derandomize=True, max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        body=st.binary(max_size=200)
        | st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
        ).map(lambda value: json.dumps({"type": "credential.awarded", "timestamp": value, "data": value}).encode())
    )
    async def test_nothing_that_is_sent_ever_answers_5xx(self, service: RunningService, body: bytes) -> None:
        for provider in ("bloomboard", "credly"):
            assert (await post(service, body, provider=provider)).status_code < 500
            unsigned = await service.client.post(f"/credentials/v1/webhooks/{provider}", content=body)
            assert unsigned.status_code == 400


class TestCredly:
    async def test_badges_are_taken_to_the_same_awards(self, service: RunningService) -> None:
        await bring(service, rostered())
        event = {
            "id": "ev-1",
            "event_type": "badge.created",
            "occurred_at": "2021-03-01T10:00:00Z",
            "data": {
                "id": "badge-1",
                "state": "accepted",
                "badge_template": {"id": "mc-questioning"},
                "recipient_email": "ana@example.org",
                "issued_at": "2021-03-01T09:00:00Z",
            },
        }
        assert (await post(service, json.dumps(event).encode(), provider="credly")).json()["state"] == "earned"
        deleted = event | {"event_type": "badge.deleted", "occurred_at": "2021-03-02T10:00:00Z"}
        answer = await post(service, json.dumps(deleted).encode(), provider="credly", webhook_id="msg_2")
        assert answer.json()["state"] == "revoked"
        assert await recorded(service) == [("earned", 1), ("revoked", 2)]

    async def test_a_word_that_is_not_of_an_award_is_kept_like_any_other(self, service: RunningService) -> None:
        event = {"id": "ev-1", "event_type": "badge.privacy.changed", "occurred_at": "2021-03-01T10:00:00Z"}
        body = json.dumps(event | {"data": {"id": "badge-1"}}).encode()
        for _ in range(2):
            answer = await post(service, body, provider="credly")
            assert (answer.status_code, answer.json()["award_id"]) == (200, None)
        async with service.runtime.engine.connect() as connection:
            kept = (await connection.execute(text("SELECT outcome, body, award_id FROM receipt"))).one()
        assert (kept.outcome, bytes(kept.body), kept.award_id) == ("taken", body, None)


class TestWhoMaySee:
    async def test_an_educator_sees_own_awards_and_nobody_else_s(self, service: RunningService) -> None:
        await bring(service, rostered())
        await post(service, awarded())
        path = f"/credentials/v1/educators/{EDUCATOR}/awards"
        own = {"roles": ["educator"], "educator_id": str(EDUCATOR)}
        assert len((await service.call("GET", path, as_=own)).json()) == 1
        other = {"roles": ["educator"], "educator_id": str(UUID(int=9))}
        assert (await service.call("GET", path, as_=other)).status_code == 403
        principal = {"roles": ["principal"], "campus_ids": [str(CAMPUS)]}
        assert (await service.call("GET", path, as_=principal)).status_code == 200
        stranger = {"roles": ["principal"], "campus_ids": [str(UUID(int=3))]}
        assert (await service.call("GET", path, as_=stranger)).status_code == 403
        assert (await service.client.get(path)).status_code == 401
