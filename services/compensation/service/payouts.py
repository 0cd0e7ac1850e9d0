"""Payout batches: frozen from the ledger, approved by another person, sealed, pulled, acknowledged once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    PayoutBatch,
    PayoutLine,
    PayoutState,
)
from services.compensation.errors import (
    AcknowledgementDoesNotMatch,
    NothingToPay,
    PayoutBatchUnknown,
    PayoutLineUnknown,
    YearNotSettled,
)
from services.compensation.repository import payouts, plans
from services.compensation.service import payment_journal
from services.compensation.service.plans import version_to_settle
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.kernel.money import format_cents
from shared.web.auth import Principal, Role


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Payroll's answer: what it counted, and the lines that it did not take with the reason for each."""

    line_count: int
    control_total_cents: int
    content_hash: str
    rejected: dict[UUID, str]


async def prepare_batch(
    connection: AsyncConnection, clock: Clock, *, plan_year: str, pay_date: date, by: str
) -> PayoutBatch:
    """Freeze all that the ledger holds of `plan_year` and no batch pays yet. Raises NothingToPay, YearNotSettled.

    A line is the sum of one educator's entries of one component; entries that cancel out wait until a sum remains.
    """
    await payouts.hold_payouts(connection)
    await _no_estimates(connection, plan_year)
    rows = [row for row in await payouts.unpaid(connection, plan_year) if row.amount_cents != 0]
    if not rows:
        raise NothingToPay(f"the ledger holds nothing of {plan_year} that is not in a batch already")
    now = clock.now()
    batch_id = uuid7(now)
    earning_codes = await _earning_codes(connection, plan_year)
    lines = [
        PayoutLine(
            id=uuid7(now),
            number=number,
            educator_id=row.educator_id,
            employee_number=row.employee_number,
            district_id=row.district_id,
            campus_id=row.campus_id,
            component=row.component,
            earning_code=earning_codes.get(row.component, row.component),
            amount_cents=int(row.amount_cents),
        )
        for number, row in enumerate(rows, start=1)
    ]
    content = b"".join(line_bytes(batch_id, plan_year, line) for line in lines)
    batch = PayoutBatch(
        id=batch_id,
        plan_year=plan_year,
        state=PayoutState.PREPARED,
        pay_date=pay_date,
        line_count=len(lines),
        control_total_cents=sum(line.amount_cents for line in lines),
        content_hash=hashlib.sha256(content).hexdigest(),
        prepared_by=by,
        prepared_at=now,
    )
    entries = [(line.id, entry) for line, row in zip(lines, rows, strict=True) for entry in row.entries]
    await payouts.add(connection, batch, lines, entries, content=content)
    return batch


async def _no_estimates(connection: AsyncConnection, plan_year: str) -> None:
    if await version_to_settle(connection, plan_year) and not await plans.is_closed(connection, plan_year):
        raise YearNotSettled(f"shares and places of {plan_year} are estimates still: settle the year for good first")


async def _earning_codes(connection: AsyncConnection, plan_year: str) -> dict[str, str]:
    """What payroll books a component under where the standing plan says so; else it is the component's own code."""
    return {
        component["code"]: component["earning_code"]
        for version in await plans.published(connection)
        if version.plan_year == plan_year
        for component in version.document["components"]
        if "earning_code" in component
    }


def line_bytes(batch_id: UUID, plan_year: str, line: PayoutLine) -> bytes:
    """A line as payroll gets it, one JSON object and a line feed; its bytes are what the batch's hash is taken of."""
    return orjson.dumps(
        {
            "line_id": line.id,
            "batch_id": batch_id,
            "number": line.number,
            "educator_id": line.educator_id,
            "employee_number": line.employee_number,
            "district_id": line.district_id,
            "campus_id": line.campus_id,
            "plan_year": plan_year,
            "component": line.component,
            "earning_code": line.earning_code,
            "amount": format_cents(line.amount_cents),
            "currency": "USD",
        },
        default=str,
        option=orjson.OPT_APPEND_NEWLINE,
    )


async def approve_batch(connection: AsyncConnection, clock: Clock, batch_id: UUID, *, by: str) -> PayoutBatch:
    """Raises PayoutBatchUnknown, PayoutStepOutOfOrder, PreparerCannotApprove."""
    batch = (await _locked(connection, batch_id)).approve(by, clock.now())
    await payment_journal.approved(connection, clock, batch)
    return await _step(connection, batch, approved_by=batch.approved_by, approved_at=batch.approved_at)


