"""What the product acknowledged to its callers, and so must never lose, in plain values."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Award:
    """What a provider was told, by the last call that was answered, and for whom and what it was."""

    award_id: str
    employee_number: str
    credential: str
    is_revoked: bool


@dataclass(frozen=True)
class Placement:
    """The rung that an educator brought along, and whether that was withdrawn."""

    rung: str
    is_withdrawn: bool


@dataclass(frozen=True)
class Batch:
    """The last state that a step of a payout batch was answered with; `content` as payroll first pulled it.

    `rejected` are the lines that payroll did not take, once its answer was acknowledged.
    """

    state: str
    control_total: str
    content_hash: str
    content: bytes | None = None
    rejected: frozenset[str] = frozenset()


@dataclass
class Promises:
    """By the ids that the product gave; a version is promised with what is in it."""

    webhooks: set[tuple[str, str]] = field(default_factory=set)
    awards: dict[str, Award] = field(default_factory=dict)
    observations: dict[tuple[str, int], dict[str, int]] = field(default_factory=dict)
    """The level of each dimension, by observation and version."""
    cancelled: set[str] = field(default_factory=set)
    """Observations that were called off."""
    slos: dict[str, str] = field(default_factory=dict)
    """The state that the last step was answered with."""
    approvals: dict[str, dict[str, int]] = field(default_factory=dict)
    """The level of each criterion that an SLO was approved with."""
    scores: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    """Students, and those who met their target, by SLO and version."""
    plans: list[str] = field(default_factory=list)
    batches: dict[str, Batch] = field(default_factory=dict)
    recoveries: dict[str, int] = field(default_factory=dict)
    """The cents that each takes back in all, of those that were approved."""
    growth: dict[str, str] = field(default_factory=dict)
    attributes: dict[tuple[str, str, str], str | None] = field(default_factory=dict)
    """By educator, attribute and item; None was taken back."""
    placements: dict[str, Placement] = field(default_factory=dict)
    """By educator."""
    campuses: dict[str, dict[str, str]] = field(default_factory=dict)
    """What is kept of campuses, by the last call that was answered."""
    ratings: int = 0
    """How many educators stood rated when all were rated last."""
    people: set[str] = field(default_factory=set)
    imports: dict[str, str] = field(default_factory=dict)
    """The hash of the file set, by import."""
    documents: dict[str, str] = field(default_factory=dict)

    def counted(self) -> dict[str, int]:
        """How many of each kind."""
        finalized = sum(version == 1 for _, version in self.observations)
        return {
            "webhook calls": len(self.webhooks),
            "awards": len(self.awards),
            "revocations": sum(award.is_revoked for award in self.awards.values()),
            "observations finalized": finalized,
            "amendments": len(self.observations) - finalized,
            "observations called off": len(self.cancelled),
            "growth scores": len(self.growth),
            "attributes": len(self.attributes),
            "placements": len(self.placements),
            "campuses that something is kept of": len(self.campuses),
            "summative ratings": self.ratings,
            "SLOs": len(self.slos),
            "SLOs approved": len(self.approvals),
            "SLO scores": len(self.scores),
            "plan versions published": len(self.plans),
            "payout batches": len(self.batches),
            "roster imports": len(self.imports),
            "educators": len(self.people),
        }
