"""What the credentials service publishes: awards of micro-credentials, earned and revoked."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.events.registry import Event, published
from shared.events.topics import Topic
from shared.events.types import EducatorId, Version


class _Award(Event):
    educator_id: EducatorId
    award_id: UUID
    version: Version
    credential: str = Field(examples=["mc-formative-assessment"], description="Code in the catalogue.")
    pathways: list[str] = Field(description="Codes of the pathways that this credential counts towards.")
    awarded_at: datetime
    expires_at: datetime | None
    provider: str = Field(examples=["bloomboard"])


@published("rung.credentials.award.earned.v1", topic=Topic.CREDENTIALS)
class CredentialAwarded(_Award):
    """A provider awarded a micro-credential to an educator who is on the roster."""


@published("rung.credentials.award.revoked.v1", topic=Topic.CREDENTIALS)
class CredentialRevoked(_Award):
    """The provider took the award back or gave it to another; it counts for nothing from its first day on."""

    revoked_at: datetime
