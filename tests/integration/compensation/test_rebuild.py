"""Guarantee 4: the log alone, replayed into an empty database, gives the same statements and ledger, byte for byte."""

import json
import random
from collections.abc import Callable
from uuid import UUID

import pytest

from services.compensation.errors import LogDoesNotMatch
from services.compensation.service.rebuild import Log, rebuild
from shared.events.registry import EVENTS, Event
from shared.messaging.consumer import ReceivedEvent
from tests.support.compensation import PLAN, Compensation, running_compensation
from tests.support.factories.events import RECORDED_AT, educator_id, received
from tests.integration.compensation.test_event_path import a_year_of


async def own_events(compensation: Compensation) -> list[ReceivedEvent]:
    """What the relay would have published of compensation's own outbox."""
    rows = await compensation.rows("SELECT id, type, data, recorded_at FROM outbox ORDER BY position")
    return [
        ReceivedEvent(row["id"], EVENTS[row["type"]].model_validate_json(row["data"]), row["recorded_at"], None)
        for row in rows
    ]
