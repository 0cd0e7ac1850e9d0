"""Payout batches: frozen from the ledger, approved by a second person, sealed by a third, pulled, acknowledged once."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import AcceptedLine, Division, PayoutBatch, PayoutState
from services.compensation.domain.payables import divide, net_cents, payable
from services.compensation.domain.payouts import totals_by_district
from services.compensation.errors import (
    AcknowledgementDoesNotMatch,
    LinesNotOwed,
    LinesOnHold,
    NothingToPay,
    PayoutBatchUnknown,
    PayoutLineUnknown,
    RecalculationUnderWay,
    YearNotSettled,
)
from services.compensation.policy.payout_lines import Terms, freeze, line_bytes
from services.compensation.repository import account_codes, accounts, holds, payables, payouts, plans
from services.compensation.service import payment_journal
from services.compensation.service.plans import version_to_settle
from services.compensation.service.suspensions import hold_payouts
from shared.kernel.clock import Clock
from shared.kernel.errors import FieldError
from shared.kernel.ids import uuid7
from shared.kernel.money import format_cents
from shared.kernel.period import SchoolYear
from shared.web.auth import Principal, Role


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Payroll's answer: what it counted, the lines that it did not take with the reason for each, and what it says of
    those that it took.
    """

    line_count: int
    control_total_cents: int
    content_hash: str
    rejected: dict[UUID, str]
    accepted: Sequence[AcceptedLine] = ()


async def prepare_batch(
    connection: AsyncConnection,
    clock: Clock,
    *,
    plan_year: str,
    pay_date: date,
    by: str,
    district_id: UUID | None = None,
) -> PayoutBatch:
    """Freeze what waits to be paid of `plan_year`, and the instalments of recoveries that are due by `pay_date`; of one
    district, or of the whole network. Raises NothingToPay, YearNotSettled, RecalculationUnderWay,
    PayoutsSuspended.

    A line is the sum of one educator's entries of one component; entries that cancel out wait until a sum remains.
    Who was overpaid, and who is on hold, is left out.
    """
    await accounts.allow_silence(connection)
    await hold_payouts(connection)
    is_estimate = not await plans.is_closed(connection, plan_year)
    if is_estimate and await version_to_settle(connection, plan_year):
        raise YearNotSettled(
            f"shares and places of {plan_year} are estimates still: settle the year for good first, by "
            f'POST /compensation/v1/common-facts/{plan_year}/settlements with {{"final": true}}'
        )
    await _all_decided(connection, plan_year)
    division = await _divided(connection, plan_year, pay_date, district_id)
    now = clock.now()
    batch_id = uuid7(now)
    terms = Terms.of(await plans.ever_published(connection, plan_year))
    codes = await account_codes.standing(connection, plan_year)
    paid_in_year = str(SchoolYear.containing(pay_date))
    lines = freeze(division.taken, terms, codes, paid_in_year=paid_in_year, now=now)
    content = b"".join(line_bytes(batch_id, plan_year, line) for line in lines)
    batch = PayoutBatch(
        id=batch_id,
        plan_year=plan_year,
        district_id=district_id,
        state=PayoutState.PREPARED,
        pay_date=pay_date,
        line_count=len(lines),
        control_total_cents=sum(line.amount_cents for line in lines),
        content_hash=hashlib.sha256(content).hexdigest(),
        district_totals=totals_by_district(lines),
        lines_without_account_code=sum(line.account_code is None for line in lines),
        held_educators=division.held_educators,
        held_total_cents=net_cents(division.held),
        is_estimate=is_estimate,
        prepared_by=by,
        prepared_at=now,
    )
    await payouts.add(connection, batch, lines, division.taken, content=content)
    return batch


async def _divided(connection: AsyncConnection, plan_year: str, pay_date: date, district_id: UUID | None) -> Division:
    """What there is to pay and to take back, without what open holds keep out. Raises NothingToPay."""
    open_sums = await payables.open_sums(connection, plan_year, district_id=district_id)
    due = await payables.due_instalments(connection, plan_year, by=pay_date, district_id=district_id)
    on_hold = {hold.educator_id for hold in await holds.of_year(connection, plan_year, is_open=True)}
    division = divide([*payable(open_sums), *due], on_hold)
    if not division.taken:
        held = f"; {division.held_educators} educators are on hold" if division.held else ""
        raise NothingToPay(
            f"nothing of {plan_year} waits to be paid that is not in a batch already{held}. "
            "What was overpaid waits for a recovery: GET /compensation/v1/overpayments lists it"
        )
    return division


async def _all_decided(connection: AsyncConnection, plan_year: str) -> None:
    if not await plans.is_decided(connection, plan_year):
        raise RecalculationUnderWay(
            f"a plan was published or {plan_year} settled, and not everybody is decided by it yet: try again when "
            "GET /compensation/v1/plans/{id}/recalculation says that it is finished; nothing was changed"
        )


