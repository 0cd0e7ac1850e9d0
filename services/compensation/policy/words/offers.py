"""What a statement says of the plan's offers: the terms, what each is worth to the educator, how it was answered."""

from zoneinfo import ZoneInfo

from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.evaluate import Row
from services.compensation.policy.facts.offers import ACCEPTED, DECLINED, UNANSWERED
from services.compensation.policy.language.pay import Offer
from services.compensation.policy.words.texts import Part, amount, dollars, standing

_ANSWER = {UNANSWERED: None, ACCEPTED: "accepted", DECLINED: "declined"}


class OfferWords:
    """The words of one plan's offers."""

    def __init__(self, plan: CompiledPlan) -> None:
        self._plan = plan
        self._zone = ZoneInfo(plan.plan.time_zone)
        self._offered = [
            [at for at, component in enumerate(plan.plan.components) if component.offer == offer.code]
            for offer in plan.plan.offers
        ]

    def offers(self, row: Row, *, is_final: bool = False) -> list[Part]:
        """A part for each offer that is for the educator, in the plan's order."""
        return [
            self._offer(at, offer, row, standing(is_final=is_final))
            for at, offer in enumerate(self._plan.plan.offers)
            if any(self._plan.components[index].pays[row.kind] for index in self._offered[at])
        ]

    def worth(self, at: int, row: Row) -> int:
        """Cents that accepting offer `at` pays as things stand, before the cap on the total."""
        return sum(row.open_amounts[index] for index in self._offered[at] if row.gates_open[index])

    def until(self, offer: Offer) -> str:
        """Until when it can be answered, as part of a sentence."""
        if offer.answer_by is None:
            return "before money of the plan year is approved"
        return f"by {offer.answer_by:%Y-%m-%d %H:%M} ({self._plan.plan.time_zone})"

    def of_component(self, at: int, row: Row, cents: int) -> str:
        """Of one component of an offer that is worth `cents`."""
        offer = self._plan.plan.offers[at]
        if row.offers[at] == ACCEPTED:
            return f"The offer {offer.title} was accepted."
        if row.offers[at] == DECLINED:
            return f"Not paid, because the offer {offer.title} was declined."
        return f"Offered: {dollars(cents)}; accept {offer.title} {self.until(offer)}."

    def _offer(self, at: int, offer: Offer, row: Row, stands: str) -> Part:
        answer_by = offer.answer_by
        return {
            "code": offer.code,
            "title": offer.title,
            "terms": offer.terms,
            "answer_by": None if answer_by is None else answer_by.replace(tzinfo=self._zone).isoformat(),
            "answer": _ANSWER[row.offers[at]],
            "worth": amount(self.worth(at, row)),
            "reason": self._reason(at, offer, row, stands),
            "source": offer.source,
        }

    def _reason(self, at: int, offer: Offer, row: Row, stands: str) -> str:
        worth = self.worth(at, row)
        if not worth:
            offered = f"Nothing is offered{stands}; each component says why."
        else:
            offered = f"Offered: {dollars(worth)}."
        if row.offers[at] == UNANSWERED:
            return f"{offered} It can be accepted {self.until(offer)}."
        return f"{offered} It was {_ANSWER[row.offers[at]]}; the answer can be changed {self.until(offer)}."
