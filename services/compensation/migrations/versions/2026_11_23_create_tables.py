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

APPEND_ONLY = """
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: post a correction as a new row', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$
"""
GUARDED_TABLES = {
    "fact": "append_only",
    "statement": "append_only",
    "ledger_entry": "append_only",
    "plan_version": "plan_stays",
    "payout_batch": "batch_stays",
    "payout_line": "line_stays",
    "payout_entry": "entry_stays",
}

PLAN_STAYS = """
CREATE FUNCTION plan_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (OLD.document, OLD.content_hash, OLD.plan, OLD.version, OLD.plan_year)
     IS DISTINCT FROM (NEW.document, NEW.content_hash, NEW.plan, NEW.version, NEW.plan_year) THEN
    RAISE EXCEPTION 'a plan version never changes: write a new one' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""
BATCH_STAYS = """
CREATE FUNCTION batch_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (OLD.content, OLD.content_hash, OLD.line_count, OLD.control_total_cents, OLD.plan_year)
     IS DISTINCT FROM (NEW.content, NEW.content_hash, NEW.line_count, NEW.control_total_cents, NEW.plan_year) THEN
    RAISE EXCEPTION 'the lines of a payout batch never change: withdraw it, or correct in a later one'
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
    ('prepared', 'approved'), ('approved', 'sealed'), ('sealed', 'acknowledged'),
    ('prepared', 'withdrawn'), ('approved', 'withdrawn')) THEN
    RAISE EXCEPTION 'a payout batch goes from % to % in no case', OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""
LINE_STAYS = """
CREATE FUNCTION line_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state <> 'open'
     OR to_jsonb(OLD) - '{state,state_reason}'::text[] IS DISTINCT FROM to_jsonb(NEW) - '{state,state_reason}'::text[]
  THEN
    RAISE EXCEPTION 'a payout line is answered once and changes in no other way' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""
ENTRY_STAYS = """
CREATE FUNCTION entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.released_at IS NOT NULL
     OR (OLD.line_id, OLD.ledger_entry_id) IS DISTINCT FROM (NEW.line_id, NEW.ledger_entry_id) THEN
    RAISE EXCEPTION 'what a line pays is released once and changes in no other way'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""


def guard_what_must_not_change() -> None:
    """The database itself refuses what no code of ours may do, so that a mistake in the code cannot do it either."""
    op.execute(APPEND_ONLY)
    for function in (PLAN_STAYS, BATCH_STAYS, LINE_STAYS, ENTRY_STAYS):
        op.execute(function)
    for table, guard in GUARDED_TABLES.items():
        op.execute(f"CREATE TRIGGER {guard} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {guard}()")
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )


