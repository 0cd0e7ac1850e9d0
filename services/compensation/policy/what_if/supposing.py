"""Changes put to educators one after the other, with a count of whom each of them touched."""

from collections.abc import Sequence

from services.compensation.domain import EducatorFacts, FactKind
from services.compensation.policy.facts.employment import Employment, employment_of
from services.compensation.policy.facts.gather import CampusAttributes, Scope
from services.compensation.policy.what_if.changes import CampusAttribute, Change, OfEducators


class Supposing:
    """`campuses` are those of the plan year as the changes make them; `touched` counts educators by change.

    `scope` is that of the plan that the what-if runs: whom a change is for goes by its calendar and its roles. A change
    of campuses touches who works on one of them, where it makes a difference to the campus.
    """

    def __init__(self, changes: Sequence[Change], scope: Scope, campuses: CampusAttributes) -> None:
        self.changes = changes
        self._scope = scope
        self._standing = campuses
        self.campuses = campuses
        for change in changes:
            if isinstance(change, CampusAttribute):
                self.campuses = change.made_of_campuses(self.campuses)
        self.touched = [0] * len(changes)

    def of(self, facts: EducatorFacts) -> EducatorFacts:
        """What is supposed of a rostered educator; the very same facts where no change touches them."""
        if not self.changes:
            return facts
        (roster,) = facts.facts[FactKind.ROSTER].values()
        work = employment_of(roster.data, self._scope.calendar, self._scope.roles)
        for number, change in enumerate(self.changes):
            if isinstance(change, CampusAttribute):
                self.touched[number] += self._is_on(change, work)
            elif change.applies_to.covers(work):
                facts, before = self._made(change, facts), facts
                self.touched[number] += facts is not before
        return facts

    def _made(self, change: OfEducators, facts: EducatorFacts) -> EducatorFacts:
        return change.made_of(facts, self._scope.calendar)

    def _is_on(self, change: CampusAttribute, work: Employment) -> bool:
        places = {work.campus_id, *(span.campus_id for span in work.spans)}
        return any(
            str(campus) in places and self._standing.get(str(campus), {}).get(change.attribute) != change.value
            for campus in change.campuses
        )
