"""Who may call: the kinds of callers that several doors are for."""

from typing import Annotated

from shared.web.auth import Principal, Role, require

Office = Annotated[Principal, require(Role.HR, Role.ADMIN)]
"""Who keeps plans, payouts and books: HR and administrators."""
