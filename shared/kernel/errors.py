"""The shape of every error that a caller can cause: a stable code, a status, a title, a detail that says what to do.

It knows nothing of HTTP but the number; `shared.web` turns it into an RFC 9457 problem.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault at one place: a JSON pointer into what was sent, and what is wrong there with the remedy."""

    pointer: str
    detail: str


class RungError(Exception):
    """Base of the errors of all services. A subclass is named as the fact it states and sets the class attributes.

    The message is the detail, with the remedy in it; `errors` names the single places where there are several.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "The request could not be carried out"
    is_on_record: ClassVar[bool] = False
    """Whether an auditor will ask who tried it: the refusal is logged."""

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
