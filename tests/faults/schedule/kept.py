"""What was acknowledged stands as it was acknowledged: in the tables, and in the events that tell the others of it.

A state without its event is a loss too: whoever is paid by it would never hear of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from tests.faults.schedule.evidence import Evidence, Recorded, decoded
from tests.faults.schedule.promises import Promises

_RATED_FROM = ((90, 5), (80, 4), (70, 3), (60, 2), (0, 1))
_Events = Mapping[tuple[str, str, int], Recorded]
"""By kind, subject and version."""


def every_promise_is_kept(evidence: Evidence, promises: Promises) -> Iterator[str]:
    """What was acknowledged to a caller stands as it was acknowledged, and its event was recorded with it."""
    events = {(event.place[1], _subject(event), event.version): event for event in _all(evidence)}
    yield from _awards_are_kept(evidence, promises, events)
    yield from _roster_is_kept(evidence, promises, events)
    yield from _observations_are_kept(evidence, promises, events)
    yield from _growth_and_ratings_are_kept(evidence, promises, events)
    yield from _slos_are_kept(evidence, promises, events)
    yield from _what_hr_keeps_is_kept(evidence, promises, events)
    yield from _plans_are_kept(evidence, promises, events)
    yield from _batches_are_kept(evidence, promises)


def _as_acknowledged(thing: str, promised: Mapping[str, str], standing: Mapping[str, str]) -> Iterator[str]:
    for identity, due in promised.items():
        if standing.get(identity) != due:
            yield f"{thing} {identity} is {standing.get(identity)}, and was acknowledged as {due}"


def _all(evidence: Evidence) -> Iterator[Recorded]:
    return (event for events in evidence.outbox.values() for event in events)


def _subject(event: Recorded) -> str:
    """An educator's own events have the educator for their subject, a plan's the version that was published."""
    key, kind, subject = event.place
    if kind == "plan":
        return str(event.data["plan_version_id"])
    return key if kind in ("roster", "statement", "common facts") else subject


def _newest(events: _Events) -> dict[tuple[str, str], Recorded]:
    return {(kind, subject): event for (kind, subject, _), event in sorted(events.items(), key=lambda item: item[0])}


def _awards_are_kept(evidence: Evidence, promises: Promises, events: _Events) -> Iterator[str]:
    rows = evidence.rows["credentials"]
    receipts = {(row["provider"], row["webhook_id"]) for row in rows["receipt"]}
    yield from (f"webhook call {call} is lost" for call in promises.webhooks - receipts)
    awards = {row["provider_award_id"]: row for row in rows["award"]}
    people = {row["employee_number"]: str(row["educator_id"]) for row in evidence.rows["evaluation"]["educator"]}
    newest = _newest(events)
    for name, promise in promises.awards.items():
        row = awards.get(name)
        due = (promise.award_id, people.get(promise.employee_number), promise.credential, _state(promise.is_revoked))
        found = row and (str(row["award_id"]), str(row["educator_id"]), row["credential"], row["state"])
        if found != due:
            yield f"award {name} is {found}, and was acknowledged as {due}"
        event = newest.get(("award", promise.award_id))
        told = event and (promise.award_id, event.key, event.data["credential"], event.type.split(".")[-2])
        if told != due:
            yield f"of award {name} the last event says {told}, and it was acknowledged as {due}"


def _state(is_revoked: bool) -> str:
    return "revoked" if is_revoked else "earned"


def _roster_is_kept(evidence: Evidence, promises: Promises, events: _Events) -> Iterator[str]:
    rows = evidence.rows["evaluation"]
    imports = {str(row["import_id"]): row["content_hash"] for row in rows["roster_import"]}
    yield from _as_acknowledged("roster import", promises.imports, imports)
    people = {row["employee_number"] for row in rows["educator"]}
    yield from (f"educator {number} is lost" for number in promises.people - people)
    told = {event.data["employee_number"] for (kind, _), event in _newest(events).items() if kind == "roster"}
    yield from (f"no event tells of educator {number}" for number in promises.people - told)


def _observations_are_kept(evidence: Evidence, promises: Promises, events: _Events) -> Iterator[str]:
    rows = evidence.rows["evaluation"]
    versions = {(str(row["observation_id"]), row["version"]): row["scores"] for row in rows["observation_version"]}
    for (identity, version), levels in promises.observations.items():
        stands = _levels(decoded(versions.get((identity, version), "[]")))
        if stands != levels:
            yield f"observation {identity} does not have version {version} with {levels}: {stands}"
        event = events.get(("observation", identity, version))
        word = "finalized" if version == 1 else "amended"
        if event is None or event.type.split(".")[-2] != word or _levels(event.data["scores"]) != levels:
            yield f"no event says that observation {identity} was {word} as version {version} with {levels}"
    called_off = {str(row["observation_id"]) for row in rows["called_off"]}
    yield from (f"observation {identity} is not called off" for identity in promises.cancelled - called_off)


def _levels(scores: Iterable[Mapping[str, object]]) -> dict[object, object]:
    return {score["dimension"]: score["level"] for score in scores}


def _growth_and_ratings_are_kept(evidence: Evidence, promises: Promises, events: _Events) -> Iterator[str]:
    rows = evidence.rows["evaluation"]
    growth = {row["employee_number"]: row for row in rows["growth"]}
    for number, percent in promises.growth.items():
        row = growth.get(number)
        if row is None or Fraction(row["percent_met"]) != Fraction(percent):
            yield f"growth of {number} is {row and row['percent_met']}, and was acknowledged as {percent}"
            continue
        event = events.get(("growth", str(row["growth_id"]), row["version"]))
        if event is None or Fraction(event.data["percent_met"]) != Fraction(percent):
            yield f"no event says that growth of {number} is {percent}"
    rated = len({row["educator_id"] for row in rows["rated"]})
    if rated < promises.ratings:
        yield f"{rated} educators are rated, and {promises.ratings} were acknowledged"


def _slos_are_kept(evidence: Evidence, promises: Promises, events: _Events) -> Iterator[str]:
    rows = evidence.rows["slo"]
    states = {str(row["slo_id"]): row["state"] for row in rows["slo"]}
    yield from _as_acknowledged("SLO", promises.slos, states)
    reviews = {str(row["slo_id"]): decoded(row["scores"]) for row in rows["slo_review"] if row["decision"] == "approve"}
    for identity, levels in promises.approvals.items():
        if reviews.get(identity) != levels:
            yield f"SLO {identity} was approved with {levels}, its review has {reviews.get(identity)}"
        event = events.get(("slo", identity, 1))
        mean = Fraction(sum(levels.values()), len(levels))
        if event is None or event.type != "rung.slo.slo.approved.v1" or Fraction(event.data["quality_score"]) != mean:
            yield f"no event says that SLO {identity} was approved with {levels}"
    documents = {(str(row["slo_id"]), row["version"]): row["document"] for row in rows["slo_version"]}
    for (identity, version), (students, met) in promises.scores.items():
        document = decoded(documents.get((identity, version), "{}"))
        if document.get("students_met") != met:
            yield f"SLO {identity} does not have version {version} with {met} students"
        event = events.get(("slo", identity, version))
        if event is None or not _says(event, students, met):
            yield f"no event says that SLO {identity} was scored as version {version} with {met} of {students}"


def _says(event: Recorded, students: int, met: int) -> bool:
    """Whether it is of this score: the percentage to one place, halves up, and its rating."""
    tenths = (2000 * met + students) // (2 * students)
    rating = next(rating for percent, rating in _RATED_FROM if tenths >= 10 * percent)
    told = event.data["attainment_percent"]
    return told is not None and Fraction(told) == Fraction(tenths, 10) and event.data["score"] == rating


def _what_hr_keeps_is_kept(evidence: Evidence, promises: Promises, events: _Events) -> Iterator[str]:
    rows = evidence.rows["compensation"]
    attributes = {(str(row["educator_id"]), row["attribute"], row["item"] or ""): row for row in rows["attribute"]}
    for place, value in promises.attributes.items():
        row = attributes.get(place)
        if row is None or row["value"] != value:
            yield f"attribute {place} is {row and row['value']}, and was acknowledged as {value}"
            continue
        event = events.get(("attribute", str(row["id"]), row["version"]))
        told = event and (event.key, event.data["attribute"], event.data["item"] or "", event.data["value"])
        if told != (*place, value):
            yield f"no event says that attribute {place} is {value}"
    yield from _placements_are_kept(evidence, promises, events)
    last = rows["common_facts"][-1] if rows["common_facts"] else None
    if promises.campuses and (last is None or decoded(last["campuses"]) != promises.campuses):
        yield f"kept of campuses is {last and last['campuses']}, and was acknowledged as {promises.campuses}"
    for row in rows["common_facts"]:
        event = events.get(("common facts", row["plan_year"], row["number"]))
        told_of = (
            {(one["campus_id"], one["attribute"]): one["value"] for one in event.data["campuses"]} if event else {}
        )
        kept = {
            (campus, name): value for campus, own in decoded(row["campuses"]).items() for name, value in own.items()
        }
        if told_of != kept:
            yield f"no event says what is kept of campuses under number {row['number']}"


def _placements_are_kept(evidence: Evidence, promises: Promises, events: _Events) -> Iterator[str]:
    rows = {str(row["educator_id"]): row for row in evidence.rows["compensation"]["placement"]}
    for educator, promise in promises.placements.items():
        row = rows.get(educator)
        if row is None or (row["rung"], row["withdrawn"]) != (promise.rung, promise.is_withdrawn):
            yield f"educator {educator} has the placement {row}, and {promise} was acknowledged"
            continue
        event = events.get(("placement", str(row["id"]), row["version"]))
        told = event and (event.key, event.data["rung"], event.data["withdrawn"])
        if told != (educator, promise.rung, promise.is_withdrawn):
            yield f"no event says that educator {educator} has {promise}"


def _plans_are_kept(evidence: Evidence, promises: Promises, events: _Events) -> Iterator[str]:
    plans = {str(row["id"]): row["state"] for row in evidence.rows["compensation"]["plan_version"]}
    for number, identity in enumerate(promises.plans, start=1):
        wanted = "published" if number == len(promises.plans) else "superseded"
        if plans.get(identity) != wanted:
            yield f"plan version {identity} is {plans.get(identity)}, and should be {wanted}"
        if ("plan", identity, number) not in events:
            yield f"no event says that plan version {identity} was published as the {number}. of all"


def _batches_are_kept(evidence: Evidence, promises: Promises) -> Iterator[str]:
    rows = evidence.rows["compensation"]
    batches = {str(row["id"]): row["state"] for row in rows["payout_batch"]}
    rejected: dict[str, set[str]] = {identity: set() for identity in promises.batches}
    for row in rows["payout_line"]:
        if row["state"] == "rejected":
            rejected.setdefault(str(row["batch_id"]), set()).add(str(row["id"]))
    acknowledged = {identity: batch.state for identity, batch in promises.batches.items()}
    yield from _as_acknowledged("payout batch", acknowledged, batches)
    for identity, batch in promises.batches.items():
        if rejected[identity] != batch.rejected:
            yield f"payout batch {identity} has other rejected lines than were acknowledged"
    recoveries = {str(row["id"]): (row["state"], row["total_cents"]) for row in rows["recovery"]}
    for identity, total in promises.recoveries.items():
        if recoveries.get(identity) != ("approved", total):
            yield f"recovery {identity} of {total} was approved, and is {recoveries.get(identity)}"
