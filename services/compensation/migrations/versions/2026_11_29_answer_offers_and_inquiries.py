"""Keep who answered an offer, and inquiries with all that was done with them.

What was asked never changes, and an inquiry that was closed stays closed: the guards stand in the database.
"""

import sqlalchemy as sa
from alembic import op

revision = "statements"
down_revision = "evaluator_snapshots"
branch_labels = None
depends_on = None

INQUIRY_STAYS = """
CREATE FUNCTION inquiry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state <> 'open' OR
     (OLD.id, OLD.educator_id, OLD.plan_year, OLD.sequence, OLD.component, OLD.category, OLD.text, OLD.opened_by,
      OLD.opened_at, OLD.answer_due_on, OLD.overdue_from, OLD.hold_id)
     IS DISTINCT FROM
     (NEW.id, NEW.educator_id, NEW.plan_year, NEW.sequence, NEW.component, NEW.category, NEW.text, NEW.opened_by,
      NEW.opened_at, NEW.answer_due_on, NEW.overdue_from, NEW.hold_id) THEN
    RAISE EXCEPTION 'what was asked never changes, and what was closed stays closed'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""
GUARDED_TABLES = {"offer_answer": "append_only", "inquiry": "inquiry_stays", "inquiry_step": "append_only"}


def upgrade() -> None:
    op.create_table(
        "offer_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("plan_year", sa.Text(), nullable=False),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="the statement that made the offer"),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="given where it was not the educator in person"),
        sa.CheckConstraint("answer IN ('accepted','declined')", name=op.f("ck_offer_answer_answer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_answer")),
        comment="who answered an offer and why; append-only. What statements rest on is the attribute",
    )
    op.create_index("ix_offer_answer_educator", "offer_answer", ["educator_id", "plan_year"])
    op.create_table(
        "inquiry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("plan_year", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="the statement that is disputed"),
        sa.Column("component", sa.Text(), nullable=True, comment="null where it is the statement as a whole"),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_due_on", sa.Date(), nullable=False),
        sa.Column(
            "overdue_from",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="the end of that day where the plan is",
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True, comment="who answers for it"),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("steps_taken", sa.Integer(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False, comment="what it keeps from being paid"),
        sa.CheckConstraint("state IN ('open','answered','withdrawn')", name=op.f("ck_inquiry_state")),
        sa.CheckConstraint("outcome IN ('upheld','denied')", name=op.f("ck_inquiry_outcome")),
        sa.CheckConstraint("(state = 'answered') = (outcome IS NOT NULL)", name=op.f("ck_inquiry_answered")),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_inquiry_closed")),
        sa.ForeignKeyConstraint(["hold_id"], ["payment_hold.id"], name=op.f("fk_inquiry_hold_id_payment_hold")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry")),
    )
    op.create_index("ix_inquiry_educator", "inquiry", ["educator_id", "plan_year"])
    op.create_index("ix_inquiry_open", "inquiry", ["overdue_from"], postgresql_where=sa.text("state = 'open'"))
    op.create_table(
        "inquiry_step",
        sa.Column("inquiry_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["inquiry_id"], ["inquiry.id"], name=op.f("fk_inquiry_step_inquiry_id_inquiry")),
        sa.PrimaryKeyConstraint("inquiry_id", "number", name=op.f("pk_inquiry_step")),
        comment="all that was done with an inquiry; append-only",
    )
    op.create_index("ix_payout_line_educator", "payout_line", ["educator_id"])
    op.execute(INQUIRY_STAYS)
    for table, guard in GUARDED_TABLES.items():
        op.execute(f"CREATE TRIGGER {guard} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {guard}()")
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )


def downgrade() -> None:
    """What was asked and answered since could be kept nowhere: go back to a backup of the database."""
