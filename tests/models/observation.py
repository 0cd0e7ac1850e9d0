"""Observations as services/evaluation/README.md describes them: a plain model with no code of the product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tests.models.doors import Caller, Granted
from tests.models.refusals import refuse
from tests.models.words import moment, school_year

Spans = Mapping[UUID, Mapping[UUID, tuple[date, date | None]]]
"""Educator -> campus -> first and last day there."""

NEWEST = 2
RATERS = ("appraiser", "principal")
PLANNERS = (*RATERS, "admin")


@dataclass(frozen=True)
class Rubric:
    """Domain by dimension, in the rubric's order; what must be scored; the levels there are."""

    domains: Mapping[str, str]
    required: Sequence[str]
    levels: Sequence[int]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Rubric":
        domains = {one["code"]: domain["code"] for domain in document["domains"] for one in domain["dimensions"]}
        required = [code for code, domain in domains.items() if domain == document["required_domain"]]
        return cls(domains, required, [one["level"] for one in document["levels"]])


@dataclass
class Visit:
    """An observation as it stands, and the published versions that amendments replaced."""

    observation_id: str
    educator: UUID
    campus: UUID
    appraiser: UUID
    rubric_version: int
    kind: str
    is_announced: bool
    planned_on: date
    changed_at: datetime | None
    changed_by: UUID | None
    observed_on: date | None = None
    state: str = "scheduled"
    scores: dict[str, tuple[int, str]] = field(default_factory=dict)
    revision: int = 1
    version: int = 0
    finalized_at: datetime | None = None
    reason: str | None = None
    replaced: list[dict[str, Any]] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<{self.state} visit, revision {self.revision}>"

    @property
    def is_published(self) -> bool:
        return self.state in ("finalized", "amended")

    @property
    def tag(self) -> str:
        return f'"v{self.revision}"'


@dataclass(frozen=True)
class Wanted:
    """A visit as somebody asks for it."""

    educator: UUID
    campus: UUID
    planned_on: date
    appraiser: UUID | None
    is_announced: bool
    rubric_version: int | None


@dataclass(frozen=True)
class Edit:
    """Who sends a change, the If-Match that it carries, and whether its body has the documented form."""

    caller: Caller
    seen: str | None
    is_well_formed: bool = True


Scores = Sequence[tuple[str, int, str]]
"""Dimension, level, evidence."""


