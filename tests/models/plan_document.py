"""A plan that is small enough to be worked out by hand: so much for each award, of some up to three."""

from typing import Any

SOURCE = {"source": "illustrative"}
CODE = "small"
STIPEND, LEADING = "stipend", "leading"
LEADING_CREDENTIAL = "mc-leading"
AT_MOST = 3


def plan_document(*, year: int, stipend: str, code: str = CODE, counts_for_retirement: bool = False) -> dict[str, Any]:
    """The plan of the school year that begins in `year`: `stipend` for each award, 75.50 more for leading."""
    retirement = {"retirement": True} if counts_for_retirement else {}
    return {
        "language": 1,
        "code": code,
        "plan_year": f"{year}-{(year + 1) % 100:02d}",
        "title": "Small",
        "illustrative": True,
        **SOURCE,
        "currency": "USD",
        "time_zone": "America/Chicago",
        "performance_period": {
            "begins_on": f"{year}-08-17",
            "ends_on": f"{year + 1}-05-28",
            "reference_on": f"{year + 1}-05-28",
            **SOURCE,
        },
        "eligibility": {"roles": ["teacher"], **SOURCE},
        "rounding": {"mode": "half_up", "points_places": 2, "amounts": "cent", **SOURCE},
        "proration": {"by": "days_times_fte", "fte_at_most": "1.0", "leavers": "by_days", **SOURCE},
        "components": [
            _per_award(STIPEND, stipend) | {"earning_code": "MC20", **retirement},
            _per_award(LEADING, "75.50") | {"credentials": [LEADING_CREDENTIAL]},
        ],
        "ladder": {"rungs": [{"code": "novice", "title": "Novice", **SOURCE}], **SOURCE},
    }


def _per_award(code: str, amount: str) -> dict[str, Any]:
    paid = {"pay": "per_award", "amount": amount, "at_most": AT_MOST, "each": "award", "prorates": False}
    return {"code": code, "title": code.title(), **paid, **SOURCE}