def upgrade() -> None:
    op.create_table(
        "consumer_offset",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=True),
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
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settled_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'retried', 'discarded')", name=op.f("ck_dead_letter_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
    )
    op.create_index(
        "ix_dead_letter_waiting",
        "dead_letter",
        ["consumer", "key"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "educator_account",
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("applied_sequence", sa.BigInteger(), nullable=False, comment="number of the last fact taken in"),
        sa.Column(
            "facts", sa.Text(), nullable=False, comment="the standing facts as one document: the fold of table fact"
        ),
        sa.Column(
            "unreported", sa.ARRAY(sa.Uuid()), nullable=False, comment="events taken in since the last statement event"
        ),
        sa.PrimaryKeyConstraint("educator_id", name=op.f("pk_educator_account")),
        comment="one row an educator; its lock serialises all that happens to the educator",
    )
    op.create_table(
        "fact",
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("educator_id", "sequence", name=op.f("pk_fact")),
        comment="every fact that changed what is known, in the order it was taken in; append-only",
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
        "payout_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_year", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pay_date", sa.Date(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("control_total_cents", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False, comment="SHA-256 over the lines as they are served"),
        sa.Column(
            "content",
            sa.LargeBinary(),
            nullable=False,
            comment="the lines as NDJSON: what payroll pulls, byte for byte",
        ),
        sa.Column("prepared_by", sa.Text(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed_by", sa.Text(), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_pulled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('prepared','approved','sealed','acknowledged','withdrawn')", name=op.f("ck_payout_batch_state")
        ),
        sa.CheckConstraint("approved_by <> prepared_by", name=op.f("ck_payout_batch_two_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_batch")),
    )
    op.create_table(
        "plan_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plan_year", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "event_id",
            sa.Uuid(),
            nullable=True,
            comment="the event that told of the publication; causes the recalculation of all",
        ),
        sa.CheckConstraint("(state = 'draft') = (published_by IS NULL)", name=op.f("ck_plan_version_published")),
        sa.CheckConstraint("state IN ('draft','published','superseded')", name=op.f("ck_plan_version_state")),
        sa.CheckConstraint("published_by <> written_by", name=op.f("ck_plan_version_two_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_version")),
        sa.UniqueConstraint("plan", "version", name=op.f("uq_plan_version_plan_version")),
    )
    op.create_index(
        "uq_plan_version_published_year",
        "plan_version",
        ["plan_year"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "bonus_total",
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("plan_year", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("plan_version_id", sa.Uuid(), nullable=False),
        sa.Column("statement_hash", sa.Text(), nullable=False),
        sa.Column("employee_number", sa.Text(), nullable=True),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("campus_id", sa.Uuid(), nullable=True),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("components", sa.Text(), nullable=False, comment="cents by component, as a JSON object"),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_version_id"], ["plan_version.id"], name=op.f("fk_bonus_total_plan_version_id_plan_version")
        ),
        sa.PrimaryKeyConstraint("educator_id", "plan_year", name=op.f("pk_bonus_total")),
        comment="where each educator stands now: the last statement in numbers",
    )
    op.create_index("ix_bonus_total_plan_year", "bonus_total", ["plan_year", "educator_id"], unique=False)
    op.create_table(
        "payout_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("employee_number", sa.Text(), nullable=True),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("campus_id", sa.Uuid(), nullable=True),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("earning_code", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('open','accepted','rejected')", name=op.f("ck_payout_line_state")),
        sa.ForeignKeyConstraint(["batch_id"], ["payout_batch.id"], name=op.f("fk_payout_line_batch_id_payout_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_line")),
        sa.UniqueConstraint("batch_id", "number", name=op.f("uq_payout_line_batch_id_number")),
    )
    op.create_table(
        "recalculation",
        sa.Column("plan_version_id", sa.Uuid(), nullable=False),
        sa.Column(
            "after_educator_id",
            sa.Uuid(),
            nullable=True,
            comment="everybody up to this id is done; null before the first",
        ),
        sa.Column("educators", sa.Integer(), server_default="0", nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_version_id"], ["plan_version.id"], name=op.f("fk_recalculation_plan_version_id_plan_version")
        ),
        sa.PrimaryKeyConstraint("plan_version_id", name=op.f("pk_recalculation")),
        comment="one row a publication: how far the recalculation of everybody has come",
    )
    op.create_table(
        "statement",
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("plan_year", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("plan_version_id", sa.Uuid(), nullable=False),
        sa.Column("applied_sequence", sa.BigInteger(), nullable=False),
        sa.Column("cause_event_id", sa.Uuid(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="the statement as it is served, byte for byte"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_version_id"], ["plan_version.id"], name=op.f("fk_statement_plan_version_id_plan_version")
        ),
        sa.PrimaryKeyConstraint("educator_id", "plan_year", "sequence", name=op.f("pk_statement")),
        comment="every statement there ever was; append-only",
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("plan_year", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("plan_version_id", sa.Uuid(), nullable=False),
        sa.Column("cause_event_id", sa.Uuid(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_ledger_entry_not_nothing")),
        sa.ForeignKeyConstraint(
            ["educator_id", "plan_year", "sequence"],
            ["statement.educator_id", "statement.plan_year", "statement.sequence"],
            name="fk_ledger_entry_statement",
        ),
        sa.ForeignKeyConstraint(
            ["plan_version_id"], ["plan_version.id"], name=op.f("fk_ledger_entry_plan_version_id_plan_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint(
            "educator_id",
            "plan_year",
            "sequence",
            "component",
            name=op.f("uq_ledger_entry_educator_id_plan_year_sequence_component"),
        ),
        comment="differences posted by recalculations, in cents; append-only, enforced by triggers",
    )
    op.create_table(
        "payout_entry",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("ledger_entry_id", sa.Uuid(), nullable=False),
        sa.Column(
            "released_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="set when the line was rejected or its batch withdrawn",
        ),
        sa.ForeignKeyConstraint(
            ["ledger_entry_id"], ["ledger_entry.id"], name=op.f("fk_payout_entry_ledger_entry_id_ledger_entry")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["payout_line.id"], name=op.f("fk_payout_entry_line_id_payout_line")),
        sa.PrimaryKeyConstraint("line_id", "ledger_entry_id", name=op.f("pk_payout_entry")),
        comment="which ledger entries a line pays",
    )
    op.create_index(
        "uq_payout_entry_once",
        "payout_entry",
        ["ledger_entry_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    for statement in OUTBOX_NOTIFY:
        op.execute(statement)
    guard_what_must_not_change()


def downgrade() -> None:
    """There is nothing before this: a database is dropped whole."""
