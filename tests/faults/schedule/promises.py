"""What the product acknowledged to its callers, and so must never lose, in plain values."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Award:
    """The state that a provider was told, by the last call that was answered."""

    award_id: str
    is_revoked: bool


@dataclass(frozen=True)
class Observation:
    """A published version, and the level of each dimension in it."""

    version: int
    levels: dict[str, int]


@dataclass(frozen=True)
class SloScore:
    """A score that was answered with the version that it made."""

    version: int
    students_met: int


@dataclass(frozen=True)
class Batch:
    """The last state that a step of a payout batch was answered with; `content` as payroll first pulled it."""

    state: str
    control_total: str
    content_hash: str
    content: bytes | None = None


@dataclass
class Promises:
    """By the ids that the product gave."""

    webhooks: set[tuple[str, str]] = field(default_factory=set)
    awards: dict[str, Award] = field(default_factory=dict)
    observations: dict[str, Observation] = field(default_factory=dict)
    slos: dict[str, SloScore] = field(default_factory=dict)
    plans: list[str] = field(default_factory=list)
    batches: dict[str, Batch] = field(default_factory=dict)
    growth: dict[str, str] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)
    documents: dict[str, str] = field(default_factory=dict)

    def counted(self) -> dict[str, int]:
        """How many of each kind."""
        return {
            "webhook calls": len(self.webhooks),
            "awards": len(self.awards),
            "revocations": sum(award.is_revoked for award in self.awards.values()),
            "observations finalized": len(self.observations),
            "amendments": sum(observation.version - 1 for observation in self.observations.values()),
            "SLOs scored": len(self.slos),
            "plan versions published": len(self.plans),
            "payout batches": len(self.batches),
            "educators": len(self.people),
        }
