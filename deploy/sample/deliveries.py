"""Awards as webhook calls of two providers, with the disorder of real deliveries: repeats and late arrivals."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from deploy.sample.awards import Award
from deploy.sample.chance import quota, stream
from deploy.sample.model import Delivery, Person

AWARDED = "credential.awarded"
REVOKED = "credential.revoked"

_REVOKED_SHARE = 0.015
_LATE_SHARE_OF_REVOKED = 0.2
_REPEATED_SHARE = 0.01
_LAST_MOMENT = datetime(2021, 6, 15, 17, tzinfo=UTC)
_REASONS = (
    "The evidence had been submitted before by someone else.",
    "The award was entered for the wrong person.",
    "The assessment was withdrawn after review.",
)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A call and when it reaches us, which need not be the order in which things happened."""

    arrives_at: datetime
    order: int
    delivery: Delivery


class _Inbox:
    """Collects calls and gives them back in the order of arrival."""

    def __init__(self) -> None:
        self._arrivals: list[_Arrival] = []

    def add(self, arrives_at: datetime, delivery: Delivery) -> None:
        self._arrivals.append(_Arrival(arrives_at, len(self._arrivals), delivery))

    def in_order(self) -> tuple[Delivery, ...]:
        arrivals = sorted(self._arrivals, key=lambda arrival: (arrival.arrives_at, arrival.order))
        return tuple(arrival.delivery for arrival in arrivals)


def rfc3339(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def bloomboard_deliveries(seed: int, awards: tuple[Award, ...], strangers: tuple[Person, ...]) -> tuple[Delivery, ...]:
    """Our agreement with the provider, version 1: awards, revocations, repeats, and revocations before their award.

    Nothing of the `strangers` is revoked, so that there is something to see when the roster brings one of them.
    """
    rng = stream(seed, "bloomboard")
    inbox = _Inbox()
    revocable = [at for at, award in enumerate(awards) if award.person not in strangers]
    revoked = rng.sample(revocable, quota(_REVOKED_SHARE, len(awards), at_least=3))
    late = set(revoked[: quota(_LATE_SHARE_OF_REVOKED, len(revoked))])
    repeated = set(rng.sample(range(len(awards)), quota(_REPEATED_SHARE, len(awards), at_least=2)))
    for at, award in enumerate(awards):
        sent_at = award.awarded_at + timedelta(minutes=rng.randint(1, 180))
        delivery = Delivery(_webhook_id(rng), _awarded(award, sent_at))
        arrives_at = sent_at
        if at in late:
            arrives_at = _LAST_MOMENT + timedelta(minutes=at + 1)
        inbox.add(arrives_at, delivery)
        if at in repeated:
            inbox.add(arrives_at + timedelta(minutes=rng.choice((1, 30, 24 * 60))), delivery)
    for at in revoked:
        award = awards[at]
        revoked_at = min(
            award.awarded_at + timedelta(days=rng.randint(5, 60), minutes=rng.randint(0, 300)), _LAST_MOMENT
        )
        inbox.add(revoked_at, Delivery(_webhook_id(rng), _revoked(rng, award, revoked_at)))
    return inbox.in_order()


def _webhook_id(rng: Random) -> str:
    return f"msg_{rng.getrandbits(96):024x}"


def _awarded(award: Award, sent_at: datetime) -> dict[str, Any]:
    return {
        "type": AWARDED,
        "timestamp": rfc3339(sent_at),
        "data": {
            "award_id": award.award_id,
            "credential_id": award.credential,
            "recipient": {"email": award.person.email, "employee_id": award.person.employee_number},
            "awarded_at": rfc3339(award.awarded_at),
            "expires_at": rfc3339(award.expires_at) if award.expires_at else None,
            "evidence_url": f"https://evidence.example.org/awards/{award.award_id}",
        },
    }


def _revoked(rng: Random, award: Award, revoked_at: datetime) -> dict[str, Any]:
    return {
        "type": REVOKED,
        "timestamp": rfc3339(revoked_at),
        "data": {
            "award_id": award.award_id,
            "revoked_at": rfc3339(revoked_at),
            "reason": rng.choice(_REASONS),
        },
    }


def credly_deliveries(seed: int, awards: tuple[Award, ...]) -> tuple[Delivery, ...]:
    """Badges as Credly tells them: created and pending, then mostly accepted, a few revoked or deleted.

    Credly's own template ids are UUIDs; here a template bears the code of the credential in our catalogue.
    """
    rng = stream(seed, "credly")
    inbox = _Inbox()
    for at, award in enumerate(awards):
        badge_id = str(UUID(int=rng.getrandbits(128), version=4))
        moment = award.awarded_at
        # Credly returns the employee id only where the issuer gave one, so every fourth badge has just the address.
        badge = _badge(award, badge_id, employee_id=None if at % 4 == 3 else award.person.employee_number)
        inbox.add(moment, _credly_event(rng, "badge.created", moment, {**badge, "state": "pending"}))
        moment += timedelta(hours=rng.randint(1, 72))
        if at % 5 != 4:
            inbox.add(moment, _credly_event(rng, "badge.state.changed", moment, {**badge, "state": "accepted"}))
        if at % 8 == 5:
            moment += timedelta(days=rng.randint(2, 20))
            inbox.add(moment, _credly_event(rng, "badge.state.changed", moment, {**badge, "state": "revoked"}))
        if at % 8 == 6:
            moment += timedelta(days=rng.randint(2, 20))
            inbox.add(moment, _credly_event(rng, "badge.deleted", moment, {**badge, "state": "accepted"}))
    return inbox.in_order()


def _badge(award: Award, badge_id: str, *, employee_id: str | None) -> dict[str, Any]:
    return {
        "id": badge_id,
        "badge_template": {"id": award.credential},
        "recipient_email": award.person.email,
        "issuer_earner_id": employee_id,
        "issued_at": rfc3339(award.awarded_at),
        "expires_at": None,
    }


def _credly_event(rng: Random, event_type: str, occurred_at: datetime, badge: dict[str, Any]) -> Delivery:
    event_id = str(UUID(int=rng.getrandbits(128), version=4))
    body = {"id": event_id, "event_type": event_type, "occurred_at": rfc3339(occurred_at), "data": badge}
    return Delivery(event_id, body)
