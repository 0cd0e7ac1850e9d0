"""Awards as services/credentials/README.md describes them: a plain model with no code of the product."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.models.doors import Caller, Granted
from tests.models.refusals import refuse
from tests.models.words import moment

Json = dict[str, Any]
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Awarding:
    """What a provider says of an award that it made."""

    occurred_at: datetime
    credential: str
    persons: tuple[str, ...]
    awarded_at: datetime
    expires_at: datetime | None
    evidence: str | None

    @property
    def rank(self) -> tuple[Any, ...]:
        """The newest stands. Of two of one moment the content decides, so that the order of arrival does not."""
        said = (self.awarded_at, self.expires_at or _NEVER, self.credential, self.persons, self.evidence or "")
        return (self.occurred_at, *said)


@dataclass
class Award:
    """An award as the sum of its notices."""

    award_id: str
    provider: str
    number: str
    awarding: Awarding | None = None
    revoked_at: datetime | None = None
    educator: UUID | None = None
    state: str = "parked"
    parked_reason: str | None = None
    version: int = 0
    held: tuple[UUID, Awarding] | None = None
    """Who has earned it by which notice, while it is earned."""

    @property
    def view(self) -> Json:
        awarding = self.awarding
        return {
            "award_id": self.award_id,
            "provider": self.provider,
            "provider_award_id": self.number,
            "credential": awarding and awarding.credential,
            "state": self.state,
            "parked_reason": self.parked_reason,
            "awarded_at": awarding and moment(awarding.awarded_at),
            "expires_at": awarding and moment(awarding.expires_at),
            "evidence_url": awarding and awarding.evidence,
            "version": self.version,
        }


@dataclass(frozen=True)
class Notice:
    """A signed call: an awarding, or a revocation with its moment; nothing where it does not speak of an award."""

    provider: str
    webhook_id: str
    body: bytes
    number: str = ""
    says: Awarding | datetime | None = None
    is_readable: bool = True

    @property
    def call(self) -> tuple[str, str, bytes]:
        return self.provider, self.webhook_id, self.body


@dataclass
class Awards:
    """All awards, the roster's keys, the catalogue, every call that came, and what was published."""

    awards: dict[tuple[str, str], Award] = field(default_factory=dict)
    roster: dict[UUID, tuple[int, frozenset[UUID], frozenset[str]]] = field(default_factory=dict)
    catalogue: set[str] = field(default_factory=set)
    pathways: dict[str, list[str]] = field(default_factory=dict)
    calls: dict[tuple[str, str, bytes], str] = field(default_factory=dict)
    published: list[tuple[str, str, Json]] = field(default_factory=list)

    def receive(self, notice: Notice, award_id: str) -> Granted:
        """A notice whose signature fits. It is kept for good, whatever it says."""
        is_repeat = notice.call in self.calls
        self.calls[notice.call] = "taken" if notice.is_readable else "unreadable"
        refuse({"notice-unreadable": not notice.is_readable})
        if notice.says is None:
            return self._receipt(None, is_duplicate=False)
        award = self.awards.setdefault(
            (notice.provider, notice.number), Award(award_id, notice.provider, notice.number)
        )
        adds = not is_repeat and self._add(award, notice.says)
        if adds:
            self._settle(award)
        return self._receipt(award, is_duplicate=not adds)

    def bring(self, educator: UUID, version: int, campuses: Iterable[UUID], keys: Iterable[str]) -> None:
        """The roster's word on an educator; an older one than what stands changes nothing."""
        if version > self.roster.get(educator, (0,))[0]:
            self.roster[educator] = version, frozenset(campuses), frozenset(keys)
            self._settle_what_waits()

    def put_credential(self, caller: Caller, code: str, body: Json) -> Granted:
        refuse({"insufficient-scope": not caller.is_any("hr", "admin")})
        self.catalogue.add(code)
        self._settle_what_waits()
        return Granted({"code": code, **body})

    def put_pathway(self, caller: Caller, code: str, title: str, members: Collection[str]) -> Granted:
        refuse({"insufficient-scope": not caller.is_any("hr", "admin")})
        refuse({"micro-credential-unknown": not set(members) <= self.catalogue})
        self.pathways[code] = list(dict.fromkeys(members))
        return Granted({"code": code, "title": title, "credentials": self.pathways[code]})

    def of(self, caller: Caller, educator: UUID) -> Granted:
        sees_all = caller.is_any("hr", "admin")
        _, campuses, _ = self.roster.get(educator, (0, frozenset[UUID](), ()))
        answers = caller.is_any("principal", "coach") and not campuses.isdisjoint(caller.campus_ids)
        refuse(
            {
                "educator-unknown": sees_all and educator not in self.roster,
                "not-yours": not (sees_all or answers or caller.educator_id == educator),
            }
        )
        own = [award for award in self.awards.values() if award.educator == educator and award.awarding]
        return Granted([award.view for award in sorted(own, key=lambda award: (_made_at(award), award.award_id))])

    def parked(self, caller: Caller) -> Granted:
        refuse({"insufficient-scope": not caller.is_any("hr", "admin")})
        return Granted({"items": [award.view for award in self._waiting()], "next": None})

    def _waiting(self) -> list[Award]:
        waiting = [award for award in self.awards.values() if award.state == "parked"]
        return sorted(waiting, key=lambda award: award.award_id)

    def _add(self, award: Award, says: Awarding | datetime) -> bool:
        """Whether what is said is news of the award."""
        if isinstance(says, datetime):
            if award.revoked_at is not None and says <= award.revoked_at:
                return False
            award.revoked_at = says
            return True
        if award.awarding is not None and says.rank <= award.awarding.rank:
            return False
        if award.awarding is None or says.persons != award.awarding.persons:
            award.educator = None
        award.awarding = says
        return True

    def _settle_what_waits(self) -> None:
        for award in self._waiting():
            self._settle(award)

    def _settle(self, award: Award) -> None:
        """Whom the award counts for now. Who was matched keeps it while the notices name the person alike."""
        persons = award.awarding.persons if award.awarding else ()
        named = {educator for educator, (_, _, keys) in self.roster.items() if not keys.isdisjoint(persons)}
        if award.educator is None and len(named) == 1:
            [award.educator] = named
        award.parked_reason = self._why_parked(award, named)
        if award.held is not None and (award.parked_reason or award.held[0] != award.educator):
            self._take_back(award, *award.held)
        award.state, award.held = "parked", None
        if award.parked_reason is None and award.awarding is not None and award.educator is not None:
            is_revoked = award.revoked_at is not None and award.revoked_at >= award.awarding.occurred_at
            award.state = "revoked" if is_revoked else "earned"
            award.held = None if is_revoked else (award.educator, award.awarding)
            pathways = [code for code, members in self.pathways.items() if award.awarding.credential in members]
            self._publish(award, award.educator, award.awarding, sorted(pathways), award.revoked_at)

    def _why_parked(self, award: Award, named: Collection[UUID]) -> str | None:
        if award.awarding is None:
            return "revoked before it was awarded: waits for the award"
        if award.educator is None:
            is_ambiguous = len(named) > 1
            about = "person's keys name more than one educator on the roster"
            return f"the {about}" if is_ambiguous else "the person is not on the roster yet"
        code = award.awarding.credential
        return None if code in self.catalogue else f"micro-credential {code} is not in the catalogue"

    def _take_back(self, award: Award, educator: UUID, awarding: Awarding) -> None:
        """By a corrected notice it counts for nothing, or is another person's."""
        assert award.awarding is not None
        award.state = "revoked"
        self._publish(award, educator, awarding, [], award.awarding.occurred_at)

    def _publish(
        self, award: Award, educator: UUID, awarding: Awarding, pathways: list[str], revoked_at: datetime | None
    ) -> None:
        award.version += 1
        said = {
            "educator_id": str(educator),
            "award_id": award.award_id,
            "version": award.version,
            "credential": awarding.credential,
            "pathways": pathways,
            "awarded_at": moment(awarding.awarded_at),
            "expires_at": moment(awarding.expires_at),
            "provider": award.provider,
        }
        if award.state == "revoked":
            said["revoked_at"] = moment(revoked_at)
        self.published.append((f"award.{award.state}", str(educator), said))

    @staticmethod
    def _receipt(award: Award | None, *, is_duplicate: bool) -> Granted:
        return Granted(
            {
                "award_id": award and award.award_id,
                "state": award and award.state,
                "duplicate": is_duplicate,
                "parked_reason": award and award.parked_reason,
            }
        )


def _made_at(award: Award) -> datetime:
    return award.awarding.awarded_at if award.awarding else _NEVER
