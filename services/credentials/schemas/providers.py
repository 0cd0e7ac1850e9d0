"""The award notices of each provider, taken to one internal notice: an adapter per shape.

BloomBoard publishes no webhook format, so its shape here is our agreement with it, version 1. Credly's field names
are those of its public webhook documentation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    TypeAdapter,
    ValidationError,
)

from services.credentials.domain import AwardNotice, NoticeKind
from services.credentials.errors import NoticeUnreadable, ProviderUnknown
from shared.kernel.errors import FieldError
from shared.kernel.person_key import PersonKeyKind, person_key
from shared.web.logging import describe_fault, get_logger
from shared.web.problems import pointer_of
from shared.web.webhooks import WebhookSecret

_log = get_logger("rung.credentials")
_T = TypeVar("_T")
_STORABLE = r"^[^\x00]*$"
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=_STORABLE)]
Address = Annotated[str, Field(max_length=2000, pattern=_STORABLE)]
Moment = Annotated[
    AwareDatetime,
    Field(strict=True, ge=datetime(1900, 1, 1, tzinfo=UTC), le=datetime.max.replace(tzinfo=UTC)),
    AfterValidator(lambda moment: moment.astimezone(UTC)),
]
"""RFC 3339 as text, within what can be turned into UTC, as UTC: PostgreSQL reads no offset beyond 15:59."""
Adapter = Callable[[bytes, str, bytes], AwardNotice | None]
"""(body, provider, person-key secret) -> the notice, or None where the body does not speak of an award."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _BloomBoardRecipient(_Shape):
    email: Text | None = None
    employee_id: Text | None = None


class _BloomBoardAward(_Shape):
    award_id: Text
    credential_id: Text
    recipient: _BloomBoardRecipient
    awarded_at: Moment
    expires_at: Moment | None = None
    evidence_url: Address | None = None


class _BloomBoardRevocation(_Shape):
    award_id: Text
    revoked_at: Moment
    reason: str | None = None


class BloomBoardAwarded(_Shape):
    type: Literal["credential.awarded"]
    timestamp: Moment
    data: _BloomBoardAward


class BloomBoardRevoked(_Shape):
    type: Literal["credential.revoked"]
    timestamp: Moment
    data: _BloomBoardRevocation


class _CredlyTemplate(_Shape):
    id: Text


class _CredlyBadge(_Shape):
    id: Text
    state: str | None = None
    badge_template: _CredlyTemplate | None = None
    recipient_email: Text | None = None
    issuer_earner_id: Text | None = None
    issued_at: Moment | None = None
    expires_at: Moment | None = None
    evidence_url: Address | None = None


class CredlyEvent(_Shape):
    id: Text
    event_type: Literal["badge.created", "badge.deleted", "badge.privacy.changed", "badge.state.changed"]
    occurred_at: Moment
    data: _CredlyBadge


_BLOOMBOARD: TypeAdapter[BloomBoardAwarded | BloomBoardRevoked] = TypeAdapter(
    Annotated[BloomBoardAwarded | BloomBoardRevoked, Field(discriminator="type")]
)
_BLOOMBOARD_TYPES = frozenset({"credential.awarded", "credential.revoked"})
_CREDLY = TypeAdapter(CredlyEvent)
_CREDLY_REVOKING_STATES = frozenset({"revoked", "rejected"})


def read_bloomboard(body: bytes, provider: str, secret: bytes) -> AwardNotice | None:
    """BloomBoard's agreed shape. Raises NoticeUnreadable."""
    notice = _validated(_BLOOMBOARD, body)
    if isinstance(notice, BloomBoardRevoked):
        return AwardNotice(NoticeKind.REVOKED, provider, notice.data.award_id, notice.timestamp)
    data = notice.data
    return AwardNotice(
        kind=NoticeKind.AWARDED,
        provider=provider,
        provider_award_id=data.award_id,
        occurred_at=notice.timestamp,
        credential=data.credential_id,
        person_keys=_person_keys(secret, data.recipient.email, data.recipient.employee_id),
        awarded_at=data.awarded_at,
        expires_at=data.expires_at,
        evidence_url=data.evidence_url,
    )


