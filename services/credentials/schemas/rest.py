"""Bodies of the credentials service's REST doors."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.credentials.domain import AwardState, CredentialAward, MicroCredential, Pathway

Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,63}$", examples=["mc-formative-assessment"])]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WebhookReceipt(_Body):
    """The provider's answer: the call is kept, and what it came to."""

    award_id: UUID | None = Field(description="Our id of the award; null where the notice was not of an award.")
    state: AwardState | None
    duplicate: bool
    parked_reason: str | None = Field(examples=["the person is not on the roster yet"])


class MicroCredentialBody(_Body):
    """A micro-credential as it is put into the catalogue."""

    title: Annotated[str, Field(min_length=1, max_length=200, examples=["Formative assessment"])]
    description: Annotated[str, Field(max_length=2000)] = ""
    clock_hours: Annotated[int, Field(ge=0, le=1000, description="CPE clock hours that it stands for.")] = 15

    def to_domain(self, code: str) -> MicroCredential:
        return MicroCredential(code, self.title, self.description, self.clock_hours)


class MicroCredentialView(MicroCredentialBody):
    """A micro-credential in the catalogue."""

    code: Code

    @classmethod
    def of(cls, item: MicroCredential) -> "MicroCredentialView":
        return cls(code=item.code, title=item.title, description=item.description, clock_hours=item.clock_hours)


class PathwayBody(_Body):
    """A pathway as it is put into the catalogue."""

    title: Annotated[str, Field(min_length=1, max_length=200, examples=["Master teacher"])]
    credentials: Annotated[list[Code], Field(min_length=1, max_length=100)]

    def to_domain(self, code: str) -> Pathway:
        return Pathway(code, self.title, tuple(dict.fromkeys(self.credentials)))


class PathwayView(PathwayBody):
    """A pathway in the catalogue, its members in order."""

    code: Code

    @classmethod
    def of(cls, item: Pathway) -> "PathwayView":
        return cls.model_construct(code=item.code, title=item.title, credentials=list(item.credentials))


class AwardView(_Body):
    """An award as its educator, or who answers for the educator, sees it."""

    award_id: UUID
    provider: str
    provider_award_id: str
    credential: str | None
    state: AwardState
    parked_reason: str | None
    awarded_at: AwareDatetime | None
    expires_at: AwareDatetime | None
    evidence_url: str | None
    version: int

    @classmethod
    def of(cls, award: CredentialAward) -> "AwardView":
        return cls(
            award_id=award.award_id,
            provider=award.provider,
            provider_award_id=award.provider_award_id,
            credential=award.credential,
            state=award.state,
            parked_reason=award.parked_reason,
            awarded_at=award.awarded_at,
            expires_at=award.expires_at,
            evidence_url=award.evidence_url,
            version=award.version,
        )
