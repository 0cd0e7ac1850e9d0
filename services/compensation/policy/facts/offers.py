"""What an educator answered to the offers of a plan."""

from collections.abc import Sequence

from services.compensation.domain import OFFER_ATTRIBUTE
from services.compensation.policy.facts.gather import Gathered
from services.compensation.policy.language.pay import Offer

UNANSWERED, ACCEPTED, DECLINED = range(3)
_ANSWERS = {"accepted": ACCEPTED, "declined": DECLINED}


def offers_answered(offers: Sequence[Offer], found: Gathered, starts_in: int) -> list[int]:
    """The answer to each of `offers`; whatever is on file that is no answer leaves it unanswered."""
    if not offers:
        return []
    given = found.attributes.get(OFFER_ATTRIBUTE, {}).get(starts_in, {})
    return [_ANSWERS.get(given.get(offer.code, ""), UNANSWERED) for offer in offers]
