"""Keep the life of plan versions: review, public comment, the board's approval, and who took which step.

What was published before stays published; no step is invented for it. The database refuses to skip or turn back a
step, but for the publication of a draft: the code before this migration still runs, and a rebuild knows no more.
"""

import sqlalchemy as sa
from alembic import op

revision = "life"
down_revision = "0003"
branch_labels = None
depends_on = None

PLAN_STAYS = """
CREATE OR REPLACE FUNCTION plan_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE'
     OR (OLD.document, OLD.content_hash, OLD.plan, OLD.version, OLD.plan_year, OLD.written_by, OLD.written_at)
        IS DISTINCT FROM
        (NEW.document, NEW.content_hash, NEW.plan, NEW.version, NEW.plan_year, NEW.written_by, NEW.written_at)
  THEN
    RAISE EXCEPTION 'a plan version never changes: write a new one' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.published_at IS NOT NULL
     AND to_jsonb(OLD) - '{document,state}'::text[] IS DISTINCT FROM to_jsonb(NEW) - '{document,state}'::text[] THEN
    RAISE EXCEPTION 'what was published never changes: write a new version' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
    ('draft', 'in_review'), ('in_review', 'public_comment'), ('public_comment', 'board_approved'),
    ('board_approved', 'published'), ('draft', 'published'), ('published', 'superseded'),
    ('draft', 'returned'), ('in_review', 'returned'), ('public_comment', 'returned'), ('board_approved', 'returned'))
  THEN
    RAISE EXCEPTION 'a plan version goes from % to % in no case', OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.add_column("plan_version", sa.Column("comments_close_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("plan_version", sa.Column("comments_waived_because", sa.Text(), nullable=True))
    op.add_column(
        "plan_version",
        sa.Column(
            "minute_reference",
            sa.Text(),
            nullable=True,
            comment="where the board's minutes say that it approved the plan",
        ),
    )
    op.add_column("plan_version", sa.Column("board_approved_on", sa.Date(), nullable=True))
    op.add_column(
        "plan_version",
        sa.Column(
            "describes_all_pay",
            sa.Boolean(),
            nullable=True,
            comment="whether the minutes describe all pay elements (34 TAC 25.24)",
        ),
    )
    op.create_unique_constraint(op.f("uq_plan_version_id_written_by"), "plan_version", ["id", "written_by"])
    for name, condition in (
        ("published", "(state IN ('published','superseded')) = (published_by IS NOT NULL)"),
        (
            "state",
            "state IN ('draft','in_review','public_comment','board_approved','published','superseded','returned')",
        ),
    ):
        op.drop_constraint(op.f(f"ck_plan_version_{name}"), "plan_version")
        op.create_check_constraint(op.f(f"ck_plan_version_{name}"), "plan_version", condition)
    op.create_check_constraint(
        op.f("ck_plan_version_comments_or_waiver"),
        "plan_version",
        "comments_close_at IS NULL OR comments_waived_because IS NULL",
    )
    op.create_check_constraint(
        op.f("ck_plan_version_minutes"), "plan_version", "state <> 'board_approved' OR minute_reference IS NOT NULL"
    )
    op.execute(PLAN_STAYS)
    _keep_steps_and_comments()


def _keep_steps_and_comments() -> None:
    op.create_table(
        "plan_step",
        sa.Column("plan_version_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "written_by",
            sa.Text(),
            nullable=False,
            comment="who wrote the version: most steps are another person's",
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="the state that the step led to"),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "taken_by <> written_by OR state NOT IN ('public_comment','board_approved','published')",
            name=op.f("ck_plan_step_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["plan_version_id", "written_by"],
            ["plan_version.id", "plan_version.written_by"],
            name=op.f("fk_plan_step_plan_version_id_plan_version"),
        ),
        sa.PrimaryKeyConstraint("plan_version_id", "number", name=op.f("pk_plan_step")),
        comment="who took which step of a plan version's life, and why; append-only",
    )
    op.create_table(
        "plan_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_version_id", sa.Uuid(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_version_id"], ["plan_version.id"], name=op.f("fk_plan_comment_plan_version_id_plan_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_comment")),
        comment="what was said of a plan version while it was open to comment; append-only",
    )
    op.create_index("ix_plan_comment_plan_version_id", "plan_comment", ["plan_version_id", "id"], unique=False)
    for table in ("plan_step", "plan_comment"):
        for name, when in (
            ("append_only", "UPDATE OR DELETE ON {} FOR EACH ROW"),
            ("no_truncate", "TRUNCATE ON {} FOR EACH STATEMENT"),
        ):
            op.execute(f"CREATE TRIGGER {name} BEFORE {when.format(table)} EXECUTE FUNCTION append_only()")


def downgrade() -> None:
    """What was kept since could be kept nowhere: a database of an older version is rebuilt from the log."""
