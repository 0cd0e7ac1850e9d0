"""The event path's reads and writes: a handful of statements for a batch of any size, since a round trip costs most."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    EducatorFacts,
)
from services.compensation.domain_more import Account, StandingTotal
from services.compensation.policy.recalculation import Changes

PLANS_LOCK = "hashtext('published plans')"

_LOCK_ACCOUNTS = text(
    """
    SELECT a.educator_id, a.applied_sequence, a.facts, a.unreported
    FROM educator_account a WHERE a.educator_id = ANY(CAST(:ids AS uuid[]))
    ORDER BY a.educator_id FOR UPDATE
    """
)
_OPEN_ACCOUNTS = text(
    """
    INSERT INTO educator_account (educator_id, applied_sequence, facts, unreported)
    SELECT id, 0, '{}', '{}' FROM unnest(CAST(:ids AS uuid[])) AS u(id) ORDER BY id
    ON CONFLICT DO NOTHING
    """
)
_TOTALS = text(
    """
    SELECT educator_id, plan_year, sequence, plan_version_id, statement_hash, components
    FROM bonus_total WHERE educator_id = ANY(CAST(:ids AS uuid[]))
    """
)
_NEXT_EDUCATORS = text(
    """
    SELECT educator_id FROM educator_account
    WHERE CAST(:after AS uuid) IS NULL OR educator_id > :after ORDER BY educator_id LIMIT :limit
    """
)
_SAVE = text(
    """
    WITH facts AS (
      INSERT INTO fact (educator_id, sequence, kind, key, version, event_id, recorded_at, data)
      SELECT * FROM unnest(
        CAST(:f_educator AS uuid[]), CAST(:f_sequence AS bigint[]), CAST(:f_kind AS text[]), CAST(:f_key AS text[]),
        CAST(:f_version AS int[]), CAST(:f_event AS uuid[]), CAST(:f_recorded AS timestamptz[]),
        CAST(:f_data AS text[]))
    ), accounts AS (
      UPDATE educator_account a SET applied_sequence = u.sequence, facts = u.facts,
        unreported = CAST(string_to_array(u.unreported, ',') AS uuid[])
      FROM unnest(CAST(:a_educator AS uuid[]), CAST(:a_sequence AS bigint[]), CAST(:a_facts AS text[]),
                  CAST(:a_unreported AS text[])) AS u(educator_id, sequence, facts, unreported)
      WHERE a.educator_id = u.educator_id
    ), statements AS (
      INSERT INTO statement (educator_id, plan_year, sequence, plan_version_id, applied_sequence, cause_event_id,
                             total_cents, rung, hash, body, decided_at)
      SELECT u.*, :decided_at FROM unnest(
        CAST(:s_educator AS uuid[]), CAST(:s_year AS text[]), CAST(:s_sequence AS int[]), CAST(:s_plan AS uuid[]),
        CAST(:s_applied AS bigint[]), CAST(:s_cause AS uuid[]), CAST(:s_total AS bigint[]), CAST(:s_rung AS text[]),
        CAST(:s_hash AS text[]), CAST(:s_body AS text[])) AS u
    ), entries AS (
      INSERT INTO ledger_entry (id, educator_id, plan_year, sequence, component, amount_cents, plan_version_id,
                                cause_event_id, posted_at)
      SELECT u.*, :decided_at FROM unnest(
        CAST(:l_id AS uuid[]), CAST(:l_educator AS uuid[]), CAST(:l_year AS text[]), CAST(:l_sequence AS int[]),
        CAST(:l_component AS text[]), CAST(:l_amount AS bigint[]), CAST(:l_plan AS uuid[]),
        CAST(:l_cause AS uuid[])) AS u
    )
    INSERT INTO bonus_total (educator_id, plan_year, sequence, plan_version_id, statement_hash, employee_number,
                             district_id, campus_id, rung, components, total_cents)
    SELECT * FROM unnest(
      CAST(:t_educator AS uuid[]), CAST(:t_year AS text[]), CAST(:t_sequence AS int[]), CAST(:t_plan AS uuid[]),
      CAST(:t_hash AS text[]), CAST(:t_employee AS text[]), CAST(:t_district AS uuid[]), CAST(:t_campus AS uuid[]),
      CAST(:t_rung AS text[]), CAST(:t_components AS text[]), CAST(:t_total AS bigint[]))
    ON CONFLICT (educator_id, plan_year) DO UPDATE SET
      sequence = excluded.sequence, plan_version_id = excluded.plan_version_id,
      statement_hash = excluded.statement_hash, employee_number = excluded.employee_number,
      district_id = excluded.district_id, campus_id = excluded.campus_id, rung = excluded.rung,
      components = excluded.components, total_cents = excluded.total_cents
    """
)


async def share_plans(connection: AsyncConnection) -> None:
    """Until this transaction ends no plan can be published: what is decided in it is decided by the standing plans."""
    await connection.execute(text(f"SELECT pg_advisory_xact_lock_shared({PLANS_LOCK})"))


async def lock_accounts(connection: AsyncConnection, educator_ids: Sequence[str]) -> dict[str, Account]:
    """The educators' accounts, opened where new, locked in the order of ids so that batches cannot deadlock."""
    ids = sorted(set(educator_ids))
    rows = (await connection.execute(_LOCK_ACCOUNTS, {"ids": ids})).all()
    if len(rows) < len(ids):
        await connection.execute(_OPEN_ACCOUNTS, {"ids": ids})
        rows = (await connection.execute(_LOCK_ACCOUNTS, {"ids": ids})).all()
    totals: dict[str, dict[str, StandingTotal]] = {}
    for row in await connection.execute(_TOTALS, {"ids": ids}):
        totals.setdefault(str(row.educator_id), {})[row.plan_year] = StandingTotal(
            row.sequence, row.plan_version_id, row.statement_hash, orjson.loads(row.components)
        )
    accounts = {}
    for row in rows:
        educator_id = str(row.educator_id)
        accounts[educator_id] = Account(
            educator_id=educator_id,
            applied_sequence=row.applied_sequence,
            facts=EducatorFacts.from_document(educator_id, orjson.loads(row.facts)),
            unreported=list(row.unreported),
            totals=totals.get(educator_id, {}),
        )
    return accounts


