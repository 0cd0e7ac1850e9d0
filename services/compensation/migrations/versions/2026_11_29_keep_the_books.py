"""Keep the books: the payment journal, accounting periods, budgets, and one view of the general ledger.

The steps that payout batches took before are posted here, in the month they were taken in; no month was closed yet.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "books"
down_revision = "statements"
branch_labels = None
depends_on = None

MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
TRANSFERS = """
  ('approved','accrued_bonus','bonus_payable'), ('paid','bonus_payable','payroll_clearing'),
  ('released','bonus_payable','accrued_bonus'), ('claimed','due_from_educators','accrued_bonus'),
  ('recovered','payroll_clearing','due_from_educators'), ('claim_released','accrued_bonus','due_from_educators')
"""
# One statement for all rows of an insertion. Whoever posts shares the lock that a closing holds.
CLOSED_MONTH_STAYS = """
CREATE FUNCTION closed_month_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE closed text;
BEGIN
  SELECT max(p.posted_period) INTO closed
  FROM (SELECT DISTINCT posted_period FROM posted) p
  WHERE (SELECT max(s.number) FROM accounting_period_step s WHERE s.month = p.posted_period) % 2 = 1;
  IF closed IS NOT NULL THEN
    RAISE EXCEPTION '% is closed: post in an open month', closed USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$
"""
# The place of an accrual is where the roster had the educator when it was decided: what is closed must not move when
# somebody changes campus. It is read as EducatorFacts.primary_place reads it.
GENERAL_LEDGER = """
CREATE VIEW general_ledger AS
WITH zone AS MATERIALIZED (
  SELECT id, document->>'time_zone' AS name FROM plan_version
), roster AS MATERIALIZED (
  SELECT f.educator_id, f.sequence AS since,
         lead(f.sequence) OVER (PARTITION BY f.educator_id ORDER BY f.sequence) AS until,
         main.district_id, main.campus_id
  FROM fact f
  LEFT JOIN LATERAL (
    SELECT a.district_id, a.campus_id
    FROM json_to_recordset(f.data::json->'assignments') AS a(
      assignment_id text, district_id uuid, campus_id uuid, is_primary boolean, begins_on text)
    ORDER BY a.is_primary DESC, a.begins_on COLLATE "C" DESC, a.assignment_id COLLATE "C" DESC LIMIT 1
  ) main ON true
  WHERE f.kind = 'roster'
), entry AS (
  SELECT l.plan_year, to_char(l.posted_at AT TIME ZONE z.name, 'YYYY-MM') AS posted_period, l.posted_at,
         'accrued' AS kind, l.educator_id, r.district_id, r.campus_id, l.component, NULL::text AS account_code,
         CASE WHEN l.amount_cents > 0 THEN 'bonus_expense' ELSE 'accrued_bonus' END AS debit,
         CASE WHEN l.amount_cents > 0 THEN 'accrued_bonus' ELSE 'bonus_expense' END AS credit,
         abs(l.amount_cents) AS amount_cents, l.id AS entry_id, l.sequence AS statement_sequence, l.cause_event_id,
         NULL::uuid AS batch_id
  FROM ledger_entry l
  JOIN statement s USING (educator_id, plan_year, sequence)
  JOIN zone z ON z.id = l.plan_version_id
  LEFT JOIN roster r ON r.educator_id = l.educator_id AND r.since <= s.applied_sequence
    AND (r.until IS NULL OR r.until > s.applied_sequence)
  UNION ALL
  SELECT b.plan_year, p.posted_period, p.posted_at, p.kind, n.educator_id, n.district_id, n.campus_id, n.component,
         n.account_code, p.debit, p.credit, p.amount_cents, n.id, NULL, NULL, b.id
  FROM payment_entry p
  JOIN payout_line n ON n.id = p.line_id
  JOIN payout_batch b ON b.id = n.batch_id
)
SELECT e.plan_year, e.posted_period, e.posted_at, e.kind, leg.account, leg.debit_cents, leg.credit_cents,
       e.educator_id, e.district_id, e.campus_id, e.component, e.account_code, e.entry_id, e.statement_sequence,
       e.cause_event_id, e.batch_id
FROM entry e
CROSS JOIN LATERAL (VALUES (e.debit, e.amount_cents, 0::bigint), (e.credit, 0::bigint, e.amount_cents))
  AS leg(account, debit_cents, credit_cents)
