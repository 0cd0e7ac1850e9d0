"""The rules: a plan document and facts in, placement and bonus with a reason for every cent out. Pure, without a clock.

`plan` reads a document, `compiled` readies it, `evaluate` decides for any number of educators at once, `statement`
says in words what the evaluation's own numbers were, and `decide` is all of it in one call.
"""
