"""What the day of hire makes of a component that is paid in steps by it."""

from collections.abc import Callable
from math import gcd

from services.compensation.policy.exact import TEN_THOUSAND, ten_thousandths
from services.compensation.policy.facts.gather import Gathered
from services.compensation.policy.language.pay import Component

HireReader = Callable[[Gathered], int]


def hire_whole(component: Component) -> int:
    """One, in the largest unit that all shares by day of hire are whole in: so the products of the evaluator stay
    small."""
    return TEN_THOUSAND // gcd(TEN_THOUSAND, *(ten_thousandths(step.share) for step in component.by_hire or ()))


def hire_reader(component: Component) -> HireReader:
    """The share that the day of hire gives, in the unit of `hire_whole`; none without a day of hire on file."""
    unit = TEN_THOUSAND // hire_whole(component)
    steps = [(step.hired_by.isoformat(), ten_thousandths(step.share) // unit) for step in component.by_hire or ()]

    def read(found: Gathered) -> int:
        hired_on = found.employment.hired_on
        return 0 if hired_on is None else next((share for hired_by, share in steps if hired_on <= hired_by), 0)

    return read
