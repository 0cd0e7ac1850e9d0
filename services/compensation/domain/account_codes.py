"""Account codes that payroll lines are booked under: which one a line gets.

The structure is that of the Texas Education Agency's Financial Accountability System Resource Guide (adopted by
19 TAC 109.41), section 1.4 "Account Codes": fund, function, object, organization, fiscal year and program intent are
prescribed in this order; the sub-object (local option codes 1 and 2) and the local option codes 3 to 5 may be left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

ACCOUNT_CODE = r"^[0-9]{3}-[0-9]{2}-[0-9]{4}(-[0-9A-Z]{2})?-[0-9]{3}-[0-9]-[0-9]{2}(-[0-9A-Z](-[0-9A-Z]{2})?)?$"
"""Fund 3, function 2, object 4, sub-object 2 (optional), organization 3, fiscal year 1, program intent 2, local 1 and 2
(optional): `199-11-6117-00-001-1-11`."""


@dataclass(frozen=True, slots=True)
class AccountPlace:
    """What an account code is kept for; None stands for all. A campus lies in one district, so it stands alone."""

    district_id: UUID | None = None
    campus_id: UUID | None = None
    component: str | None = None


@dataclass(frozen=True, slots=True)
class AccountCodes:
    """The account codes of a plan year under their number; number 0 are none."""

    plan_year: str
    number: int = 0
    codes: Mapping[AccountPlace, str] = field(default_factory=dict)
    kept_by: str | None = None
    kept_at: datetime | None = None

    def code_for(self, *, district_id: UUID | None, campus_id: UUID | None, component: str) -> str | None:
        """The most specific one: of the campus before its district before all, each for the component before all."""
        holders = [AccountPlace(campus_id=campus_id)] if campus_id else []
        holders += [AccountPlace(district_id=district_id)] if district_id else []
        for place in (*holders, AccountPlace()):
            for one in (replace(place, component=component), place):
                if one in self.codes:
                    return self.codes[one]
        return None
