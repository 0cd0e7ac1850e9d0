"""Standard Webhooks: the published answers, the published library as the other opinion, and every way to be refused."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.web.webhooks import (
    VerifiedWebhook,
    WebhookHeadersMalformed,
    WebhookRefused,
    WebhookSecret,
    WebhookSignatureInvalid,
    WebhookTimestampOutside,
    sign,
    verify,
)

VECTORS = json.loads(Path("tests/vectors/standard-webhooks/sign_vectors.json").read_text())
SECRET = WebhookSecret(b"0123456789abcdef0123456789abcdef")
OTHER = WebhookSecret(b"another secret of thirty-two byt")
SENT_AT = datetime(2021, 3, 1, 12, 0, tzinfo=UTC)
BODY = '{"type":"credential.awarded","data":{"award_id":"a-ü"}}'.encode()


def delivery(secret: WebhookSecret = SECRET, **changes: str) -> dict[str, str]:
    headers = sign(secret, webhook_id="msg_1", sent_at=SENT_AT, body=BODY)
    return headers | {f"webhook-{name}": value for name, value in changes.items()}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["origin"])
def test_the_published_answers_are_ours(vector: dict[str, Any]) -> None:
    secret = WebhookSecret.parse(vector["secret"])
    sent_at = datetime.fromtimestamp(vector["timestamp"], UTC)
    body = vector["payload"].encode()

    headers = sign(secret, webhook_id=vector["id"], sent_at=sent_at, body=body)

    assert headers["webhook-signature"] == vector["signature"]
    assert verify(headers, body, secrets=[secret], now=sent_at) == VerifiedWebhook(vector["id"], sent_at)


class TestRefusals:
    def test_one_changed_byte_of_the_body_does_not_pass(self) -> None:
        with pytest.raises(WebhookSignatureInvalid) as refused:
            verify(delivery(), BODY.replace(b"award_id", b"award_ie"), secrets=[SECRET], now=SENT_AT)
        assert (refused.value.status, refused.value.code) == (401, "webhook-signature-invalid")

    @pytest.mark.parametrize("changed", [{"id": "msg_2"}, {"timestamp": str(int(SENT_AT.timestamp()) + 1)}])
    def test_id_and_timestamp_are_signed_too(self, changed: dict[str, str]) -> None:
        with pytest.raises(WebhookSignatureInvalid):
            verify(delivery(**changed), BODY, secrets=[SECRET], now=SENT_AT)

    def test_another_secret_does_not_pass(self) -> None:
        with pytest.raises(WebhookSignatureInvalid):
            verify(delivery(OTHER), BODY, secrets=[SECRET], now=SENT_AT)

    def test_no_secret_in_force_lets_nothing_pass(self) -> None:
        with pytest.raises(WebhookSignatureInvalid):
            verify(delivery(), BODY, secrets=[], now=SENT_AT)

    @pytest.mark.parametrize("seconds", [-301, 301])
    def test_more_than_five_minutes_off_is_refused(self, seconds: int) -> None:
        with pytest.raises(WebhookTimestampOutside) as refused:
            verify(delivery(), BODY, secrets=[SECRET], now=SENT_AT + timedelta(seconds=seconds))
        assert refused.value.status == 401

    @pytest.mark.parametrize("seconds", [-300, 300])
    def test_five_minutes_off_are_taken(self, seconds: int) -> None:
        assert verify(delivery(), BODY, secrets=[SECRET], now=SENT_AT + timedelta(seconds=seconds)).id == "msg_1"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("id", ""),
            ("id", "msg.1"),
            ("id", "msg 1"),
            ("id", "m" * 257),
            ("timestamp", "1614600000.0"),
            ("timestamp", " 1614600000"),
            ("timestamp", "-1614600000"),
            ("timestamp", "1614600000\n"),
            ("timestamp", "١٦١٤٦٠٠٠٠٠"),
            ("timestamp", "1" * 13),
            ("signature", ""),
            ("signature", "v1"),
            ("signature", "v1,"),
            ("signature", "v1,a,b"),
            ("signature", "v1,YQ==  v1,YQ=="),
            ("signature", " v1,YQ=="),
            ("signature", " ".join(["v1,YQ=="] * 33)),
        ],
    )
    def test_a_malformed_header_is_400_and_never_an_accident(self, name: str, value: str) -> None:
        with pytest.raises(WebhookHeadersMalformed) as refused:
            verify(delivery(**{name: value}), BODY, secrets=[SECRET], now=SENT_AT)
        assert refused.value.status == 400

    @pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
    def test_a_missing_header_is_400(self, name: str) -> None:
        headers = delivery()
        del headers[name]
        with pytest.raises(WebhookHeadersMalformed, match=name):
            verify(headers, BODY, secrets=[SECRET], now=SENT_AT)

    def test_junk_inside_base64_is_not_passed_over(self) -> None:
        signature = delivery()["webhook-signature"]
        with pytest.raises(WebhookSignatureInvalid):
            verify(delivery(signature=signature[:10] + "!" + signature[10:]), BODY, secrets=[SECRET], now=SENT_AT)


class TestRotation:
    def test_either_of_two_secrets_passes(self) -> None:
        for secret in (SECRET, OTHER):
            assert verify(delivery(secret), BODY, secrets=[OTHER, SECRET], now=SENT_AT).id == "msg_1"

    def test_a_sender_may_sign_with_old_and_new(self) -> None:
        both = f"{delivery(OTHER)['webhook-signature']} {delivery(SECRET)['webhook-signature']}"
        assert verify(delivery(signature=both), BODY, secrets=[SECRET], now=SENT_AT).id == "msg_1"

    def test_versions_that_we_do_not_know_are_passed_over(self) -> None:
        signature = delivery()["webhook-signature"]
        headers = delivery(signature=f"v1a,{base64.b64encode(b'x' * 64).decode()} v9,what??ever {signature}")
        assert verify(headers, BODY, secrets=[SECRET], now=SENT_AT).id == "msg_1"

    def test_our_digest_under_another_version_does_not_pass(self) -> None:
        signature = delivery()["webhook-signature"].replace("v1,", "v1a,")
        with pytest.raises(WebhookSignatureInvalid):
            verify(delivery(signature=signature), BODY, secrets=[SECRET], now=SENT_AT)


class TestSecrets:
    @pytest.mark.parametrize("size", [24, 64])
    def test_24_to_64_bytes_are_taken(self, size: int) -> None:
        text = "whsec_" + base64.b64encode(b"k" * size).decode()
        assert WebhookSecret.parse(text).reveal() == text

    @pytest.mark.parametrize(
        "text",
        [
            base64.b64encode(b"k" * 32).decode(),
            "whsec_" + base64.b64encode(b"k" * 23).decode(),
            "whsec_" + base64.b64encode(b"k" * 65).decode(),
            "whsec_not base64!",
            "whsk_" + base64.b64encode(b"k" * 32).decode(),
        ],
    )
    def test_anything_else_is_no_secret_and_is_not_repeated(self, text: str) -> None:
        with pytest.raises(ValueError, match="webhook secret") as refused:
            WebhookSecret.parse(text)
        assert text not in str(refused.value)

    def test_a_secret_does_not_show_itself(self) -> None:
        assert "0123" not in repr(SECRET)


safe_ids = st.text(
    st.characters(codec="ascii", categories=("L", "N"), include_characters="_-"), min_size=1, max_size=40
)
keys = st.binary(min_size=24, max_size=64)
json_bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
).map(lambda value: json.dumps(value, ensure_ascii=False))


def oracle(key: bytes) -> standardwebhooks.Webhook:
    return standardwebhooks.Webhook("whsec_" + base64.b64encode(key).decode())


class TestBesideThePublishedLibrary:
    """It reads the system's clock, so these deliveries are stamped now."""

    @given(webhook_id=safe_ids, key=keys, body=json_bodies)
    @settings(max_examples=150, deadline=None, derandomize=True)
    def test_what_we_sign_it_takes(self, webhook_id: str, key: bytes, body: str) -> None:
        headers = sign(WebhookSecret(key), webhook_id=webhook_id, sent_at=datetime.now(UTC), body=body.encode())
        assert oracle(key).verify(body.encode(), headers) == json.loads(body)

    @given(webhook_id=safe_ids, key=keys, body=json_bodies)
    @settings(max_examples=150, deadline=None, derandomize=True)
    def test_what_it_signs_we_take(self, webhook_id: str, key: bytes, body: str) -> None:
        sent_at = datetime.fromtimestamp(1614600000, UTC)
        headers = {
            "webhook-id": webhook_id,
            "webhook-timestamp": "1614600000",
            "webhook-signature": oracle(key).sign(webhook_id, sent_at, body),
        }
        assert verify(headers, body.encode(), secrets=[WebhookSecret(key)], now=sent_at).id == webhook_id

    @given(
        body=st.binary(max_size=40),
        changes=st.fixed_dictionaries(
            {},
            optional={
                "webhook-id": st.text(max_size=20),
                "webhook-timestamp": st.text(max_size=14),
                "webhook-signature": st.text(max_size=60) | st.sampled_from(["v1,YQ==", "v1a,YQ== v1,YQ=="]),
            },
        ),
    )
    @settings(max_examples=300, deadline=None, derandomize=True)
    def test_whatever_comes_in_we_refuse_in_our_own_words_or_it_is_genuine(
        self, body: bytes, changes: dict[str, str]
    ) -> None:
        headers = sign(SECRET, webhook_id="msg_1", sent_at=SENT_AT, body=BODY) | changes
        try:
            verified = verify(headers, body, secrets=[SECRET], now=SENT_AT)
        except WebhookRefused:
            return
        assert body == BODY
        assert verified.id == headers["webhook-id"]


def test_an_id_with_a_dot_cannot_be_signed_since_it_could_stand_for_another_delivery() -> None:
    with pytest.raises(ValueError, match="without a dot"):
        sign(SECRET, webhook_id="msg.1", sent_at=SENT_AT, body=BODY)
