"""Refused steps of batches, recoveries and plans, on the record: who tried what, when, and why not."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import RefusedStep
from services.compensation.errors import CompensationError
from services.compensation.repository import refusals
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7


async def record_refusal(
    connection: AsyncConnection, clock: Clock, subject_id: UUID | None, error: CompensationError, *, step: str, by: str
) -> None:
    """`connection` has a transaction of its own: that of the step was rolled back."""
    now = clock.now()
    await refusals.add(connection, RefusedStep(uuid7(now), subject_id, step, by, now, error.code, error.detail))


async def refusals_of(connection: AsyncConnection, subject_id: UUID) -> Sequence[RefusedStep]:
    """Of a batch, a recovery or a plan version, the oldest first."""
    return await refusals.of_subject(connection, subject_id)


async def all_refusals(connection: AsyncConnection, *, after: UUID | None, limit: int) -> Sequence[RefusedStep]:
    """Those of which no batch, recovery or plan version came as well, the oldest first."""
    return await refusals.page(connection, after=after, limit=limit)
