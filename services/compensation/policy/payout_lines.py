"""Payout lines: what is frozen of each, and the bytes that payroll pulls and the batch's hash is taken of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.compensation.domain import AccountCodes, LineKind, Payable, PayoutLine, PlanVersion
from shared.kernel.ids import uuid7
from shared.kernel.money import format_cents

LINE_KEYS = (
    "line_id",
    "batch_id",
    "number",
    "educator_id",
    "employee_number",
    "district_id",
    "campus_id",
    "plan_year",
    "component",
    "earning_code",
    "amount",
    "currency",
    "kind",
    "account_code",
    "retirement",
    "plan_content_hash",
    "minute_reference",
    "paid_in_year",
    "recovery_id",
)
"""The keys of a line in their order; those from `kind` on are not in batches of form 1."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the plan versions of a year say of how their components are paid out.

    A component is booked as the newest version says that has it: taking back what an older one paid needs its words.
    """

    versions: Mapping[UUID, PlanVersion]
    components: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, versions: Iterable[PlanVersion]) -> "Terms":
        """`versions` are those that were ever published for the year, in the order of their publication."""
        published = {version.id: version for version in versions}
        components = {part["code"]: part for version in published.values() for part in version.document["components"]}
        return cls(published, components)


def freeze(
    payables: Sequence[Payable], terms: Terms, codes: AccountCodes, *, paid_in_year: str, now: datetime
) -> list[PayoutLine]:
    """The payables as the lines of a batch."""
    return [_line(number, one, terms, codes, paid_in_year, now) for number, one in enumerate(payables, start=1)]


def _line(number: int, one: Payable, terms: Terms, codes: AccountCodes, paid_in_year: str, now: datetime) -> PayoutLine:
    says = terms.components.get(one.component, {})
    version = terms.versions[one.plan_version_id]
    takes_back = one.recovery_id is not None and one.amount_cents < 0
    return PayoutLine(
        id=uuid7(now),
        number=number,
        kind=LineKind.RECOVERY if takes_back else LineKind.BONUS,
        educator_id=one.educator_id,
        employee_number=one.employee_number,
        district_id=one.district_id,
        campus_id=one.campus_id,
        component=one.component,
        earning_code=says.get("earning_code", one.component),
        account_code=codes.code_for(district_id=one.district_id, campus_id=one.campus_id, component=one.component),
        amount_cents=one.amount_cents,
        retirement=says.get("retirement"),
        plan_content_hash=version.content_hash,
        minute_reference=version.approval.minute_reference if version.approval else None,
        paid_in_year=paid_in_year,
        recovery_id=one.recovery_id,
    )


def line_bytes(batch_id: UUID, plan_year: str, line: PayoutLine) -> bytes:
    """A line as payroll gets it, one JSON object and a line feed."""
    own = {"line_id": line.id, "batch_id": batch_id, "plan_year": plan_year, "amount": format_cents(line.amount_cents)}
    document = {key: own[key] if key in own else getattr(line, key, None) for key in LINE_KEYS} | {"currency": "USD"}
    return orjson.dumps(document, default=str, option=orjson.OPT_APPEND_NEWLINE)
