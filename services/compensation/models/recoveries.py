"""Payment holds, recoveries of overpayments, and the account codes of payroll lines."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.compensation.models.base import metadata

payment_hold = Table(
    "payment_hold",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("educator_id", Uuid, nullable=False),
    Column("plan_year", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Column("lifted_by", Text),
    Column("lifted_at", DateTime(timezone=True)),
    Column("lift_reason", Text),
    CheckConstraint("source IN ('hr','inquiry')", name="source"),
    CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted"),
    comment="who is not paid for a plan year while the hold is open; lifted once",
)
Index("ix_payment_hold_year", payment_hold.c.plan_year, payment_hold.c.educator_id)

recovery = Table(
    "recovery",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("educator_id", Uuid, nullable=False),
    Column("plan_year", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("total_cents", BigInteger, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("approved_by", Text),
    Column("approved_at", DateTime(timezone=True)),
    Column("stopped_by", Text),
    Column("stopped_at", DateTime(timezone=True)),
    Column("stop_reason", Text),
    CheckConstraint("state IN ('proposed','approved','stopped')", name="state"),
    CheckConstraint("total_cents > 0", name="something"),
    CheckConstraint("approved_by <> opened_by", name="two_people"),
    comment="an overpayment that is taken back in instalments",
)
Index("ix_recovery_year", recovery.c.plan_year, recovery.c.educator_id)

recovery_entry = Table(
    "recovery_entry",
    metadata,
    Column("ledger_entry_id", Uuid, ForeignKey("ledger_entry.id"), primary_key=True),
    Column("recovery_id", Uuid, ForeignKey("recovery.id"), nullable=False),
    comment="which ledger entries a recovery takes back, each once; append-only",
)

recovery_instalment = Table(
    "recovery_instalment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("recovery_id", Uuid, ForeignKey("recovery.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("component", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("amount_cents", BigInteger, nullable=False, comment="to take back; negative where something is set off"),
    Column("carried_to", Uuid, ForeignKey("recovery.id"), comment="the later recovery that took it over; set once"),
    UniqueConstraint("recovery_id", "number", "component"),
    CheckConstraint("amount_cents <> 0", name="not_nothing"),
    comment="what of each instalment falls on each component",
)

account_codes = Table(
    "account_codes",
    metadata,
    Column("plan_year", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("rows", JSONB, nullable=False),
    Column("kept_by", Text, nullable=False),
    Column("kept_at", DateTime(timezone=True), nullable=False),
    comment="the account codes of a plan year, whole under each number; append-only",
)