class Observations:
    """All observations, and what was published of them."""

    def __init__(self, people: Spans, rubrics: Mapping[int, Rubric], now: datetime) -> None:
        self._people = people
        self._rubrics = rubrics
        self.now = now
        self.visits: dict[str, Visit] = {}
        self.published: list[tuple[str, str, dict[str, Any]]] = []

    def schedule(self, caller: Caller, wanted: Wanted, observation_id: str) -> Granted:
        refuse({"insufficient-scope": not caller.is_any(*PLANNERS)})
        refuse({"not-yours": not caller.is_any("admin") and wanted.campus not in caller.campus_ids})
        appraiser = wanted.appraiser or caller.educator_id
        version = wanted.rubric_version or NEWEST
        refuse(
            {
                "educator-unknown": wanted.educator not in self._people,
                "educator-not-on-campus": not self._works(wanted.educator, wanted.campus, wanted.planned_on),
                "appraiser-unknown": appraiser not in self._people,
                "not-yours": appraiser != caller.educator_id and not caller.is_any("admin", "principal"),
                "appraiser-is-educator": appraiser == wanted.educator,
                "rubric-unknown": version not in self._rubrics,
            }
        )
        assert appraiser is not None
        visit = Visit(
            observation_id,
            wanted.educator,
            wanted.campus,
            appraiser,
            version,
            "formal",
            wanted.is_announced,
            wanted.planned_on,
            self.now,
            caller.educator_id,
        )
        self.visits[observation_id] = visit
        return self._shown(caller, visit, status=201)

    def plan(self, edit: Edit, visit: Visit, planned_on: date | None, observed_on: date | None) -> Granted:
        self._may_edit(edit, RATERS, visit, is_theirs=_owns(edit.caller, visit))
        days = [day for day in (planned_on, observed_on) if day is not None]
        refuse(
            self._closed(visit)
            | {
                "observed-in-future": self._is_future(observed_on),
                "educator-not-on-campus": not all(self._works(visit.educator, visit.campus, day) for day in days),
            }
        )
        after = (planned_on or visit.planned_on, observed_on or visit.observed_on)
        if after != (visit.planned_on, visit.observed_on):
            visit.planned_on, visit.observed_on = after
            visit.revision += 1
        return self._shown(edit.caller, visit)

    def score(self, edit: Edit, visit: Visit, dimension: str, level: int, evidence: str) -> Granted:
        self._may_edit(edit, RATERS, visit, is_theirs=_owns(edit.caller, visit))
        refuse(self._closed(visit) | self._unfit(visit, [(dimension, level, evidence)]))
        given = (level, evidence)
        if visit.state == "scheduled" or visit.scores.get(dimension) != given:
            visit.state = "in_progress"
            visit.scores[dimension] = given
            visit.revision += 1
        return self._shown(edit.caller, visit)

    def finalize(self, caller: Caller, visit: Visit) -> Granted:
        refuse({"insufficient-scope": not caller.is_any(*RATERS)})
        refuse({"not-yours": not _owns(caller, visit)})
        refuse(self._closed(visit) | {"observation-incomplete": not self.is_complete(visit)})
        visit.state = "finalized"
        visit.finalized_at = self.now
        self._publish("observation.finalized", visit, by=visit.appraiser)
        return self._shown(caller, visit)

    def amend(self, edit: Edit, visit: Visit, reason: str, scores: Scores, observed_on: date | None) -> Granted:
        caller = edit.caller
        is_other = caller.educator_id != visit.educator
        self._may_edit(edit, PLANNERS, visit, is_theirs=is_other and (_owns(caller, visit) or caller.is_any("admin")))
        after = visit.scores | {dimension: (level, evidence) for dimension, level, evidence in scores}
        day = observed_on or visit.observed_on
        changes_nothing = (after, day) == (visit.scores, visit.observed_on)
        refuse(
            self._unfit(visit, scores)
            | {
                "observation-not-finalized": self.is_open(visit),
                "observation-cancelled": visit.state == "cancelled",
                "amendment-changes-nothing": visit.is_published and changes_nothing,
                "observed-in-future": self._is_future(observed_on),
                "educator-not-on-campus": observed_on is not None
                and not self._works(visit.educator, visit.campus, observed_on),
            }
        )
        visit.replaced.append(self._version(visit))
        visit.state, visit.scores, visit.observed_on, visit.reason = "amended", after, day, reason
        self._publish("observation.amended", visit, by=edit.caller.educator_id)
        return self._shown(edit.caller, visit)

    def cancel(self, edit: Edit, visit: Visit, reason: str) -> Granted:
        caller = edit.caller
        leads = caller.is_any("admin") or (caller.is_any("principal") and visit.campus in caller.campus_ids)
        is_other = caller.educator_id != visit.educator
        self._may_edit(edit, PLANNERS, visit, is_theirs=is_other and (_owns(caller, visit) or leads))
        refuse(self._closed(visit))
        visit.state, visit.reason = "cancelled", reason
        visit.revision += 1
        visit.changed_at, visit.changed_by = self.now, edit.caller.educator_id
        return self._shown(edit.caller, visit)

    def read(self, caller: Caller, visit: Visit, known: str | None) -> Granted:
        refuse({"not-yours": not self._sees(caller, visit)})
        return Granted(None, 304, visit.tag) if known == visit.tag else self._shown(caller, visit)

    def versions(self, caller: Caller, visit: Visit) -> Granted:
        refuse({"not-yours": not self._sees(caller, visit)})
        return Granted([*visit.replaced, *([self._version(visit)] if visit.is_published else [])])

    def of(self, caller: Caller, educator: UUID) -> Granted:
        """All that the caller may see, in the order of ids."""
        places = self._people[educator]
        knows = caller.is_any("appraiser", "principal", "coach") and not places.keys().isdisjoint(caller.campus_ids)
        refuse({"not-yours": not (caller.is_any("hr", "admin") or caller.educator_id == educator or knows)})
        seen = [one for one in self._in_order() if one.educator == educator and self._sees(caller, one)]
        return Granted({"items": [self._view(caller, one) for one in seen], "next": None})

    def is_open(self, visit: Visit) -> bool:
        return visit.state in ("scheduled", "in_progress")

    def is_complete(self, visit: Visit) -> bool:
        """Whether nothing is missing for finalizing it."""
        return self.is_open(visit) and visit.observed_on is not None and not self.missing(visit)

    def missing(self, visit: Visit) -> list[str]:
        """The dimensions that finalizing still needs."""
        return [one for one in self._rubrics[visit.rubric_version].required if one not in visit.scores]

    def _in_order(self) -> list[Visit]:
        return [self.visits[observation_id] for observation_id in sorted(self.visits)]

    def own(self, caller: Caller) -> Granted:
        """The observations that are the caller's to make."""
        refuse({"insufficient-scope": not caller.is_any(*RATERS)})
        seen = [one for one in self._in_order() if one.appraiser == caller.educator_id]
        return Granted({"items": [self._view(caller, one) for one in seen], "next": None})

    def _works(self, educator: UUID, campus: UUID, day: date) -> bool:
        first, last = self._people.get(educator, {}).get(campus, (date.max, None))
        return first <= day and (last is None or day <= last)

    def _is_future(self, day: date | None) -> bool:
        return day is not None and day > self.now.date()

    @staticmethod
    def _sees(caller: Caller, visit: Visit) -> bool:
        is_own = caller.educator_id == visit.educator
        if caller.is_any("hr", "admin") or _owns(caller, visit):
            return True
        if is_own:
            return visit.is_published or visit.is_announced
        return caller.is_any(*RATERS) and visit.campus in caller.campus_ids

    @staticmethod
    def _may_edit(edit: Edit, roles: Sequence[str], visit: Visit, *, is_theirs: bool) -> None:
        seen = edit.seen
        refuse({"insufficient-scope": not edit.caller.is_any(*roles)})
        refuse(
            {
                "if-match-required": seen is None,
                "malformed-if-match": seen is not None and '"' not in seen and seen != "*",
                "malformed-request": not edit.is_well_formed,
            }
        )
        refuse({"not-yours": not is_theirs})
        refuse({"stale-version": seen not in ("*", visit.tag)})

    @staticmethod
    def _closed(visit: Visit) -> dict[str, bool]:
        return {
            "observation-already-finalized": visit.is_published,
            "observation-cancelled": visit.state == "cancelled",
        }

    def _unfit(self, visit: Visit, scores: Scores) -> dict[str, bool]:
        rubric = self._rubrics[visit.rubric_version]
        return {
            "dimension-unknown": not {dimension for dimension, _, _ in scores} <= rubric.domains.keys(),
            "level-outside-rubric": not {level for _, level, _ in scores} <= set(rubric.levels),
        }

    def _publish(self, kind: str, visit: Visit, *, by: UUID | None) -> None:
        visit.revision += 1
        visit.version += 1
        visit.changed_at, visit.changed_by = self.now, by
        day = visit.observed_on
        assert day is not None
        said = {
            "educator_id": str(visit.educator),
            "observation_id": visit.observation_id,
            "version": visit.version,
            "school_year": school_year(day),
            "observed_on": day.isoformat(),
            "campus_id": str(visit.campus),
            "rubric": "h-tess",
            "rubric_version": visit.rubric_version,
            "scores": [
                {name: value for name, value in one.items() if name != "evidence"} for one in self._scores(visit)
            ],
            "finalized_at": moment(visit.finalized_at),
        }
        self.published.append((kind, str(visit.educator), said))

    def _scores(self, visit: Visit) -> list[dict[str, Any]]:
        return [
            {
                "domain": domain,
                "dimension": dimension,
                "level": visit.scores[dimension][0],
                "evidence": visit.scores[dimension][1],
            }
            for dimension, domain in self._rubrics[visit.rubric_version].domains.items()
            if dimension in visit.scores
        ]

    def _version(self, visit: Visit) -> dict[str, Any]:
        view = self._view(None, visit)
        reason = visit.reason if visit.state == "amended" else None
        return {name: view[name] for name in ("version", "observed_on", "scores", "changed_at", "changed_by")} | {
            "reason": reason
        }

    def _shown(self, caller: Caller, visit: Visit, *, status: int = 200) -> Granted:
        return Granted(self._view(caller, visit), status, visit.tag)

    def _view(self, caller: Caller | None, visit: Visit) -> dict[str, Any]:
        """As `caller` sees it: the scores of one's own lesson only once they are finalized."""
        is_hidden = caller is not None and caller.educator_id == visit.educator and not visit.is_published
        return {
            "observation_id": visit.observation_id,
            "educator_id": str(visit.educator),
            "campus_id": str(visit.campus),
            "appraiser_id": str(visit.appraiser),
            "rubric": "h-tess",
            "rubric_version": visit.rubric_version,
            "kind": visit.kind,
            "is_announced": visit.is_announced,
            "planned_on": visit.planned_on.isoformat(),
            "observed_on": visit.observed_on and visit.observed_on.isoformat(),
            "state": visit.state,
            "scores": None if is_hidden else self._scores(visit),
            "version": visit.version,
            "finalized_at": moment(visit.finalized_at),
            "changed_at": moment(visit.changed_at),
            "changed_by": visit.changed_by and str(visit.changed_by),
            "reason": visit.reason,
            "external_id": None,
        }


def _owns(caller: Caller, visit: Visit) -> bool:
    return caller.is_any(*RATERS) and caller.educator_id == visit.appraiser
