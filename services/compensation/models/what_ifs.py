"""What-ifs: what was asked, how far it has come, and what it came to. Nothing here is read by any decision."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.compensation.models.base import metadata

what_if = Table(
    "what_if",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("title", Text, nullable=False),
    Column("plan_year", Text, nullable=False),
    Column("plan_version_id", Uuid, ForeignKey("plan_version.id"), comment="the version that is run"),
    Column("document", JSONB(none_as_null=True), comment="the plan that is run, where it was kept as no version"),
    Column("changes", JSONB, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("baseline_id", Uuid, ForeignKey("plan_version.id"), comment="the version that stood; null for none"),
    Column("facts_as_of", DateTime(timezone=True)),
    Column("summary", JSONB),
    Column("done_at", DateTime(timezone=True)),
    Column("failed_at", DateTime(timezone=True)),
    Column("failed_reason", Text),
    CheckConstraint("plan_version_id IS NULL OR document IS NULL", name="one_plan"),
    CheckConstraint("done_at IS NULL OR failed_at IS NULL", name="one_end"),
    CheckConstraint("(done_at IS NULL) = (summary IS NULL)", name="done"),
    CheckConstraint("(failed_at IS NULL) = (failed_reason IS NULL)", name="failed"),
    comment="plans and changed facts that were run on everybody; what they came to never changes",
)
Index(
    "ix_what_if_due",
    what_if.c.asked_at,
    postgresql_where=(what_if.c.done_at.is_(None) & what_if.c.failed_at.is_(None)),
)

what_if_progress = Table(
    "what_if_progress",
    metadata,
    Column("what_if_id", Uuid, ForeignKey("what_if.id"), primary_key=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("educators_done", Integer, nullable=False, server_default="0"),
    Column("educators", Integer, comment="how many there are to be read; null before it has begun"),
    comment="how far a what-if has come; apart from it, since it is locked while it is run",
)

what_if_row = Table(
    "what_if_row",
    metadata,
    Column("what_if_id", Uuid, ForeignKey("what_if.id"), primary_key=True),
    Column("educator_id", Uuid, primary_key=True),
    Column("role", Text, nullable=False),
    Column("subject_group", Text, nullable=False),
    Column("district_id", Uuid),
    Column("campus_id", Uuid),
    Column("rung_before", Text),
    Column("rung_after", Text, nullable=False),
    Column("total_before_cents", BigInteger),
    Column("total_after_cents", BigInteger, nullable=False),
    Column("difference_cents", BigInteger, nullable=False),
    Column("gates_crossed_up", ARRAY(Text), nullable=False),
    Column("gates_crossed_down", ARRAY(Text), nullable=False),
    Column("components_before", Text, comment="cents by component, as a JSON object"),
    Column("components_after", Text, nullable=False, comment="cents by component, as a JSON object"),
    comment="what a what-if came to for each educator; append-only",
)
