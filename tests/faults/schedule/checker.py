"""The invariants that must hold whatever happened, looked for from outside by code that the product does not know.

Each check answers what contradicts it, in sentences; an empty list is a pass.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.faults.schedule.delivered import outbox_and_broker_have_the_same_events
from tests.faults.schedule.evidence import NO_FACTS, Evidence, Place, Row
from tests.faults.schedule.kept import every_promise_is_kept
from tests.faults.schedule.promises import Batch, Promises
from tests.support.reference import Event, read_raw_plan, reference

Check = Callable[[Evidence, Promises], Iterator[str]]
_LIVE = ("open", "accepted")
_PAYABLE = {"approved": 1, "released": -1, "paid": -1, "claimed": -1, "claim_released": 1, "recovered": 1}
_TAKEN = {"paid": 1, "recovered": -1}
"""What an entry of the payment journal does to what is payable, and to what payroll has taken."""
_OF_NOBODY = ("plan", "common facts")


def the_ledger_is_what_the_facts_come_to(evidence: Evidence, promises: Promises) -> Iterator[str]:
    """Ledger, totals and last statement, in tables and at the doors, are what an exact reference makes of the events.

    That the events are those of all that was promised, and of all that stands, is looked at by other checks.
    """
    plan = read_raw_plan(promises.documents[promises.plans[-1]])
    ledger: dict[str, Counter[str]] = defaultdict(Counter)
    for row in evidence.rows["compensation"]["ledger_entry"]:
        ledger[str(row["educator_id"])][row["component"]] += row["amount_cents"]
    totals = {str(row["educator_id"]): row for row in evidence.rows["compensation"]["bonus_total"]}
    statements = {str(row["educator_id"]): row for row in evidence.rows["compensation"]["last_statement"]}
    due = {
        educator: found
        for educator, events in _facts(evidence).items()
        if (found := reference(plan, events, promises.campuses))
    }
    yield from (f"educator {educator} has a total and no facts" for educator in totals.keys() - due.keys())
    for educator, found in due.items():
        total, statement = totals.get(educator), statements.get(educator)
        if total is None or statement is None:
            yield f"educator {educator} has no total or no statement"
        else:
            yield from _agree(educator, found, ledger[educator], total, statement)
    yield from _statements_are_served(evidence)
    yield from _totals_are_served(evidence)


def _facts(evidence: Evidence) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in evidence.facts():
        found[event.key].append((event.type, dict(event.data)))
    return found


def _agree(
    educator: str, found: Mapping[str, Any], ledger: Mapping[str, int], total: Row, statement: Row
) -> Iterator[str]:
    sums = {
        "reference": found["total"],
        "ledger": sum(ledger.values()),
        "total": total["total_cents"],
        "statement": statement["total_cents"],
        "said": cents(json.loads(statement["body"])["total"]["amount"]),
    }
    if len(set(sums.values())) != 1:
        yield f"educator {educator}: {sums}"
    components = {
        "reference": found["components"],
        "ledger": ledger,
        "total": json.loads(total["components"]),
    }
    paid = {name: {code: amount for code, amount in one.items() if amount} for name, one in components.items()}
    if not paid["reference"] == paid["ledger"] == paid["total"]:
        yield f"educator {educator}: {paid}"
    if not total["rung"] == statement["rung"] == found["rung"]:
        yield f"educator {educator} stands on {total['rung']}, by the reference on {found['rung']}"
    if (total["statement_hash"], total["sequence"]) != (statement["hash"], statement["sequence"]):
        yield f"educator {educator}: the total is of another statement than the last one"


def _statements_are_served(evidence: Evidence) -> Iterator[str]:
    """Each educator's statement is answered as the bytes of its row, which its tag is the hash of."""
    rows = {(str(row["educator_id"]), row["plan_year"]): row for row in evidence.rows["compensation"]["last_statement"]}
    unserved = rows.keys() - evidence.doors.statements.keys()
    yield from (f"the statement of {place} was not asked for: its educator is not on the roster" for place in unserved)
    for place, answer in evidence.doors.statements.items():
        row = rows.get(place)
        due = row and (200, row["body"].encode(), row["hash"], str(row["sequence"]))
        served = answer.status, answer.body, answer.hash, answer.headers.get("rung-statement-sequence")
        if served != due:
            yield f"the statement of {place} is answered with {answer.status} and is not the one that stands"
        if answer.hash != hashlib.sha256(answer.body).hexdigest():
            yield f"the statement of {place} is answered with a tag that is not its hash"


