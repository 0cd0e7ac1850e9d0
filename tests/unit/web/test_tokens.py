"""Tokens: Wycheproof's signatures, RFC 9068's claims, and the tricks of RFC 8725."""

import base64
import hmac
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from shared.web.tokens import KeyUnknown, Role, TokenRefused, VerificationKeys, read_access_token, verify_signature
from tests.support.web import AUDIENCE, EC, ISSUER, NOON, RSA, claims, key_set, token

GROUPS = json.loads(Path("tests/vectors/jws-jwt/json_web_signature_test.json").read_text())["testGroups"]
CASES = [(group, case) for group in GROUPS for case in group["tests"]]
# Valid cases that we refuse all the same, because their algorithm is not one of our two (RFC 8725, section 3.1).
OTHER_ALGORITHMS = {"HS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES521"}
KEYS = VerificationKeys.parse(key_set())
EDUCATOR = "0192f0c8-51a6-7cc1-9d3e-6a1f0e6b2d11"
CAMPUS = "0192f0c8-51a6-7cc1-9d3e-6a1f0e6b2d12"


@pytest.mark.parametrize(
    ("group", "case"), CASES, ids=lambda part: part.get("comment") if "tests" in part else str(part.get("tcId"))
)
def test_wycheproof_agrees(group: dict[str, Any], case: dict[str, Any]) -> None:
    key = group.get("public") or group["private"]
    keys = VerificationKeys.parse(json.dumps({"keys": [key]}).encode())
    text = case["jws"] if isinstance(case["jws"], str) else json.dumps(case["jws"])

    if case["result"] == "valid" and key["alg"] not in OTHER_ALGORITHMS:
        verify_signature(text, keys)
    else:
        with pytest.raises(TokenRefused):
            verify_signature(text, keys)


def test_the_wycheproof_cases_that_apply_are_many() -> None:
    usable = [case for group, case in CASES if (group.get("public") or {}).get("alg") in {"RS256", "ES256"}]
    assert len(usable) > 270
    assert sum(case["result"] == "valid" for case in usable) == 10


def read(text: str, keys: VerificationKeys = KEYS) -> Any:
    return read_access_token(text, keys, issuer=ISSUER, audience=AUDIENCE, now=NOON)


@pytest.mark.parametrize("key", [RSA, EC], ids=["RS256", "ES256"])
def test_a_right_token_says_who_is_calling(key: RSAKey | ECKey) -> None:
    found = read(token(key=key, roles=["appraiser", "coach"], educator_id=EDUCATOR, campus_ids=[CAMPUS]))

    assert found.expires_at == NOON.timestamp() + 3600
    assert found.principal.subject == "ana"
    assert found.principal.client_id == "screens"
    assert found.principal.roles == {Role.APPRAISER, Role.COACH}
    assert found.principal.has_any(Role.HR, Role.COACH)
    assert not found.principal.has_any(Role.HR)
    assert found.principal.is_educator(UUID(EDUCATOR))
    assert not found.principal.is_educator(UUID(CAMPUS))
    assert found.principal.works_on(UUID(CAMPUS))


def test_without_an_educator_it_is_no_educator() -> None:
    assert read(token()).principal.educator_id is None


def test_roles_of_another_system_are_passed_over() -> None:
    assert read(token(roles=["librarian", "hr"])).principal.roles == {Role.HR}


def test_one_of_several_audiences_may_be_ours() -> None:
    assert read(token(aud=["urn:other", AUDIENCE])).principal.subject == "ana"


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "urn:evil"},
        {"iss": None},
        {"aud": "urn:other"},
        {"aud": ["urn:other"]},
        {"aud": None},
        {"aud": {AUDIENCE: 1}},
        {"exp": None},
        {"exp": "2100"},
        {"exp": True},
        {"exp": float(NOON.timestamp()) - 31},
        {"exp": 1e300},
        {"iat": None},
        {"iat": int(NOON.timestamp()) + 31},
        {"nbf": int(NOON.timestamp()) + 31},
        {"sub": None},
        {"sub": ""},
        {"sub": 17},
        {"client_id": None},
        {"jti": None},
        {"roles": "hr"},
        {"roles": [["hr"]]},
        {"educator_id": "17"},
        {"educator_id": {}},
        {"campus_ids": CAMPUS},
        {"campus_ids": ["17"]},
    ],
    ids=str,
)
def test_a_claim_that_is_wrong_or_missing_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(TokenRefused):
        read(token(**change))


@pytest.mark.parametrize(
    "change",
    [
        {"exp": int(NOON.timestamp()) - 29},
        {"iat": int(NOON.timestamp()) + 30},
        {"nbf": int(NOON.timestamp()) + 30},
    ],
    ids=str,
)
def test_clocks_may_differ_by_half_a_minute(change: dict[str, Any]) -> None:
    assert read(token(**change)).principal.subject == "ana"


