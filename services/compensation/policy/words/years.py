"""Several school years that a measure is over, in words."""

from services.compensation.policy.language.measures import Years
from services.compensation.policy.words.texts import in_words


def over_years(over: Years) -> str:
    """`The mean over the last two school years`."""
    return f"The {over.combine} over {_years(over)}"


def _years(over: Years) -> str:
    end = "" if over.through == "plan_year" else " before the plan year"
    years = "school year" if over.years == 1 else f"{in_words(over.years)} school years"
    return f"the last {years}{end}"


def too_few_years(nothing: str, over: Years, found: int) -> str:
    """`nothing` is what is said of one year; `found` is how many of the years have anything on file."""
    if over.at_least == 1:
        return f"{nothing.removesuffix('.')} for {_years(over)}."
    has = f"{in_words(found) if found else 'none'} {'has' if found < 2 else 'have'}"
    return f"The plan asks for {in_words(over.at_least)} of {_years(over)}, of which {has} anything on file for it."
