"""Payout batches, their lines, what these pay or take back, and which of their steps were refused."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

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
    Column(
        "form", SmallInteger, nullable=False, server_default="1", comment="of the lines: 2 has the keys from kind on"
    ),
    Column("district_id", Uuid, comment="null where it pays the whole network"),
    Column("district_totals", JSONB, nullable=False, server_default="[]"),
    Column("lines_without_account_code", Integer, nullable=False, server_default="0"),
    Column("held_educators", Integer, nullable=False, server_default="0"),
    Column("held_total_cents", BigInteger, nullable=False, server_default="0"),
    Column("is_estimate", Boolean, comment="whether its year was open when it was prepared; null where not kept"),
    CheckConstraint("approved_by <> prepared_by", name="two_people"),
    # Batches of form 1 may have been sealed by who prepared them: that was the rule when they were.
    CheckConstraint("form = 1 OR sealed_by NOT IN (prepared_by, approved_by)", name="three_people"),
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
    Column("kind", Text, nullable=False, server_default="bonus"),
    Column("account_code", Text),
    Column("retirement", Boolean, comment="whether it counts for TRS, as the plan says"),
    Column("plan_content_hash", Text),
    Column("minute_reference", Text, comment="of the board that adopted the plan"),
    Column("paid_in_year", Text, comment="school year of the pay date"),
    Column("recovery_id", Uuid, ForeignKey("recovery.id")),
    Column("paid_on", Date, comment="as payroll says"),
    Column("payroll_reference", Text),
    UniqueConstraint("batch_id", "number"),
    CheckConstraint("kind IN ('bonus','recovery')", name="kind"),
    CheckConstraint("kind = 'bonus' OR (amount_cents < 0 AND recovery_id IS NOT NULL)", name="recovery_takes_back"),
    CheckConstraint("state IN ('open','accepted','rejected')", name="state"),
)

Index("ix_payout_line_educator", payout_line.c.educator_id)

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

payout_instalment = Table(
    "payout_instalment",
    metadata,
    Column("line_id", Uuid, ForeignKey("payout_line.id"), primary_key=True),
    Column("instalment_id", Uuid, ForeignKey("recovery_instalment.id"), primary_key=True),
    Column("released_at", DateTime(timezone=True), comment="set when the line was rejected or its batch withdrawn"),
    comment="which instalments a line takes back",
)
Index(
    "uq_payout_instalment_once",
    payout_instalment.c.instalment_id,
    unique=True,
    postgresql_where=payout_instalment.c.released_at.is_(None),
)

refused_step = Table(
    "refused_step",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("subject_id", Uuid, comment="the batch, plan version or other thing; null: none was named"),
    Column("step", Text, nullable=False),
    Column("tried_by", Text, nullable=False),
    Column("tried_at", DateTime(timezone=True), nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    comment="steps that were refused; append-only",
)
payout_suspension = Table(
    "payout_suspension",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("suspended_by", Text, nullable=False),
    Column("suspended_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False),
    Column("resumed_by", Text),
    Column("resumed_at", DateTime(timezone=True)),
    Column("resume_reason", Text),
    Column("payroll_has", JSONB, comment="batches and cents by plan year, as payroll said when payouts were resumed"),
    CheckConstraint(
        "(resumed_at IS NULL) = (resumed_by IS NULL) AND (resumed_at IS NULL) = (resume_reason IS NULL) "
        "AND (resumed_at IS NULL) = (payroll_has IS NULL)",
        name="resumed",
    ),
    comment="since when nothing is paid, because what was paid is not known for certain; ended once",
)

Index("ix_refused_step_subject", refused_step.c.subject_id, refused_step.c.tried_at)
