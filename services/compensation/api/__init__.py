"""Doors of the compensation service: what educators read, what payroll pulls, what plan owners and HR do."""

from services.compensation.api.attributes import router as attributes_router
from services.compensation.api.changes import router as changes_router
from services.compensation.api.explanations import router as explanations_router
from services.compensation.api.inquiries import router as inquiries_router
from services.compensation.api.payouts import router as payouts_router
from services.compensation.api.plans import router as plans_router
from services.compensation.api.statements import router as statements_router
from services.compensation.api.totals import router as totals_router

ROUTERS = (
    statements_router,
    explanations_router,
    inquiries_router,
    totals_router,
    payouts_router,
    plans_router,
    changes_router,
    attributes_router,
)
