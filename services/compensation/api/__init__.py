"""Doors of the compensation service: what educators read, what payroll pulls, what plan owners and HR do."""

from services.compensation.api.account_codes import router as account_codes_router
from services.compensation.api.attributes import router as attributes_router
from services.compensation.api.budgets import router as budgets_router
from services.compensation.api.changes import router as changes_router
from services.compensation.api.evaluator_snapshots import router as evaluator_snapshots_router
from services.compensation.api.explanations import router as explanations_router
from services.compensation.api.general_ledger import router as general_ledger_router
from services.compensation.api.holds import router as holds_router
from services.compensation.api.inquiries import router as inquiries_router
from services.compensation.api.payout_lines import router as payout_lines_router
from services.compensation.api.payouts import router as payouts_router
from services.compensation.api.placements import router as placements_router
from services.compensation.api.plan_life import router as plan_life_router
from services.compensation.api.plans import router as plans_router
from services.compensation.api.reconciliation import router as reconciliation_router
from services.compensation.api.recoveries import router as recoveries_router
from services.compensation.api.refusals import router as refusals_router
from services.compensation.api.statements import router as statements_router
from services.compensation.api.totals import router as totals_router
from services.compensation.api.what_ifs import router as what_ifs_router

ROUTERS = (
    statements_router,
    totals_router,
    payouts_router,
    plans_router,
    plan_life_router,
    changes_router,
    attributes_router,
    placements_router,
    what_ifs_router,
    payout_lines_router,
    holds_router,
    recoveries_router,
    account_codes_router,
    evaluator_snapshots_router,
    explanations_router,
    inquiries_router,
    general_ledger_router,
    budgets_router,
    reconciliation_router,
    refusals_router,
)
