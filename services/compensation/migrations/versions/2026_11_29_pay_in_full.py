"""Payouts in full: holds, recoveries, account codes, three people to a batch, refused steps on the record.

Batches that stand keep their bytes and their rule: they are of form 1. The content of new ones is stored uncompressed,
so that a slice of it is read without the rest.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "payouts"
down_revision = "what_if"
branch_labels = None
depends_on = None

OPEN_ITEM = """
CREATE VIEW open_item AS
SELECT l.plan_year, l.educator_id, l.component, l.amount_cents, l.id AS ledger_entry_id, NULL::uuid AS instalment_id
FROM ledger_entry l
WHERE NOT EXISTS (SELECT FROM payout_entry p WHERE p.ledger_entry_id = l.id AND p.released_at IS NULL)
  AND NOT EXISTS (SELECT FROM recovery_entry r WHERE r.ledger_entry_id = l.id)
UNION ALL
SELECT r.plan_year, r.educator_id, i.component, -i.amount_cents, NULL, i.id
FROM recovery r JOIN recovery_instalment i ON i.recovery_id = r.id
WHERE r.state = 'stopped' AND i.carried_to IS NULL
  AND NOT EXISTS (SELECT FROM payout_instalment p WHERE p.instalment_id = i.id AND p.released_at IS NULL)
"""
"""What neither a live line nor a recovery has: entries of the ledger, and what a stopped recovery left."""

DISTRICTS_OF_OLD = """
UPDATE payout_batch b SET district_totals = t.totals, lines_without_account_code = b.line_count
FROM (
  SELECT batch_id, jsonb_agg(jsonb_build_object('district_id', district_id, 'line_count', line_count,
                                                'control_total_cents', cents) ORDER BY district_id) AS totals
  FROM (SELECT batch_id, district_id, count(*) AS line_count, sum(amount_cents)::bigint AS cents
        FROM payout_line GROUP BY batch_id, district_id) d
  GROUP BY batch_id
) t
WHERE t.batch_id = b.id
"""
BATCH_STAYS = """
CREATE OR REPLACE FUNCTION batch_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (OLD.content, OLD.content_hash, OLD.line_count, OLD.control_total_cents, OLD.plan_year,
                          OLD.pay_date, OLD.prepared_by, OLD.form, OLD.district_id, OLD.district_totals,
                          OLD.lines_without_account_code, OLD.held_educators, OLD.held_total_cents)
     IS DISTINCT FROM (NEW.content, NEW.content_hash, NEW.line_count, NEW.control_total_cents, NEW.plan_year,
                       NEW.pay_date, NEW.prepared_by, NEW.form, NEW.district_id, NEW.district_totals,
                       NEW.lines_without_account_code, NEW.held_educators, NEW.held_total_cents) THEN
    RAISE EXCEPTION 'the lines of a payout batch never change: withdraw it, or correct in a later one'
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.approved_by <> coalesce(NEW.approved_by, '') OR OLD.sealed_by <> coalesce(NEW.sealed_by, '') THEN
    RAISE EXCEPTION 'who approved or sealed a payout batch never changes' USING ERRCODE = 'restrict_violation';
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
RECOVERY_STAYS = """
CREATE FUNCTION recovery_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE'
     OR (OLD.id, OLD.educator_id, OLD.plan_year, OLD.total_cents, OLD.opened_by, OLD.opened_at)
        IS DISTINCT FROM (NEW.id, NEW.educator_id, NEW.plan_year, NEW.total_cents, NEW.opened_by, NEW.opened_at)
     OR OLD.approved_by <> coalesce(NEW.approved_by, '')
     OR (OLD.state, NEW.state) NOT IN (('proposed', 'approved'), ('proposed', 'stopped'), ('approved', 'stopped')) THEN
    RAISE EXCEPTION 'a recovery is approved, stopped, and changes in no other way'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""
INSTALMENT_STAYS = """
CREATE FUNCTION instalment_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.carried_to IS NOT NULL
     OR to_jsonb(OLD) - 'carried_to' IS DISTINCT FROM to_jsonb(NEW) - 'carried_to'
     OR EXISTS (SELECT FROM payout_instalment p WHERE p.instalment_id = NEW.id AND p.released_at IS NULL) THEN
    RAISE EXCEPTION 'an instalment that no line takes is carried over once, and changes in no other way'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""


