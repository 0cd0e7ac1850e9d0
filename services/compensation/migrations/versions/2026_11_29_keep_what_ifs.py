"""Keep what-ifs: what was asked, how far it has come, what it came to for each educator and in all.

What was asked never changes, and what it came to neither once it is there.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "what_if"
down_revision = "placements"
branch_labels = None
depends_on = None

WHAT_IF_STAYS = """
CREATE FUNCTION what_if_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.done_at IS NOT NULL OR OLD.failed_at IS NOT NULL OR
     (OLD.id, OLD.title, OLD.plan_year, OLD.plan_version_id, OLD.document, OLD.changes, OLD.asked_by, OLD.asked_at)
     IS DISTINCT FROM
     (NEW.id, NEW.title, NEW.plan_year, NEW.plan_version_id, NEW.document, NEW.changes, NEW.asked_by, NEW.asked_at) THEN
    RAISE EXCEPTION 'a what-if never changes: ask another one' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "what_if",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("plan_year", sa.Text(), nullable=False),
        sa.Column("plan_version_id", sa.Uuid(), nullable=True, comment="the version that is run"),
        sa.Column(
            "document",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="the plan that is run, where it was kept as no version",
        ),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("baseline_id", sa.Uuid(), nullable=True, comment="the version that stood; null for none"),
        sa.Column("facts_as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("plan_version_id IS NULL OR document IS NULL", name=op.f("ck_what_if_one_plan")),
        sa.CheckConstraint("done_at IS NULL OR failed_at IS NULL", name=op.f("ck_what_if_one_end")),
        sa.CheckConstraint("(done_at IS NULL) = (summary IS NULL)", name=op.f("ck_what_if_done")),
        sa.CheckConstraint("(failed_at IS NULL) = (failed_reason IS NULL)", name=op.f("ck_what_if_failed")),
        sa.ForeignKeyConstraint(
            ["plan_version_id"], ["plan_version.id"], name=op.f("fk_what_if_plan_version_id_plan_version")
        ),
        sa.ForeignKeyConstraint(["baseline_id"], ["plan_version.id"], name=op.f("fk_what_if_baseline_id_plan_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_what_if")),
        comment="plans and changed facts that were run on everybody; what they came to never changes",
    )
    op.create_index(
        "ix_what_if_due",
        "what_if",
        ["asked_at"],
        postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
    )
    op.create_table(
        "what_if_progress",
        sa.Column("what_if_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("educators_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "educators", sa.Integer(), nullable=True, comment="how many there are to be read; null before it has begun"
        ),
        sa.ForeignKeyConstraint(["what_if_id"], ["what_if.id"], name=op.f("fk_what_if_progress_what_if_id_what_if")),
        sa.PrimaryKeyConstraint("what_if_id", name=op.f("pk_what_if_progress")),
        comment="how far a what-if has come; apart from it, since it is locked while it is run",
    )
    op.create_table(
        "what_if_row",
        sa.Column("what_if_id", sa.Uuid(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("subject_group", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("campus_id", sa.Uuid(), nullable=True),
        sa.Column("rung_before", sa.Text(), nullable=True),
        sa.Column("rung_after", sa.Text(), nullable=False),
        sa.Column("total_before_cents", sa.BigInteger(), nullable=True),
        sa.Column("total_after_cents", sa.BigInteger(), nullable=False),
        sa.Column("difference_cents", sa.BigInteger(), nullable=False),
        sa.Column("gates_crossed_up", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("gates_crossed_down", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("components_before", sa.Text(), nullable=True, comment="cents by component, as a JSON object"),
        sa.Column("components_after", sa.Text(), nullable=False, comment="cents by component, as a JSON object"),
        sa.ForeignKeyConstraint(["what_if_id"], ["what_if.id"], name=op.f("fk_what_if_row_what_if_id_what_if")),
        sa.PrimaryKeyConstraint("what_if_id", "educator_id", name=op.f("pk_what_if_row")),
        comment="what a what-if came to for each educator; append-only",
    )
    op.execute(WHAT_IF_STAYS)
    for table, guard in (("what_if", "what_if_stays"), ("what_if_row", "append_only")):
        op.execute(f"CREATE TRIGGER {guard} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {guard}()")
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )


def downgrade() -> None:
    """What was kept since could be kept nowhere else; no other table depends on it."""
