"""Every query of the credentials database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.credentials.domain import AwardState, CredentialAward, MicroCredential, Pathway
from services.credentials.models import (
    award,
    educator,
    micro_credential,
    pathway,
    pathway_credential,
    person_key,
)
from shared.db.direct import driver
from shared.messaging import outbox

_ROSTER_LOCK = "hashtext('roster')"

_KEEP_CALL = """
INSERT INTO receipt (provider, webhook_id, body_hash, body, received_at, outcome, award_id)
VALUES ({})
ON CONFLICT (provider, webhook_id, body_hash) DO UPDATE SET outcome = excluded.outcome, award_id = excluded.award_id
WHERE receipt.outcome = 'unreadable' AND excluded.outcome = 'taken'
"""
_SAVE_AWARDS = """
UPDATE award a SET person_keys = r.person_keys, credential = r.credential, awarded_at = r.awarded_at,
  expires_at = r.expires_at, evidence_url = r.evidence_url, awarded_occurred_at = r.awarded_occurred_at,
  revoked_occurred_at = r.revoked_occurred_at, educator_id = r.educator_id, state = r.state,
  parked_reason = r.parked_reason, version = r.version
FROM json_to_recordset($8::json) AS r(
  award_id uuid, person_keys text[], credential text, awarded_at timestamptz, expires_at timestamptz,
  evidence_url text, awarded_occurred_at timestamptz, revoked_occurred_at timestamptz, educator_id uuid, state text,
  parked_reason text, version int)
WHERE a.award_id = r.award_id
"""
_SAVE = f"WITH recorded AS ({outbox.RECORD}) {_SAVE_AWARDS}"
_SAVE_WITH_CALL = f"""
WITH recorded AS ({outbox.RECORD}), saved AS ({_SAVE_AWARDS})
{_KEEP_CALL.format("$9, $10, $11, $12, $13, $14, $15")}
"""
_KEEP_CALL_ALONE = _KEEP_CALL.format("$1, $2, $3, $4, $5, $6, $7")
# A subquery with a volatile function is worked out first and never left out.
_OPEN_AWARD = f"""
INSERT INTO award (award_id, provider, provider_award_id, person_keys, state, version)
SELECT $1, $2, $3, '{{}}', 'parked', 0 FROM (SELECT pg_advisory_xact_lock_shared({_ROSTER_LOCK})) held
ON CONFLICT DO NOTHING RETURNING *
"""
_LOCK_AWARD = """
SELECT *, EXISTS (
  SELECT FROM receipt WHERE provider = $1 AND webhook_id = $3 AND body_hash = $4 AND outcome = 'taken') AS is_repeat
FROM award WHERE provider = $1 AND provider_award_id = $2 FOR UPDATE
"""
_KNOWN = """
SELECT
  (SELECT json_agg(json_build_array(key, educator_id))::text FROM person_key WHERE key = ANY($1)) AS named,
  (SELECT json_object_agg(code, pathways)::text FROM (
     SELECT m.code, coalesce(json_agg(p.pathway) FILTER (WHERE p.pathway IS NOT NULL), '[]') AS pathways
     FROM micro_credential m LEFT JOIN pathway_credential p ON p.credential = m.code
     WHERE m.code = ANY($2) GROUP BY m.code) of_code) AS catalogue
