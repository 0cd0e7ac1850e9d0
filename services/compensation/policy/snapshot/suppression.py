"""Which counts of a table are not shown, so that no small count can be seen or worked out from those that are.

A count from 1 to below the threshold is hidden (primary suppression), and as many others as it takes (complementary
suppression) that no hidden count but zero has one possible value only, and that what is left of a shown sum after the
shown counts in it is itself zero or no small count.

Every count stands in two sums: that of its row and that of its column. So the hidden counts are the arcs of a network
(Gusfield, "A graph theoretic approach to statistical data security", SIAM J. Comput. 17, 1988), other possible values
are circulations in it, and a count has another value just where a circle of arcs with room runs through it. That is
exact, also against readers who know that zeros are not hidden. Circles are closed at the least cost, by shortest paths.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

TOTAL = ""
"""The column of row totals."""

Cell = tuple[str, str]
"""Row and column."""
_Node = tuple[str, str | None]
_Arc = tuple[_Node, Cell]
"""Where it leads, and whose count changes by one on the way."""


@dataclass(frozen=True)
class Table:
    """Counts by row and column. `parents` names for each row the one that it is part of, and None for the root.

    `counts` holds those of rows that nothing is part of; the others are sums. The root's counts are always shown. Of
    `hidden_rows` nothing is shown, not even zeros. With `totals_known` row totals are taken as known to every reader.
    """

    parents: Mapping[str, str | None]
    columns: Sequence[str]
    counts: Mapping[Cell, int]
    hidden_rows: Collection[str] = ()
    totals_known: bool = False
    cells: Mapping[Cell, int] = field(init=False)

    def __post_init__(self) -> None:
        cells = {(row, column): 0 for row in self.parents for column in (*self.columns, TOTAL)}
        for (leaf, column), count in self.counts.items():
            row: str | None = leaf
            while row is not None:
                cells[row, column] += count
                cells[row, TOTAL] += count
                row = self.parents[row]
        object.__setattr__(self, "cells", cells)

    def sums(self) -> Iterator[tuple[Cell, list[Cell]]]:
        """Every sum that a reader knows of, with its parts."""
        for row in self.parents:
            yield (row, TOTAL), [(row, column) for column in self.columns]
        children: dict[str, list[str]] = {}
        for row, parent in self.parents.items():
            if parent is not None:
                children.setdefault(parent, []).append(row)
        for parent, rows in children.items():
            for column in (*self.columns, TOTAL):
                yield (parent, column), [(row, column) for row in rows]


class CannotBeProtected(Exception):
    """A small count of the table can be worked out whatever else is hidden: show less of it."""


def hidden_cells(table: Table, below: int) -> frozenset[Cell]:
    """The counts not to be shown at the threshold `below`. Raises CannotBeProtected."""
    for cell, count in table.cells.items():
        if table.parents[cell[0]] is None and (0 < count < below or cell[0] in table.hidden_rows):
            raise CannotBeProtected
    return _Network(table, below).protected()


class _Network:
    def __init__(self, table: Table, below: int) -> None:
        self._table = table
        self._below = below
        self._inner = set(table.parents.values()) - {None}
        self._free = {cell for cell in table.cells if self._may_be_hidden(cell)}
        self._hidden = {cell for cell in self._free if cell[0] in table.hidden_rows and cell[1] != TOTAL}
        self._hidden |= {cell for cell in self._free if 0 < table.cells[cell] < below}
        self._arcs: dict[_Node, list[_Arc]] = {}
        for cell in self._free:
            start, end = self._ends(cell)
            self._arcs.setdefault(start, []).append((end, cell))
            if table.cells[cell] > self._least(cell):
                self._arcs.setdefault(end, []).append((start, cell))
        for arcs in self._arcs.values():
            arcs.sort(key=lambda arc: arc[1])

    def protected(self) -> frozenset[Cell]:
        safe: set[Cell] = set()
        # A hidden zero may well be worked out: zeros are nobody's secret.
        while waiting := sorted(cell for cell in self._hidden - safe if self._table.cells[cell]):
            for cell in waiting:
                if cell not in safe:
                    circle = self._circle(cell)
                    safe |= circle
                    self._hidden |= circle
            self._cover()
        return frozenset(self._hidden)

    def _may_be_hidden(self, cell: Cell) -> bool:
        row, column = cell
        if self._table.parents[row] is None or (column == TOTAL and self._table.totals_known):
            return False
        return self._table.cells[cell] > 0 or row in self._table.hidden_rows

    def _least(self, cell: Cell) -> int:
        """What a reader knows a hidden count to be at least: zeros are hidden in hidden rows alone."""
        return 0 if cell[0] in self._table.hidden_rows else 1

    def _ends(self, cell: Cell) -> tuple[_Node, _Node]:
        """The two sums that a count is in: more of it takes from the first and adds to the second."""
        row, column = cell
        own: _Node = (row, column) if row in self._inner else (row, None)
        above: _Node = (self._table.parents[row] or "", column)
        return (above, own) if column == TOTAL else (own, above)

    def _circle(self, cell: Cell) -> set[Cell]:
        """The counts of the cheapest circle through `cell`, it included: all of them have another possible value."""
        start, end = self._ends(cell)
        ways = [self._path(end, start, without=cell)]
        if self._table.cells[cell] > self._least(cell):
            ways.append(self._path(start, end, without=cell))
        found = [way for way in ways if way is not None]
        if not found:
            raise CannotBeProtected
        return {cell, *min(found)[1]}

    def _path(self, start: _Node, end: _Node, *, without: Cell) -> tuple[int, list[Cell]] | None:
        """The cheapest way by its cost, which is how many people are hidden by it that are not yet."""
        queue: list[tuple[int, int, _Node, _Node, Cell]] = [(0, 0, start, start, without)]
        came_by: dict[_Node, tuple[_Node, Cell]] = {}
        order = 0
        while queue:
            cost, _, node, before, by = heappop(queue)
            if node in came_by:
                continue
            came_by[node] = before, by
            if node == end:
                way = []
                while node != start:
                    node, by = came_by[node]
                    way.append(by)
                return cost, way
            for following, cell in self._arcs.get(node, ()):
                if following not in came_by and cell != without:
                    order += 1
                    more = 0 if cell in self._hidden else self._table.cells[cell]
                    heappush(queue, (cost + more, order, following, node, cell))
        return None

    def _cover(self) -> None:
        """What a reader gets by taking the shown parts from a shown sum is a count as well, and no small one."""
        for whole, parts in self._table.sums():
            if whole in self._hidden or (whole[1] == TOTAL and whole[0] in self._table.hidden_rows):
                continue
            left = sum(self._table.cells[part] for part in parts if part in self._hidden)
            shown = sorted((self._table.cells[part], part) for part in parts if part in self._free - self._hidden)
            while 0 < left < self._below and shown:
                count, part = shown.pop(0)
                self._hidden.add(part)
                left += count
