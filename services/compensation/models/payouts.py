"""Payout batches, their lines, and the entries that they pay."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from services.compensation.models.base import metadata

payout_batch = Table(
    "payout_batch",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("plan_year", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("pay_date", Date, nullable=False),
    Column("line_count", Integer, nullable=False),
    Column("control_total_cents", BigInteger, nullable=False),
    Column("content_hash", Text, nullable=False, comment="SHA-256 over the lines as they are served"),
    Column("content", LargeBinary, nullable=False, comment="the lines as NDJSON: what payroll pulls, byte for byte"),
    Column("prepared_by", Text, nullable=False),
    Column("prepared_at", DateTime(timezone=True), nullable=False),
    Column("approved_by", Text),
    Column("approved_at", DateTime(timezone=True)),
    Column("sealed_by", Text),
    Column("sealed_at", DateTime(timezone=True)),
    Column("first_pulled_at", DateTime(timezone=True)),
    Column("acknowledged_by", Text),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("withdrawn_by", Text),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("withdrawn_reason", Text),
    CheckConstraint("approved_by <> prepared_by", name="two_people"),
    CheckConstraint("state IN ('prepared','approved','sealed','acknowledged','withdrawn')", name="state"),
)

payout_line = Table(
    "payout_line",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("batch_id", Uuid, ForeignKey("payout_batch.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("educator_id", Uuid, nullable=False),
    Column("employee_number", Text),
    Column("district_id", Uuid),
    Column("campus_id", Uuid),
    Column("component", Text, nullable=False),
    Column("earning_code", Text, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_reason", Text),
    UniqueConstraint("batch_id", "number"),
    CheckConstraint("state IN ('open','accepted','rejected')", name="state"),
)

payout_entry = Table(
    "payout_entry",
    metadata,
    Column("line_id", Uuid, ForeignKey("payout_line.id"), primary_key=True),
    Column("ledger_entry_id", Uuid, ForeignKey("ledger_entry.id"), primary_key=True),
    Column("released_at", DateTime(timezone=True), comment="set when the line was rejected or its batch withdrawn"),
    comment="which ledger entries a line pays",
)
Index(
    "uq_payout_entry_once",
    payout_entry.c.ledger_entry_id,
    unique=True,
    postgresql_where=payout_entry.c.released_at.is_(None),
)
