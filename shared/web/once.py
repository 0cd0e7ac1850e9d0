"""A door that money or a workflow depends on: its work is done once for an `Idempotency-Key`, in one transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from shared.kernel.clock import Clock
from shared.web.auth import CurrentPrincipal
from shared.web.idempotency import (
    Answer,
    IdempotencyKey,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    StillRunning,
    call_of,
    run_once,
)
from shared.web.transaction import Transaction

NOT_ONCE = (IdempotencyKeyMissing, IdempotencyKeyReused, StillRunning)
"""What such a door can refuse besides what its work refuses."""


@dataclass(frozen=True, slots=True)
class Call:
    """The call that is being answered: `connection` is what its work writes on, `by` who called."""

    request: Request
    connection: AsyncConnection
    by: str
    key: str

    @property
    def clock(self) -> Clock:
        clock: Clock = self.request.app.state.clock
        return clock

    async def once(self, work: Callable[[], Awaitable[BaseModel]], *, status: int = 200) -> Response:
        """What `work` came to as JSON, or the answer kept from when it was done before.

        Raises NOT_ONCE, and whatever `work` raises.
        """

        async def answer() -> Answer:
            return Answer.of(await work(), status=status)

        call = await call_of(self.request, principal=self.by, key=self.key)
        return (await run_once(self.connection, call, now=self.clock.now(), work=answer)).response()


async def _call(request: Request, connection: Transaction, principal: CurrentPrincipal, key: IdempotencyKey) -> Call:
    return Call(request, connection, principal.subject, key)


OnceCall = Annotated[Call, Depends(_call, scope="function")]
"""Parameter of a route."""