@pytest.mark.parametrize("typ", ["JWT", "at+jwt+x", "dpop+jwt", None])
def test_another_kind_of_token_is_no_access_token(typ: str | None) -> None:
    with pytest.raises(TokenRefused, match="typ"):
        read(token(header={"typ": typ}))


@pytest.mark.parametrize("typ", ["at+JWT", "application/at+jwt"])
def test_the_media_type_may_be_written_in_full(typ: str) -> None:
    assert read(token(header={"typ": typ})).principal.subject == "ana"


class TestTricks:
    def forged(self, header: dict[str, Any], payload: bytes | None = None, signature: bytes = b"") -> str:
        parts = (json.dumps(header).encode(), payload or json.dumps(claims()).encode(), signature)
        return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)

    def test_none_is_no_algorithm(self) -> None:
        with pytest.raises(TokenRefused):
            read(self.forged({"alg": "none", "typ": "at+jwt", "kid": RSA.kid}))

    def test_the_public_key_is_no_shared_secret(self) -> None:
        signed = self.forged({"alg": "HS256", "typ": "at+jwt", "kid": RSA.kid}).rstrip(".")
        digest = hmac.digest(RSA.as_pem(private=False), signed.encode(), "sha256")
        with pytest.raises(TokenRefused, match="algorithm"):
            read(f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}")

    def test_a_key_is_good_for_its_own_algorithm_only(self) -> None:
        header = {"alg": "PS256", "typ": "at+jwt", "kid": RSA.kid}
        key = RSAKey.import_key({k: v for k, v in RSA.as_dict(private=True).items() if k not in {"alg", "use"}})
        with pytest.raises(TokenRefused, match="algorithm"):
            read(jws.serialize_compact(header, json.dumps(claims()), key, algorithms=["PS256"]))

    @pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit"])
    def test_a_key_brought_along_proves_nothing(self, name: str) -> None:
        mine = ECKey.generate_key("P-256", auto_kid=True)
        brought: dict[str, Any] = {
            "jwk": dict(mine.as_dict(private=False)),
            "jku": "https://evil.example/keys",
            "x5u": "https://evil.example/cert",
            "x5c": ["YQ=="],
            "crit": ["exp"],
        }
        header = {"alg": "ES256", "typ": "at+jwt", "kid": EC.kid, name: brought[name]}
        signed = self.forged(header, signature=b"s" * 64)
        with pytest.raises(TokenRefused, match="members other than"):
            read(signed)

    @pytest.mark.parametrize("kid", [None, 17, "unknown"])
    def test_a_token_names_a_key_of_the_issuer(self, kid: object) -> None:
        with pytest.raises(TokenRefused):
            read(self.forged({"alg": "RS256", "typ": "at+jwt", "kid": kid}))

    def test_an_unknown_key_is_told_apart_so_that_newer_keys_can_be_looked_at(self) -> None:
        with pytest.raises(KeyUnknown):
            read(token(), VerificationKeys.parse(key_set(EC)))

    @pytest.mark.parametrize("payload", [b"[]", b"not json", b'"text"', b"[" * 5000])
    def test_claims_that_are_no_object_are_refused(self, payload: bytes) -> None:
        header = {"alg": "RS256", "typ": "at+jwt", "kid": RSA.kid}
        with pytest.raises(TokenRefused):
            read(jws.serialize_compact(header, payload, RSA, algorithms=["RS256"]))

    @pytest.mark.parametrize(
        "text", ["", ".", "..", "a.b", "a.b.c.d", "ü.ü.ü", "a" * 9000, "W10.e30.x", "bnVsbA.e30.x"]
    )
    def test_what_is_no_token_is_refused_in_our_own_words(self, text: str) -> None:
        with pytest.raises(TokenRefused):
            read(text)


class TestKeySets:
    @pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
    def test_keys_that_cannot_check_a_signature_of_ours_are_passed_over(self) -> None:
        rsa = dict(RSA.as_dict(private=False))
        unusable = [
            {**rsa, "use": "enc"},
            {**rsa, "alg": "PS256"},
            {**rsa, "key_ops": ["encrypt"]},
            {**rsa, "n": 17},
            {name: value for name, value in rsa.items() if name != "kid"},
            dict(RSAKey.generate_key(1024, auto_kid=True).as_dict(private=False)),
            dict(ECKey.generate_key("P-384", auto_kid=True).as_dict(private=False)),
            {"kty": "oct", "kid": "o", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ"},
            {"kty": "unknown", "kid": "u"},
            "text",
        ]
        assert len(VerificationKeys.parse(json.dumps({"keys": unusable}).encode())) == 0
        assert len(VerificationKeys.parse(json.dumps({"keys": [*unusable, rsa]}).encode())) == 1

    @pytest.mark.parametrize("document", [b"", b"[]", b'{"keys": {}}', b"\xff"])
    def test_what_is_no_key_set_is_said_to_be_none(self, document: bytes) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - JSON's and ours are alike to the caller
            VerificationKeys.parse(document)
