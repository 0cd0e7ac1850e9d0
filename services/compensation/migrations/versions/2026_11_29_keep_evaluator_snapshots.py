"""Keep the snapshots that an outside evaluator gets, and let nothing of one change once it is made."""

import sqlalchemy as sa
from alembic import op

revision = "evaluator_snapshots"
down_revision = "payouts"
branch_labels = None
depends_on = None

SNAPSHOT_STAYS = """
CREATE FUNCTION snapshot_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state <> 'requested'
     OR to_jsonb(OLD) - '{state,as_of,educators,failure}'::text[]
        IS DISTINCT FROM to_jsonb(NEW) - '{state,as_of,educators,failure}'::text[] THEN
    RAISE EXCEPTION 'a snapshot is made once and never changes: ask for another one'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""
SNAPSHOT_IS_WHOLE = """
CREATE FUNCTION snapshot_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT state FROM evaluator_snapshot WHERE id = NEW.snapshot_id) <> 'requested' THEN
    RAISE EXCEPTION 'a snapshot that is made has all of its files: ask for another one'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "evaluator_snapshot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_year", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("suppress_below", sa.Integer(), nullable=False),
        sa.Column("comparison_attribute", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("educators", sa.Integer(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('requested','made','failed')", name=op.f("ck_evaluator_snapshot_state")),
        sa.CheckConstraint(
            "(state = 'made') = (as_of IS NOT NULL AND educators IS NOT NULL)", name=op.f("ck_evaluator_snapshot_made")
        ),
        sa.CheckConstraint("(state = 'failed') = (failure IS NOT NULL)", name=op.f("ck_evaluator_snapshot_failed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluator_snapshot")),
        sa.UniqueConstraint("plan_year", "number", name=op.f("uq_evaluator_snapshot_plan_year_number")),
        comment="what an outside evaluator gets of a plan year; changes once, from requested to made or failed",
    )
    op.create_table(
        "evaluator_snapshot_file",
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False, comment="of `content`, in hex"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["evaluator_snapshot.id"],
            name=op.f("fk_evaluator_snapshot_file_snapshot_id_evaluator_snapshot"),
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "name", name=op.f("pk_evaluator_snapshot_file")),
        comment="the files of a snapshot, byte for byte; append-only, and whole once it is made",
    )
    op.execute("ALTER TABLE evaluator_snapshot_file ALTER COLUMN content SET STORAGE EXTERNAL")
    op.execute(SNAPSHOT_STAYS)
    op.execute(SNAPSHOT_IS_WHOLE)
    op.execute(
        "CREATE TRIGGER snapshot_is_whole BEFORE INSERT ON evaluator_snapshot_file"
        " FOR EACH ROW EXECUTE FUNCTION snapshot_is_whole()"
    )
    for table, guard in (("evaluator_snapshot", "snapshot_stays"), ("evaluator_snapshot_file", "append_only")):
        op.execute(f"CREATE TRIGGER {guard} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {guard}()")
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )


def downgrade() -> None:
    """What an evaluator was given is not thrown away."""
