"""The first tables of the slo database."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.messaging.tables import OUTBOX_NOTIFY

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consumer_offset",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text()),
        sa.PrimaryKeyConstraint("consumer", "topic", "partition", name=op.f("pk_consumer_offset")),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("headers", JSONB(), nullable=False),
        sa.Column("value", sa.LargeBinary()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("settled_by", sa.Text()),
        sa.Column("settled_reason", sa.Text()),
        sa.CheckConstraint("state IN ('waiting', 'retried', 'discarded')", name=op.f("ck_dead_letter_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
    )
    op.create_index(
        "ix_dead_letter_waiting",
        "dead_letter",
        ["consumer", "key"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "educator",
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the roster's word on the educator"),
        sa.PrimaryKeyConstraint("educator_id", name=op.f("pk_educator")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", JSONB(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal", "operation", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index("ix_idempotency_key_answered_at", "idempotency_key", ["answered_at"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("traceparent", sa.Text()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_seq", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_unpublished", "outbox", ["position"], postgresql_where=sa.text("published_seq IS NULL"))
    op.create_index(
        "uq_outbox_published_seq",
        "outbox",
        ["published_seq"],
        unique=True,
        postgresql_where=sa.text("published_seq IS NOT NULL"),
    )
    op.create_table(
        "educator_campus",
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("campus_id", sa.Uuid(), nullable=False),
        sa.Column(
            "last_school_year",
            sa.Text(),
            comment="in which the educator worked there; null while it goes on",
        ),
        sa.ForeignKeyConstraint(
            ["educator_id"], ["educator.educator_id"], name=op.f("fk_educator_campus_educator_id_educator")
        ),
        sa.PrimaryKeyConstraint("educator_id", "campus_id", name=op.f("pk_educator_campus")),
    )
    op.create_table(
        "person_key",
        sa.Column("key", sa.Text(), nullable=False, comment="keyed digest of an e-mail address or an employee number"),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["educator_id"], ["educator.educator_id"], name=op.f("fk_person_key_educator_id_educator")
        ),
        sa.PrimaryKeyConstraint("key", "educator_id", name=op.f("pk_person_key")),
    )
    op.create_index("ix_person_key_educator_id", "person_key", ["educator_id"])
    op.create_table(
        "slo",
        sa.Column("slo_id", sa.Uuid(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("interval", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("learning_goal", sa.Text(), nullable=False),
        sa.Column("standards", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "population",
            JSONB(),
            nullable=False,
            comment="students per starting level: counts, never a student",
        ),
        sa.Column("targets", JSONB(), nullable=False),
        sa.Column("strategies", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("assessments", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, comment="counts every change; the ETag"),
        sa.Column("version", sa.Integer(), nullable=False, comment="counts the published states"),
        sa.Column("submitted_on", sa.Date()),
        sa.Column("submitted_by", sa.Text(), comment="subject of the token that submitted it"),
        sa.Column("approved_on", sa.Date()),
        sa.Column("quality_score", sa.Numeric(precision=4, scale=2)),
        sa.Column("students", sa.Integer()),
        sa.Column("students_met", sa.Integer()),
        sa.Column("attainment_percent", sa.Numeric(precision=4, scale=1)),
        sa.Column("rating", sa.Integer()),
        sa.Column("scored_on", sa.Date()),
        sa.Column("external_id", sa.Text(), comment="of the system that it was loaded from"),
        sa.Column("line_hash", sa.LargeBinary(), comment="SHA-256 of the line it was loaded from, normalised"),
        sa.CheckConstraint(
            "(state = 'scored') = (attainment_percent IS NOT NULL AND rating IS NOT NULL AND scored_on IS NOT NULL)",
            name=op.f("ck_slo_scored"),
        ),
        sa.CheckConstraint(
            "(state IN ('approved','scored')) = "
            "(approved_on IS NOT NULL AND quality_score IS NOT NULL AND version > 0)",
            name=op.f("ck_slo_approved"),
        ),
        sa.CheckConstraint("interval IN ('year','semester_1','semester_2')", name=op.f("ck_slo_interval")),
        sa.CheckConstraint("state IN ('draft','submitted','returned','approved','scored')", name=op.f("ck_slo_state")),
        sa.CheckConstraint("(external_id IS NULL) = (line_hash IS NULL)", name=op.f("ck_slo_loaded")),
        sa.CheckConstraint("students_met <= students", name=op.f("ck_slo_students")),
        sa.ForeignKeyConstraint(["educator_id"], ["educator.educator_id"], name=op.f("fk_slo_educator_id_educator")),
        sa.PrimaryKeyConstraint("slo_id", name=op.f("pk_slo")),
        sa.UniqueConstraint("external_id", name=op.f("uq_slo_external_id")),
        sa.UniqueConstraint("slo_id", "educator_id", name=op.f("uq_slo_slo_id_educator_id")),
    )
    op.create_index("ix_slo_educator_id_school_year", "slo", ["educator_id", "school_year"])
    op.create_index(
        "ix_slo_review_queue",
        "slo",
        ["submitted_on", "slo_id"],
        postgresql_where=sa.text("state = 'submitted'"),
    )
    op.create_table(
        "slo_review",
        sa.Column("slo_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("rubric", sa.Text(), nullable=False),
        sa.Column("rubric_version", sa.Integer(), nullable=False),
        sa.Column("scores", JSONB(), nullable=False),
        sa.Column("quality_score", sa.Numeric(precision=4, scale=2)),
        sa.Column("comment", sa.Text()),
        sa.Column("reviewed_on", sa.Date(), comment="null where it was loaded and is not known"),
        sa.Column(
            "reviewer_id",
            sa.Uuid(),
            comment="educator id of the reviewer; null where the token names none",
        ),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("decision IN ('approve','return')", name=op.f("ck_slo_review_decision")),
        sa.CheckConstraint("reviewer_id <> educator_id", name=op.f("ck_slo_review_two_people")),
        sa.ForeignKeyConstraint(
            ["slo_id", "educator_id"],
            ["slo.slo_id", "slo.educator_id"],
            name=op.f("fk_slo_review_slo_id_educator_id_slo"),
        ),
        sa.PrimaryKeyConstraint("slo_id", "number", name=op.f("pk_slo_review")),
        comment="every review as it was given, kept for ever",
    )
    op.create_table(
        "slo_version",
        sa.Column("slo_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column(
            "document",
            JSONB(),
            nullable=False,
            comment="the SLO whole, as this version had it",
        ),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("cause <> 'amend' OR reason IS NOT NULL", name=op.f("ck_slo_version_reason")),
        sa.CheckConstraint("cause IN ('approve','amend','score','load')", name=op.f("ck_slo_version_cause")),
        sa.ForeignKeyConstraint(["slo_id"], ["slo.slo_id"], name=op.f("fk_slo_version_slo_id_slo")),
        sa.PrimaryKeyConstraint("slo_id", "version", name=op.f("pk_slo_version")),
        comment="every published version, kept for ever",
    )
    for statement in OUTBOX_NOTIFY:
        op.execute(statement)


def downgrade() -> None:
    """There is nothing before this: a database is dropped whole."""
