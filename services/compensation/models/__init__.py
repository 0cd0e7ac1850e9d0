"""Tables of the compensation database, and nothing else."""

from services.compensation.models.base import metadata
from services.compensation.models.books import accounting_period_step, budget, payment_entry
from services.compensation.models.educators import attribute, educator_account, fact
from services.compensation.models.evaluator_snapshots import evaluator_snapshot, evaluator_snapshot_file
from services.compensation.models.inquiries import inquiry, inquiry_step, offer_answer
from services.compensation.models.messaging import consumer_offset, dead_letter, idempotency_key, outbox
from services.compensation.models.payouts import (
    payout_batch,
    payout_entry,
    payout_instalment,
    payout_line,
    payout_suspension,
    refused_step,
)
from services.compensation.models.placements import placement
from services.compensation.models.plans import (
    common_facts,
    plan_comment,
    plan_step,
    plan_version,
    recalculation,
    recalculation_range,
    settlement_request,
)
from services.compensation.models.recoveries import (
    account_codes,
    payment_hold,
    recovery,
    recovery_entry,
    recovery_instalment,
)
from services.compensation.models.statements import bonus_total, ledger_entry, statement
from services.compensation.models.what_ifs import what_if, what_if_progress, what_if_row

__all__ = [
    "account_codes",
    "accounting_period_step",
    "attribute",
    "bonus_total",
    "budget",
    "common_facts",
    "consumer_offset",
    "dead_letter",
    "educator_account",
    "evaluator_snapshot",
    "evaluator_snapshot_file",
    "fact",
    "idempotency_key",
    "inquiry",
    "inquiry_step",
    "ledger_entry",
    "metadata",
    "offer_answer",
    "outbox",
    "payment_entry",
    "payment_hold",
    "payout_batch",
    "payout_entry",
    "payout_instalment",
    "payout_line",
    "payout_suspension",
    "placement",
    "plan_comment",
    "plan_step",
    "plan_version",
    "recalculation",
    "recalculation_range",
    "recovery",
    "recovery_entry",
    "recovery_instalment",
    "refused_step",
    "settlement_request",
    "statement",
    "what_if",
    "what_if_progress",
    "what_if_row",
]
