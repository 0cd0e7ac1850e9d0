"""The aggregates: considered, eligible and paid by network, role, district and campus, with reasons and amounts.

Three tables stand behind them, each one level finer and each protected on its own (`suppression`): A says who of the
considered is eligible, B who of the eligible is paid, C why the others are not eligible. Where A hides how many are
eligible, B and C show nothing of that row, and B and C hold against readers who know all of A. So any other values
that A leaves possible are possible with B and C too: whoever is moved from one row to another takes their place in B
and C along. Roles and campuses share nothing but the network's counts, which are shown or in no table at all.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.compensation.policy.snapshot.columns import Column, Value, dollars
from services.compensation.policy.snapshot.records import Record
from services.compensation.policy.snapshot.suppression import TOTAL, CannotBeProtected, Cell, Table, hidden_cells

NETWORK = "network"
OTHER = "other"
_ELIGIBLE, _NOT_ELIGIBLE, _PAID, _NOT_PAID = "eligible", "not_eligible", "paid", "eligible_not_paid"
_STATISTICS = ("mean", "median", "min", "max")


@dataclass(frozen=True)
class Grouping:
    """One way to divide everybody: for each row what it is part of, and for each record the row that it is in."""

    name: str
    parents: Mapping[str, str | None]
    rows: Sequence[str]


@dataclass(frozen=True)
class Counts:
    """The aggregate file: its columns, its rows, and the reason codes that stand together under `other`."""

    columns: list[Column]
    rows: list[list[Value]]
    pooled: list[str]


def counts_of(records: Sequence[Record], plan_year: str, below: int) -> Counts:
    """All aggregates of a year; a count from 1 to below `below` is not shown, nor what would give it away."""
    reasons = [_reason(one) for one in records]
    pooled = _pooled(Counter(reason for reason in reasons if reason), below)
    reasons = [OTHER if reason in pooled else reason for reason in reasons]
    names = sorted({reason for reason in reasons if reason})
    columns = _columns(names, below)
    rows: list[list[Value]] = []
    for grouping in _groupings(records):
        shown = _Shown(grouping, records, reasons, below)
        # The network's own row stands once, under its own name.
        members = [row for row in grouping.parents if (row == NETWORK) == (grouping.name == NETWORK)]
        rows += [_row(shown, row, plan_year, names) for row in members]
    return Counts(columns, rows, sorted(pooled))


def _reason(one: Record) -> str:
    """Why the record is not eligible; empty where it is."""
    return "" if one.standing.is_eligible else one.standing.reasons[0]


def _pooled(reasons: Mapping[str, int], below: int) -> set[str]:
    """The reasons that so few have in the whole network that they stand together, with the next rarest if need be."""
    pooled: set[str] = set()
    count = 0
    for number, reason in sorted((number, reason) for reason, number in reasons.items()):
        if number >= below and (count == 0 or count >= below):
            break
        pooled.add(reason)
        count += number
    return pooled


def _groupings(records: Sequence[Record]) -> Iterable[Grouping]:
    yield Grouping(NETWORK, {NETWORK: None}, [NETWORK] * len(records))
    roles = sorted({one.traits.role for one in records})
    yield Grouping("role", {NETWORK: None, **dict.fromkeys(roles, NETWORK)}, [one.traits.role for one in records])
    places = sorted({(one.traits.district, one.traits.campus) for one in records})
    districts = {f"{district}/": NETWORK for district, _ in places}
    campuses = {f"{district}/{campus}": f"{district}/" for district, campus in places}
    rows = [f"{one.traits.district}/{one.traits.campus}" for one in records]
    yield Grouping("campus", {NETWORK: None, **districts, **campuses}, rows)


class _Shown:
    """What of one grouping is shown: counts by row and column, None for those that are not."""

    def __init__(self, grouping: Grouping, records: Sequence[Record], reasons: Sequence[str], below: int) -> None:
        self.grouping = grouping
        self._below = below
        self.counts: dict[Cell, int | None] = {}
        placed = [(row, one.standing) for row, one in zip(grouping.rows, records, strict=True)]
        eligible = [(row, one) for row, one in placed if one.is_eligible]
        why = [(row, reason) for row, reason in zip(grouping.rows, reasons, strict=True) if reason]
        whole = Counter((row, _ELIGIBLE if one.is_eligible else _NOT_ELIGIBLE) for row, one in placed)
        self._show(Table(grouping.parents, [_ELIGIBLE, _NOT_ELIGIBLE], whole))
        self._show_within(_ELIGIBLE, Counter((row, _PAID if one.is_paid else _NOT_PAID) for row, one in eligible))
        self._show_within(_NOT_ELIGIBLE, Counter(why))
        self.earned = self._amounts(_ELIGIBLE, [(row, one.earned_cents) for row, one in eligible])
        self.paid = self._amounts(_PAID, [(row, one.paid_cents) for row, one in eligible if one.is_paid])

    def _show(self, table: Table) -> None:
        try:
            hidden = hidden_cells(table, self._below)
        except CannotBeProtected:
            hidden = frozenset(cell for cell in table.cells if not self._is_safe_alone(table, cell))
        self.counts |= {cell: None if cell in hidden else count for cell, count in table.cells.items()}

    def _show_within(self, whole: str, counts: Mapping[Cell, int]) -> None:
        """A finer table of those that `whole` counts."""
        parents = self.grouping.parents
        columns = sorted({column for _, column in counts})
        if len(columns) == 1:
            # Not finer at all: it is what `whole` counts, and shown where that is.
            self.counts |= {(row, columns[0]): self.counts[row, whole] for row in parents}
        elif columns:
            kept = {(row, TOTAL): self.counts[row, TOTAL] for row in parents}
            hidden_rows = [row for row in parents if self.counts[row, whole] is None]
            self._show(Table(parents, columns, counts, hidden_rows=hidden_rows, totals_known=True))
            self.counts |= kept

    def _is_safe_alone(self, table: Table, cell: Cell) -> bool:
        """Where a table cannot be protected, no more of it is shown than the network's row: all of it where no count in
        it is small, else its total alone."""
        row, column = cell
        if table.parents[row] is not None or row in table.hidden_rows:
            return False
        looked_at = [cell] if column == TOTAL else [(row, one) for one in (*table.columns, TOTAL)]
        return not any(0 < table.cells[one] < self._below for one in looked_at)

    def _amounts(self, column: str, cents: Sequence[tuple[str, int]]) -> dict[str, list[Value]]:
        """Mean, median, least and greatest, exact and by the nearest rank, of shown counts that are not small."""
        found: dict[str, list[int]] = {}
        for leaf, amount in cents:
            row: str | None = leaf
            while row is not None:
                found.setdefault(row, []).append(amount)
                row = self.grouping.parents[row]
        return {
            row: _statistics(amounts)
            for row, amounts in found.items()
            if (self.counts[row, column] or 0) >= self._below
        }


def _statistics(cents: list[int]) -> list[Value]:
    ordered, number = sorted(cents), len(cents)
    mean = Decimal((2 * sum(ordered) + number) // (2 * number))
    return [mean.scaleb(-2), *map(dollars, (ordered[(number - 1) // 2], ordered[0], ordered[-1]))]


def _columns(reasons: Sequence[str], below: int) -> list[Column]:
    shown = f"empty where it is not shown: 1 to {below - 1}, or it would give such a count away"
    count = [
        Column("considered", "integer", "Educators with a statement.", unit="educators", allowed=shown),
        Column(_ELIGIBLE, "integer", "Of these, eligible.", unit="educators", allowed=shown),
        Column(_PAID, "integer", "Of the eligible, paid.", unit="educators", allowed=shown),
        Column(_NOT_PAID, "integer", "Of the eligible, not paid.", unit="educators", allowed=shown),
        Column(_NOT_ELIGIBLE, "integer", "Of the considered, not eligible.", unit="educators", allowed=shown),
    ]
    why = [
        Column(f"reason_{code}", "integer", f"Of the not eligible, those whose first reason is {code}.",
               unit="educators", allowed=shown, source="bonus statement")
        for code in reasons
    ]  # fmt: skip
    amounts = [
        Column(f"{what}_{name}", "decimal", f"{name.capitalize()} of what the {whom} {told}.", unit="USD", places=2,
               allowed=f"empty unless {below} or more are counted and their number is shown", source=source)
        for what, whom, told, source in (
            ("earned", "eligible", "earned by their statements", "bonus statement"),
            ("paid", "eligible who are paid", "were paid", "payout lines accepted by payroll"),
        )
        for name in _STATISTICS
    ]  # fmt: skip
    return [
        Column("plan_year", "text", "School year that evidence is counted in.", allowed="like 2020-21"),
        Column("level", "text", "What the row counts.", allowed=f"{NETWORK}, role, district, campus"),
        Column("district", "text", "Pseudonym of the district; of campuses the one that they are part of."),
        Column("member", "text", "The role, or the pseudonym of the district or campus, or network."),
        *count,
        *why,
        *amounts,
        Column("suppressed", "text", "Names of the counts that are not shown, joined by semicolons."),
    ]


def _row(shown: _Shown, row: str, plan_year: str, reasons: Sequence[str]) -> list[Value]:
    names = ["considered", _ELIGIBLE, _PAID, _NOT_PAID, _NOT_ELIGIBLE, *(f"reason_{code}" for code in reasons)]
    keys = [TOTAL, _ELIGIBLE, _PAID, _NOT_PAID, _NOT_ELIGIBLE, *reasons]
    # A column that nobody is in stands in no table.
    counts = [shown.counts.get((row, key), 0) for key in keys]
    nothing: list[Value] = [None] * len(_STATISTICS)
    hidden = ";".join(name for name, count in zip(names, counts, strict=True) if count is None)
    return [
        plan_year,
        *_labels(shown.grouping.name, row),
        *counts,
        *shown.earned.get(row, nothing),
        *shown.paid.get(row, nothing),
        hidden or None,
    ]


def _labels(name: str, row: str) -> tuple[str, str | None, str]:
    """Level, district and member."""
    if name != "campus":
        return name, None, row
    district, _, campus = row.partition("/")
    return ("campus", district, campus) if campus else ("district", district, district)
