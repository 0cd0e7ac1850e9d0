"""Plans that tests start from, and the facts of a golden case as the events that services publish."""

from pathlib import Path
from typing import Any

from services.compensation.policy.cases.events import PublishedEvent
from services.compensation.policy.cases.facts import Facts, Setting

REPOSITORY = Path(__file__).parents[2]
HARMONY = (REPOSITORY / "services/compensation/plans/harmony-pbcs-2020-21.yaml").read_text()
EVERYTHING = (REPOSITORY / "tests/policy_cases/everything.yaml").read_text()


def events_of(short: dict[str, Any], year: str = "2020-21", zone: str = "America/Chicago") -> list[PublishedEvent]:
    """The events behind a case's facts as they are written, in the school year of the plan."""
    return Facts.model_validate(short).events(Setting(year, zone, "harmony-pbcs"))
