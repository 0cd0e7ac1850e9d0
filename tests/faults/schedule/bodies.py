"""What the people of the run write at length."""

import random
from typing import Any

from deploy.loading import PLAN_YEAR


def slo_body(rng: random.Random) -> dict[str, Any]:
    """The draft of an SLO."""
    return {
        "school_year": PLAN_YEAR,
        "interval": "year",
        "subject": "Theatre Arts",
        "learning_goal": f"Students sustain a character through {rng.randint(2, 9)} scenes.",
        "standards": ["TEKS 117.315(c)(2)"],
        "population": {"below": 9, "typical": 11},
        "targets": {"below": {"text": "gain two levels", "percent": "80.0"}, "typical": {"text": "gain one"}},
        "strategies": ["weekly rehearsal"],
        "assessments": ["performance task"],
    }
