"""Keep attributes of educators, and the common facts of a plan year.

A recalculation is due for whatever changed for everybody, a publication or new common facts, and is known by the event
that told of it. Attributes and common facts are never taken away: what a decision rested on can be looked up.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attribute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True, comment="null where it was taken back"),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attribute")),
        comment="what HR keeps of educators, as it stands; the versions before are facts",
    )
    op.create_index(
        "uq_attribute_key",
        "attribute",
        ["educator_id", "school_year", "attribute", "item"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "common_facts",
        sa.Column("plan_year", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("campuses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("settlement", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("settled_for", sa.Uuid(), nullable=True),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["settled_for"], ["plan_version.id"], name=op.f("fk_common_facts_settled_for_plan_version")
        ),
        sa.PrimaryKeyConstraint("plan_year", "number", name=op.f("pk_common_facts")),
        comment="what every decision of a plan year rests on besides the educator's own facts; append-only",
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON common_facts FOR EACH ROW EXECUTE FUNCTION append_only()"
    )
    op.execute(
        "CREATE TRIGGER no_truncate BEFORE TRUNCATE ON common_facts FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )
    op.add_column("statement", sa.Column("common_facts", sa.Integer(), nullable=True))
    op.add_column("recalculation", sa.Column("cause_event_id", sa.Uuid(), nullable=True))
    op.execute(
        "UPDATE recalculation r SET cause_event_id = v.event_id FROM plan_version v WHERE v.id = r.plan_version_id"
    )
    op.alter_column("recalculation", "cause_event_id", nullable=False)
    op.drop_constraint(op.f("pk_recalculation"), "recalculation")
    op.create_primary_key(op.f("pk_recalculation"), "recalculation", ["cause_event_id"])
    op.create_table_comment(
        "recalculation", "one row for whatever changed for everybody: how far the recalculation of everybody has come"
    )
    op.create_table(
        "settlement_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_version_id", sa.Uuid(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_version_id"], ["plan_version.id"], name=op.f("fk_settlement_request_plan_version_id_plan_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_request")),
        comment="settlements that were asked for, by a person or by the publication of a plan that needs one",
    )


def downgrade() -> None:
    """What was kept since could be kept nowhere: a database of an older version is rebuilt from the log."""
