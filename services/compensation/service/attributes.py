"""Attributes of educators: what HR keeps for plans to ask for. Recorded, decided and posted in one transaction."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import Attribute, AttributeKey
from services.compensation.policy.plan_book import PlanBook
from services.compensation.repository import attributes
from services.compensation.service import recording
from services.compensation.service.access import none_on_oneself
from services.compensation.service.recording import Recorded
from shared.events.compensation import AttributeRecorded
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.web.auth import Principal


class NewValue(NamedTuple):
    """What an attribute is to be; None takes it back."""

    key: AttributeKey
    value: str | None


async def record_attributes(
    connection: AsyncConnection, clock: Clock, book: PlanBook, values: Sequence[NewValue], *, by: Principal
) -> Recorded:
    """Keep `values`, and decide those anew whose values changed. Nobody records their own, and of two values for the
    same attribute the later one counts.

    Raises EducatorNotRostered, ConflictOfInterest, and keeps nothing.
    """
    none_on_oneself([one.key.educator_id for one in values], by)
    return await keep_values(connection, clock, book, values, by=by.subject)


async def keep_values(
    connection: AsyncConnection, clock: Clock, book: PlanBook, values: Sequence[NewValue], *, by: str
) -> Recorded:
    """The same where it is the educator's own to say, as an answer to an offer is. Raises EducatorNotRostered."""
    await attributes.hold(connection)
    await recording.all_known(connection, [one.key.educator_id for one in values])
    values = list({one.key: one for one in values}.values())
    standing = await attributes.standing(connection, [one.key for one in values])
    now = clock.now()
    changed = [
        Attribute(known.id if known else uuid7(now), one.key, known.version + 1 if known else 1, one.value)
        for one in values
        if (known := standing.get(one.key)) is None or known.value != one.value
        if known is not None or one.value is not None
    ]
    if changed:
        await attributes.save(connection, changed, by=by, at=now)
        await recording.post(connection, clock, book, [_event(one) for one in changed], now=now)
    return Recorded(len(changed), len(values) - len(changed))


async def attributes_of(connection: AsyncConnection, educator_id: UUID, school_year: str) -> list[Attribute]:
    return await attributes.of_educator(connection, educator_id, school_year)


def _event(one: Attribute) -> AttributeRecorded:
    return AttributeRecorded(
        educator_id=one.key.educator_id,
        attribute_id=one.id,
        version=one.version,
        school_year=one.key.school_year,
        attribute=one.key.attribute,
        item=one.key.item,
        value=one.value,
    )
