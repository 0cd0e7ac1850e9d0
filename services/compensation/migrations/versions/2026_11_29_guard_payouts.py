"""Guard payouts: suspended where what was paid is not known for certain; batches say whether they pay estimates.

No draft of a plan is published past its review any more: a rebuild writes versions as published, and no other code
does it. Batches of before do not say whether their year was open.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "guard"
down_revision = "ranges"
branch_labels = None
depends_on = None

SUSPENSION_STAYS = """
CREATE FUNCTION suspension_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ending text[] := '{resumed_at,resumed_by,resume_reason,payroll_has}';
BEGIN
  IF TG_OP = 'DELETE' OR OLD.resumed_at IS NOT NULL OR to_jsonb(OLD) - ending IS DISTINCT FROM to_jsonb(NEW) - ending
  THEN
    RAISE EXCEPTION 'a suspension of payouts ends once and changes in no other way'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""
NO_STEP_SKIPPED = """
CREATE FUNCTION no_step_skipped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a plan version goes from % to % in no case', OLD.state, NEW.state
    USING ERRCODE = 'restrict_violation';
END $$
"""
SKIPPED = "OLD.state = 'draft' AND NEW.state = 'published'"


def upgrade() -> None:
    op.create_table(
        "payout_suspension",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("suspended_by", sa.Text(), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("resumed_by", sa.Text(), nullable=True),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resume_reason", sa.Text(), nullable=True),
        sa.Column(
            "payroll_has",
            postgresql.JSONB(),
            nullable=True,
            comment="batches and cents by plan year, as payroll said when payouts were resumed",
        ),
        sa.CheckConstraint(
            "(resumed_at IS NULL) = (resumed_by IS NULL) AND (resumed_at IS NULL) = (resume_reason IS NULL) "
            "AND (resumed_at IS NULL) = (payroll_has IS NULL)",
            name=op.f("ck_payout_suspension_resumed"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_suspension")),
        comment="since when nothing is paid, because what was paid is not known for certain; ended once",
    )
    op.execute(SUSPENSION_STAYS)
    op.execute(NO_STEP_SKIPPED)
    op.add_column(
        "payout_batch",
        sa.Column(
            "is_estimate",
            sa.Boolean(),
            nullable=True,
            comment="whether its year was open when it was prepared; null where not kept",
        ),
    )
    for name, when, function in (
        ("suspension_stays", "UPDATE OR DELETE ON payout_suspension FOR EACH ROW", "suspension_stays"),
        ("no_truncate", "TRUNCATE ON payout_suspension FOR EACH STATEMENT", "append_only"),
        ("estimate_stays", "UPDATE OF is_estimate ON payout_batch FOR EACH ROW", "append_only"),
        ("no_step_skipped", f"UPDATE OF state ON plan_version FOR EACH ROW WHEN ({SKIPPED})", "no_step_skipped"),
    ):
        op.execute(f"CREATE TRIGGER {name} BEFORE {when} EXECUTE FUNCTION {function}()")
    op.alter_column("refused_step", "subject_id", comment="the batch, recovery or plan version")
    op.create_table_comment("refused_step", "steps that were refused; append-only")


def downgrade() -> None:
    """What was suspended since could be kept nowhere: a database of an older version comes from its backup."""
