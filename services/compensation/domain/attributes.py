"""What HR keeps of an educator for plans to ask for."""

from dataclasses import dataclass
from uuid import UUID

OFFER_ATTRIBUTE = "offer"
"""The attribute that holds an educator's answers, item by item, to what a plan offers."""


@dataclass(frozen=True, slots=True)
class AttributeKey:
    """Which attribute: of whom, in which school year, and of which item where it is kept item by item."""

    educator_id: UUID
    school_year: str
    attribute: str
    item: str | None


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute as it stands; `value` is a decimal number or a word, None where it was taken back."""

    id: UUID
    key: AttributeKey
    version: int
    value: str | None
