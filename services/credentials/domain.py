"""What an award is and how notices of it add up. Pure: the same notices in any order give the same award."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from shared.events.credentials import CredentialAwarded, CredentialRevoked


class NoticeKind(StrEnum):
    AWARDED = "awarded"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class AwardNotice:
    """One thing that a provider said of one award, in this service's own words whatever the provider's shape.

    `occurred_at` is when it happened by the provider's clock, not when it was sent. `person_keys` are digests.
    A revocation may carry no more than the award's id and times.
    """

    kind: NoticeKind
    provider: str
    provider_award_id: str
    occurred_at: datetime
    credential: str | None = None
    person_keys: tuple[str, ...] = ()
    awarded_at: datetime | None = None
    expires_at: datetime | None = None
    evidence_url: str | None = None


class AwardState(StrEnum):
    """`parked` counts for nothing yet: the person, the credential or the award itself is not known."""

    PARKED = "parked"
    EARNED = "earned"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class CredentialAward:
    """An award of a micro-credential, as far as its notices have told.

    `version` counts the published states; `awarded_occurred_at` and `revoked_occurred_at` are the provider's times
    of the newest notice of each kind.
    """

    award_id: UUID
    provider: str
    provider_award_id: str
    person_keys: tuple[str, ...] = ()
    credential: str | None = None
    awarded_at: datetime | None = None
    expires_at: datetime | None = None
    evidence_url: str | None = None
    awarded_occurred_at: datetime | None = None
    revoked_occurred_at: datetime | None = None
    educator_id: UUID | None = None
    state: AwardState = AwardState.PARKED
    parked_reason: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class MicroCredential:
    """A micro-credential that can be earned, in the network's catalogue."""

    code: str
    title: str
    description: str
    clock_hours: int


@dataclass(frozen=True, slots=True)
class Pathway:
    """A stack of micro-credentials that leads towards a role."""

    code: str
    title: str
    credentials: tuple[str, ...]


_NEVER = datetime.max.replace(tzinfo=UTC)


def take_notice(award: CredentialAward, notice: AwardNotice) -> CredentialAward:
    """The award with what `notice` adds; an older notice of the same kind adds nothing.

    Of two awarding notices of one moment the content decides which stands, so that the order of arrival does not.
    A notice that names the person otherwise than the one before has to be matched anew.
    """
    if notice.kind is NoticeKind.REVOKED:
        if award.revoked_occurred_at is not None and notice.occurred_at <= award.revoked_occurred_at:
            return award
        return replace(award, revoked_occurred_at=notice.occurred_at)
    if award.awarded_occurred_at is not None and _rank(notice.occurred_at, notice) <= _rank(
        award.awarded_occurred_at, award
    ):
        return award
    return replace(
        award,
        credential=notice.credential,
        person_keys=notice.person_keys,
        awarded_at=notice.awarded_at,
        expires_at=notice.expires_at,
        evidence_url=notice.evidence_url,
        awarded_occurred_at=notice.occurred_at,
        educator_id=award.educator_id if notice.person_keys == award.person_keys else None,
    )


def _rank(occurred_at: datetime, said: AwardNotice | CredentialAward) -> tuple[object, ...]:
    return (
        occurred_at,
        said.awarded_at or occurred_at,
        said.expires_at or _NEVER,
        said.credential or "",
        said.person_keys,
        said.evidence_url or "",
    )


def settle(
    stood: CredentialAward, award: CredentialAward, *, candidates: frozenset[UUID], pathways: frozenset[str] | None
) -> tuple[CredentialAward, tuple[CredentialAwarded | CredentialRevoked, ...]]:
    """The state of `award` from all that is known, and the events to publish where it is another than that of `stood`.

    `stood` is the award as it was settled last. `candidates` are the educators that its person keys name; `pathways`
    are those its credential counts towards, None where the catalogue does not have the credential.

    An award stays with its educator for as long as its notices name the person alike, whatever becomes of the keys on
    the roster. One that was earned, and by a corrected notice counts for nothing or is another person's, is first taken
    back from who had it.
    """
    educator_id = award.educator_id or (next(iter(candidates)) if len(candidates) == 1 else None)
    reason = _parked_reason(award, educator_id, candidates, pathways)
    version, events = stood.version, []
    if stood.state is AwardState.EARNED and (reason is not None or educator_id != stood.educator_id):
        version += 1
        lost = replace(stood, state=AwardState.REVOKED, revoked_occurred_at=award.awarded_occurred_at, version=version)
        events.append(_event(lost, frozenset()))
    settled = replace(award, educator_id=educator_id, state=AwardState.PARKED, parked_reason=reason, version=version)
    if reason is None and pathways is not None:
        state = AwardState.REVOKED if _is_revoked(award) else AwardState.EARNED
        settled = replace(settled, state=state, version=version + 1)
        events.append(_event(settled, pathways))
    return settled, tuple(events)


def _is_revoked(award: CredentialAward) -> bool:
    """A revocation stands unless the provider awarded again later; at the same moment it stands."""
    if award.revoked_occurred_at is None or award.awarded_occurred_at is None:
        return award.revoked_occurred_at is not None
    return award.revoked_occurred_at >= award.awarded_occurred_at


def _parked_reason(
    award: CredentialAward,
    educator_id: UUID | None,
    candidates: frozenset[UUID],
    pathways: frozenset[str] | None,
) -> str | None:
    if award.awarded_occurred_at is None:
        return "revoked before it was awarded: waits for the award"
    if educator_id is None and candidates:
        return "the person's keys name more than one educator on the roster"
    if educator_id is None:
        return "the person is not on the roster yet"
    if pathways is None:
        return f"micro-credential {award.credential} is not in the catalogue"
    return None


def _event(award: CredentialAward, pathways: frozenset[str]) -> CredentialAwarded | CredentialRevoked:
    said = {
        "educator_id": award.educator_id,
        "award_id": award.award_id,
        "version": award.version,
        "credential": award.credential,
        "pathways": sorted(pathways),
        "awarded_at": award.awarded_at,
        "expires_at": award.expires_at,
        "provider": award.provider,
    }
    if award.state is AwardState.EARNED:
        return CredentialAwarded.model_validate(said)
    return CredentialRevoked.model_validate(said | {"revoked_at": award.revoked_occurred_at})