"""
STEPS_BEFORE = """
WITH taken AS (
  SELECT n.id AS line_id, n.amount_cents, n.state AS line_state, b.*,
         coalesce(v.document->>'time_zone', 'UTC') AS zone
  FROM payout_line n
  JOIN payout_batch b ON b.id = n.batch_id
  LEFT JOIN plan_version v ON v.plan_year = b.plan_year AND v.state = 'published'
), step AS (
  SELECT line_id, amount_cents, CASE WHEN amount_cents > 0 THEN 'approved' ELSE 'claimed' END AS kind,
         approved_at AS at, to_char(approved_at AT TIME ZONE zone, 'YYYY-MM') AS month
  FROM taken WHERE approved_at IS NOT NULL
  UNION ALL
  SELECT line_id, amount_cents, CASE WHEN amount_cents > 0 THEN 'released' ELSE 'claim_released' END,
         coalesce(withdrawn_at, acknowledged_at),
         to_char(coalesce(withdrawn_at, acknowledged_at) AT TIME ZONE zone, 'YYYY-MM')
  FROM taken WHERE approved_at IS NOT NULL AND (withdrawn_at IS NOT NULL OR line_state = 'rejected')
  UNION ALL
  SELECT line_id, amount_cents, CASE WHEN amount_cents > 0 THEN 'paid' ELSE 'recovered' END, acknowledged_at,
         to_char(pay_date, 'YYYY-MM')
  FROM taken WHERE line_state = 'accepted'
)
INSERT INTO payment_entry (line_id, kind, debit, credit, amount_cents, posted_period, posted_at)
SELECT s.line_id, s.kind, t.debit, t.credit, abs(s.amount_cents), s.month, s.at
FROM step s JOIN (VALUES {transfers}) AS t(kind, debit, credit) USING (kind)
"""


def upgrade() -> None:
    op.create_table(
        "payment_entry",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("posted_period", sa.Text(), nullable=False, comment="calendar month, as 2021-11"),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payment_entry_positive")),
        sa.CheckConstraint(f"(kind, debit, credit) IN ({TRANSFERS})", name=op.f("ck_payment_entry_transfer")),
        sa.CheckConstraint(f"posted_period ~ '{MONTH}'", name=op.f("ck_payment_entry_month")),
        sa.ForeignKeyConstraint(["line_id"], ["payout_line.id"], name=op.f("fk_payment_entry_line_id_payout_line")),
        sa.PrimaryKeyConstraint("line_id", "kind", name=op.f("pk_payment_entry")),
        comment="the payment journal: what each step of a batch moves, line by line; append-only",
    )
    op.create_table(
        "accounting_period_step",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="odd ones close the month, even ones reopen it"),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("totals", sa.Text(), nullable=True, comment="of a closing: the trial balance of the month, as JSON"),
        sa.Column("totals_hash", sa.Text(), nullable=True, comment="of a closing: SHA-256 of the totals"),
        sa.Column("closed_by", sa.Text(), nullable=True, comment="of a reopening: who had closed it"),
        sa.Column("reason", sa.Text(), nullable=True, comment="of a reopening"),
        sa.CheckConstraint(f"month ~ '{MONTH}'", name=op.f("ck_accounting_period_step_month")),
        sa.CheckConstraint("(number % 2 = 1) = (totals IS NOT NULL)", name=op.f("ck_accounting_period_step_closing")),
        sa.CheckConstraint("(totals IS NULL) = (totals_hash IS NULL)", name=op.f("ck_accounting_period_step_hash")),
        sa.CheckConstraint("(totals IS NULL) = (reason IS NOT NULL)", name=op.f("ck_accounting_period_step_reason")),
        sa.CheckConstraint(
            "(totals IS NULL) = (closed_by IS NOT NULL)", name=op.f("ck_accounting_period_step_reopening")
        ),
        sa.CheckConstraint("closed_by <> taken_by", name=op.f("ck_accounting_period_step_two_people")),
        sa.PrimaryKeyConstraint("month", "number", name=op.f("pk_accounting_period_step")),
        comment="closings and reopenings of calendar months; append-only",
    )
    op.create_table(
        "budget",
        sa.Column("plan_year", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "amounts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="cents by district and component; null for all of them",
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("plan_year", "number", name=op.f("pk_budget")),
        comment="budgets of plan years, the highest number stands; append-only",
    )
    op.add_column(
        "common_facts",
        sa.Column("reason", sa.Text(), nullable=True, comment="why the year was reopened; null for every other change"),
    )
    op.execute(STEPS_BEFORE.format(transfers=TRANSFERS))
    op.execute(CLOSED_MONTH_STAYS)
    op.execute(
        "CREATE TRIGGER closed_month_stays AFTER INSERT ON payment_entry REFERENCING NEW TABLE AS posted "
        "FOR EACH STATEMENT EXECUTE FUNCTION closed_month_stays()"
    )
    for table in ("payment_entry", "accounting_period_step", "budget"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION append_only()"
        )
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
    op.execute(GENERAL_LEDGER)


def downgrade() -> None:
    """What was posted since could be kept nowhere: a database of an older version is restored from its backup."""
