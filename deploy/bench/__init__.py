"""`make bench`: what the product achieves, each figure beside a floor measured in the same run on the same servers.

A floor is the same I/O by bare asyncpg and aiokafka, without a decision, a check or a word. Nothing here is a test.
"""