async def seal_batch(connection: AsyncConnection, clock: Clock, batch_id: UUID, *, by: str) -> PayoutBatch:
    """Give the batch to payroll, as it was approved. Raises PayoutBatchUnknown, PayoutStepOutOfOrder."""
    batch = (await _locked(connection, batch_id)).seal(by, clock.now())
    return await _step(connection, batch, sealed_by=batch.sealed_by, sealed_at=batch.sealed_at)


async def withdraw_batch(
    connection: AsyncConnection, clock: Clock, batch_id: UUID, *, by: str, reason: str
) -> PayoutBatch:
    """Take a batch back before it is sealed. Raises PayoutBatchUnknown, PayoutStepOutOfOrder."""
    now = clock.now()
    batch = (await _locked(connection, batch_id)).withdraw(by, now, reason)
    lines = await payouts.lines(connection, batch_id)
    await payouts.release(connection, [line.id for line in lines], at=now)
    await payment_journal.withdrawn(connection, clock, batch)
    return await _step(connection, batch, withdrawn_by=by, withdrawn_at=now, withdrawn_reason=reason)


async def acknowledge_batch(
    connection: AsyncConnection, clock: Clock, batch_id: UUID, answer: Acknowledgement, *, by: str
) -> PayoutBatch:
    """Take payroll's answer, once. Rejected lines release their entries for a later batch.

    Raises PayoutBatchUnknown, PayoutStepOutOfOrder, AcknowledgementDoesNotMatch, PayoutLineUnknown.
    """
    now = clock.now()
    batch = (await _locked(connection, batch_id)).acknowledge(by, now)
    counted = (answer.line_count, answer.control_total_cents, answer.content_hash)
    if counted != (batch.line_count, batch.control_total_cents, batch.content_hash):
        raise AcknowledgementDoesNotMatch(
            f"batch {batch_id} has {batch.line_count} lines, total {format_cents(batch.control_total_cents)}, hash "
            f"{batch.content_hash}; payroll counted {answer.line_count}, {format_cents(answer.control_total_cents)}, "
            f"{answer.content_hash}. Pull the lines again and compare; nothing was changed"
        )
    known = {line.id for line in await payouts.lines(connection, batch_id)}
    strange = sorted(str(line_id) for line_id in answer.rejected.keys() - known)
    if strange:
        others = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
        raise PayoutLineUnknown(
            f"batch {batch_id} has no line {strange[0]}{others}: name lines by the line_id that was pulled; "
            "nothing was changed"
        )
    await payouts.answer_lines(connection, batch_id, answer.rejected, at=now)
    await payment_journal.acknowledged(connection, clock, batch)
    return await _step(connection, batch, acknowledged_by=by, acknowledged_at=now)


async def pull_lines(connection: AsyncConnection, clock: Clock, batch: PayoutBatch, principal: Principal) -> bytes:
    """The frozen lines, the same bytes at every pull; payroll's first pull is noted."""
    if principal.has_any(Role.PAYROLL):
        await payouts.note_first_pull(connection, batch.id, clock.now())
    return await payouts.content(connection, batch.id)


async def visible_batch(connection: AsyncConnection, batch_id: UUID, principal: Principal) -> PayoutBatch:
    """The batch; before it is sealed it does not exist for payroll. Raises PayoutBatchUnknown."""
    batch = await payouts.get(connection, batch_id)
    is_sealed = batch is not None and batch.state in (PayoutState.SEALED, PayoutState.ACKNOWLEDGED)
    if batch is None or not (is_sealed or principal.has_any(Role.HR, Role.ADMIN)):
        raise _unknown(batch_id)
    return batch


async def list_batches(
    connection: AsyncConnection, *, plan_year: str | None, states: Sequence[PayoutState]
) -> Sequence[PayoutBatch]:
    return await payouts.list_all(connection, plan_year=plan_year, states=states)


async def batch_lines(connection: AsyncConnection, batch_id: UUID) -> Sequence[Row[Any]]:
    """The lines with payroll's answers."""
    return await payouts.lines(connection, batch_id)


async def _locked(connection: AsyncConnection, batch_id: UUID) -> PayoutBatch:
    batch = await payouts.lock(connection, batch_id)
    if batch is None:
        raise _unknown(batch_id)
    return batch


def _unknown(batch_id: UUID) -> PayoutBatchUnknown:
    return PayoutBatchUnknown(f"there is no payout batch {batch_id}: GET /compensation/v1/payout-batches lists them")


async def _step(connection: AsyncConnection, batch: PayoutBatch, **values: object) -> PayoutBatch:
    await payouts.step(connection, batch.id, {"state": batch.state, **values})
    return batch
