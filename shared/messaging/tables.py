"""The tables that messaging needs in every service's database."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB


def outbox_table(metadata: MetaData) -> Table:
    """Events recorded in the transaction of the change they tell of; `published_seq` is null until they are sent.

    A flag and not a cursor: identity values are handed out before commit, so `position > last` skips rows that
    commit late (29 % of them, measured in reference/reliability.md, section 3).
    """
    table = Table(
        "outbox",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("position", BigInteger, Identity(always=True), nullable=False),
        Column("topic", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("data", Text, nullable=False),
        Column("traceparent", Text),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("published_seq", BigInteger),
    )
    Index("ix_outbox_unpublished", table.c.position, postgresql_where=table.c.published_seq.is_(None))
    Index(
        "uq_outbox_published_seq",
        table.c.published_seq,
        unique=True,
        postgresql_where=table.c.published_seq.is_not(None),
    )
    return table


def consumer_offset_table(metadata: MetaData) -> Table:
    """How far a consumer has come, moved by compare-and-set in the transaction of the effect.

    `origin` tells which log the offset counts in: a bus that lost its records and was filled again is another log.
    """
    return Table(
        "consumer_offset",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("topic", Text, primary_key=True),
        Column("partition", Integer, primary_key=True),
        Column("next_offset", BigInteger, nullable=False),
        Column("origin", Text),
    )


def dead_letter_table(metadata: MetaData) -> Table:
    """Records set aside: the poison one with its reason, and those of the same key that came after it, in order."""
    table = Table(
        "dead_letter",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("consumer", Text, nullable=False),
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("key", Text, nullable=False),
        Column("headers", JSONB, nullable=False),
        Column("value", LargeBinary),
        Column("reason", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("set_aside_at", DateTime(timezone=True), nullable=False),
        Column("settled_at", DateTime(timezone=True)),
        Column("settled_by", Text),
        Column("settled_reason", Text),
        CheckConstraint("state IN ('waiting', 'retried', 'discarded')", name="state"),
    )
    Index("ix_dead_letter_waiting", table.c.consumer, table.c.key, postgresql_where=table.c.state == "waiting")
    return table


OUTBOX_NOTIFY = (
    """
    CREATE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_notify('outbox', '');
      RETURN NULL;
    END $$
    """,
    "CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify()",
)
"""Statements of a migration that wake the relay at commit. A poll stands behind it: notifications can be lost."""
