"""The invariants that must hold whatever happened, looked for from outside by code that the product does not know.

Each check answers what contradicts it, in sentences; an empty list is a pass.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.faults.schedule.evidence import Evidence, Row, decoded
from tests.faults.schedule.promises import Promises
from tests.support.books import cents
from tests.support.reference_evaluator import ID_FIELD, Event, read_raw_plan, reference

Check = Callable[[Evidence, Promises], Iterator[str]]
_LIVE = ("open", "accepted")
_ORDER = ("prepared", "approved", "sealed", "acknowledged")
_KINDS = {
    "rung.evaluation.educator.rostered.v1": "roster",
    "rung.evaluation.observation.finalized.v1": "observation",
    "rung.evaluation.observation.amended.v1": "observation",
    "rung.evaluation.growth.scored.v1": "growth",
    "rung.evaluation.summative.rated.v1": "summative",
    "rung.slo.slo.approved.v1": "slo",
    "rung.slo.slo.scored.v1": "slo",
    "rung.credentials.award.earned.v1": "award",
    "rung.credentials.award.revoked.v1": "award",
}


def every_promise_is_kept(evidence: Evidence, promises: Promises) -> Iterator[str]:
    """What was acknowledged to a caller stands as it was acknowledged."""
    yield from _awards_are_kept(evidence, promises)
    yield from _campus_work_is_kept(evidence, promises)
    yield from _office_work_is_kept(evidence, promises)


def _awards_are_kept(evidence: Evidence, promises: Promises) -> Iterator[str]:
    rows = evidence.rows["credentials"]
    receipts = {(row["provider"], row["webhook_id"]) for row in rows["receipt"]}
    yield from (f"webhook call {call} is lost" for call in promises.webhooks - receipts)
    awards = {row["provider_award_id"]: row for row in rows["award"]}
    for name, promise in promises.awards.items():
        row = awards.get(name)
        if row is None or str(row["award_id"]) != promise.award_id:
            yield f"award {name} is lost: it was acknowledged as {promise.award_id}"
        elif (row["state"] == "revoked") != promise.is_revoked:
            yield f"award {name} is {row['state']}, and was acknowledged as revoked: {promise.is_revoked}"
        elif row["state"] == "parked":
            yield f"award {name} is parked, though its person and its credential are known"


def _campus_work_is_kept(evidence: Evidence, promises: Promises) -> Iterator[str]:
    rows = evidence.rows["evaluation"]
    versions = {(str(row["observation_id"]), row["version"]): row["scores"] for row in rows["observation_version"]}
    for identity, promise in promises.observations.items():
        scores = decoded(versions.get((identity, promise.version), "[]"))
        if {score["dimension"]: score["level"] for score in scores} != promise.levels:
            yield f"observation {identity} does not have version {promise.version} with {promise.levels}: {scores}"
    growth = {row["employee_number"]: row["percent_met"] for row in rows["growth"]}
    for number, percent in promises.growth.items():
        if number not in growth or f"{growth[number]:.1f}" != percent:
            yield f"growth of {number} is {growth.get(number)}, and was acknowledged as {percent}"
    people = {row["employee_number"] for row in rows["educator"]}
    yield from (f"educator {number} is lost" for number in promises.people - people)
    slos = {(str(row["slo_id"]), row["version"]): row["document"] for row in evidence.rows["slo"]["slo_version"]}
    for identity, score in promises.slos.items():
        document = decoded(slos.get((identity, score.version), "{}"))
        if document.get("students_met") != score.students_met:
            yield f"SLO {identity} does not have version {score.version} with {score.students_met} students"


def _office_work_is_kept(evidence: Evidence, promises: Promises) -> Iterator[str]:
    rows = evidence.rows["compensation"]
    plans = {str(row["id"]): row["state"] for row in rows["plan_version"]}
    for number, identity in enumerate(promises.plans, start=1):
        wanted = "published" if number == len(promises.plans) else "superseded"
        if plans.get(identity) != wanted:
            yield f"plan version {identity} is {plans.get(identity)}, and should be {wanted}"
    batches = {str(row["id"]): row for row in rows["payout_batch"]}
    for identity, batch in promises.batches.items():
        row = batches.get(identity)
        if row is None or row["state"] != batch.state:
            yield f"payout batch {identity} is {row and row['state']}, and was acknowledged as {batch.state}"


def the_ledger_is_what_the_facts_come_to(evidence: Evidence, promises: Promises) -> Iterator[str]:
    """Ledger, totals and the last statement are what an exact reference makes of the published events."""
    plan = read_raw_plan(promises.documents[promises.plans[-1]])
    ledger: dict[str, Counter[str]] = defaultdict(Counter)
    for row in evidence.rows["compensation"]["ledger_entry"]:
        ledger[str(row["educator_id"])][row["component"]] += row["amount_cents"]
    totals = {str(row["educator_id"]): row for row in evidence.rows["compensation"]["bonus_total"]}
    statements = {str(row["educator_id"]): row for row in evidence.rows["compensation"]["last_statement"]}
    due = {educator: found for educator, events in _facts(evidence).items() if (found := reference(plan, events))}
    yield from (f"educator {educator} has a total and no facts" for educator in totals.keys() - due.keys())
    for educator, found in due.items():
        if educator not in totals:
            yield f"educator {educator} has no total"
            continue
        said = json.loads(statements[educator]["body"])
        sums = {
            "reference": found["total"],
            "ledger": sum(ledger[educator].values()),
            "total": totals[educator]["total_cents"],
            "statement": statements[educator]["total_cents"],
            "said": cents(said["total"]["amount"]),
        }
        if len(set(sums.values())) != 1:
            yield f"educator {educator}: {sums}"
        posted = {code: amount for code, amount in ledger[educator].items() if amount}
        if posted != {code: amount for code, amount in found["components"].items() if amount}:
            yield f"educator {educator}: the ledger has {posted}, the reference {found['components']}"
        if totals[educator]["rung"] != found["rung"]:
            yield f"educator {educator} stands on {totals[educator]['rung']}, by the reference on {found['rung']}"
        if totals[educator]["statement_hash"] != statements[educator]["hash"]:
            yield f"educator {educator}: the total is of another statement than the last one"


def _facts(evidence: Evidence) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for service in ("evaluation", "slo", "credentials"):
        for row in evidence.outbox[service]:
            found[row["key"]].append((row["type"], json.loads(row["data"])))
    return found


def every_fact_is_reflected_once(evidence: Evidence, _promises: Promises) -> Iterator[str]:
    """Of each aggregate compensation knows the newest version, and nothing twice; numbers have no gap."""
    newest: dict[tuple[str, str, str], int] = {}
    published = set()
    for service in ("evaluation", "slo", "credentials"):
        for row in evidence.outbox[service]:
            place = _place(row)
            newest[place] = max(newest.get(place, 0), json.loads(row["data"])["version"])
            published.add(str(row["id"]))
    taken: dict[tuple[str, str, str], int] = {}
    seen: Counter[str] = Counter()
    for row in evidence.rows["compensation"]["fact"]:
        place = (str(row["educator_id"]), row["kind"], row["key"])
        taken[place] = max(taken.get(place, 0), row["version"])
        seen[str(row["event_id"])] += 1
    yield from (f"event {event} took effect {count} times" for event, count in seen.items() if count > 1)
    yield from (f"event {event} took effect and was never recorded" for event in seen.keys() - published)
    for place in newest.keys() | taken.keys():
        if newest.get(place) != taken.get(place):
            yield f"{place}: version {newest.get(place)} was published, {taken.get(place)} took effect"
    roster = {str(row["educator_id"]): row["version"] for row in evidence.rows["evaluation"]["educator"]}
    for service in ("slo", "credentials"):
        known = {str(row["educator_id"]): row["version"] for row in evidence.rows[service]["educator"]}
        if known != roster:
            yield f"{service} does not know the roster as it is: {len(known)} of {len(roster)} educators"
    for letter in evidence.rows["compensation"]["dead_letter"]:
        yield f"an event of {letter['key']} was set aside: {letter['reason'][:200]}"


def _place(row: Row) -> tuple[str, str, str]:
    subject = ID_FIELD[row["type"]]
    kind = _KINDS[row["type"]]
    return row["key"], kind, json.loads(row["data"])[subject] if subject else "roster"


def an_entry_is_in_one_live_batch_at_most(evidence: Evidence, _promises: Promises) -> Iterator[str]:
    """Nobody is paid twice."""
    rows = evidence.rows["compensation"]
    lines = {row["id"]: row for row in rows["payout_line"]}
    withdrawn = {row["id"] for row in rows["payout_batch"] if row["state"] == "withdrawn"}
    paid: Counter[Any] = Counter()
    for row in rows["payout_entry"]:
        line = lines[row["line_id"]]
        is_live = line["state"] in _LIVE and line["batch_id"] not in withdrawn
        if is_live == (row["released_at"] is not None):
            yield f"entry {row['ledger_entry_id']} of line {line['id']} ({line['state']}): released says otherwise"
        paid[row["ledger_entry_id"]] += is_live
    yield from (f"entry {entry} is paid {count} times" for entry, count in paid.items() if count > 1)


def paid_and_open_make_the_ledger(evidence: Evidence, _promises: Promises) -> Iterator[str]:
    """What was paid, and what no live batch pays yet, is the ledger; a line pays the sum of its entries."""
    rows = evidence.rows["compensation"]
    amounts = {row["id"]: row["amount_cents"] for row in rows["ledger_entry"]}
    live = {row["ledger_entry_id"] for row in rows["payout_entry"] if row["released_at"] is None}
    withdrawn = {row["id"] for row in rows["payout_batch"] if row["state"] == "withdrawn"}
    paid = sum(
        row["amount_cents"] for row in rows["payout_line"] if row["state"] in _LIVE and row["batch_id"] not in withdrawn
    )
    unpaid = sum(amount for entry, amount in amounts.items() if entry not in live)
    if paid + unpaid != sum(amounts.values()):
        yield f"paid {paid} and open {unpaid} do not make the ledger's {sum(amounts.values())}"
    by_line: Counter[Any] = Counter()
    for row in rows["payout_entry"]:
        by_line[row["line_id"]] += amounts.get(row["ledger_entry_id"], 0)
    for row in rows["payout_line"]:
        if by_line[row["id"]] != row["amount_cents"]:
            yield f"line {row['id']} pays {row['amount_cents']}, its entries are {by_line[row['id']]}"


def the_bytes_of_a_batch_never_change(evidence: Evidence, promises: Promises) -> Iterator[str]:
    """What payroll pulled first is what it would pull now; its hash, its count and its sum are what the batch says."""
    for row in evidence.rows["compensation"]["payout_batch"]:
        lines = [json.loads(line) for line in bytes(row["content"]).splitlines()]
        said = (row["line_count"], row["control_total_cents"], row["content_hash"])
        found = (
            len(lines),
            sum(cents(line["amount"]) for line in lines),
            hashlib.sha256(bytes(row["content"])).hexdigest(),
        )
        if said != found:
            yield f"batch {row['id']} says {said}, its lines are {found}"
        promise = promises.batches.get(str(row["id"]))
        if promise is None:
            continue
        if (cents(promise.control_total), promise.content_hash) != said[1:]:
            yield f"batch {row['id']} was acknowledged with {promise.control_total} and another hash"
        if promise.content is not None and promise.content != bytes(row["content"]):
            yield f"batch {row['id']} has other bytes than payroll pulled"


def a_closed_batch_stays_closed(evidence: Evidence, _promises: Promises) -> Iterator[str]:
    """Nothing comes into a batch after its lines were frozen: its lines are those of its bytes, and no other."""
    rows = evidence.rows["compensation"]
    lines: dict[Any, dict[str, int]] = defaultdict(dict)
    for row in rows["payout_line"]:
        lines[row["batch_id"]][str(row["id"])] = row["amount_cents"]
    for batch in rows["payout_batch"]:
        frozen = {
            line["line_id"]: cents(line["amount"]) for line in map(json.loads, bytes(batch["content"]).splitlines())
        }
        if frozen != lines[batch["id"]]:
            yield f"batch {batch['id']} has other lines than were frozen"


def outbox_and_broker_have_the_same_events(evidence: Evidence, _promises: Promises) -> Iterator[str]:
    """Every recorded event is on the broker, nothing else is, and each key's events came in their order at first.

    An operator who fills an emptied broker publishes the old ones behind what was new meanwhile: order is then for
    the versions to keep, and is looked at in what took effect.
    """
    for service, rows in evidence.outbox.items():
        recorded = {str(row["id"]) for row in rows}
        records = {event for event, _ in evidence.records.get(f"{service}.events", [])}
        yield from (f"{service}: event {event} is not on the broker" for event in recorded - records)
        yield from (f"{service}: the broker has {event}, which was never recorded" for event in records - recorded)
        yield from (f"{service}: event {row['id']} is not published" for row in rows if row["published_seq"] is None)
        yield from _versions_without_gap(service, rows)


def _versions_without_gap(service: str, rows: Sequence[Row]) -> Iterator[str]:
    if service == "compensation":
        return
    last: dict[tuple[str, str, str], int] = {}
    for row in rows:
        place, version = _place(row), json.loads(row["data"])["version"]
        if version != last.get(place, 0) + 1:
            yield f"{service}: {place} went from version {last.get(place, 0)} to {version}"
        last[place] = version


def hashes_and_numbers_are_unbroken(evidence: Evidence, _promises: Promises) -> Iterator[str]:
    """A statement's hash is of its bytes; statements and facts of an educator are numbered without a gap."""
    statements: Counter[tuple[Any, str]] = Counter()
    for row in evidence.rows["compensation"]["statement"]:
        place = (row["educator_id"], row["plan_year"])
        statements[place] += 1
        if row["sequence"] != statements[place]:
            yield f"statement {row['sequence']} of {place} stands where {statements[place]} is due"
        if row["hash_of_body"] != row["hash"]:
            yield f"statement {row['sequence']} of {place} does not have its hash"
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
    return {name: list(one(evidence, promises)) for name, one in CHECKS.items()}
