"""Bodies of the doors for account codes."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from services.compensation.domain import AccountCodes, AccountPlace
from services.compensation.domain.account_codes import ACCOUNT_CODE
from services.compensation.schemas.parts import Body
from shared.events.types import SchoolYearLabel

Code = Annotated[
    str,
    Field(
        pattern=ACCOUNT_CODE,
        examples=["199-11-6117-00-001-1-11"],
        description="Fund, function, object, sub-object (may be left out), organization, fiscal year, program intent; "
        "then local codes, if any. As in section 1.4 of TEA's Financial Accountability System Resource Guide.",
    ),
]
Component = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$", examples=["micro-credential-stipend"])]


class AccountCodeRow(Body):
    """A code for a campus, a district or all (both null), and for one component or all of them."""

    district_id: UUID | None = None
    campus_id: UUID | None = None
    component: Component | None = None
    account_code: Code

    @property
    def place(self) -> AccountPlace:
        return AccountPlace(self.district_id, self.campus_id, self.component)


class AccountCodesBody(Body):
    """The whole table of a plan year. The most specific row is a line's: campus, then district, then all; of these the
    one for its component first.
    """

    rows: list[AccountCodeRow] = Field(max_length=5_000)

    @model_validator(mode="after")
    def _say_each_place_once(self) -> "AccountCodesBody":
        seen: dict[AccountPlace, int] = {}
        for index, row in enumerate(self.rows):
            if row.district_id and row.campus_id:
                raise ValueError(f"row {index} names a district and a campus: name the campus alone, it lies in one")
            if row.place in seen:
                raise ValueError(f"row {index} is for the same as row {seen[row.place]}: keep one of them")
            seen[row.place] = index
        return self

    def codes(self) -> dict[AccountPlace, str]:
        return {row.place: row.account_code for row in self.rows}


class AccountCodesView(AccountCodesBody):
    """The account codes of a plan year under their number; 0 where none were kept yet."""

    plan_year: SchoolYearLabel
    number: int
    kept_by: str | None
    kept_at: AwareDatetime | None

    @classmethod
    def of(cls, kept: AccountCodes) -> "AccountCodesView":
        rows = [
            AccountCodeRow(
                district_id=place.district_id, campus_id=place.campus_id, component=place.component, account_code=code
            )
            for place, code in kept.codes.items()
        ]
        return cls(plan_year=kept.plan_year, number=kept.number, rows=rows, kept_by=kept.kept_by, kept_at=kept.kept_at)
