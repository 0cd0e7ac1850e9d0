"""The one evaluator: a plan's tables, and the arithmetic on whole arrays of integers, family by family."""
