"""Use cases of compensation, a module for each: recalculation, plans, payouts. None of them commits."""
