"""Create the tables.

The code before this migration still runs while it runs: expand first, contract in a later revision.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.messaging.tables import OUTBOX_NOTIFY

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "award",
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_award_id", sa.Text(), nullable=False),
        sa.Column("person_keys", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("credential", sa.Text(), nullable=True),
        sa.Column("awarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence_url", sa.Text(), nullable=True),
        sa.Column("awarded_occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("educator_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("parked_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('parked','earned','revoked')", name=op.f("ck_award_state")),
        sa.PrimaryKeyConstraint("award_id", name=op.f("pk_award")),
        sa.UniqueConstraint("provider", "provider_award_id", name=op.f("uq_award_provider_provider_award_id")),
    )
    op.create_index("ix_award_educator_id", "award", ["educator_id"], unique=False)
    op.create_index(
        "ix_award_parked_credential",
        "award",
        ["credential"],
        unique=False,
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.create_index(
        "ix_award_parked_keys",
        "award",
        ["person_keys"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.create_table(
        "consumer_offset",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("consumer", "topic", "partition", name=op.f("pk_consumer_offset")),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settled_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'retried', 'discarded')", name=op.f("ck_dead_letter_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
    )
    op.create_index(
        "ix_dead_letter_waiting",
        "dead_letter",
        ["consumer", "key"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "educator",
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the roster's word on the educator"),
        sa.Column("campus_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.PrimaryKeyConstraint("educator_id", name=op.f("pk_educator")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal", "operation", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index("ix_idempotency_key_answered_at", "idempotency_key", ["answered_at"], unique=False)
    op.create_table(
        "micro_credential",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("clock_hours", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_micro_credential")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_seq", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_unpublished", "outbox", ["position"], unique=False, postgresql_where=sa.text("published_seq IS NULL")
    )
    op.create_index(
        "uq_outbox_published_seq",
        "outbox",
        ["published_seq"],
        unique=True,
        postgresql_where=sa.text("published_seq IS NOT NULL"),
    )
    op.create_table(
        "pathway",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_pathway")),
    )
    op.create_table(
        "pathway_credential",
        sa.Column("pathway", sa.Text(), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential"], ["micro_credential.code"], name=op.f("fk_pathway_credential_credential_micro_credential")
        ),
        sa.ForeignKeyConstraint(["pathway"], ["pathway.code"], name=op.f("fk_pathway_credential_pathway_pathway")),
        sa.PrimaryKeyConstraint("pathway", "credential", name=op.f("pk_pathway_credential")),
    )
    op.create_table(
        "person_key",
        sa.Column("key", sa.Text(), nullable=False, comment="keyed digest of an e-mail address or an employee number"),
        sa.Column("educator_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["educator_id"], ["educator.educator_id"], name=op.f("fk_person_key_educator_id_educator")
        ),
        sa.PrimaryKeyConstraint("key", "educator_id", name=op.f("pk_person_key")),
    )
    op.create_index("ix_person_key_educator_id", "person_key", ["educator_id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column(
            "body_hash", sa.Text(), nullable=False, comment="a second body under one id is a new word, not a duplicate"
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("outcome IN ('taken','unreadable')", name=op.f("ck_receipt_outcome")),
        sa.ForeignKeyConstraint(["award_id"], ["award.award_id"], name=op.f("fk_receipt_award_id_award")),
        sa.PrimaryKeyConstraint("provider", "webhook_id", "body_hash", name=op.f("pk_receipt")),
        comment="every signed call as it came, kept for ever: providers retry for weeks and people ask after years",
    )
    for statement in OUTBOX_NOTIFY:
        op.execute(statement)


def downgrade() -> None:
    """There is nothing before this: a database is dropped whole."""
