"""How a plain model says no. It knows nothing of the product: codes are those of the published documentation."""

from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")


class Refused(Exception):
    """The step is refused, for any one of `codes`: where several reasons stand against it, no order is promised."""

    def __init__(self, *codes: str) -> None:
        super().__init__(*codes)
        self.codes = codes


def refuse(reasons: Mapping[str, bool]) -> None:
    """Raises Refused with the code of every reason that holds."""
    codes = [code for code, holds in reasons.items() if holds]
    if codes:
        raise Refused(*codes)


def answer_of(step: Callable[[], T]) -> T | Refused:
    """What the step comes to, a refusal too."""
    try:
        return step()
    except Refused as refused:
        return refused