def changes_once(function: str, what: str, mark: str, *others: str) -> str:
    """A guard: a row changes in the named columns alone, and only while `mark` is null."""
    columns = "{" + ",".join((mark, *others)) + "}"
    return f"""
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.{mark} IS NOT NULL
     OR to_jsonb(OLD) - '{columns}'::text[] IS DISTINCT FROM to_jsonb(NEW) - '{columns}'::text[] THEN
    RAISE EXCEPTION '{what}' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""


LINE_STAYS = """
CREATE OR REPLACE FUNCTION line_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE answered text[] := '{state,state_reason,paid_on,payroll_reference}';
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state <> 'open' OR to_jsonb(OLD) - answered IS DISTINCT FROM to_jsonb(NEW) - answered THEN
    RAISE EXCEPTION 'a payout line is answered once and changes in no other way' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""
CLAIMED_ONCE = {
    "payout_entry": "new_rows n JOIN recovery_entry r USING (ledger_entry_id)",
    "recovery_entry": "new_rows n JOIN payout_entry p USING (ledger_entry_id) WHERE p.released_at IS NULL",
    "payout_instalment": "new_rows n JOIN recovery_instalment i ON i.id = n.instalment_id"
    " WHERE i.carried_to IS NOT NULL",
}
"""What may not be there beside a new claim: within a table the unique indexes see to it."""
GUARDS = {
    "recovery": "recovery_stays",
    "recovery_entry": "append_only",
    "recovery_instalment": "instalment_stays",
    "payout_instalment": "claim_stays",
    "payment_hold": "hold_stays",
    "account_codes": "append_only",
    "refused_step": "append_only",
}


def upgrade() -> None:
    _add_tables()
    _add_columns()
    op.execute(DISTRICTS_OF_OLD)
    op.execute("ALTER TABLE payout_batch ALTER COLUMN content SET STORAGE EXTERNAL")
    op.execute(OPEN_ITEM)
    for function in (
        BATCH_STAYS,
        LINE_STAYS,
        RECOVERY_STAYS,
        INSTALMENT_STAYS,
        changes_once("claim_stays", "what a line takes is released once and changes in no other way", "released_at"),
        changes_once(
            "hold_stays",
            "a payment hold is lifted once and changes in no other way",
            "lifted_at",
            "lifted_by",
            "lift_reason",
        ),
    ):
        op.execute(function)
    for table, guard in GUARDS.items():
        op.execute(f"CREATE TRIGGER {guard} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {guard}()")
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
    for table, rival in CLAIMED_ONCE.items():
        op.execute(
            f"CREATE FUNCTION {table}_claimed_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF EXISTS (SELECT FROM {rival}) THEN RAISE EXCEPTION 'it is in a payout line or a recovery already' "
            "USING ERRCODE = 'restrict_violation'; END IF; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER claimed_once AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_claimed_once()"
        )


