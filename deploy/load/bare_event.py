"""The floor of one more event: the rows that the service would write for it, by bare asyncpg, on the same tables."""

import time
from collections.abc import Sequence
from uuid import UUID, uuid4

import asyncpg

_MOVE = "UPDATE consumer_offset SET next_offset = next_offset + 1 WHERE consumer = 'floor' AND next_offset = $1"
_LOCK = "SELECT * FROM educator_account WHERE educator_id = $1 FOR UPDATE"
_WRITE = """
WITH last AS (
  SELECT * FROM statement WHERE educator_id = $1 AND plan_year = '2020-21' ORDER BY sequence DESC LIMIT 1
), facts AS (
  INSERT INTO fact SELECT $1, $2, kind, key, version, event_id, recorded_at, data FROM fact f
  WHERE f.educator_id = $1 AND f.sequence = 1
), statements AS (
  INSERT INTO statement SELECT educator_id, plan_year, $2, plan_version_id, applied_sequence, cause_event_id,
                               total_cents, rung, hash, body, decided_at FROM last
), recorded AS (
  INSERT INTO outbox (id, topic, key, type, data, recorded_at) SELECT $3, 'floor', $1::text, 'floor', $4, decided_at
  FROM last
), accounts AS (
  UPDATE educator_account SET facts = $5 WHERE educator_id = $1
)
UPDATE bonus_total SET statement_hash = statement_hash WHERE educator_id = $1
"""
_SEQUENCE = 1_000_000


async def bare_events(url: str, educators: Sequence[UUID]) -> list[float]:
    """Seconds that each of the transactions took, one an educator."""
    connection = await asyncpg.connect(url)
    took = []
    try:
        await connection.execute("DELETE FROM consumer_offset WHERE consumer = 'floor'")
        await connection.execute("INSERT INTO consumer_offset VALUES ('floor', 'floor', 0, 0)")
        sequence = _SEQUENCE + await connection.fetchval("SELECT count(*) FROM fact WHERE sequence >= $1", _SEQUENCE)
        event = "x" * 600
        for number, educator_id in enumerate(educators):
            began = time.perf_counter()
            async with connection.transaction():
                await connection.execute(_MOVE, number)
                account = await connection.fetchrow(_LOCK, educator_id)
                facts = account["facts"] if account else "{}"
                await connection.execute(_WRITE, educator_id, sequence + number, uuid4(), event, facts)
            took.append(time.perf_counter() - began)
    finally:
        await connection.close()
    return took
