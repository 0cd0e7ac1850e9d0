"""Makes a compensation database many times as large: each educator it has becomes several, with all that is theirs.

The copies look as the service would have left them: what has the educator's id in its text is rewritten and hashed
anew. Only ids that the service draws or derives are digests here, of the old id and the number of the copy.
"""

import asyncpg

# The copies are numbered from $1 on, up to but not with $2. Ids begin with that number, as the service's begin with the
# moment, so that what came together lies together; only a ledger entry's are drawn from all over, as the service's are.
_COPY = "overlay(md5({} || ' ' || n) placing lpad(to_hex(n), 8, '0') from 1)::uuid"
_DERIVED = "md5({} || ' ' || n)::uuid"
_NUMBERS = "generate_series($1::int, $2::int - 1) n"
_EDUCATOR = _COPY.format("t.educator_id::text")
_NEW_TEXT = f"replace({{}}, t.educator_id::text, ({_EDUCATOR})::text)"
_BODY = _NEW_TEXT.format("t.body")
_ORIGINAL = "t.educator_id IN (SELECT educator_id FROM original)"

_STATEMENTS = (
    f"""
    INSERT INTO educator_account (educator_id, applied_sequence, facts, unreported)
    SELECT {_EDUCATOR}, t.applied_sequence, t.facts, t.unreported
    FROM {_NUMBERS}, educator_account t WHERE {_ORIGINAL}
    """,
    f"""
    INSERT INTO fact (educator_id, sequence, kind, key, version, event_id, recorded_at, data)
    SELECT {_EDUCATOR}, t.sequence, t.kind, t.key, t.version, t.event_id, t.recorded_at, {_NEW_TEXT.format("t.data")}
    FROM {_NUMBERS}, fact t WHERE {_ORIGINAL}
    """,
    f"""
    INSERT INTO statement (educator_id, plan_year, sequence, plan_version_id, applied_sequence, cause_event_id,
                           total_cents, rung, hash, body, decided_at)
    SELECT c.educator_id, c.plan_year, c.sequence, c.plan_version_id, c.applied_sequence, c.cause_event_id,
           c.total_cents, c.rung, encode(sha256(convert_to(c.body, 'UTF8')), 'hex'), c.body, c.decided_at
    FROM (SELECT {_EDUCATOR} AS educator_id, t.plan_year, t.sequence, t.plan_version_id, t.applied_sequence,
                 t.cause_event_id, t.total_cents, t.rung, {_BODY} AS body, t.decided_at
          FROM {_NUMBERS}, statement t WHERE {_ORIGINAL} OFFSET 0) c
    """,
    f"""
    INSERT INTO bonus_total (educator_id, plan_year, sequence, plan_version_id, statement_hash, employee_number,
                             district_id, campus_id, rung, components, total_cents)
    SELECT {_EDUCATOR}, t.plan_year, t.sequence, t.plan_version_id, s.hash, t.employee_number || '-' || n,
           t.district_id, t.campus_id, t.rung, t.components, t.total_cents
    FROM {_NUMBERS}, bonus_total t JOIN statement s ON TRUE
    WHERE {_ORIGINAL} AND s.educator_id = {_EDUCATOR} AND s.plan_year = t.plan_year AND s.sequence = t.sequence
    """,
    f"""
    INSERT INTO ledger_entry (id, educator_id, plan_year, sequence, component, amount_cents, plan_version_id,
                              cause_event_id, posted_at)
    SELECT {_DERIVED.format("t.id::text")}, {_EDUCATOR}, t.plan_year, t.sequence, t.component, t.amount_cents,
           t.plan_version_id, t.cause_event_id, t.posted_at
    FROM {_NUMBERS}, ledger_entry t WHERE {_ORIGINAL}
    """,
    f"""
    INSERT INTO outbox (id, topic, key, type, data, traceparent, recorded_at, published_seq)
    SELECT {_COPY.format("o.id::text")}, o.topic, ({_EDUCATOR})::text, o.type,
           replace(o.data, o.key, ({_EDUCATOR})::text), o.traceparent, o.recorded_at,
           (SELECT max(published_seq) FROM outbox) + row_number() OVER ()
    FROM {_NUMBERS}, outbox o JOIN original t ON o.key = t.educator_id::text
    """,
)


async def settle(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Name those who are there now the originals, and have their events published, as a relay does."""
    await connection.execute("CREATE TABLE original AS SELECT educator_id FROM educator_account")
    await connection.execute(
        """
        UPDATE outbox o SET published_seq = p.seq
        FROM (SELECT id, row_number() OVER (ORDER BY position) AS seq FROM outbox) p WHERE o.id = p.id
        """
    )


async def multiply(connection: "asyncpg.Connection[asyncpg.Record]", first: int, behind: int) -> None:
    """Add the copies numbered `first` to `behind` (not with it), and leave the tables as the server keeps them."""
    # Right after they were filled, the tables look empty to the planner, which would join everything with everything.
    await connection.execute("ANALYZE", timeout=600)
    for statement in _STATEMENTS:
        await connection.execute(statement, first, behind, timeout=600)
    await connection.execute("VACUUM (ANALYZE)", timeout=600)
