"""Money is an integer number of cents inside and a decimal string at the edge; a float never holds it."""

import re

_AMOUNT = re.compile(r"(-?)(\d{1,13})(?:\.(\d{2}))?")


def format_cents(cents: int) -> str:
    """`-1250` -> `"-12.50"`."""
    sign = "-" if cents < 0 else ""
    dollars, rest = divmod(abs(cents), 100)
    return f"{sign}{dollars}.{rest:02d}"


def parse_amount(text: str) -> int:
    """`"12.50"` or `"12"` -> cents.

    Raises ValueError where the text is not a plain decimal amount with two digits of cents or none.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an amount: write it as dollars and two digits of cents, like 200.00")
    sign, dollars, cents = match.groups()
    value = int(dollars) * 100 + int(cents or 0)
    return -value if sign else value
