"""Keys that come and go, tokens remembered, and what happens when the issuer cannot be reached."""

import asyncio
import time
from pathlib import Path

import pytest
from joserfc.jwk import RSAKey

from shared.web.auth import Authenticator, InvalidToken
from shared.web.errors import ServiceUnavailable
from tests.support.web import AUDIENCE, EC, ISSUER, RSA, StandingClock, key_set, token


class Issuer:
    """A source of keys that counts how often it is asked, and can be out of reach."""

    def __init__(self, *keys: RSAKey) -> None:
        self.document = key_set(*keys)
        self.asked = 0
        self.is_down = False

    async def __call__(self) -> bytes:
        self.asked += 1
        await asyncio.sleep(0)
        if self.is_down:
            raise ConnectionRefusedError
        return self.document


class Monotonic:
    """Stands for the seconds that a process has been running."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = time.monotonic()
        monkeypatch.setattr("shared.web.auth.time.monotonic", lambda: self.seconds)


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Monotonic:
    return Monotonic(monkeypatch)


def authenticator(issuer: Issuer, clock: StandingClock | None = None) -> Authenticator:
    return Authenticator(issuer=ISSUER, audience=AUDIENCE, keys=issuer, clock=clock or StandingClock())


async def test_a_token_is_verified_once_and_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = authenticator(Issuer(RSA))
    text = token()
    first = await ours.authenticate(text)
    monkeypatch.setattr("shared.web.auth.read_access_token", None)
    assert await ours.authenticate(text) is first


async def test_a_remembered_token_is_forgotten_when_it_expires() -> None:
    clock = StandingClock()
    ours = authenticator(Issuer(RSA), clock)
    text = token()
    await ours.authenticate(text)
    clock.advance(seconds=3629)
    await ours.authenticate(text)
    clock.advance(seconds=1)
    with pytest.raises(InvalidToken, match="expired"):
        await ours.authenticate(text)


async def test_no_more_than_a_bounded_number_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.web.auth._REMEMBERED_TOKENS", 3)
    ours = authenticator(Issuer(RSA))
    for number in range(5):
        await ours.authenticate(token(jti=str(number)))
    assert len(ours._checked) == 3


async def test_a_new_key_is_found_at_once_and_unknown_ones_do_not_ask_again_within_half_a_minute(
    running: Monotonic,
) -> None:
    issuer = Issuer(RSA)
    ours = authenticator(issuer)
    await ours.authenticate(token())
    running.seconds += 31
    issuer.document = key_set(RSA, EC)
    assert (await ours.authenticate(token(key=EC))).subject == "ana"
    assert issuer.asked == 2

    stranger = RSAKey.generate_key(2048, auto_kid=True)
    for number in range(10):
        with pytest.raises(InvalidToken):
            await ours.authenticate(token(key=stranger, jti=str(number)))
    assert issuer.asked == 2
    running.seconds += 31
    with pytest.raises(InvalidToken):
        await ours.authenticate(token(key=stranger))
    assert issuer.asked == 3


async def test_a_key_that_was_taken_out_counts_no_longer_than_five_minutes(running: Monotonic) -> None:
    issuer = Issuer(RSA)
    ours = authenticator(issuer)
    text = token()
    await ours.authenticate(text)
    issuer.document = key_set(EC)
    running.seconds += 299
    await ours.authenticate(text)
    running.seconds += 1
    for _ in range(2):
        with pytest.raises(InvalidToken):
            await ours.authenticate(text)


async def test_no_token_is_remembered_beyond_a_change_of_keys(running: Monotonic) -> None:
    issuer = Issuer(RSA)
    ours = authenticator(issuer)
    of_rsa = token()
    await ours.authenticate(of_rsa)
    running.seconds += 31
    issuer.document = key_set(EC)
    await ours.authenticate(token(key=EC))
    with pytest.raises(InvalidToken):
        await ours.authenticate(of_rsa)


async def test_an_issuer_out_of_reach_leaves_the_keys_that_are_known_in_force(running: Monotonic) -> None:
    issuer = Issuer(RSA)
    ours = authenticator(issuer)
    await ours.authenticate(token())
    issuer.is_down = True
    running.seconds += 3000
    assert (await ours.authenticate(token())).subject == "ana"


async def test_before_any_key_could_be_read_the_answer_is_503_and_never_401(running: Monotonic) -> None:
    issuer = Issuer(RSA)
    issuer.is_down = True
    ours = authenticator(issuer)
    for _ in range(3):
        with pytest.raises(ServiceUnavailable):
            await ours.authenticate(token())
    assert issuer.asked == 1
    issuer.is_down = False
    running.seconds += 1
    assert (await ours.authenticate(token())).subject == "ana"


async def test_many_callers_at_once_read_the_keys_once() -> None:
    issuer = Issuer(RSA)
    ours = authenticator(issuer)
    await asyncio.gather(*(ours.authenticate(token(jti=str(number))) for number in range(20)))
    assert issuer.asked == 1


async def test_keys_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(key_set(RSA))
    ours = Authenticator(issuer=ISSUER, audience=AUDIENCE, keys=path, clock=StandingClock())
    assert (await ours.authenticate(token())).subject == "ana"


async def test_a_missing_file_is_503(tmp_path: Path) -> None:
    ours = Authenticator(issuer=ISSUER, audience=AUDIENCE, keys=tmp_path / "none.json", clock=StandingClock())
    with pytest.raises(ServiceUnavailable):
        await ours.authenticate(token())


@pytest.mark.parametrize("source", ["http://keys.example/jwks", "ftp://x/y", "http://127.0.0.1.evil.example/jwks"])
def test_keys_do_not_come_over_an_open_wire(source: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Authenticator(issuer=ISSUER, audience=AUDIENCE, keys=source, clock=StandingClock())