async def educators_after(connection: AsyncConnection, after: UUID | None, limit: int) -> list[str]:
    rows = await connection.execute(_NEXT_EDUCATORS, {"after": after, "limit": limit})
    return [str(row.educator_id) for row in rows]


async def save(connection: AsyncConnection, changes: Changes, *, decided_at: datetime) -> None:
    """Write all that a batch came to."""
    facts, accounts = changes.facts, changes.accounts
    statements, entries, totals = changes.statements, changes.entries, changes.totals
    await connection.execute(
        _SAVE,
        {
            "decided_at": decided_at,
            "f_educator": [row.educator_id for row in facts],
            "f_sequence": [row.sequence for row in facts],
            "f_kind": [row.fact.kind for row in facts],
            "f_key": [row.fact.key for row in facts],
            "f_version": [row.fact.version for row in facts],
            "f_event": [row.fact.event_id for row in facts],
            "f_recorded": [row.recorded_at for row in facts],
            "f_data": [orjson.dumps(row.fact.data).decode() for row in facts],
            "a_educator": [row.educator_id for row in accounts],
            "a_sequence": [row.applied_sequence for row in accounts],
            "a_facts": [orjson.dumps(row.facts.to_document()).decode() for row in accounts],
            "a_unreported": [",".join(str(event_id) for event_id in row.unreported) for row in accounts],
            "s_educator": [row.educator_id for row in statements],
            "s_year": [row.plan_year for row in statements],
            "s_sequence": [row.sequence for row in statements],
            "s_plan": [row.plan_version_id for row in statements],
            "s_applied": [row.applied_sequence for row in statements],
            "s_cause": [row.cause_event_id for row in statements],
            "s_total": [row.total_cents for row in statements],
            "s_rung": [row.rung for row in statements],
            "s_hash": [row.hash for row in statements],
            "s_body": [row.body.decode() for row in statements],
            "l_id": [row.id for row in entries],
            "l_educator": [row.educator_id for row in entries],
            "l_year": [row.plan_year for row in entries],
            "l_sequence": [row.sequence for row in entries],
            "l_component": [row.component for row in entries],
            "l_amount": [row.amount_cents for row in entries],
            "l_plan": [row.plan_version_id for row in entries],
            "l_cause": [row.cause_event_id for row in entries],
            "t_educator": [row.educator_id for row in totals],
            "t_year": [row.plan_year for row in totals],
            "t_sequence": [row.sequence for row in totals],
            "t_plan": [row.plan_version_id for row in totals],
            "t_hash": [row.hash for row in totals],
            "t_employee": [row.employee_number for row in totals],
            "t_district": [row.district_id for row in totals],
            "t_campus": [row.campus_id for row in totals],
            "t_rung": [row.rung for row in totals],
            "t_components": [orjson.dumps(row.components).decode() for row in totals],
            "t_total": [row.total_cents for row in totals],
        },
    )
