"""What is counted together, in words: where an educator is counted, and what the mean of a group is taken of."""

from decimal import Decimal

from services.compensation.policy.evaluation.columns import NO_PLACE
from services.compensation.policy.exact import decimal_text
from services.compensation.policy.facts.gather import Gathered
from services.compensation.policy.language.measures import EvidenceMeasure, GroupMean, Measure, RatingScore
from services.compensation.policy.language.people import Within, WithinGroup
from services.compensation.policy.words.texts import in_words, whole_of


def place_of(within: Within, found: Gathered) -> str:
    """The id of the place or group, as a settlement has it, that an educator is counted in."""
    if isinstance(within, WithinGroup):
        return found.words.get(within.attribute, NO_PLACE)
    if within == "network":
        return ""
    return (found.employment.campus_id if within == "campus" else found.employment.district_id) or NO_PLACE


def sum_text(total: int) -> str:
    """Millionths with commas between the thousands: `1,325.95`."""
    return f"{Decimal(decimal_text(total)):,}"


def mean_told(measure: GroupMean, of: Measure, total: int, count: int, places: int) -> str:
    """How a mean comes about, up to what it comes to: the values of the measure `of`, rounded to `places`."""
    how = "to whole numbers" if not places else f"to {in_words(places)} {'place' if places == 1 else 'places'}"
    # What comes from evidence and ratings is never near a million.
    most = "" if isinstance(of, (EvidenceMeasure, RatingScore)) else " and counted up to a million"
    whom, each = ("who counts", "") if count == 1 else ("who count", "each ")
    return (
        f"The mean of {of.title} over the {count} of the {whole_of(measure.within)} {whom}, {each}rounded {how}{most}: "
        f"{sum_text(total)} / {count}"
    )


def totals_told(measure: GroupMean, totals: tuple[int, int] | None) -> list[str]:
    """What the mean is taken of, where there is one: how many count, and the sum of their values."""
    if totals is None:
        return []
    total, count = totals
    counts, values = ("counts", "the value is") if count == 1 else ("count", "their values come to")
    return [f"Of the {whole_of(measure.within)} {count} {counts}, and {values} {sum_text(total)}."]
