"""Doors of the compensation service: what educators read, what payroll pulls, what plan owners and HR do."""

from services.compensation.api.attributes import router as attributes_router
from services.compensation.api.budgets import router as budgets_router
from services.compensation.api.changes import router as changes_router
from services.compensation.api.general_ledger import router as general_ledger_router
from services.compensation.api.payouts import router as payouts_router
from services.compensation.api.plans import router as plans_router
from services.compensation.api.reconciliation import router as reconciliation_router
from services.compensation.api.statements import router as statements_router
from services.compensation.api.totals import router as totals_router

ROUTERS = (
    statements_router,
    totals_router,
    payouts_router,
    plans_router,
    changes_router,
    attributes_router,
    general_ledger_router,
    budgets_router,
    reconciliation_router,
)
