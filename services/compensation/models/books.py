"""The payment journal, the steps of accounting periods, and budgets."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.compensation.domain import TRANSFERS
from services.compensation.models.base import metadata

_TRANSFERS = ", ".join(f"('{kind}','{debit}','{credit}')" for kind, (debit, credit) in TRANSFERS.items())
_MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"

payment_entry = Table(
    "payment_entry",
    metadata,
    Column("line_id", Uuid, ForeignKey("payout_line.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("debit", Text, nullable=False),
    Column("credit", Text, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("posted_period", Text, nullable=False, comment="calendar month, as 2021-11"),
    Column("posted_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount_cents > 0", name="positive"),
    CheckConstraint(f"(kind, debit, credit) IN ({_TRANSFERS})", name="transfer"),
    CheckConstraint(f"posted_period ~ '{_MONTH}'", name="month"),
    comment="the payment journal: what each step of a batch moves, line by line; append-only",
)

accounting_period_step = Table(
    "accounting_period_step",
    metadata,
    Column("month", Text, primary_key=True),
    Column("number", Integer, primary_key=True, comment="odd ones close the month, even ones reopen it"),
    Column("taken_by", Text, nullable=False),
    Column("taken_at", DateTime(timezone=True), nullable=False),
    Column("totals", Text, comment="of a closing: the trial balance of the month, as JSON"),
    Column("totals_hash", Text, comment="of a closing: SHA-256 of the totals"),
    Column("closed_by", Text, comment="of a reopening: who had closed it"),
    Column("reason", Text, comment="of a reopening"),
    CheckConstraint(f"month ~ '{_MONTH}'", name="month"),
    CheckConstraint("(number % 2 = 1) = (totals IS NOT NULL)", name="closing"),
    CheckConstraint("(totals IS NULL) = (totals_hash IS NULL)", name="hash"),
    CheckConstraint("(totals IS NULL) = (reason IS NOT NULL)", name="reason"),
    CheckConstraint("(totals IS NULL) = (closed_by IS NOT NULL)", name="reopening"),
    CheckConstraint("closed_by <> taken_by", name="two_people"),
    comment="closings and reopenings of calendar months; append-only",
)

budget = Table(
    "budget",
    metadata,
    Column("plan_year", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("amounts", JSONB, nullable=False, comment="cents by district and component; null for all of them"),
    Column("reason", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    comment="budgets of plan years, the highest number stands; append-only",
)
