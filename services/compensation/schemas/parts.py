"""What the bodies of all doors are made of. Money is a decimal string with its currency beside it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.kernel.money import format_cents

Amount = Annotated[str, Field(pattern=r"^-?\d{1,13}\.\d{2}$", examples=["200.00"])]
Reason = Annotated[str, Field(min_length=3, max_length=2000, examples=["wrong pay date"])]

Reference = Annotated[str, Field(pattern=r"^[!-~]([ -~]{0,62}[!-~])?$", examples=["CHK-004711"])]


class Body(BaseModel):
    """A body of a door: no word in it is overlooked, and nothing of it changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Money(Body):
    """An amount of money."""

    amount: Amount
    currency: Literal["USD"] = "USD"

    @classmethod
    def of(cls, cents: int) -> "Money":
        return cls(amount=format_cents(cents))