def read_credly(body: bytes, provider: str, secret: bytes) -> AwardNotice | None:
    """Credly's events; a change of privacy says nothing of the award. Raises NoticeUnreadable."""
    event = _validated(_CREDLY, body)
    data = event.data
    if event.event_type == "badge.privacy.changed":
        return None
    if event.event_type == "badge.deleted" or data.state in _CREDLY_REVOKING_STATES:
        return AwardNotice(NoticeKind.REVOKED, provider, data.id, event.occurred_at)
    if data.badge_template is None or data.issued_at is None:
        missing = "badge_template" if data.badge_template is None else "issued_at"
        raise NoticeUnreadable(
            f"data.{missing} is missing; an award needs the template and the time of issue",
            errors=[FieldError(f"/data/{missing}", "required for an award")],
        )
    return AwardNotice(
        kind=NoticeKind.AWARDED,
        provider=provider,
        provider_award_id=data.id,
        occurred_at=event.occurred_at,
        credential=data.badge_template.id,
        person_keys=_person_keys(secret, data.recipient_email, data.issuer_earner_id),
        awarded_at=data.issued_at,
        expires_at=data.expires_at,
        evidence_url=data.evidence_url,
    )


ADAPTERS: dict[str, Adapter] = {"bloomboard": read_bloomboard, "credly": read_credly}


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider that may call: the shape it sends, and the secrets in force (two while one is being replaced)."""

    name: str
    adapter: Adapter
    secrets: tuple[WebhookSecret, ...]
    person_key_secret: bytes

    def read(self, body: bytes) -> AwardNotice | None:
        """Raises NoticeUnreadable."""
        return self.adapter(body, self.name, self.person_key_secret)


class _Entry(BaseModel):
    adapter: Literal["bloomboard", "credly"]
    secrets: list[Annotated[InstanceOf[WebhookSecret], BeforeValidator(lambda text: WebhookSecret.parse(str(text)))]]


_FILE = TypeAdapter(dict[str, _Entry])


class Providers:
    """The providers in the file at `path`, read again when the file changes, so that a secret is replaced at once.

    While the file cannot be used, those of its last usable state go on being served.
    """

    def __init__(self, path: Path, person_key_secret: bytes) -> None:
        self._path = path
        self._person_key_secret = person_key_secret
        self._read_at: int | None = None
        self._providers: dict[str, Provider] | None = None

    def get(self, name: str) -> Provider:
        """Raises ProviderUnknown, and what is wrong with the file where it could never be used."""
        found = self._current().get(name)
        if found is None:
            raise ProviderUnknown(f"no provider is called {name}: the address is /webhooks/ and the agreed name")
        return found

    def _current(self) -> dict[str, Provider]:
        try:
            changed_at = self._path.stat().st_mtime_ns
        except OSError:
            # What reading it says of this is said once, as of any other fault.
            changed_at = -1
        if self._providers is None or changed_at != self._read_at:
            self._read_at = changed_at
            try:
                self._providers = self._load()
            except (OSError, ValueError) as error:
                _log.error("the providers file cannot be used: mend it", fault=describe_fault(error))
                if self._providers is None:
                    raise
        return self._providers

    def _load(self) -> dict[str, Provider]:
        """Raises OSError, ValueError."""
        try:
            entries = _FILE.validate_json(self._path.read_bytes())
        except ValidationError as error:
            # Said without what stands there: the file holds secrets.
            places = (f"{pointer_of(item['loc']) or '/'}: {item['msg']}" for item in error.errors(include_input=False))
            raise ValueError("; ".join(places)) from None
        return {
            name: Provider(name, ADAPTERS[entry.adapter], tuple(entry.secrets), self._person_key_secret)
            for name, entry in entries.items()
        }


def _validated(adapter: "TypeAdapter[_T]", body: bytes) -> _T:
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        found = [
            # The first part of a place is the type that chose the shape; the body has nothing of that name.
            FieldError(pointer_of(part for part in item["loc"] if part not in _BLOOMBOARD_TYPES), item["msg"])
            for item in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        first = found[0]
        raise NoticeUnreadable(
            f"{first.pointer or 'the body'}: {first.detail}. Send the shape agreed for this provider; this call was "
            "kept and changed nothing, and sending it corrected under a new webhook-id is right",
            errors=found,
        ) from error


def _person_keys(secret: bytes, email: str | None, employee_number: str | None) -> tuple[str, ...]:
    """Digests of what the provider knows the person by. Raises NoticeUnreadable where it is nothing."""
    keys = []
    if email is not None:
        keys.append(person_key(secret, PersonKeyKind.EMAIL, email))
    if employee_number is not None:
        keys.append(person_key(secret, PersonKeyKind.EMPLOYEE_NUMBER, employee_number))
    if not keys:
        raise NoticeUnreadable(
            "the award names no person: send an e-mail address or an employee number",
            errors=[FieldError("/data", "neither e-mail address nor employee number")],
        )
    return tuple(keys)
