"""Plan versions, what stands beside them for all educators of a year, and what has to be done anew because of them."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.compensation.models.base import metadata

plan_version = Table(
    "plan_version",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("plan", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("plan_year", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("written_by", Text, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    Column("comments_close_at", DateTime(timezone=True)),
    Column("comments_waived_because", Text),
    Column("minute_reference", Text, comment="where the board's minutes say that it approved the plan"),
    Column("board_approved_on", Date),
    Column("describes_all_pay", Boolean, comment="whether the minutes describe all pay elements (34 TAC 25.24)"),
    Column("published_by", Text),
    Column("published_at", DateTime(timezone=True)),
    Column("event_id", Uuid, comment="the event that told of the publication; causes the recalculation of all"),
    UniqueConstraint("plan", "version"),
    UniqueConstraint("id", "written_by"),
    CheckConstraint("published_by <> written_by", name="two_people"),
    CheckConstraint("(state IN ('published','superseded')) = (published_by IS NOT NULL)", name="published"),
    CheckConstraint(
        "state IN ('draft','in_review','public_comment','board_approved','published','superseded','returned')",
        name="state",
    ),
    CheckConstraint("comments_close_at IS NULL OR comments_waived_because IS NULL", name="comments_or_waiver"),
    CheckConstraint("state <> 'board_approved' OR minute_reference IS NOT NULL", name="minutes"),
)
Index(
    "uq_plan_version_published_year",
    plan_version.c.plan_year,
    unique=True,
    postgresql_where=plan_version.c.state == "published",
)

plan_step = Table(
    "plan_step",
    metadata,
    Column("plan_version_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("written_by", Text, nullable=False, comment="who wrote the version: most steps are another person's"),
    Column("state", Text, nullable=False, comment="the state that the step led to"),
    Column("taken_by", Text, nullable=False),
    Column("taken_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text),
    ForeignKeyConstraint(["plan_version_id", "written_by"], ["plan_version.id", "plan_version.written_by"]),
    CheckConstraint(
        "taken_by <> written_by OR state NOT IN ('public_comment','board_approved','published')", name="two_people"
    ),
    comment="who took which step of a plan version's life, and why; append-only",
)

plan_comment = Table(
    "plan_comment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("plan_version_id", Uuid, ForeignKey("plan_version.id"), nullable=False),
    Column("written_by", Text, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_plan_comment_plan_version_id", "plan_version_id", "id"),
    comment="what was said of a plan version while it was open to comment; append-only",
)

common_facts = Table(
    "common_facts",
    metadata,
    Column("plan_year", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("campuses", JSONB, nullable=False),
    Column("settlement", JSONB, nullable=False),
    Column("settled_for", Uuid, ForeignKey("plan_version.id")),
    Column("is_final", Boolean, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("reason", Text, comment="why the year was reopened; null for every other change"),
    comment="what every decision of a plan year rests on besides the educator's own facts; append-only",
)

recalculation = Table(
    "recalculation",
    metadata,
    Column("cause_event_id", Uuid, primary_key=True),
    Column("plan_version_id", Uuid, ForeignKey("plan_version.id"), nullable=False),
    Column("after_educator_id", Uuid, comment="everybody up to this id was done before there were ranges"),
    Column("educators", Integer, nullable=False, server_default="0"),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("divided_at", DateTime(timezone=True), comment="when everybody was divided into ranges"),
    Column("finished_at", DateTime(timezone=True)),
    comment="one row for whatever changed for everybody: how far the recalculation of everybody has come",
)

recalculation_range = Table(
    "recalculation_range",
    metadata,
    Column("cause_event_id", Uuid, ForeignKey("recalculation.cause_event_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("after_educator_id", Uuid, comment="who comes after this id; null: from the first on"),
    Column("until_educator_id", Uuid, comment="up to this one; null: to the last there is then"),
    comment="educators that a recalculation has still to decide; a range is gone once they are decided",
)

settlement_request = Table(
    "settlement_request",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("plan_version_id", Uuid, ForeignKey("plan_version.id"), nullable=False),
    Column("final", Boolean, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    comment="settlements that were asked for, by a person or by the publication of a plan that needs one",
)
