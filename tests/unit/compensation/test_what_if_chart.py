"""The chart of a what-if: what each bar counts, and which plans it compares, can be read off it without the figures."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from services.compensation.api.what_if_chart import chart
from services.compensation.domain import WhatIf
from services.compensation.policy.what_if.distribution import within_bins

CENTS = {"before": np.array([0, 60_000, 20_000, 10_000]), "after": np.array([0, 0, 30_000, 10_000])}


def told(code: str) -> dict[str, str]:
    return {"code": code, "title": f"The {code} plan", "content_hash": code}


def drawn(before: dict[str, str] | None, *, changes: tuple[dict[str, Any], ...] = ()) -> list[str]:
    """All texts of the chart of a what-if on four educators, from its title on."""
    summary = {
        "educators": 4,
        "plans": {"before": before, "after": told("new")},
        "cost": {"before_cents": 90_000, "after_cents": 40_000},
        "outcome": {"winners": 1, "losers": 1, "unchanged": 2},
        "distribution": {
            "totals": within_bins(CENTS),
            "differences": within_bins({"educators": CENTS["after"] - CENTS["before"]}),
        },
    }
    at = datetime(2027, 1, 1, tzinfo=UTC)
    what_if = WhatIf(UUID(int=1), "Try", "2027-28", None, None, changes, "hr", at, done_at=at, summary=summary)
    return [one.text for one in ET.fromstring(chart(what_if)).iter() if one.text and one.text.strip()]  # noqa: S314


def test_each_bar_is_labelled_with_its_borders_from_left_to_right() -> None:
    texts = drawn(told("old"))
    losses = [one for one in texts if one.startswith(("lose $", "lose up"))]
    assert (losses[0], losses[-2:]) == ("lose $600 to $550", ["lose $100 to $50", "lose up to $50"])
    assert len(losses) == 12
    assert {"gain up to $50", "gain $50 to $100", "$0", "up to $50", "$550 to $600"} <= set(texts)
    assert texts.count("number of educators") == 2
    assert "−$600.00 to −$550.01: 1 educator loses so much" in texts
    assert "$0.00: 2 educators are unchanged" in texts
    assert any(one.endswith("1 gains, 1 loses, 2 are unchanged.") for one in texts)


@pytest.mark.parametrize(
    ("before", "line"),
    [
        (told("old"), "Before: The old plan, the plan published for 2027-28, on the facts as they stand."),
        (told("new"), "Before: the same plan, on the facts as they stand."),
        (None, "Compared with nothing: no plan is published for 2027-28."),
    ],
)
def test_the_plans_that_are_compared_are_named(before: dict[str, str] | None, line: str) -> None:
    texts = drawn(before)
    assert (texts[0], line in texts) == ("Try: The new plan, 2027-28", True)
    assert drawn(before, changes=({"change": "award"},))[0] == "Try: The new plan, 2027-28, on changed facts"
