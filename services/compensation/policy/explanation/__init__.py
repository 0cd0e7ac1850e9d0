"""Why a statement says what it says, as a tree from the total down to the facts and the clauses of the plan.

It is the evaluator's own working in the statement's own words: what is decided again is not worked out a second way.
"""