def _totals_are_served(evidence: Evidence) -> Iterator[str]:
    """A walk over the pages comes by everybody once, as the rows have it."""
    rows = {(str(row["educator_id"]), row["plan_year"]): row for row in evidence.rows["compensation"]["bonus_total"]}
    times = Counter((one["educator_id"], one["plan_year"]) for one in evidence.doors.totals)
    yield from (f"the walk over the totals does not come by {place}" for place in rows.keys() - times.keys())
    yield from (
        f"the walk over the totals comes by {place} {count} times" for place, count in times.items() if count > 1
    )
    for one in evidence.doors.totals:
        place = one["educator_id"], one["plan_year"]
        said = (
            cents(one["total"]["amount"]),
            {code: cents(amount) for code, amount in one["components"].items()},
            one["rung"],
            one["sequence"],
            one["statement_hash"],
        )
        row = rows.get(place)
        due = row and (
            row["total_cents"],
            json.loads(row["components"]),
            row["rung"],
            row["sequence"],
            row["statement_hash"],
        )
        if said != due:
            yield f"the total of {place} is answered as {said}, its row is {due}"


def every_fact_is_reflected_once(evidence: Evidence, _promises: Promises) -> Iterator[str]:
    """From its service's tables by the outbox to the ledger: of everything the newest version, and nothing twice."""
    recorded = _newest_recorded(evidence)
    for service, tables in evidence.rows.items():
        standing = {
            (str(row["educator_id"]), row["kind"], row["subject"]): row["version"] for row in tables["standing"]
        }
        told = {place: version for place, version in recorded[service].items() if place[1] not in _OF_NOBODY}
        yield from _same_versions(f"{service}'s tables", standing, "its events", told)
    yield from _facts_are_those_published(evidence, recorded)
    yield from _facts_are_reported_once(evidence)
    roster = {str(row["educator_id"]): row["version"] for row in evidence.rows["evaluation"]["educator"]}
    for service in ("slo", "credentials"):
        known = {str(row["educator_id"]): row["version"] for row in evidence.rows[service]["educator"]}
        if known != roster:
            yield f"{service} does not know the roster as it is: {len(known)} of {len(roster)} educators"
    for service in ("slo", "credentials", "compensation"):
        for letter in evidence.rows[service]["dead_letter"]:
            yield f"{service}: an event of {letter['key']} was set aside: {letter['reason'][:200]}"


def _newest_recorded(evidence: Evidence) -> dict[str, dict[Place, int]]:
    newest: dict[str, dict[Place, int]] = {}
    for service, events in evidence.outbox.items():
        versions = newest.setdefault(service, {})
        for event in events:
            versions[event.place] = max(versions.get(event.place, 0), event.version)
    return newest


def _same_versions(name: str, here: Mapping[Place, int], other: str, there: Mapping[Place, int]) -> Iterator[str]:
    for place in here.keys() | there.keys():
        if here.get(place) != there.get(place):
            yield f"{place}: version {here.get(place)} by {name}, {there.get(place)} by {other}"


def _facts_are_those_published(evidence: Evidence, recorded: Mapping[str, Mapping[Place, int]]) -> Iterator[str]:
    published = {event.id: event for event in evidence.facts()}
    taken: dict[Place, int] = {}
    seen: Counter[str] = Counter()
    for row in evidence.rows["compensation"]["fact"]:
        place = (str(row["educator_id"]), row["kind"], row["key"])
        taken[place] = max(taken.get(place, 0), row["version"])
        seen[str(row["event_id"])] += 1
        event = published.get(str(row["event_id"]))
        if event and (event.place, event.version) != (place, row["version"]):
            yield f"event {event.id} tells of {event.place}, and took effect as {place}"
    yield from (f"event {event} took effect {count} times" for event, count in seen.items() if count > 1)
    yield from (f"event {event} took effect and was never recorded" for event in seen.keys() - published)
    newest = {
        place: version for places in recorded.values() for place, version in places.items() if place[1] not in NO_FACTS
    }
    yield from _same_versions("what was published", newest, "what took effect", taken)


