"""Create the tables.

The code before this migration still runs while it runs: expand first, contract in a later revision.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.messaging.tables import OUTBOX_NOTIFY

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "course",
        sa.Column("sourced_id", sa.Text(), nullable=False),
        sa.Column("grades", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("subjects", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("row_ended_on", sa.Date(), nullable=True),
        sa.Column("row_modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sourced_id", name=op.f("pk_course")),
    )
    op.create_table(
        "district",
        sa.Column("district_id", sa.Uuid(), nullable=False),
        sa.Column("sourced_id", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("row_ended_on", sa.Date(), nullable=True),
        sa.Column("row_modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("district_id", name=op.f("pk_district")),
        sa.UniqueConstraint("sourced_id", deferrable=True, initially="DEFERRED", name=op.f("uq_district_sourced_id")),
    )
    op.create_table(
        "educator",
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("sourced_id", sa.Text(), nullable=False),
        sa.Column("employee_number", sa.Text(), nullable=True),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("preferred_name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column(
            "told_hired_on", sa.Date(), nullable=True, comment="as the roster has it; hired_on is what was made of it"
        ),
        sa.Column("row_ended_on", sa.Date(), nullable=True),
        sa.Column("row_modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the published snapshot; 0 until the first one"),
        sa.Column(
            "snapshot_digest",
            sa.Text(),
            nullable=False,
            comment="of the published snapshot, to tell whether it changed",
        ),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("hired_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("educator_id", name=op.f("pk_educator")),
        sa.UniqueConstraint(
            "employee_number", deferrable=True, initially="DEFERRED", name=op.f("uq_educator_employee_number")
        ),
        sa.UniqueConstraint("sourced_id", deferrable=True, initially="DEFERRED", name=op.f("uq_educator_sourced_id")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal", "operation", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index("ix_idempotency_key_answered_at", "idempotency_key", ["answered_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_seq", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_unpublished", "outbox", ["position"], unique=False, postgresql_where=sa.text("published_seq IS NULL")
    )
    op.create_index(
        "uq_outbox_published_seq",
        "outbox",
        ["published_seq"],
        unique=True,
        postgresql_where=sa.text("published_seq IS NOT NULL"),
    )
    op.create_table(
        "roster_import",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False, comment="subject of the token"),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_roster_import")),
    )
    op.create_table(
        "school_session",
        sa.Column("sourced_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("row_ended_on", sa.Date(), nullable=True),
        sa.Column("row_modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sourced_id", name=op.f("pk_school_session")),
    )
    op.create_table(
        "campus",
        sa.Column("campus_id", sa.Uuid(), nullable=False),
        sa.Column("sourced_id", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=False),
        sa.Column(
            "identifier",
            sa.Text(),
            nullable=True,
            comment="what bulk files name the campus by; unique among those that are not over",
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("row_ended_on", sa.Date(), nullable=True),
        sa.Column("row_modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["district_id"], ["district.district_id"], name=op.f("fk_campus_district_id_district")),
        sa.PrimaryKeyConstraint("campus_id", name=op.f("pk_campus")),
        sa.UniqueConstraint("sourced_id", deferrable=True, initially="DEFERRED", name=op.f("uq_campus_sourced_id")),
    )
    op.create_index("ix_campus_identifier", "campus", ["identifier"], unique=False)
    op.create_table(
        "growth_score",
        sa.Column("growth_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("percent_met", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("students", sa.Integer(), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["educator_id"], ["educator.educator_id"], name=op.f("fk_growth_score_educator_id_educator")
        ),
        sa.PrimaryKeyConstraint("growth_id", "version", name=op.f("pk_growth_score")),
    )
    op.create_index(
        "uq_growth_score_standing",
        "growth_score",
        ["educator_id", "school_year", "measure"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    op.create_table(
        "summative_rating",
        sa.Column("summative_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("rubric", sa.Text(), nullable=False),
        sa.Column("rubric_version", sa.Integer(), nullable=False),
        sa.Column("domains", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("score", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("rating", sa.Text(), nullable=False),
        sa.Column("rating_level", sa.Integer(), nullable=False),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="which facts in which versions it was made from",
        ),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rated_by", sa.Uuid(), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["educator_id"], ["educator.educator_id"], name=op.f("fk_summative_rating_educator_id_educator")
        ),
        sa.PrimaryKeyConstraint("summative_id", "version", name=op.f("pk_summative_rating")),
    )
    op.create_index(
        "uq_summative_rating_standing",
        "summative_rating",
        ["educator_id", "school_year"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    op.create_table(
        "assignment",
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("campus_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("subject_group", sa.Text(), nullable=False),
        sa.Column("full_time_equivalent", sa.Text(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on >= begins_on", name=op.f("ck_assignment_span")),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.campus_id"], name=op.f("fk_assignment_campus_id_campus")),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.district_id"], name=op.f("fk_assignment_district_id_district")
        ),
        sa.ForeignKeyConstraint(
            ["educator_id"], ["educator.educator_id"], name=op.f("fk_assignment_educator_id_educator")
        ),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_assignment")),
        comment="as published: roles, divided where the subject group changed from one school year to the next",
    )
    op.create_index("ix_assignment_campus_id", "assignment", ["campus_id"], unique=False)
    op.create_index("ix_assignment_educator_id", "assignment", ["educator_id"], unique=False)
    op.create_table(
        "observation",
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("campus_id", sa.Uuid(), nullable=False),
        sa.Column("appraiser_id", sa.Uuid(), nullable=False),
        sa.Column("rubric", sa.Text(), nullable=False),
        sa.Column("rubric_version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("is_announced", sa.Boolean(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("observed_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("scores", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, comment="of every change, for ETag"),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the published states; 0 until finalized"),
        sa.Column("finalized_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True, comment="of the last amendment, or of calling it off"),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("external_digest", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appraiser_id"], ["educator.educator_id"], name=op.f("fk_observation_appraiser_id_educator")
        ),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.campus_id"], name=op.f("fk_observation_campus_id_campus")),
        sa.ForeignKeyConstraint(
            ["educator_id"], ["educator.educator_id"], name=op.f("fk_observation_educator_id_educator")
        ),
        sa.PrimaryKeyConstraint("observation_id", name=op.f("pk_observation")),
        sa.UniqueConstraint("external_id", name=op.f("uq_observation_external_id")),
    )
    op.create_index("ix_observation_appraiser_id", "observation", ["appraiser_id"], unique=False)
    op.create_index(
        "ix_observation_educator_id_observed_on", "observation", ["educator_id", "observed_on"], unique=False
    )
    op.create_table(
        "roster_role",
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("sourced_id", sa.Text(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("campus_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False, comment="the source's word"),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("full_time_equivalent", sa.Text(), nullable=False),
        sa.Column("row_ended_on", sa.Date(), nullable=True),
        sa.Column("row_modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.campus_id"], name=op.f("fk_roster_role_campus_id_campus")),
        sa.ForeignKeyConstraint(
            ["educator_id"], ["educator.educator_id"], name=op.f("fk_roster_role_educator_id_educator")
        ),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_roster_role")),
    )
    op.create_table(
        "taught_class",
        sa.Column("sourced_id", sa.Text(), nullable=False),
        sa.Column("campus_id", sa.Uuid(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("grades", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("subjects", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("row_ended_on", sa.Date(), nullable=True),
        sa.Column("row_modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.campus_id"], name=op.f("fk_taught_class_campus_id_campus")),
        sa.PrimaryKeyConstraint("sourced_id", name=op.f("pk_taught_class")),
    )
    op.create_table(
        "observation_version",
        sa.Column("observation_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("scores", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["observation_id"],
            ["observation.observation_id"],
            name=op.f("fk_observation_version_observation_id_observation"),
        ),
        sa.PrimaryKeyConstraint("observation_id", "version", name=op.f("pk_observation_version")),
        comment="published versions that an amendment has replaced; the one that stands is in observation",
    )
    op.create_table(
        "teaching",
        sa.Column("sourced_id", sa.Text(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("taught_class", sa.Text(), nullable=False),
        sa.Column("row_ended_on", sa.Date(), nullable=True),
        sa.Column("row_modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["educator_id"], ["educator.educator_id"], name=op.f("fk_teaching_educator_id_educator")
        ),
        sa.ForeignKeyConstraint(
            ["taught_class"], ["taught_class.sourced_id"], name=op.f("fk_teaching_taught_class_taught_class")
        ),
        sa.PrimaryKeyConstraint("sourced_id", name=op.f("pk_teaching")),
    )
    for statement in OUTBOX_NOTIFY:
        op.execute(statement)


def downgrade() -> None:
    """There is nothing before this: a database is dropped whole."""
