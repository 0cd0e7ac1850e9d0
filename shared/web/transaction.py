"""One transaction for one request that changes something, committed before the answer is sent; none for one that reads.

FastAPI runs what stands after a dependency's `yield` once the answer is out, unless the dependency's scope is
`function`; a commit that failed then would stand behind a 200 (tests/unit/web/test_transaction.py).
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from shared.db.direct import begin, reading


async def _transaction(request: Request) -> AsyncIterator[AsyncConnection]:
    async with begin(request.app.state.engine) as connection:
        yield connection


Transaction = Annotated[AsyncConnection, Depends(_transaction, scope="function")]
"""Parameter of a route: the connection its use cases work on. An error rolls everything back."""


async def _reading(request: Request) -> AsyncIterator[AsyncConnection]:
    async with reading(request.app.state.engine) as connection:
        yield connection


Reading = Annotated[AsyncConnection, Depends(_reading, scope="function")]
"""Parameter of a route that changes nothing: the connection its use cases read by."""
