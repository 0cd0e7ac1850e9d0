"""Who may see and do what, decided on each object: by role, by campus and by person.

HR and administrators see all; the educator sees their own; who appraises or leads sees the campuses of their token.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.evaluation.domain.educator import Educator
from services.evaluation.domain.observation import Observation
from services.evaluation.errors import EducatorUnknown
from services.evaluation.repository import educators
from shared.events.evaluation import Assignment
from shared.kernel.period import SchoolYear
from shared.web.auth import NotYours, Principal, Role

DIRECTORY = (Role.APPRAISER, Role.PRINCIPAL, Role.COACH, Role.SLO_REVIEWER)
"""Who needs to know who works on their campuses."""

RATERS = (Role.APPRAISER, Role.PRINCIPAL)
"""Who sees the evaluation of those who work on their campuses. Coaches do not: coaching is kept apart from rating."""


def sees_all(principal: Principal) -> bool:
    return principal.has_any(Role.HR, Role.ADMIN)


def works_with(principal: Principal, assignments: Iterable[Assignment]) -> bool:
    """True where one of the assignments is on a campus of the caller."""
    return any(principal.works_on(one.campus_id) for one in assignments)


def may_see_year(principal: Principal, educator: Educator, year: SchoolYear) -> bool:
    """Whether the caller may see the educator's growth and rating of a year: a campus sees the years spent on it."""
    if sees_all(principal) or principal.is_educator(educator.educator_id):
        return True
    of_the_year = (
        one
        for one in educator.assignments
        if one.begins_on <= year.ends_on and (one.ends_on is None or one.ends_on >= year.begins_on)
    )
    return principal.has_any(*RATERS) and works_with(principal, of_the_year)


def require_year(principal: Principal, educator: Educator, year: SchoolYear) -> None:
    """Raises NotYours."""
    if not may_see_year(principal, educator, year):
        raise NotYours(
            "these are another educator's results: only the educator, the campus of that year and HR see them"
        )


async def require_educator(connection: AsyncConnection, principal: Principal, educator_id: UUID) -> Educator:
    """The educator, for whoever may see who it is. Raises EducatorUnknown, NotYours."""
    found = await educators.find_educator(connection, educator_id)
    if sees_all(principal):
        if found is None:
            raise EducatorUnknown(f"the roster has brought no educator {educator_id}")
        return found
    is_visible = found is not None and (
        principal.is_educator(educator_id)
        or (principal.has_any(*DIRECTORY) and works_with(principal, found.assignments))
    )
    if found is None or not is_visible:
        raise NotYours("this is another educator: only the educator, the campuses they work on and HR see them")
    return found


def is_appraiser_of(principal: Principal, observation: Observation) -> bool:
    return principal.has_any(*RATERS) and principal.is_educator(observation.appraiser_id)


def may_see_observation(principal: Principal, observation: Observation) -> bool:
    """Whether the caller may see that the observation is there.

    An educator does not see an unannounced visit before its scores are finalized, else it would be announced.
    """
    if sees_all(principal) or is_appraiser_of(principal, observation):
        return True
    if principal.has_any(*RATERS) and principal.works_on(observation.campus_id):
        return not principal.is_educator(observation.educator_id) or _is_open_to_the_educator(observation)
    return principal.is_educator(observation.educator_id) and _is_open_to_the_educator(observation)


def may_see_scores(principal: Principal, observation: Observation) -> bool:
    """Until they are finalized, an educator does not see the scores of their own visit."""
    return observation.is_published or not principal.is_educator(observation.educator_id)


def _is_open_to_the_educator(observation: Observation) -> bool:
    return observation.is_published or observation.is_announced


def require_visible(principal: Principal, observation: Observation) -> None:
    """Raises NotYours."""
    if not may_see_observation(principal, observation):
        raise NotYours("this observation is another's: only its appraiser, its educator, the campus and HR see it")


def require_appraiser(principal: Principal, observation: Observation) -> None:
    """Raises NotYours."""
    if not is_appraiser_of(principal, observation):
        raise NotYours(
            "only the appraiser who owns this observation can do that; an administrator can call it off instead"
        )


def require_correcting(principal: Principal, observation: Observation) -> None:
    """Its appraiser; an administrator too, since an appraiser may have left. Raises NotYours."""
    is_own = principal.is_educator(observation.educator_id)
    if is_own or not (is_appraiser_of(principal, observation) or principal.has_any(Role.ADMIN)):
        raise NotYours("only the appraiser who owns this observation, or another administrator, can do that")


def require_cancelling(principal: Principal, observation: Observation) -> None:
    """Its appraiser, the principal of its campus, an administrator. Raises NotYours."""
    leads = principal.has_any(Role.PRINCIPAL) and principal.works_on(observation.campus_id)
    is_own = principal.is_educator(observation.educator_id)
    if is_own or not (leads or is_appraiser_of(principal, observation) or principal.has_any(Role.ADMIN)):
        raise NotYours("only its appraiser, the principal of the campus or an administrator can call it off")
