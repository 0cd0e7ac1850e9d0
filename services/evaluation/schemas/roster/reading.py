"""What the readers of the single files share: rows with their lead columns, and the check of what they name."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeAlias, TypeVar

from services.evaluation.domain.import_faults import fault
from services.evaluation.domain.roster import Incoming, Mode, RosterFile, RosterRow
from services.evaluation.schemas.cells import Cells
from services.evaluation.schemas.roster.archive import Archive
from services.evaluation.schemas.roster.faults import Faults
from services.evaluation.schemas.roster.layouts import LAYOUTS
from services.evaluation.schemas.tabular import read_table
from shared.kernel.errors import FieldError

_R = TypeVar("_R", bound=RosterRow)

_STATUSES = {"active": False, "tobedeleted": True}
_Named: TypeAlias = tuple[RosterFile, str, RosterFile, str]
"""File and column of a name, file and id of what it names."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row whose lead columns are right; `is_taken_back` is that of a delta's `tobedeleted`."""

    number: int
    sourced_id: str
    modified_at: datetime | None
    is_taken_back: bool
    cells: Cells

    def incoming(self, row: _R | None) -> Incoming[_R]:
        return Incoming(self.number, self.sourced_id, self.modified_at, row)


@dataclass(slots=True)
class Reading:
    """A file set while it is read."""

    archive: Archive
    faults: Faults = field(default_factory=Faults)
    ids: dict[RosterFile, set[str]] = field(default_factory=dict)
    references: dict[_Named, list[int]] = field(default_factory=dict)
    incomplete: set[RosterFile] = field(default_factory=set)
    faults_of_users: dict[str, list[FieldError]] = field(default_factory=dict)
    rows: dict[RosterFile, int] = field(default_factory=dict)
    skipped: dict[RosterFile, int] = field(default_factory=dict)

    def mode(self, file: RosterFile) -> Mode:
        return self.archive.modes[file]

    def skip(self, file: RosterFile) -> None:
        """Count a row that is right and of no concern here."""
        self.skipped[file] = self.skipped.get(file, 0) + 1

    def put_off(self, sourced_id: str, line: int, column: str, detail: str) -> None:
        """Keep a fault of a user until it is known whether that is an employee."""
        self.faults_of_users.setdefault(sourced_id, []).append(fault(RosterFile.USERS, line, column, detail))

    def lines(self, file: RosterFile) -> Iterator[Line]:
        """The rows of a file. Ids of rows that are there to stay are kept for checking the names of rows."""
        self.ids[file] = set()
        if self.mode(file) is Mode.ABSENT:
            return
        seen: set[str] = set()
        count = 0

        def complain(line: int, column: str, detail: str) -> None:
            self.incomplete.add(file)
            self.faults.add(file, line, column, detail)

        with self.archive.file(file) as source:
            for number, values in read_table(source, LAYOUTS[file], complain):
                count += 1
                cells = Cells(values, partial(self.faults.add, file, number))
                line = self._line(file, number, cells)
                if line.sourced_id in seen:
                    cells.refuse("sourcedId", "stands in this file twice")
                seen.add(line.sourced_id)
                if not line.is_taken_back:
                    self.ids[file].add(line.sourced_id)
                yield line
        self.rows[file] = count
        if count == 0 and file not in self.incomplete:
            self.faults.add(file, 1, "", "the file has no rows: leave it out and call it absent in manifest.csv")

    def _line(self, file: RosterFile, number: int, cells: Cells) -> Line:
        sourced_id = cells.text("sourcedId")
        if self.mode(file) is Mode.DELTA:
            status = cells.one_of("status", _STATUSES)
            return Line(number, sourced_id, cells.moment("dateLastModified"), _STATUSES.get(status, False), cells)
        for column in ("status", "dateLastModified"):
            if cells.values[column]:
                cells.refuse(column, "has to be blank in a bulk file")
        return Line(number, sourced_id, None, is_taken_back=False, cells=cells)

    def check(self, file: RosterFile, line: int, column: str, target: RosterFile, sourced_id: str | None) -> None:
        """See to it that `sourced_id` names a row: of this set, or else of what is known, which is looked at later."""
        if not sourced_id or self._may_be_in(target, sourced_id):
            return
        if self.mode(target) is Mode.BULK:
            self.faults.add(file, line, column, f"names no row of {target}.csv")
        else:
            self.references.setdefault((file, column, target, sourced_id), []).append(line)

    def check_within_set(self, file: RosterFile, line: Line, column: str, target: RosterFile) -> None:
        """The same for a name that nothing hangs on: where the set does not bring all rows, it is let pass."""
        sourced_id = line.cells.optional(column)
        if self.mode(target) is Mode.BULK and sourced_id and not self._may_be_in(target, sourced_id):
            self.faults.add(file, line.number, column, f"names no row of {target}.csv")

    def _may_be_in(self, target: RosterFile, sourced_id: str) -> bool:
        """Of a file with rows that could not be read nobody knows what it names; its own faults are told already."""
        return sourced_id in self.ids[target] or target in self.incomplete
