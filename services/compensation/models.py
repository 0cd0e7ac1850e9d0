"""Tables of the compensation database, and nothing else."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.base import new_metadata
from shared.db.idempotency import idempotency_table
from shared.messaging.tables import consumer_offset_table, dead_letter_table, outbox_table

metadata = new_metadata()
outbox = outbox_table(metadata)
consumer_offset = consumer_offset_table(metadata)
dead_letter = dead_letter_table(metadata)
idempotency_key = idempotency_table(metadata)

plan_version = Table(
    "plan_version",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("plan", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("plan_year", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("written_by", Text, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    Column("published_by", Text),
    Column("published_at", DateTime(timezone=True)),
    Column("event_id", Uuid, comment="the event that told of the publication; causes the recalculation of all"),
    UniqueConstraint("plan", "version"),
    CheckConstraint("published_by <> written_by", name="two_people"),
    CheckConstraint("(state = 'draft') = (published_by IS NULL)", name="published"),
    CheckConstraint("state IN ('draft','published','superseded')", name="state"),
)
Index(
    "uq_plan_version_published_year",
    plan_version.c.plan_year,
    unique=True,
    postgresql_where=plan_version.c.state == "published",
)

common_facts = Table(
    "common_facts",
    metadata,
    Column("plan_year", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("campuses", JSONB, nullable=False),
    Column("settlement", JSONB, nullable=False),
    Column("settled_for", Uuid, ForeignKey("plan_version.id")),
    Column("is_final", Boolean, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("event_id", Uuid, nullable=False),
    comment="what every decision of a plan year rests on besides the educator's own facts; append-only",
)

recalculation = Table(
    "recalculation",
    metadata,
    Column("cause_event_id", Uuid, primary_key=True),
    Column("plan_version_id", Uuid, ForeignKey("plan_version.id"), nullable=False),
    Column("after_educator_id", Uuid, comment="everybody up to this id is done; null before the first"),
    Column("educators", Integer, nullable=False, server_default="0"),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    comment="one row for whatever changed for everybody: how far the recalculation of everybody has come",
)

educator_account = Table(
    "educator_account",
    metadata,
    Column("educator_id", Uuid, primary_key=True),
    Column("applied_sequence", BigInteger, nullable=False, comment="number of the last fact taken in"),
    Column("facts", Text, nullable=False, comment="the standing facts as one document: the fold of table fact"),
    Column("unreported", ARRAY(Uuid), nullable=False, comment="events taken in since the last statement event"),
    comment="one row an educator; its lock serialises all that happens to the educator",
)

settlement_request = Table(
    "settlement_request",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("plan_version_id", Uuid, ForeignKey("plan_version.id"), nullable=False),
    Column("final", Boolean, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    comment="settlements that were asked for, by a person or by the publication of a plan that needs one",
)

attribute = Table(
    "attribute",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("educator_id", Uuid, nullable=False),
    Column("school_year", Text, nullable=False),
    Column("attribute", Text, nullable=False),
    Column("item", Text),
    Column("version", Integer, nullable=False),
    Column("value", Text, comment="null where it was taken back"),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    comment="what HR keeps of educators, as it stands; the versions before are facts",
)
Index(
    "uq_attribute_key",
    attribute.c.educator_id,
    attribute.c.school_year,
    attribute.c.attribute,
    attribute.c.item,
    unique=True,
    postgresql_nulls_not_distinct=True,
)

fact = Table(
    "fact",
    metadata,
    Column("educator_id", Uuid, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("data", Text, nullable=False),
    comment="every fact that changed what is known, in the order it was taken in; append-only",
)

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
