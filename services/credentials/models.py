"""Tables of the credentials database, and nothing else."""

from sqlalchemy import (
    CheckConstraint,
    Column,
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
from sqlalchemy.dialects.postgresql import ARRAY

from shared.db.base import new_metadata
from shared.db.idempotency import idempotency_table
from shared.messaging.tables import consumer_offset_table, dead_letter_table, outbox_table

metadata = new_metadata()
outbox = outbox_table(metadata)
consumer_offset = consumer_offset_table(metadata)
dead_letter = dead_letter_table(metadata)
idempotency_key = idempotency_table(metadata)

micro_credential = Table(
    "micro_credential",
    metadata,
    Column("code", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("clock_hours", Integer, nullable=False),
)

pathway = Table(
    "pathway",
    metadata,
    Column("code", Text, primary_key=True),
    Column("title", Text, nullable=False),
)

pathway_credential = Table(
    "pathway_credential",
    metadata,
    Column("pathway", Text, ForeignKey("pathway.code"), primary_key=True),
    Column("credential", Text, ForeignKey("micro_credential.code"), primary_key=True),
    Column("place", Integer, nullable=False),
)

educator = Table(
    "educator",
    metadata,
    Column("educator_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False, comment="of the roster's word on the educator"),
    Column("campus_ids", ARRAY(Uuid), nullable=False),
)

person_key = Table(
    "person_key",
    metadata,
    Column("key", Text, primary_key=True, comment="keyed digest of an e-mail address or an employee number"),
    Column("educator_id", Uuid, ForeignKey("educator.educator_id"), primary_key=True),
)
Index("ix_person_key_educator_id", person_key.c.educator_id)

award = Table(
    "award",
    metadata,
    Column("award_id", Uuid, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("provider_award_id", Text, nullable=False),
    Column("person_keys", ARRAY(Text), nullable=False),
    Column("credential", Text),
    Column("awarded_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
    Column("evidence_url", Text),
    Column("awarded_occurred_at", DateTime(timezone=True)),
    Column("revoked_occurred_at", DateTime(timezone=True)),
    Column("educator_id", Uuid),
    Column("state", Text, nullable=False),
    Column("parked_reason", Text),
    Column("version", Integer, nullable=False),
    UniqueConstraint("provider", "provider_award_id"),
    CheckConstraint("state IN ('parked','earned','revoked')", name="state"),
)
Index("ix_award_educator_id", award.c.educator_id)
Index("ix_award_parked_keys", award.c.person_keys, postgresql_using="gin", postgresql_where=award.c.state == "parked")
Index("ix_award_parked_credential", award.c.credential, postgresql_where=award.c.state == "parked")

receipt = Table(
    "receipt",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("webhook_id", Text, primary_key=True),
    Column("body_hash", Text, primary_key=True, comment="a second body under one id is a new word, not a duplicate"),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("award_id", Uuid, ForeignKey("award.award_id")),
    CheckConstraint("outcome IN ('taken','unreadable')", name="outcome"),
    comment="every signed call as it came, kept for ever: providers retry for weeks and people ask after years",
)