async def _ready_to_pay(connection: AsyncConnection, batch: PayoutBatch) -> None:
    """Raises RecalculationUnderWay, LinesOnHold, LinesNotOwed: what became of who is in it since it was prepared."""
    await _all_decided(connection, batch.plan_year)
    await _none_on_hold(connection, batch)
    numbers = await payables.lines_not_owed(connection, batch.id)
    if numbers:
        raise LinesNotOwed(
            f"lines {_named(numbers)} of batch {batch.id} pay more than is owed by now: withdraw it and prepare again; "
            "nothing was changed",
            errors=[FieldError(f"/lines/{number}", "pays more than is owed by now") for number in numbers[:100]],
        )


def _named(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:20])) + (" and more" if len(numbers) > 20 else "")


async def _none_on_hold(connection: AsyncConnection, batch: PayoutBatch) -> None:
    """Raises LinesOnHold. At its preparation nobody in the batch was: these holds were placed since."""
    held = await holds.held_lines(connection, batch.id)
    if held:
        lines = list(dict.fromkeys(row.number for row in held))
        raise LinesOnHold(
            f"lines {_named(lines)} of batch {batch.id} are on hold since it was prepared: withdraw it and prepare "
            "again, or have the holds lifted; nothing was changed",
            errors=[
                FieldError(f"/lines/{row.number}", f"is kept back by payment hold {row.hold_id}") for row in held[:100]
            ],
        )


async def approve_batch(
    connection: AsyncConnection, clock: Clock, batch_id: UUID, *, by: str, accepts_estimates: bool
) -> PayoutBatch:
    """Raises PayoutBatchUnknown, PayoutStepOutOfOrder, PreparerCannotApprove, EstimatesNotAccepted, PayoutsSuspended,
    and what `_ready_to_pay` does.
    """
    await hold_payouts(connection)
    batch = (await _locked(connection, batch_id)).approve(by, clock.now(), accepts_estimates=accepts_estimates)
    await _ready_to_pay(connection, batch)
    await payment_journal.approved(connection, clock, batch)
    return await _step(connection, batch, approved_by=batch.approved_by, approved_at=batch.approved_at)


async def seal_batch(connection: AsyncConnection, clock: Clock, batch_id: UUID, *, by: str) -> PayoutBatch:
    """Release the batch to payroll, as it was approved.

    Raises PayoutBatchUnknown, PayoutStepOutOfOrder, ReleaserNotSeparate, PayoutsSuspended, and what
    `_ready_to_pay` does.
    """
    await hold_payouts(connection)
    batch = (await _locked(connection, batch_id)).seal(by, clock.now())
    await _ready_to_pay(connection, batch)
    return await _step(connection, batch, sealed_by=batch.sealed_by, sealed_at=batch.sealed_at)


async def withdraw_batch(
    connection: AsyncConnection, clock: Clock, batch_id: UUID, *, by: str, reason: str
) -> PayoutBatch:
    """Take a batch back before it is sealed. Raises PayoutBatchUnknown, PayoutStepOutOfOrder, PayoutsSuspended."""
    await hold_payouts(connection)
    now = clock.now()
    batch = (await _locked(connection, batch_id)).withdraw(by, now, reason)
    lines = await payouts.lines(connection, batch_id)
    await payouts.release(connection, [line.id for line in lines], at=now)
    await payment_journal.withdrawn(connection, clock, batch)
    return await _step(connection, batch, withdrawn_by=by, withdrawn_at=now, withdrawn_reason=reason)


async def acknowledge_batch(
    connection: AsyncConnection, clock: Clock, batch_id: UUID, answer: Acknowledgement, *, by: str
) -> PayoutBatch:
    """Take payroll's answer, once. Rejected lines release their entries and instalments for a later batch.

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
    named = {*answer.rejected, *(line.line_id for line in answer.accepted)}
    strange = sorted(str(line_id) for line_id in named - known)
    if strange:
        others = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
        raise PayoutLineUnknown(
            f"batch {batch_id} has no line {strange[0]}{others}: name lines by the line_id that was pulled; "
            "nothing was changed"
        )
    await payouts.answer_lines(connection, batch_id, rejected=answer.rejected, accepted=answer.accepted, at=now)
    await payment_journal.acknowledged(connection, clock, batch)
    return await _step(connection, batch, acknowledged_by=by, acknowledged_at=now)


async def note_pull(connection: AsyncConnection, clock: Clock, batch: PayoutBatch, principal: Principal) -> None:
    """Payroll's first pull of the lines is noted, in whatever form it asked for them."""
    if principal.has_any(Role.PAYROLL):
        await payouts.note_first_pull(connection, batch.id, clock.now())


def frozen_lines(connection: AsyncConnection, batch_id: UUID) -> AsyncIterator[bytes]:
    """The lines as NDJSON, the same bytes at every pull, in pieces."""
    return payouts.content(connection, batch_id)


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
