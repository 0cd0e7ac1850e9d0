"""The de-identified snapshot of a plan year for an outside evaluator: from statements and facts to the files' bytes."""
