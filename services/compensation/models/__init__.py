"""Tables of the compensation database, and nothing else."""

from services.compensation.models.base import metadata
from services.compensation.models.books import accounting_period_step, budget, payment_entry
from services.compensation.models.educators import attribute, educator_account, fact
from services.compensation.models.messaging import consumer_offset, dead_letter, idempotency_key, outbox
from services.compensation.models.payouts import payout_batch, payout_entry, payout_line
from services.compensation.models.plans import common_facts, plan_version, recalculation, settlement_request
from services.compensation.models.statements import bonus_total, ledger_entry, statement

__all__ = [
    "accounting_period_step",
    "attribute",
    "bonus_total",
    "budget",
    "common_facts",
    "consumer_offset",
    "dead_letter",
    "educator_account",
    "fact",
    "idempotency_key",
    "ledger_entry",
    "metadata",
    "outbox",
    "payment_entry",
    "payout_batch",
    "payout_entry",
    "payout_line",
    "plan_version",
    "recalculation",
    "settlement_request",
    "statement",
]