def _facts_are_reported_once(evidence: Evidence) -> Iterator[str]:
    """The statements' events name every fact in the order it was taken in; what is left waits for the next one."""
    taken: dict[str, list[str]] = defaultdict(list)
    for row in evidence.rows["compensation"]["fact"]:
        taken[str(row["educator_id"])].append(str(row["event_id"]))
    reported: dict[str, list[str]] = defaultdict(list)
    for event in evidence.outbox["compensation"]:
        reported[event.key] += event.data.get("applied", [])
    for row in evidence.rows["compensation"]["account"]:
        reported[str(row["educator_id"])] += map(str, row["unreported"])
    for educator, facts in taken.items():
        if reported[educator] != facts:
            yield f"educator {educator}: statements' events name other facts than were taken in, or in another order"


def an_entry_is_in_one_live_batch_at_most(evidence: Evidence, _promises: Promises) -> Iterator[str]:
    """Nobody is paid twice."""
    rows = evidence.rows["compensation"]
    lines = {row["id"]: row for row in rows["payout_line"]}
    withdrawn = {row["id"] for row in rows["payout_batch"] if row["state"] == "withdrawn"}
    paid: Counter[Any] = Counter(row["ledger_entry_id"] for row in rows["recovery_entry"])
    claims = [(row, row["ledger_entry_id"]) for row in rows["payout_entry"]]
    claims += [(row, row["instalment_id"]) for row in rows["payout_instalment"]]
    for row, what in claims:
        line = lines.get(row["line_id"])
        if line is None:
            yield f"entry {what} is of line {row['line_id']}, which is gone"
            continue
        is_live = line["state"] in _LIVE and line["batch_id"] not in withdrawn
        if is_live == (row["released_at"] is not None):
            yield f"entry {what} of line {line['id']} ({line['state']}): released says otherwise"
        paid[what] += is_live
    yield from (f"entry {entry} is paid {count} times" for entry, count in paid.items() if count > 1)


def paid_and_open_make_the_ledger(evidence: Evidence, _promises: Promises) -> Iterator[str]:
    """What was paid, what is open and what is to be taken back make the ledger; a line is the sum of what it takes."""
    rows = evidence.rows["compensation"]
    amounts = {row["id"]: row["amount_cents"] for row in rows["ledger_entry"]}
    parts = {row["id"]: -row["amount_cents"] for row in rows["recovery_instalment"]}
    live = {row["ledger_entry_id"] for row in rows["payout_entry"] if row["released_at"] is None}
    live |= {row["ledger_entry_id"] for row in rows["recovery_entry"]}
    live |= {row["instalment_id"] for row in rows["payout_instalment"] if row["released_at"] is None}
    live |= {row["id"] for row in rows["recovery_instalment"] if row["carried_to"] is not None}
    withdrawn = {row["id"] for row in rows["payout_batch"] if row["state"] == "withdrawn"}
    paid = sum(
        row["amount_cents"] for row in rows["payout_line"] if row["state"] in _LIVE and row["batch_id"] not in withdrawn
    )
    unpaid = sum(amount for entry, amount in (amounts | parts).items() if entry not in live)
    if paid + unpaid != sum(amounts.values()):
        yield f"paid {paid} and open {unpaid} do not make the ledger's {sum(amounts.values())}"
    by_line: Counter[Any] = Counter()
    for row in rows["payout_entry"]:
        by_line[row["line_id"]] += amounts.get(row["ledger_entry_id"], 0)
    for row in rows["payout_instalment"]:
        by_line[row["line_id"]] += parts.get(row["instalment_id"], 0)
    for row in rows["payout_line"]:
        if by_line[row["id"]] != row["amount_cents"]:
            yield f"line {row['id']} pays {row['amount_cents']}, its entries are {by_line[row['id']]}"
    yield from _the_journal_has_every_step(rows)


