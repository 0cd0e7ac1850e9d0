"""A statement in words. Everything said is the evaluator's own working; nothing is decided or rounded here."""
