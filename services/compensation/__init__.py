"""Compensation: plans, ladder, bonus statements, ledger, payout batches."""
