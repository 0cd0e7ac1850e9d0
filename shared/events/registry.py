"""How an event class gets its type, topic and key, and how a type finds its class again."""

from collections.abc import Callable
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from shared.events.topics import Topic


class Event(BaseModel):
    """A published fact, in the past tense, with all that a consumer needs to act on it without calling back.

    Within a major version only optional fields may be added (tests/contract proves it against the stored
    schemas); consumers therefore pass over fields they do not know. No names, no addresses, nothing of students.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    topic: ClassVar[Topic]
    key_field: ClassVar[str]

    @property
    def key(self) -> str:
        """The Kafka key: events of one key keep their order."""
        return str(getattr(self, self.key_field))


_E = TypeVar("_E", bound=type[Event])

EVENTS: dict[str, type[Event]] = {}


def published(event_type: str, *, topic: Topic, key: str = "educator_id") -> Callable[[_E], _E]:
    """Register an event class under its CloudEvents type, e.g. `rung.slo.slo.approved.v1`."""

    def register(cls: _E) -> _E:
        cls.type = event_type
        cls.topic = topic
        cls.key_field = key
        EVENTS[event_type] = cls
        return cls

    return register


def schema_uri(event_type: str) -> str:
    """Where the stored JSON Schema of a type stands, relative to the source's address space."""
    return f"urn:rung:schema:{event_type}"
