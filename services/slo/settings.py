"""What the slo service is told from outside."""

from pathlib import Path

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`approval_rubric` is the YAML document that SLOs are reviewed against."""

    approval_rubric: Path = Path(__file__).parent / "rubrics" / "approval-1.yaml"
