"""The floor of an API: FastAPI and asyncpg with the same inserts and selects, on the same tables, and nothing else.

No token, no signature, no model, no rule, no metric: `python -m deploy.load.bare_api` with `RUNG_BARE_...` URLs.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from uuid import UUID, uuid4

import asyncpg
import orjson
import uvicorn
from fastapi import FastAPI, Request, Response

from shared.kernel.clock import SystemClock

_POOL = 8
_AWARD = """
INSERT INTO award (award_id, provider, provider_award_id, person_keys, credential, awarded_at, awarded_occurred_at,
                   state, version)
VALUES ($1, 'floor', $2, '{}', 'floor', $3, $3, 'earned', 1)
"""
_EVENT = "INSERT INTO outbox (id, topic, key, type, data, recorded_at) VALUES ($1, 'floor', $2, 'floor', $3, $4)"
_RECEIPT = """
INSERT INTO receipt (provider, webhook_id, body_hash, received_at, body, outcome, award_id)
VALUES ('floor', $1, $2, $3, $4, 'taken', $5)
"""
_LOCK = "SELECT * FROM observation WHERE observation_id = $1 FOR UPDATE"
_SCORE = "UPDATE observation SET scores = $2, revision = revision + 1, state = 'in_progress' WHERE observation_id = $1"
_STATEMENT = """
SELECT sequence, hash, body FROM statement WHERE educator_id = $1 AND plan_year = '2020-21'
ORDER BY sequence DESC LIMIT 1
"""
_TOTALS = "SELECT * FROM bonus_total WHERE plan_year = '2020-21' AND educator_id > $1 ORDER BY educator_id LIMIT $2"


def bare_app() -> FastAPI:
    """A path for each of the doors that are measured, and `/ping`."""
    clock = SystemClock()
    pools: dict[str, asyncpg.Pool[asyncpg.Record]] = {}

    @asynccontextmanager
    async def connected(_app: FastAPI) -> AsyncIterator[None]:
        for name in ("credentials", "evaluation", "compensation"):
            url = os.environ[f"RUNG_BARE_{name.upper()}"]
            pools[name] = await asyncpg.create_pool(url, min_size=_POOL, max_size=_POOL)
        yield
        for pool in pools.values():
            await pool.close()

    app = FastAPI(lifespan=connected, openapi_url=None, telemetry={"tracing": False, "metrics": False, "logs": False})

    @app.get("/ping")
    async def ping() -> Response:
        return Response(b"{}", media_type="application/json")

    @app.post("/awards")
    async def take_award(request: Request) -> Response:
        body = await request.body()
        award_id, now = uuid4(), clock.now()
        async with pools["credentials"].acquire() as connection, connection.transaction():
            await connection.execute(_AWARD, award_id, str(award_id), now)
            await connection.execute(_EVENT, uuid4(), str(award_id), body.decode(), now)
            await connection.execute(_RECEIPT, str(award_id), sha256(body).hexdigest(), now, body, award_id)
        return Response(b"{}", media_type="application/json")

    @app.put("/observations/{observation_id}")
    async def score(observation_id: UUID, request: Request) -> Response:
        body = await request.body()
        async with pools["evaluation"].acquire() as connection, connection.transaction():
            await connection.fetchrow(_LOCK, observation_id)
            await connection.execute(_SCORE, observation_id, f"[{body.decode()}]")
        return Response(body, media_type="application/json")

    @app.get("/statements/{educator_id}")
    async def statement(educator_id: UUID) -> Response:
        found = await pools["compensation"].fetchrow(_STATEMENT, educator_id)
        return Response(found["body"].encode() if found else b"", media_type="application/json")

    @app.get("/totals")
    async def totals(after: UUID, limit: int) -> Response:
        rows = await pools["compensation"].fetch(_TOTALS, after, limit)
        return Response(orjson.dumps([dict(row) for row in rows], default=str), media_type="application/json")

    return app


if __name__ == "__main__":
    uvicorn.run(bare_app(), port=int(os.environ["RUNG_PORT"]), log_level="error", access_log=False)
