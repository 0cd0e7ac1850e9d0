"""Tables of the slo database, and nothing else."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.base import new_metadata
from shared.db.idempotency import idempotency_table
from shared.messaging.tables import consumer_offset_table, dead_letter_table, outbox_table

metadata = new_metadata()
outbox = outbox_table(metadata)
consumer_offset = consumer_offset_table(metadata)
dead_letter = dead_letter_table(metadata)
idempotency_key = idempotency_table(metadata)

educator = Table(
    "educator",
    metadata,
    Column("educator_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False, comment="of the roster's word on the educator"),
)

educator_campus = Table(
    "educator_campus",
    metadata,
    Column("educator_id", Uuid, ForeignKey("educator.educator_id"), primary_key=True),
    Column("campus_id", Uuid, primary_key=True),
    Column("last_school_year", Text, comment="in which the educator worked there; null while it goes on"),
)

person_key = Table(
    "person_key",
    metadata,
    Column("key", Text, primary_key=True, comment="keyed digest of an e-mail address or an employee number"),
    Column("educator_id", Uuid, ForeignKey("educator.educator_id"), primary_key=True),
)
Index("ix_person_key_educator_id", person_key.c.educator_id)

slo = Table(
    "slo",
    metadata,
    Column("slo_id", Uuid, primary_key=True),
    Column("educator_id", Uuid, ForeignKey("educator.educator_id"), nullable=False),
    Column("school_year", Text, nullable=False),
    Column("interval", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("learning_goal", Text, nullable=False),
    Column("standards", ARRAY(Text), nullable=False),
    Column("population", JSONB, nullable=False, comment="students per starting level: counts, never a student"),
    Column("targets", JSONB, nullable=False),
    Column("strategies", ARRAY(Text), nullable=False),
    Column("assessments", ARRAY(Text), nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False, comment="counts every change; the ETag"),
    Column("version", Integer, nullable=False, comment="counts the published states"),
    Column("submitted_on", Date),
    Column("submitted_by", Text, comment="subject of the token that submitted it"),
    Column("approved_on", Date),
    Column("approved_at", DateTime(timezone=True), comment="null where it was loaded: then the day alone is known"),
    Column("quality_score", Numeric(4, 2)),
    Column("students", Integer),
    Column("students_met", Integer),
    Column("attainment_percent", Numeric(4, 1)),
    Column("rating", Integer),
    Column("scored_on", Date),
    Column("external_id", Text, comment="of the system that it was loaded from"),
    Column("line_hash", LargeBinary, comment="SHA-256 of the line it was loaded from, normalised"),
    UniqueConstraint("external_id"),
    UniqueConstraint("slo_id", "educator_id"),
    CheckConstraint("interval IN ('year','semester_1','semester_2')", name="interval"),
    CheckConstraint("state IN ('draft','submitted','returned','approved','scored')", name="state"),
    CheckConstraint(
        "(state IN ('approved','scored')) = (approved_on IS NOT NULL AND quality_score IS NOT NULL AND version > 0)",
        name="approved",
    ),
    CheckConstraint(
        "(state = 'scored') = (attainment_percent IS NOT NULL AND rating IS NOT NULL AND scored_on IS NOT NULL)",
        name="scored",
    ),
    CheckConstraint("students_met <= students", name="students"),
    CheckConstraint("(external_id IS NULL) = (line_hash IS NULL)", name="loaded"),
)
Index("ix_slo_educator_id_school_year", slo.c.educator_id, slo.c.school_year)
Index("ix_slo_review_queue", slo.c.submitted_on, slo.c.slo_id, postgresql_where=slo.c.state == "submitted")

slo_review = Table(
    "slo_review",
    metadata,
    Column("slo_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("educator_id", Uuid, nullable=False),
    Column("decision", Text, nullable=False),
    Column("rubric", Text, nullable=False),
    Column("rubric_version", Integer, nullable=False),
    Column("scores", JSONB, nullable=False),
    Column("quality_score", Numeric(4, 2)),
    Column("comment", Text),
    Column("reviewed_on", Date, comment="null where it was loaded and is not known"),
    Column("reviewer_id", Uuid, comment="educator id of the reviewer; null where the token names none"),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["slo_id", "educator_id"], ["slo.slo_id", "slo.educator_id"]),
    CheckConstraint("decision IN ('approve','return')", name="decision"),
    CheckConstraint("reviewer_id <> educator_id", name="two_people"),
    comment="every review as it was given, kept for ever",
)

slo_version = Table(
    "slo_version",
    metadata,
    Column("slo_id", Uuid, ForeignKey("slo.slo_id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("reason", Text),
    Column("document", JSONB, nullable=False, comment="the SLO whole, as this version had it"),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("cause IN ('approve','amend','score','load')", name="cause"),
    CheckConstraint("cause <> 'amend' OR reason IS NOT NULL", name="reason"),
    comment="every published version, kept for ever",
)
