"""What a running service stands on, made from its settings: engine, bus, clock, who may call."""

from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.engine import create_engine
from shared.db.idempotency import keep_forgetting
from shared.kernel.clock import Clock, SystemClock
from shared.messaging.bus import Bus
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.relay import Relay
from shared.settings import ServiceSettings
from shared.web.auth import Authenticator

S = TypeVar("S", bound=ServiceSettings)


@dataclass(frozen=True)
class Runtime(Generic[S]):
    """The foundation of one service in one process; `async with` closes it."""

    service: str
    settings: S
    engine: AsyncEngine
    bus: Bus
    clock: Clock
    authenticator: Authenticator

    @classmethod
    def of(cls, service: str, settings: S, *, clock: Clock | None = None) -> Self:
        """Nothing is connected yet. Raises ValueError where the settings name no bus."""
        clock = clock or SystemClock()
        return cls(
            service=service,
            settings=settings,
            engine=create_engine(
                settings.database_url, pool_size=settings.database_pool_size, application_name=f"rung {service}"
            ),
            bus=connect_bus(settings, client_id=f"rung-{service}"),
            clock=clock,
            authenticator=Authenticator(
                issuer=settings.token_issuer, audience=settings.token_audience, keys=settings.token_keys, clock=clock
            ),
        )

    async def check_database(self) -> None:
        """For readiness: raises where the database does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    def relay(self, *, rest_seconds: float = 0.0) -> Relay:
        return Relay(service=self.service, url=self.settings.database_url, bus=self.bus, rest_seconds=rest_seconds)

    async def forget_answers(self) -> None:
        """The loop that deletes answers when they have been kept for long enough."""
        await keep_forgetting(self.engine, self.clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.bus.close()
        await self.engine.dispose()


def connect_bus(settings: ServiceSettings, *, client_id: str) -> Bus:
    """Kafka where the settings name it, else the embedded log. Raises ValueError where they name neither."""
    if settings.kafka_bootstrap is not None:
        # Imported here: without Kafka its client costs start-up time and memory for nothing.
        from shared.messaging.kafka import KafkaBus

        return KafkaBus(settings.kafka_bootstrap, client_id=client_id, member=settings.kafka_member)
    if settings.bus_database_url is not None:
        return EmbeddedBus(settings.bus_database_url)
    raise ValueError("no bus: set RUNG_KAFKA_BOOTSTRAP, or RUNG_BUS_DATABASE_URL for the embedded log")
