"""What the evaluation service is told from outside."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing besides what all services are told: rubrics and the tested grid are data of the code's own version."""
