"""Student learning objectives as services/slo/README.md describes them: a plain model with no code of the product."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from math import floor
from typing import Any
from uuid import UUID

from tests.models.doors import Caller, Granted
from tests.models.refusals import refuse
from tests.models.words import moment, school_year

REVIEWERS = ("slo-reviewer", "principal")
CRITERIA = ("goal", "evidence", "targets", "strategies")
LEVELS = range(1, 5)
LEAST_LEVEL = 2
Json = dict[str, Any]
Campuses = Mapping[UUID, date | None]
"""Campus -> the last day there, None while it lasts."""


@dataclass
class Objective:
    """An SLO as it stands, with its reviews and its published versions."""

    slo_id: str
    educator: UUID
    year: str
    content: Json
    state: str = "draft"
    revision: int = 1
    version: int = 0
    submitted_on: date | None = None
    submitted_by: str | None = None
    approved_on: date | None = None
    approved_at: datetime | None = None
    quality: str | None = None
    result: Json | None = None
    reviews: list[Json] = field(default_factory=list)
    versions: list[Json] = field(default_factory=list)

    @property
    def tag(self) -> str:
        return f'"v{self.revision}"'


@dataclass(frozen=True)
class Edit:
    """Who sends a change, the If-Match that it carries, and whether its body has the documented form."""

    caller: Caller
    seen: str | None = None
    is_well_formed: bool = True


class Objectives:
    """All SLOs, who works where, and what was published."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.slos: list[Objective] = []
        self.roster: dict[UUID, tuple[int, Campuses]] = {}
        self.published: list[tuple[str, str, Json]] = []

    def bring(self, educator: UUID, version: int, campuses: Campuses) -> None:
        """The roster's word on an educator; an older one than what stands changes nothing."""
        if version > self.roster.get(educator, (0, {}))[0]:
            self.roster[educator] = version, campuses

    def start(self, edit: Edit, year: str, content: Json, slo_id: str) -> Granted:
        caller = edit.caller
        refuse({"insufficient-scope": not caller.is_any("educator")})
        refuse({"token-names-no-educator": caller.educator_id is None})
        refuse({"educator-not-on-roster": caller.educator_id not in self.roster})
        assert caller.educator_id is not None
        self.slos.append(Objective(slo_id, caller.educator_id, year, content))
        return self._shown(self.slos[-1], status=201)

    def revise(self, edit: Edit, slo: Objective, changes: Json) -> Granted:
        self._may_write(edit, slo, needs_tag=True)
        refuse({"slo-locked": slo.state not in ("draft", "returned")})
        slo.content = slo.content | changes
        return self._moved(slo)

    def submit(self, edit: Edit, slo: Objective) -> Granted:
        self._may_write(edit, slo, needs_tag=False)
        refuse(
            {
                "slo-already-submitted": slo.state not in ("draft", "returned"),
                "slo-incomplete": self._is_incomplete(slo.content),
            }
        )
        slo.state, slo.submitted_on, slo.submitted_by = "submitted", self.now.date(), edit.caller.subject
        return self._moved(slo)

    def review(self, edit: Edit, slo: Objective, decision: str, scores: Mapping[str, int], comment: str) -> Granted:
        self._may_review(edit, slo)
        levels = [scores[criterion] for criterion in CRITERIA if criterion in scores]
        is_met = len(levels) == len(CRITERIA) and min(levels) >= LEAST_LEVEL
        refuse(
            {
                "slo-not-submitted": slo.state != "submitted",
                "rubric-score-unknown": not scores.keys() <= set(CRITERIA) or not set(scores.values()) <= set(LEVELS),
                "rubric-not-met": decision == "approve" and not is_met,
            }
        )
        quality = rounded(Fraction(sum(levels), len(levels)), 2) if len(levels) == len(CRITERIA) else None
        slo.reviews.append(
            {
                "decision": decision,
                "rubric": "approval",
                "rubric_version": 1,
                "scores": dict(scores),
                "quality_score": quality,
                "comment": comment or None,
                "reviewed_on": self.now.date().isoformat(),
                "reviewer_id": edit.caller.educator_id and str(edit.caller.educator_id),
            }
        )
        if decision == "return":
            slo.state = "returned"
            return self._moved(slo)
        slo.state, slo.approved_on, slo.approved_at, slo.quality = "approved", self.now.date(), self.now, quality
        return self._publish("approve", slo, reason=None)

    def amend(self, edit: Edit, slo: Objective, targets: Json, reason: str) -> Granted:
        self._may_review(edit, slo)
        after = slo.content | {"targets": targets}
        refuse(
            {
                "slo-already-scored": slo.state == "scored",
                "slo-not-approved": slo.state not in ("approved", "scored"),
                "slo-incomplete": self._lacks_targets(after),
            }
        )
        slo.content = after
        return self._publish("amend", slo, reason=reason)

    def score(self, edit: Edit, slo: Objective, students: int, met: int, reason: str | None) -> Granted:
        self._may_review(edit, slo)
        refuse({"slo-not-approved": slo.state not in ("approved", "scored")})
        refuse({"slo-already-scored": slo.state == "scored" and reason is None})
        percent = rounded(Fraction(100 * met, students), 1)
        slo.state = "scored"
        slo.result = {
            "students": students,
            "students_met": met,
            "attainment_percent": percent,
            "rating": 1 + sum(Fraction(percent) >= least for least in (60, 70, 80, 90)),
            "scored_on": self.now.date().isoformat(),
        }
        return self._publish("score", slo, reason=reason)

    def read(self, caller: Caller, slo: Objective, known: str | None) -> Granted:
        refuse({"not-yours": not self._sees(caller, slo)})
        if known == slo.tag:
            return Granted(None, 304, slo.tag)
        return Granted({**self._view(slo), "reviews": slo.reviews, "versions": slo.versions}, etag=slo.tag)

    def of(self, caller: Caller, educator: UUID, year: str | None) -> Granted:
        """An educator's SLOs, in the order of years."""
        is_known = caller.is_any(*REVIEWERS) and not self._campuses(educator).keys().isdisjoint(caller.campus_ids)
        refuse({"not-yours": not (caller.is_any("hr", "admin") or caller.educator_id == educator or is_known)})
        own = sorted((slo for slo in self.slos if slo.educator == educator), key=lambda slo: (slo.year, slo.slo_id))
        return Granted([self._view(slo) for slo in own if year in (None, slo.year) and self._sees(caller, slo)])

    def queue(self, caller: Caller) -> Granted:
        """What waits for a review that the caller could give, or that HR sees, the longest waiting first."""
        refuse({"insufficient-scope": not caller.is_any(*REVIEWERS, "hr", "admin")})
        waiting = [
            slo
            for slo in sorted(self.slos, key=lambda slo: (str(slo.submitted_on), slo.slo_id))
            if slo.state == "submitted"
            and slo.educator != caller.educator_id
            and (caller.is_any("hr", "admin") or self._answers_for(caller, slo))
        ]
        return Granted({"items": [self._view(slo) for slo in waiting], "next": None})

    def _campuses(self, educator: UUID) -> Campuses:
        return self.roster.get(educator, (0, {}))[1]

    def _answers_for(self, caller: Caller, slo: Objective) -> bool:
        """A campus does where the educator works there in the SLO's year, or since."""
        places = self._campuses(slo.educator)
        last_days = [places[campus] for campus in caller.campus_ids if campus in places]
        return any(day is None or school_year(day) >= slo.year for day in last_days)

    def _sees(self, caller: Caller, slo: Objective) -> bool:
        if caller.is_any("hr", "admin") or caller.educator_id == slo.educator:
            return True
        return caller.is_any(*REVIEWERS) and self._answers_for(caller, slo)

    @staticmethod
    def _may_write(edit: Edit, slo: Objective, *, needs_tag: bool) -> None:
        refuse({"insufficient-scope": not edit.caller.is_any("educator")})
        refuse({"if-match-required": needs_tag and edit.seen is None, "malformed-request": not edit.is_well_formed})
        refuse({"not-yours": edit.caller.educator_id != slo.educator})
        refuse({"stale-version": needs_tag and edit.seen not in ("*", slo.tag)})

    def _may_review(self, edit: Edit, slo: Objective) -> None:
        caller = edit.caller
        refuse({"insufficient-scope": not caller.is_any(*REVIEWERS)})
        refuse({"malformed-request": not edit.is_well_formed})
        is_own = caller.educator_id == slo.educator or caller.subject == slo.submitted_by
        refuse({"reviewer-is-the-educator": is_own, "not-yours": not is_own and not self._answers_for(caller, slo)})
        refuse({"stale-version": edit.seen not in (None, "*", slo.tag)})

    def _is_incomplete(self, content: Json) -> bool:
        is_written = content["standards"] and content["strategies"] and content["assessments"]
        return not is_written or not any(content["population"].values()) or self._lacks_targets(content)

    @staticmethod
    def _lacks_targets(content: Json) -> bool:
        return not {level for level, count in content["population"].items() if count} <= content["targets"].keys()

    def _moved(self, slo: Objective) -> Granted:
        slo.revision += 1
        return self._shown(slo)

    def _publish(self, cause: str, slo: Objective, *, reason: str | None) -> Granted:
        slo.version += 1
        result = slo.result or {}
        said = {"attainment_percent": result.get("attainment_percent")}
        slo.versions.append(
            {
                "version": slo.version,
                "cause": cause,
                "reason": reason,
                "recorded_at": moment(self.now),
                "targets": slo.content["targets"],
                "rating": result.get("rating"),
                **said,
            }
        )
        facts = {
            "educator_id": str(slo.educator),
            "slo_id": slo.slo_id,
            "version": slo.version,
            "school_year": slo.year,
            "approved_on": slo.approved_on and slo.approved_on.isoformat(),
            "quality_score": slo.quality,
            "score": result.get("rating"),
            "approved_at": moment(slo.approved_at),
            **said,
        }
        kind = "slo.scored" if cause == "score" else "slo.approved"
        self.published.append((kind, str(slo.educator), facts))
        return self._moved(slo)

    def _shown(self, slo: Objective, *, status: int = 200) -> Granted:
        return Granted(self._view(slo), status, slo.tag)

    @staticmethod
    def _view(slo: Objective) -> Json:
        return {
            "slo_id": slo.slo_id,
            "educator_id": str(slo.educator),
            "school_year": slo.year,
            "interval": "year",
            **slo.content,
            "state": slo.state,
            "revision": slo.revision,
            "version": slo.version,
            "submitted_on": slo.submitted_on and slo.submitted_on.isoformat(),
            "approved_on": slo.approved_on and slo.approved_on.isoformat(),
            "approved_at": moment(slo.approved_at),
            "quality_score": slo.quality,
            "score": slo.result,
            "external_id": None,
        }


def rounded(value: Fraction, places: int) -> str:
    """Half up, written with all its places."""
    units = floor(value * 10**places + Fraction(1, 2))
    whole, rest = divmod(units, 10**places)
    return f"{whole}.{rest:0{places}d}"