def _the_journal_has_every_step(rows: Mapping[str, Any]) -> Iterator[str]:
    """What the payment journal has as payable of each line and as taken by payroll is what became of the line."""
    states = {row["id"]: row["state"] for row in rows["payout_batch"]}
    payable: Counter[Any] = Counter()
    taken: Counter[Any] = Counter()
    for row in rows["payment_entry"]:
        payable[row["line_id"]] += _PAYABLE[row["kind"]] * row["amount_cents"]
        taken[row["line_id"]] += _TAKEN.get(row["kind"], 0) * row["amount_cents"]
    for row in rows["payout_line"]:
        state, cents_of_line = states.get(row["batch_id"]), row["amount_cents"]
        due = cents_of_line * (state in ("approved", "sealed")), cents_of_line * (row["state"] == "accepted")
        posted = payable[row["id"]], taken[row["id"]]
        if posted != due:
            yield f"line {row['id']} of a batch that is {state}: payable and taken are posted as {posted}, not {due}"


def the_bytes_of_a_batch_never_change(evidence: Evidence, promises: Promises) -> Iterator[str]:
    """What payroll pulled first is what it pulls now; hash, count and sum of it are what the batch says."""
    rows = {str(row["id"]): row for row in evidence.rows["compensation"]["payout_batch"]}
    for identity, row in rows.items():
        content = bytes(row["content"])
        lines = [json.loads(line) for line in content.splitlines()]
        said = (row["line_count"], row["control_total_cents"], row["content_hash"])
        found = (len(lines), sum(cents(line["amount"]) for line in lines), hashlib.sha256(content).hexdigest())
        if said != found:
            yield f"batch {identity} says {said}, its lines are {found}"
        served = evidence.doors.lines.get(identity)
        if served and (served.status, served.body, served.hash) != (200, content, row["content_hash"]):
            yield f"the lines of batch {identity} are answered with {served.status}, and not as they are kept"
    for identity, promise in promises.batches.items():
        if identity not in rows:
            yield f"batch {identity} is lost"
            continue
        yield from _is_the_batch(identity, promise, rows[identity])
        served = evidence.doors.lines.get(identity)
        if promise.content is not None and (served is None or served.body != promise.content):
            yield f"batch {identity} is answered with other bytes than payroll pulled first"


def _is_the_batch(identity: str, promise: Batch, row: Row) -> Iterator[str]:
    if (cents(promise.control_total), promise.content_hash) != (row["control_total_cents"], row["content_hash"]):
        yield f"batch {identity} was acknowledged with {promise.control_total} and another hash"
    if promise.content is not None and promise.content != bytes(row["content"]):
        yield f"batch {identity} keeps other bytes than payroll pulled"


def a_closed_batch_stays_closed(evidence: Evidence, _promises: Promises) -> Iterator[str]:
    """Nothing comes into a batch after its lines were frozen: its lines are those of its bytes, and no other.

    The product has no months that are closed: a ledger entry belongs to its plan year for ever, and what is closed is a
    batch. An entry that is posted later is paid by a later one. That a frozen line pays no other entries than those it
    was made of is seen in their sum, by the check of what is paid and open.
    """
    rows = evidence.rows["compensation"]
    lines: dict[Any, dict[str, int]] = defaultdict(dict)
    for row in rows["payout_line"]:
        lines[row["batch_id"]][str(row["id"])] = row["amount_cents"]
    for batch in rows["payout_batch"]:
        frozen = {
            line["line_id"]: cents(line["amount"]) for line in map(json.loads, bytes(batch["content"]).splitlines())
        }
        if frozen != lines.get(batch["id"], {}):
            yield f"batch {batch['id']} has other lines than were frozen"


