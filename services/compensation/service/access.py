"""Who may do what with one educator's pay: the educator in person and HR see it, and nobody decides on their own."""

from collections.abc import Sequence
from uuid import UUID

from services.compensation.errors import ConflictOfInterest
from shared.kernel.errors import FieldError
from shared.web.auth import ON_ONESELF, Principal, Role


def is_in_person_or_hr(educator_id: UUID, principal: Principal) -> bool:
    """Whether this is the educator in person, or HR or an administrator."""
    return principal.is_educator(educator_id) or principal.has_any(Role.HR, Role.ADMIN)


def not_on_oneself(educator_id: UUID, principal: Principal) -> None:
    """Raises ConflictOfInterest where HR is about to change what their own pay rests on."""
    if principal.is_educator(educator_id):
        raise ConflictOfInterest("this is about yourself: another person of HR has to do it; nothing was changed")


def none_on_oneself(educators: Sequence[UUID], principal: Principal) -> None:
    """The same of many at once, with the place of each in what was sent. Raises ConflictOfInterest."""
    own = [
        FieldError(f"/{index}/educator_id", ON_ONESELF)
        for index, educator in enumerate(educators)
        if principal.is_educator(educator)
    ]
    if own:
        raise ConflictOfInterest(f"{own[0].pointer} {own[0].detail}; none was kept", errors=own)
