"""The forecast of a plan year's cost by the development method (chain ladder): what grew last year grows again."""

from fractions import Fraction

from services.compensation.domain import Forecast

CENTS_AT_MOST = 10**15 - 1
"""What an amount is written with: thirteen digits of dollars."""


def develop(accrued: int, *, last_final: int, last_then: int, last_year: str) -> Forecast:
    """What `accrued` cents come to if they grow as last year's did: from `last_then`, accrued by the same day of that
    year, to `last_final`. Rounded half up to the cent.

    Insurers estimate claims by this method; here it has a single period of development. T. Mack, "Distribution-free
    calculation of the standard error of chain ladder reserve estimates", ASTIN Bulletin 23 (2), 1993.
    """
    if last_then <= 0:
        return Forecast(None, None, f"nothing was accrued for {last_year} by the same day")
    factor = Fraction(last_final, last_then)
    grown = 2 * accrued * factor
    cents = (grown.numerator + grown.denominator) // (2 * grown.denominator)
    if abs(cents) > CENTS_AT_MOST:
        return Forecast(None, factor, f"{last_year} had hardly begun by the same day")
    return Forecast(cents, factor, None)
