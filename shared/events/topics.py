"""The topics, one for each publishing service."""

from enum import StrEnum

PARTITIONS = 12
"""Of every topic alike, so that one educator has the same partition number in all of them (same key, same hash)."""


class Topic(StrEnum):
    """`<service>.events`; several event types share a topic so that one educator's events keep their order."""

    EVALUATION = "evaluation.events"
    SLO = "slo.events"
    CREDENTIALS = "credentials.events"
    COMPENSATION = "compensation.events"
