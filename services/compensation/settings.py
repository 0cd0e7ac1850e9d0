"""What the compensation service is told from outside."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing but what all services share."""
