"""Tables of the plumbing that every service has: outbox, consumer offsets, dead letters, answered calls."""

from services.compensation.models.base import metadata
from shared.db.idempotency import idempotency_table
from shared.messaging.tables import consumer_offset_table, dead_letter_table, outbox_table

outbox = outbox_table(metadata)
consumer_offset = consumer_offset_table(metadata)
dead_letter = dead_letter_table(metadata)
idempotency_key = idempotency_table(metadata)
