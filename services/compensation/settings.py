"""What the compensation service is told from outside."""

from typing import Annotated

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What all services share, and the key of pseudonyms, which the worker alone needs."""

    pseudonym_key: Annotated[
        SecretStr | None,
        Field(description="Key of the evaluator's pseudonyms: always the same, or years cannot be linked any more."),
    ] = None
