"""Notices as the two providers write them (services/credentials/schemas/providers.py says the shapes)."""

import json
from typing import Any

from shared.kernel.person_key import PersonKeyKind, person_key
from tests.models.award import Awarding
from tests.models.words import moment
from tests.support.service import PERSON_KEY_SECRET

PROVIDERS = ("bloomboard", "credly")
PersonName = tuple[str | None, str | None]
"""E-mail address, employee number."""


def digests(email: str | None, number: str | None) -> tuple[str, ...]:
    """What stands for the person in notices and on the roster."""
    named = ((PersonKeyKind.EMAIL, email), (PersonKeyKind.EMPLOYEE_NUMBER, number))
    return tuple(person_key(PERSON_KEY_SECRET.encode(), kind, value) for kind, value in named if value is not None)


def awarding_body(provider: str, number: str, says: Awarding, person: PersonName) -> bytes:
    email, employee = person
    common = {"expires_at": moment(says.expires_at), "evidence_url": says.evidence}
    if provider == "bloomboard":
        recipient = {"email": email, "employee_id": employee}
        data = {"award_id": number, "credential_id": says.credential, "recipient": recipient, **common}
        return _bloomboard("credential.awarded", says.occurred_at, data | {"awarded_at": moment(says.awarded_at)})
    badge = {"id": number, "badge_template": {"id": says.credential}, "issued_at": moment(says.awarded_at), **common}
    return _credly("badge.created", says.occurred_at, badge | {"recipient_email": email, "issuer_earner_id": employee})


def revoking_body(provider: str, number: str, occurred_at: Any) -> bytes:
    if provider == "bloomboard":
        data = {"award_id": number, "revoked_at": moment(occurred_at), "reason": "evidence withdrawn"}
        return _bloomboard("credential.revoked", occurred_at, data)
    return _credly("badge.state.changed", occurred_at, {"id": number, "state": "revoked"})


def privacy_body(number: str, occurred_at: Any) -> bytes:
    """Credly's word that says nothing of the award."""
    return _credly("badge.privacy.changed", occurred_at, {"id": number})


def _bloomboard(kind: str, occurred_at: Any, data: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "timestamp": moment(occurred_at), "data": data}).encode()


def _credly(kind: str, occurred_at: Any, data: dict[str, Any]) -> bytes:
    return json.dumps({"id": "e-1", "event_type": kind, "occurred_at": moment(occurred_at), "data": data}).encode()
