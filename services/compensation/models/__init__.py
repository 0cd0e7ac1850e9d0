"""Tables of the compensation database, and nothing else."""

from services.compensation.models.base import metadata
from services.compensation.models.educators import attribute, educator_account, fact
from services.compensation.models.inquiries import inquiry, inquiry_step, offer_answer
from services.compensation.models.messaging import consumer_offset, dead_letter, idempotency_key, outbox
from services.compensation.models.payouts import payout_batch, payout_entry, payout_line
from services.compensation.models.plans import common_facts, plan_version, recalculation, settlement_request
from services.compensation.models.statements import bonus_total, ledger_entry, statement

__all__ = [
    "attribute",
    "bonus_total",
    "common_facts",
    "consumer_offset",
    "dead_letter",
    "educator_account",
    "fact",
    "idempotency_key",
    "inquiry",
    "inquiry_step",
    "ledger_entry",
    "metadata",
    "offer_answer",
    "outbox",
    "payout_batch",
    "payout_entry",
    "payout_line",
    "plan_version",
    "recalculation",
    "settlement_request",
    "statement",
]
