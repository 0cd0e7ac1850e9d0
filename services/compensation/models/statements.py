"""What facts came to: statements, where each educator stands, and the differences that were posted."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from services.compensation.models.base import metadata

statement = Table(
    "statement",
    metadata,
    Column("educator_id", Uuid, primary_key=True),
    Column("plan_year", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("plan_version_id", Uuid, ForeignKey("plan_version.id"), nullable=False),
    Column("applied_sequence", BigInteger, nullable=False),
    Column("cause_event_id", Uuid, nullable=False),
    Column("total_cents", BigInteger, nullable=False),
    Column("rung", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("body", Text, nullable=False, comment="the statement as it is served, byte for byte"),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("common_facts", Integer),
    comment="every statement there ever was; append-only",
)

bonus_total = Table(
    "bonus_total",
    metadata,
    Column("educator_id", Uuid, primary_key=True),
    Column("plan_year", Text, primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("plan_version_id", Uuid, ForeignKey("plan_version.id"), nullable=False),
    Column("statement_hash", Text, nullable=False),
    Column("employee_number", Text),
    Column("district_id", Uuid),
    Column("campus_id", Uuid),
    Column("rung", Text, nullable=False),
    Column("components", Text, nullable=False, comment="cents by component, as a JSON object"),
    Column("total_cents", BigInteger, nullable=False),
    comment="where each educator stands now: the last statement in numbers",
)
Index("ix_bonus_total_plan_year", bonus_total.c.plan_year, bonus_total.c.educator_id)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("educator_id", Uuid, nullable=False),
    Column("plan_year", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("component", Text, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("plan_version_id", Uuid, ForeignKey("plan_version.id"), nullable=False),
    Column("cause_event_id", Uuid, nullable=False),
    Column("posted_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("educator_id", "plan_year", "sequence", "component"),
    ForeignKeyConstraint(
        ["educator_id", "plan_year", "sequence"],
        ["statement.educator_id", "statement.plan_year", "statement.sequence"],
        name="fk_ledger_entry_statement",
    ),
    CheckConstraint("amount_cents <> 0", name="not_nothing"),
    comment="differences posted by recalculations, in cents; append-only, enforced by triggers",
)