def _add_columns() -> None:
    for column in (
        sa.Column(
            "form",
            sa.SmallInteger(),
            server_default="1",
            nullable=False,
            comment="of the lines: 2 has the keys from kind on",
        ),
        sa.Column("district_id", sa.Uuid(), nullable=True, comment="null where it pays the whole network"),
        sa.Column("district_totals", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("lines_without_account_code", sa.Integer(), server_default="0", nullable=False),
        sa.Column("held_educators", sa.Integer(), server_default="0", nullable=False),
        sa.Column("held_total_cents", sa.BigInteger(), server_default="0", nullable=False),
    ):
        op.add_column("payout_batch", column)
    op.create_check_constraint(
        op.f("ck_payout_batch_three_people"), "payout_batch", "form = 1 OR sealed_by NOT IN (prepared_by, approved_by)"
    )
    for of_line in (
        sa.Column("kind", sa.Text(), server_default="bonus", nullable=False),
        sa.Column("account_code", sa.Text(), nullable=True),
        sa.Column("retirement", sa.Boolean(), nullable=True, comment="whether it counts for TRS, as the plan says"),
        sa.Column("plan_content_hash", sa.Text(), nullable=True),
        sa.Column("minute_reference", sa.Text(), nullable=True, comment="of the board that adopted the plan"),
        sa.Column("paid_in_year", sa.Text(), nullable=True, comment="school year of the pay date"),
        sa.Column("recovery_id", sa.Uuid(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True, comment="as payroll says"),
        sa.Column("payroll_reference", sa.Text(), nullable=True),
    ):
        op.add_column("payout_line", of_line)
    op.create_foreign_key(
        op.f("fk_payout_line_recovery_id_recovery"), "payout_line", "recovery", ["recovery_id"], ["id"]
    )
    op.create_check_constraint(op.f("ck_payout_line_kind"), "payout_line", "kind IN ('bonus','recovery')")
    op.create_check_constraint(
        op.f("ck_payout_line_recovery_takes_back"),
        "payout_line",
        "kind = 'bonus' OR (amount_cents < 0 AND recovery_id IS NOT NULL)",
    )


def _add_tables() -> None:
    op.create_table(
        "payment_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("plan_year", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("source IN ('hr','inquiry')", name=op.f("ck_payment_hold_source")),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_payment_hold_lifted")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_hold")),
        comment="who is not paid for a plan year while the hold is open; lifted once",
    )
    op.create_index("ix_payment_hold_year", "payment_hold", ["plan_year", "educator_id"])
    op.create_table(
        "recovery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("plan_year", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('proposed','approved','stopped')", name=op.f("ck_recovery_state")),
        sa.CheckConstraint("total_cents > 0", name=op.f("ck_recovery_something")),
        sa.CheckConstraint("approved_by <> opened_by", name=op.f("ck_recovery_two_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery")),
        comment="an overpayment that is taken back in instalments",
    )
    op.create_index("ix_recovery_year", "recovery", ["plan_year", "educator_id"])
    op.create_table(
        "recovery_entry",
        sa.Column("ledger_entry_id", sa.Uuid(), nullable=False),
        sa.Column("recovery_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_entry_id"], ["ledger_entry.id"], name=op.f("fk_recovery_entry_ledger_entry_id_ledger_entry")
        ),
        sa.ForeignKeyConstraint(["recovery_id"], ["recovery.id"], name=op.f("fk_recovery_entry_recovery_id_recovery")),
        sa.PrimaryKeyConstraint("ledger_entry_id", name=op.f("pk_recovery_entry")),
        comment="which ledger entries a recovery takes back, each once; append-only",
    )
    op.create_table(
        "recovery_instalment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recovery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column(
            "amount_cents",
            sa.BigInteger(),
            nullable=False,
            comment="to take back; negative where something is set off",
        ),
        sa.Column("carried_to", sa.Uuid(), nullable=True, comment="the later recovery that took it over; set once"),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_recovery_instalment_not_nothing")),
        sa.ForeignKeyConstraint(
            ["recovery_id"], ["recovery.id"], name=op.f("fk_recovery_instalment_recovery_id_recovery")
        ),
        sa.ForeignKeyConstraint(
            ["carried_to"], ["recovery.id"], name=op.f("fk_recovery_instalment_carried_to_recovery")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_instalment")),
        sa.UniqueConstraint(
            "recovery_id", "number", "component", name=op.f("uq_recovery_instalment_recovery_id_number_component")
        ),
        comment="what of each instalment falls on each component",
    )
    op.create_table(
        "payout_instalment",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("instalment_id", sa.Uuid(), nullable=False),
        sa.Column(
            "released_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="set when the line was rejected or its batch withdrawn",
        ),
        sa.ForeignKeyConstraint(["line_id"], ["payout_line.id"], name=op.f("fk_payout_instalment_line_id_payout_line")),
        sa.ForeignKeyConstraint(
            ["instalment_id"],
            ["recovery_instalment.id"],
            name=op.f("fk_payout_instalment_instalment_id_recovery_instalment"),
        ),
        sa.PrimaryKeyConstraint("line_id", "instalment_id", name=op.f("pk_payout_instalment")),
        comment="which instalments a line takes back",
    )
    op.create_index(
        "uq_payout_instalment_once",
        "payout_instalment",
        ["instalment_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "account_codes",
        sa.Column("plan_year", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rows", postgresql.JSONB(), nullable=False),
        sa.Column("kept_by", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("plan_year", "number", name=op.f("pk_account_codes")),
        comment="the account codes of a plan year, whole under each number; append-only",
    )
    op.create_table(
        "refused_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="the batch or recovery"),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("tried_by", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_step")),
        comment="steps of payouts that were refused; append-only",
    )
    op.create_index("ix_refused_step_subject", "refused_step", ["subject_id", "tried_at"])


def downgrade() -> None:
    """What was held and recovered since could be kept nowhere: a database of an older version comes from its backup."""
