"""The local issuer: its tokens pass our own check, its files are its owner's, and RFC 6749 is kept at its door."""

import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from deploy.issuer import Client, Issuer, IssuerSettings
from deploy.token_endpoint import issuer_router
from shared.web.auth import Authenticator, InvalidToken
from shared.web.tokens import Principal, Role
from tests.support.web import AUDIENCE, ISSUER, StandingClock, calling

SETTINGS = IssuerSettings(issuer=ISSUER, audience=AUDIENCE)
EDUCATOR = UUID("0192f0c8-51a6-7cc1-9d3e-6a1f0e6b2d11")
CAMPUS = UUID("0192f0c8-51a6-7cc1-9d3e-6a1f0e6b2d12")
PRINCIPAL = Principal("ana", "screens", frozenset({Role.COACH, Role.EDUCATOR}), EDUCATOR, frozenset({CAMPUS}))


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def issuer(tmp_path: Path, clock: StandingClock) -> Issuer:
    return Issuer.open(tmp_path / "keys", SETTINGS, clock=clock)


def authenticator(issuer: Issuer, clock: StandingClock) -> Authenticator:
    return Authenticator(issuer=ISSUER, audience=AUDIENCE, keys=issuer.jwks_path, clock=clock)


async def test_a_token_says_who_it_was_made_for(issuer: Issuer, clock: StandingClock) -> None:
    assert await authenticator(issuer, clock).authenticate(issuer.issue(PRINCIPAL)) == PRINCIPAL


async def test_a_token_ends_with_its_lifetime(issuer: Issuer, clock: StandingClock) -> None:
    token = issuer.issue(PRINCIPAL, lifetime=timedelta(minutes=5))
    clock.advance(minutes=5, seconds=30)
    with pytest.raises(InvalidToken, match="expired"):
        await authenticator(issuer, clock).authenticate(token)


def test_no_two_tokens_are_alike(issuer: Issuer) -> None:
    assert issuer.issue(PRINCIPAL) != issuer.issue(PRINCIPAL)


async def test_opened_again_it_is_the_same_issuer(issuer: Issuer, clock: StandingClock, tmp_path: Path) -> None:
    again = Issuer.open(tmp_path / "keys", SETTINGS, clock=clock)
    assert again.jwks() == issuer.jwks()
    assert again.clients() == issuer.clients()


def test_opened_by_many_at_once_there_is_one_key(tmp_path: Path, clock: StandingClock) -> None:
    with ThreadPoolExecutor(6) as pool:
        opened = list(pool.map(lambda _: Issuer.open(tmp_path / "k", SETTINGS, clock=clock), range(6)))
    assert len({json.dumps(issuer.jwks()) for issuer in opened}) == 1
    assert len({issuer.clients()["payroll"].secret for issuer in opened}) == 1
    assert sorted(path.name for path in (tmp_path / "k").iterdir()) == ["clients.json", "jwks.json", "signing-key.json"]


def test_what_is_secret_can_be_read_by_its_owner_alone(issuer: Issuer, tmp_path: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert modes == {"signing-key.json": 0o600, "clients.json": 0o600, "jwks.json": 0o644}


def test_the_key_set_has_public_members_only(issuer: Issuer) -> None:
    (key,) = json.loads(issuer.jwks_path.read_text())["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}


class TestTokenEndpoint:
    @pytest.fixture
    def secret(self, issuer: Issuer) -> str:
        return issuer.clients()["payroll"].secret

    async def post(self, issuer: Issuer, form: Any, **headers: str) -> httpx.Response:
        app = FastAPI()
        app.include_router(issuer_router(issuer))
        async with calling(app) as client:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            content = form if isinstance(form, str) else "&".join(f"{name}={quote_plus(text)}" for name, text in form)
            return await client.post("/oauth/token", content=content, headers=kind | headers)

    def right(self, secret: str) -> list[tuple[str, str]]:
        return [("grant_type", "client_credentials"), ("client_id", "payroll"), ("client_secret", secret)]

    async def test_a_client_gets_a_token_of_its_roles(self, issuer: Issuer, clock: StandingClock, secret: str) -> None:
        answer = await self.post(issuer, self.right(secret))

        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 3600)
        principal = await authenticator(issuer, clock).authenticate(answer.json()["access_token"])
        assert principal == Principal("client:payroll", "payroll", frozenset({Role.PAYROLL}))

    async def test_id_and_secret_may_come_by_http_basic(self, issuer: Issuer, secret: str) -> None:
        encoded = base64.b64encode(f"payroll:{quote_plus(secret)}".encode()).decode()
        answer = await self.post(issuer, self.right(secret)[:1], Authorization=f"Basic {encoded}")
        assert answer.status_code == 200

    @pytest.mark.parametrize("client_id", ["payroll", "nobody", ""])
    async def test_a_wrong_secret_or_id_is_401_and_does_not_say_which(self, issuer: Issuer, client_id: str) -> None:
        form = [("grant_type", "client_credentials"), ("client_id", client_id), ("client_secret", "wrong")]
        answer = await self.post(issuer, form)
        assert answer.status_code == 401
        assert answer.json() == {
            "error": "invalid_client",
            "error_description": "No client has this id and secret.",
        }
        assert answer.headers["www-authenticate"].startswith("Basic")

    @pytest.mark.parametrize("header", ["Basic !!!", "Basic", "Basic /w==", "Basic cGF5cm9sbA=="])
    async def test_a_broken_basic_header_is_401(self, issuer: Issuer, header: str) -> None:
        answer = await self.post(issuer, [("grant_type", "client_credentials")], Authorization=header)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    async def test_no_secret_at_all_is_401(self, issuer: Issuer) -> None:
        assert (await self.post(issuer, [("grant_type", "client_credentials")])).status_code == 401

    async def test_a_secret_sent_in_two_ways_is_400(self, issuer: Issuer, secret: str) -> None:
        encoded = base64.b64encode(f"payroll:{secret}".encode()).decode()
        answer = await self.post(issuer, self.right(secret), Authorization=f"Basic {encoded}")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    async def test_other_grants_are_not_offered(self, issuer: Issuer, secret: str) -> None:
        answer = await self.post(issuer, [("grant_type", "password"), *self.right(secret)[1:]])
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")

    async def test_without_a_grant_type_it_is_400(self, issuer: Issuer, secret: str) -> None:
        answer = await self.post(issuer, self.right(secret)[1:])
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    async def test_a_parameter_sent_twice_is_400(self, issuer: Issuer, secret: str) -> None:
        answer = await self.post(issuer, [*self.right(secret), ("client_id", "payroll")])
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    async def test_a_form_too_long_is_400(self, issuer: Issuer, secret: str) -> None:
        answer = await self.post(issuer, [*self.right(secret), *((f"p{n}", "x") for n in range(30))])
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    @pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", ""])
    async def test_another_media_type_is_400(self, issuer: Issuer, secret: str, kind: str) -> None:
        answer = await self.post(issuer, self.right(secret), **{"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    async def test_the_keys_are_served_for_checking(self, issuer: Issuer) -> None:
        app = FastAPI()
        app.include_router(issuer_router(issuer))
        async with calling(app) as client:
            answer = await client.get("/oauth/jwks.json")
        assert answer.json() == issuer.jwks()
        assert answer.headers["content-type"] == "application/jwk-set+json"


def test_a_client_does_not_show_its_secret_in_logs(issuer: Issuer) -> None:
    client = Client(client_id="c", secret="s3cret", roles=[Role.PAYROLL])
    assert "s3cret" not in repr(client)
