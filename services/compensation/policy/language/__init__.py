"""The plan language: the models that a plan document is read into, one class for each thing that a plan can say.

What a single value must look like is said in `terms`; what the parts mean together is looked at by `policy.checks`.
Language 1 only ever grows: what a document leaves out keeps its meaning, so that published documents keep their hash.
"""
