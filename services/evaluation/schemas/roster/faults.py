"""Collects the faults of a file set, up to a number beyond which reading on helps nobody."""

from collections.abc import Callable

from services.evaluation.domain.import_faults import MAX_FAULTS, fault, refuse
from services.evaluation.domain.roster import RosterFile
from shared.kernel.errors import FieldError


class Faults:
    """The faults found so far."""

    def __init__(self) -> None:
        self._found: list[FieldError] = []

    def add(self, file: RosterFile | str, line: int, column: str, detail: str) -> None:
        """Raises RosterRefused, with all that was found, once MAX_FAULTS are."""
        self._found.append(fault(file, line, column, detail))
        if len(self._found) >= MAX_FAULTS:
            self.refuse()

    def of(self, file: RosterFile | str) -> Callable[[int, str, str], None]:
        """`add` for one file."""
        return lambda line, column, detail: self.add(file, line, column, detail)

    def refuse(self) -> None:
        """Raises RosterRefused where anything was found."""
        refuse(self._found)
