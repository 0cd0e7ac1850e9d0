"""Records of a snapshot, as they stand before anything of them is hidden."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.compensation.policy.snapshot.generalising import Traits
from services.compensation.policy.snapshot.records import Record
from services.compensation.policy.snapshot.standing import Standing

STANDINGS: Mapping[str, Standing] = {
    "paid": Standing(True, True, (), 100_00, 100_00),
    "not paid": Standing(True, False, ("not-yet-paid",), 50_00, 0),
    "role": Standing(False, False, ("role-not-paid",), 0, 0),
    "gate": Standing(False, False, ("gate:growth", "gate:observed"), 0, 0),
    "other gate": Standing(False, False, ("gate:observed",), 0, 0),
}


def record(number: int, *, standing: Standing = STANDINGS["paid"], **traits: str) -> Record:
    """A teacher of a tested subject on one campus, hired in 2015-16, unless told otherwise."""
    fields: dict[str, Any] = {
        "role": "teacher",
        "subject_group": "tested",
        "cohort": "2015-16",
        "campus": "campus",
        "district": "district",
        "comparison_group": "no",
    }
    return Record(
        pseudonym=f"{number:020x}",
        traits=Traits(**fields | traits),
        standing=standing,
        component_cents={"performance-bonus": standing.earned_cents},
        plan_version=1,
        rung="novice",
        observations=2,
        observation_mean=Decimal("3.2500"),
        domain_scores={},
        rating_level=None,
        slos=0,
        slo_quality=None,
        slo_attainment=None,
        growth=Decimal("61.5000"),
        credentials=0,
        is_retained=None,
    )