"""


class Call(NamedTuple):
    """A signed webhook call as it is kept: `outcome` is "taken" or "unreadable"."""

    provider: str
    webhook_id: str
    body_hash: str
    body: bytes
    received_at: datetime
    outcome: str
    award_id: UUID | None


async def hold_roster(connection: AsyncConnection) -> None:
    """Let the awards under way be settled first, and no other begin, while this transaction changes who is known or
    what can be earned."""
    await connection.execute(text(f"SELECT pg_advisory_xact_lock({_ROSTER_LOCK})"))


async def keep_call(connection: AsyncConnection, call: Call) -> None:
    """Keep a call, once. One that could not be read when it first came, and can be now, is from then on taken."""
    await (await driver(connection)).execute(_KEEP_CALL_ALONE, *call)


async def open_award(
    connection: AsyncConnection, call: Call, provider_award_id: str, *, new_id: UUID
) -> tuple[CredentialAward, bool]:
    """The award under the provider's id, opened as `new_id` where it is new, locked until the transaction ends; and
    whether it has taken in this very `call` before.

    Until then the roster stands still too: a person is either known to it or will find the award.
    """
    below = await driver(connection)
    row = await below.fetchrow(_OPEN_AWARD, new_id, call.provider, provider_award_id)
    if row is not None:
        return _award(row), False
    [known] = await below.fetch(_LOCK_AWARD, call.provider, provider_award_id, call.webhook_id, call.body_hash)
    columns = dict(known)
    is_repeat = columns.pop("is_repeat")
    return _award(columns), is_repeat


async def save(
    connection: AsyncConnection, awards: Sequence[CredentialAward], recorded: outbox.Rows, *, call: Call | None = None
) -> None:
    """Save awards with the events that tell of it, and with the call that brought it about, in one statement."""
    rows = orjson.dumps(awards, default=str).decode()
    below = await driver(connection)
    if call is None:
        await below.execute(_SAVE, *recorded, rows)
    else:
        await below.execute(_SAVE_WITH_CALL, *recorded, rows, *call)


async def parked_awards(
    connection: AsyncConnection, *, person_keys: Collection[str] = (), credentials: Collection[str] = ()
) -> list[CredentialAward]:
    """Parked awards that name one of the persons or one of the credentials, locked in a fixed order."""
    rows = await connection.execute(
        select(award)
        .where(
            award.c.state == AwardState.PARKED,
            award.c.person_keys.overlap(list(person_keys)) | award.c.credential.in_(list(credentials)),
        )
        .order_by(award.c.award_id)
        .with_for_update()
    )
    return [_award(row) for row in rows.mappings()]


async def known(
    connection: AsyncConnection, keys: Collection[str], credentials: Collection[str]
) -> tuple[dict[str, set[UUID]], dict[str, frozenset[str]]]:
    """The educators that each key names, and the pathways of each credential that the catalogue has."""
    [(named, catalogue)] = await (await driver(connection)).fetch(_KNOWN, list(keys), list(credentials))
    educators: dict[str, set[UUID]] = {}
    for key, educator_id in orjson.loads(named or "[]"):
        educators.setdefault(key, set()).add(UUID(educator_id))
    return educators, {code: frozenset(pathways) for code, pathways in orjson.loads(catalogue or "{}").items()}


async def save_educators(
    connection: AsyncConnection, rostered: Sequence[tuple[UUID, int, list[UUID], list[str]]]
) -> set[str]:
    """Take in (educator, version, campuses, person keys); what is not newer than what stands is passed over.

    Returns the keys that may name others than before: those that were there, and those that are there now.
    """
    newest = {row[0]: row for row in sorted(rostered, key=lambda row: row[1])}
    saved = await connection.execute(
        insert(educator)
        .values([{"educator_id": i, "version": v, "campus_ids": c} for i, v, c, _ in newest.values()])
        .on_conflict_do_update(
            index_elements=["educator_id"],
            set_={
                "version": text("excluded.version"),
                "campus_ids": text("excluded.campus_ids"),
            },
            where=text("educator.version < excluded.version"),
        )
        .returning(educator.c.educator_id)
    )
    changed = {row.educator_id for row in saved}
    were_there = await connection.execute(
        delete(person_key).where(person_key.c.educator_id.in_(changed)).returning(person_key.c.key)
    )
    are_there = [(key, i) for i, _, _, keys in newest.values() if i in changed for key in set(keys)]
    if are_there:
        await connection.execute(insert(person_key), [{"key": key, "educator_id": i} for key, i in are_there])
    return {row.key for row in were_there} | {key for key, _ in are_there}


async def campuses_of(connection: AsyncConnection, educator_id: UUID) -> frozenset[UUID] | None:
    """Where the educator works; None where the roster has not brought the educator."""
    row = (await connection.execute(select(educator.c.campus_ids).where(educator.c.educator_id == educator_id))).first()
    return None if row is None else frozenset(row.campus_ids)


async def awards_of(connection: AsyncConnection, educator_id: UUID) -> list[CredentialAward]:
    rows = await connection.execute(
        select(award).where(award.c.educator_id == educator_id).order_by(award.c.awarded_at, award.c.award_id)
    )
    return [_award(row) for row in rows.mappings()]


async def list_parked(connection: AsyncConnection, *, after: UUID | None, limit: int) -> list[CredentialAward]:
    query = select(award).where(award.c.state == AwardState.PARKED).order_by(award.c.award_id).limit(limit)
    if after is not None:
        query = query.where(award.c.award_id > after)
    return [_award(row) for row in (await connection.execute(query)).mappings()]


async def micro_credentials(connection: AsyncConnection) -> list[MicroCredential]:
    rows = await connection.execute(select(micro_credential).order_by(micro_credential.c.code))
    return [MicroCredential(row.code, row.title, row.description, row.clock_hours) for row in rows]


async def put_micro_credential(connection: AsyncConnection, item: MicroCredential) -> None:
    values = {"title": item.title, "description": item.description, "clock_hours": item.clock_hours}
    await connection.execute(
        insert(micro_credential)
        .values(code=item.code, **values)
        .on_conflict_do_update(index_elements=["code"], set_=values)
    )


async def pathways(connection: AsyncConnection) -> list[Pathway]:
    rows = await connection.execute(
        select(pathway.c.code, pathway.c.title, pathway_credential.c.credential)
        .outerjoin(pathway_credential, pathway_credential.c.pathway == pathway.c.code)
        .order_by(pathway.c.code, pathway_credential.c.place)
    )
    found: dict[str, tuple[str, list[str]]] = {}
    for row in rows:
        _, members = found.setdefault(row.code, (row.title, []))
        if row.credential is not None:
            members.append(row.credential)
    return [Pathway(code, title, tuple(members)) for code, (title, members) in found.items()]


async def put_pathway(connection: AsyncConnection, item: Pathway) -> None:
    await connection.execute(
        insert(pathway)
        .values(code=item.code, title=item.title)
        .on_conflict_do_update(index_elements=["code"], set_={"title": item.title})
    )
    await connection.execute(delete(pathway_credential).where(pathway_credential.c.pathway == item.code))
    await connection.execute(
        insert(pathway_credential),
        [{"pathway": item.code, "credential": code, "place": place} for place, code in enumerate(item.credentials)],
    )


def _award(row: Any) -> CredentialAward:
    """The table's columns are the award's fields."""
    return CredentialAward(**{**row, "person_keys": tuple(row["person_keys"]), "state": AwardState(row["state"])})
