"""The reconciliation report."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.compensation.api.callers import Office
from services.compensation.schemas.reconciliation import CheckView, ReconciliationView
from services.compensation.service.reconciliation import reconcile
from shared.events.types import SchoolYearLabel
from shared.web.transaction import Transaction

router = APIRouter(tags=["books"])


@router.get(
    "/reconciliation",
    summary="Whether facts, statements, ledger, batches, acknowledgements and journals tie out, or where not",
)
async def get_reconciliation(
    plan_year: Annotated[SchoolYearLabel, Query()], _principal: Office, connection: Transaction
) -> ReconciliationView:
    """All checks look at the database as of one moment."""
    checks = [CheckView.of(found) for found in await reconcile(connection, plan_year)]
    return ReconciliationView(plan_year=plan_year, holds=all(check.holds for check in checks), checks=checks)
