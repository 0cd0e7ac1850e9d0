"""Use cases of the credentials service, one function a command. The edge opens and commits the transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.credentials import repository
from services.credentials.domain import (
    AwardNotice,
    AwardState,
    CredentialAward,
    MicroCredential,
    Pathway,
    settle,
    take_notice,
)
from services.credentials.errors import EducatorUnknown, MicroCredentialUnknown
from shared.events.evaluation import EducatorRostered
from shared.events.registry import Event
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.messaging import outbox
from shared.web.auth import NotYours, Principal, Role
from shared.web.pagination import Cursor


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of one webhook call: the award it speaks of, and whether the call was a duplicate."""

    award_id: UUID | None
    state: AwardState | None
    duplicate: bool
    parked_reason: str | None = None


async def receive_notice(
    connection: AsyncConnection, clock: Clock, notice: AwardNotice, *, webhook_id: str, body: bytes
) -> Receipt:
    """Take a provider's word on an award in. Duplicates and any order are harmless; an unknown person is parked.

    A call that was taken in before is not judged again, whatever has become of how it would be read.
    """
    now = clock.now()
    call = _call(notice.provider, webhook_id, body, now, outcome="taken")
    award, is_repeat = await repository.open_award(connection, call, notice.provider_award_id, new_id=uuid7(now))
    call = call._replace(award_id=award.award_id)
    noticed = award if is_repeat else take_notice(award, notice)
    if noticed == award:
        await repository.keep_call(connection, call)
        return Receipt(award.award_id, award.state, duplicate=True, parked_reason=award.parked_reason)
    [settled] = await _settle(connection, clock, [(award, noticed)], call=call)
    return Receipt(settled.award_id, settled.state, duplicate=False, parked_reason=settled.parked_reason)


async def keep_call(
    connection: AsyncConnection, clock: Clock, *, provider: str, webhook_id: str, body: bytes, outcome: str
) -> None:
    """Keep a signed call that brings no notice, so that nothing a provider said is lost: "taken" where it does not
    speak of an award, "unreadable" where it does not have the agreed shape."""
    await repository.keep_call(connection, _call(provider, webhook_id, body, clock.now(), outcome=outcome))


def _call(provider: str, webhook_id: str, body: bytes, now: datetime, *, outcome: str) -> repository.Call:
    return repository.Call(provider, webhook_id, hashlib.sha256(body).hexdigest(), body, now, outcome, None)


async def take_in_roster(connection: AsyncConnection, clock: Clock, rostered: Sequence[EducatorRostered]) -> None:
    """Learn who people are, and match the awards that waited for somebody to gain a key, or to lose one."""
    await repository.hold_roster(connection)
    keys = await repository.save_educators(
        connection,
        [
            (
                event.educator_id,
                event.version,
                sorted({assignment.campus_id for assignment in event.assignments}),
                event.person_keys,
            )
            for event in rostered
        ],
    )
    waiting = await repository.parked_awards(connection, person_keys=keys)
    await _settle(connection, clock, [(award, award) for award in waiting])


async def put_micro_credential(connection: AsyncConnection, clock: Clock, item: MicroCredential) -> None:
    """Add to the catalogue or change it, and match the awards that waited for it."""
    await repository.hold_roster(connection)
    await repository.put_micro_credential(connection, item)
    waiting = await repository.parked_awards(connection, credentials=[item.code])
    await _settle(connection, clock, [(award, award) for award in waiting])


async def put_pathway(connection: AsyncConnection, item: Pathway) -> None:
    """Add or change a pathway. Awards published before keep the pathways they were published with.

    Raises MicroCredentialUnknown where the catalogue does not have a member.
    """
    _, catalogue = await repository.known(connection, [], item.credentials)
    missing = [code for code in item.credentials if code not in catalogue]
    if missing:
        raise MicroCredentialUnknown(f"the catalogue does not have {', '.join(missing)}: put it there first")
    await repository.put_pathway(connection, item)


async def micro_credentials(connection: AsyncConnection) -> Sequence[MicroCredential]:
    return await repository.micro_credentials(connection)


async def pathways(connection: AsyncConnection) -> Sequence[Pathway]:
    return await repository.pathways(connection)


async def awards_of(connection: AsyncConnection, educator_id: UUID, principal: Principal) -> Sequence[CredentialAward]:
    """Raises EducatorUnknown, NotYours."""
    campus_ids = await repository.campuses_of(connection, educator_id)
    may_ask_about_all = principal.has_any(Role.HR, Role.ADMIN)
    if campus_ids is None and may_ask_about_all:
        raise EducatorUnknown(f"the roster has brought no educator {educator_id}")
    answers_for = principal.has_any(Role.PRINCIPAL, Role.COACH) and not principal.campus_ids.isdisjoint(
        campus_ids or ()
    )
    if not (may_ask_about_all or answers_for or principal.is_educator(educator_id)):
        raise NotYours("these are another educator's awards: only the educator, the campus and HR see them")
    return await repository.awards_of(connection, educator_id)


async def parked_awards(connection: AsyncConnection, *, after: Cursor | None, limit: int) -> Sequence[CredentialAward]:
    """The awards that wait, in the order of their ids. Raises BadCursor."""
    return await repository.list_parked(connection, after=after.as_uuid() if after else None, limit=limit)


async def _settle(
    connection: AsyncConnection,
    clock: Clock,
    awards: Sequence[tuple[CredentialAward, CredentialAward]],
    *,
    call: repository.Call | None = None,
) -> list[CredentialAward]:
    """Bring awards, each as it stood and as it is now, to the state that all knowledge gives, and record the events.

    The caller has locked them. `call` is kept with them.
    """
    if not awards:
        return []
    keys = {key for _, award in awards for key in award.person_keys}
    credentials = {award.credential for _, award in awards if award.credential}
    educators, catalogue = await repository.known(connection, keys, credentials)
    settled_awards: list[CredentialAward] = []
    events: list[Event] = []
    for stood, award in awards:
        named = frozenset(found for key in award.person_keys for found in educators.get(key, ()))
        pathways = catalogue.get(award.credential) if award.credential else None
        settled, told = settle(stood, award, candidates=named, pathways=pathways)
        settled_awards.append(settled)
        events.extend(told)
    await repository.save(connection, settled_awards, outbox.rows(events, now=clock.now()), call=call)
    return settled_awards