def hashes_and_numbers_are_unbroken(evidence: Evidence, _promises: Promises) -> Iterator[str]:
    """A statement's hash is of its bytes; statements and facts of an educator are numbered without a gap.

    The product has no hash chain: a statement does not hold the hash of the one before. What it has is a hash of each
    body, numbers without a gap, and an event that names hash, sum and entries of each statement outside the table:
    a statement or an entry that was changed, left out or put in contradicts its event.
    """
    told = {
        (event.key, event.data["plan_year"], event.data["sequence"]): event.data
        for event in evidence.outbox["compensation"]
        if event.place[1] == "statement"
    }
    entries: dict[tuple[str, str, int], dict[str, tuple[str, int]]] = defaultdict(dict)
    for row in evidence.rows["compensation"]["ledger_entry"]:
        number = (str(row["educator_id"]), row["plan_year"], row["sequence"])
        entries[number][str(row["id"])] = (row["component"], row["amount_cents"])
    kept = set()
    for row in evidence.rows["compensation"]["statement"]:
        number = (str(row["educator_id"]), row["plan_year"], row["sequence"])
        kept.add(number)
        yield from _is_as_told(number, row, entries.get(number, {}), told.get(number))
    yield from (f"an event tells of statement {number}, which is gone" for number in told.keys() - kept)
    yield from _numbers_without_gap(evidence)


def _is_as_told(
    number: tuple[str, str, int],
    statement: Row,
    entries: Mapping[str, tuple[str, int]],
    event: Mapping[str, Any] | None,
) -> Iterator[str]:
    if statement["hash_of_body"] != statement["hash"]:
        yield f"statement {number} does not have its hash"
    if event is None:
        yield f"no event tells of statement {number}"
        return
    if (event["statement_hash"], event["total_cents"]) != (statement["hash"], statement["total_cents"]):
        yield f"statement {number} is not the one that its event tells of"
    if entries != {line["entry_id"]: (line["component"], line["amount_cents"]) for line in event["entries"]}:
        yield f"statement {number} posted other entries than its event tells of"


def _numbers_without_gap(evidence: Evidence) -> Iterator[str]:
    statements: Counter[tuple[Any, str]] = Counter()
    for row in evidence.rows["compensation"]["statement"]:
        place = (row["educator_id"], row["plan_year"])
        statements[place] += 1
        if row["sequence"] != statements[place]:
            yield f"statement {row['sequence']} of {place} stands where {statements[place]} is due"
    facts: Counter[Any] = Counter()
    for row in evidence.rows["compensation"]["fact"]:
        facts[row["educator_id"]] += 1
        if row["sequence"] != facts[row["educator_id"]]:
            yield f"fact {row['sequence']} of {row['educator_id']} stands where {facts[row['educator_id']]} is due"


CHECKS: Mapping[str, Check] = {
    "every promise is kept": every_promise_is_kept,
    "1 the ledger is what the facts come to": the_ledger_is_what_the_facts_come_to,
    "2 every fact is reflected once": every_fact_is_reflected_once,
    "3 an entry is in one live batch at most": an_entry_is_in_one_live_batch_at_most,
    "4 paid and open make the ledger": paid_and_open_make_the_ledger,
    "5 the bytes of a batch never change": the_bytes_of_a_batch_never_change,
    "6 a closed batch stays closed": a_closed_batch_stays_closed,
    "7 outbox and broker have the same events": outbox_and_broker_have_the_same_events,
    "8 hashes and numbers are unbroken": hashes_and_numbers_are_unbroken,
}
"""By the numbers of reference/reliability.md, section 5; the ninth, the rebuild from the log, is in `rebuilding.py`."""


def check(evidence: Evidence, promises: Promises) -> dict[str, list[str]]:
    """What contradicts each invariant."""
    return {name: list(_judged(one, evidence, promises)) for name, one in CHECKS.items()}


def _judged(one: Check, evidence: Evidence, promises: Promises) -> Iterator[str]:
    """A check that cannot come to its end has not passed."""
    try:
        yield from one(evidence, promises)
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody knows now whether the invariant holds
        yield f"this could not be checked to its end: {error!r}"


def cents(amount: str) -> int:
    """`-12.50` -> -1250."""
    dollars, _, rest = amount.partition(".")
    if len(rest) != 2:
        raise ValueError(f"{amount!r} is no amount of dollars and cents")
    return int(dollars + rest)
