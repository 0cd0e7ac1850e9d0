"""Gates and bands: the tables of a plan, and the arithmetic on them.

A gate is not met where nothing was measured. What depends on all educators (the top share, bands by shares) compares
with the borders of a `Settlement`; without one the borders are drawn through the educators at hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from services.compensation.policy.evaluation.columns import Columns
from services.compensation.policy.evaluation.measures import Values
from services.compensation.policy.exact import SCALE, Bools, Ints, count_true, integers, millionths
from services.compensation.policy.language.conditions import Band, BandSet, Gate, Top
from services.compensation.policy.people import People

NOBODY_REACHES = 1 << 62
"""A border above every value."""

Borders: TypeAlias = Mapping[str, int]
"""The border of each network, district, campus or group by its id ("" for the network), in millionths."""


@dataclass(frozen=True, slots=True)
class BorderGates:
    """Gates with a border, a row for each; `at_most` is turned round by `sign` so that all compare alike."""

    at: Ints
    measure: Ints
    threshold: Ints
    sign: Ints


@dataclass(frozen=True, slots=True)
class TopGate:
    """One gate on a place among all: `among` are the positions of the gates that count somebody in."""

    at: int
    code: str
    measure: int
    terms: Top
    among: Ints


@dataclass(frozen=True, slots=True)
class GateOfGates:
    """Of the gates that apply all are needed, or one is enough; where none of them applies, this one does not."""

    at: int
    of: Ints
    needs_all: bool


@dataclass(frozen=True, slots=True)
class GateTables:
    """`applies` has a row for each gate and a column for each kind of person."""

    applies: Bools
    borders: BorderGates
    tops: tuple[TopGate, ...]
    of_gates: tuple[GateOfGates, ...]
    """In the order to decide them in: those that need all first."""


@dataclass(frozen=True, eq=False)
class Gates:
    """A row for each gate and a column for each educator. A gate that does not apply keeps nobody from anything."""

    applies: Bools
    met: Bools

    @property
    def passed(self) -> Bools:
        """Whether each gate keeps the educator from nothing: it is met, or does not apply."""
        return self.met | ~self.applies


def gate_tables(gates: Sequence[Gate], position: Mapping[str, int], people: People) -> GateTables:
    """`position` is of the measures."""
    codes = [gate.code for gate in gates]
    applies = np.zeros((len(gates), len(people.kinds) + 1), dtype=np.bool_)
    for at, gate in enumerate(gates):
        applies[at] = people.who(gate.applies_to.covers)
    plain = [
        (at, gate.measure, gate.at_least or gate.at_most or "0", 1 if gate.at_least is not None else -1)
        for at, gate in enumerate(gates)
        if gate.measure is not None and gate.top is None
    ]
    return GateTables(
        applies=applies,
        borders=BorderGates(
            at=integers(at for at, _, _, _ in plain),
            measure=integers(position[measure] for _, measure, _, _ in plain),
            threshold=integers(sign * millionths(border) for _, _, border, sign in plain)[:, None],
            sign=integers(sign for _, _, _, sign in plain)[:, None],
        ),
        tops=tuple(
            TopGate(at, gate.code, position[gate.measure], gate.top, integers(map(codes.index, gate.top.among)))
            for at, gate in enumerate(gates)
            if gate.measure is not None and gate.top is not None
        ),
        of_gates=(
            *(
                GateOfGates(at, integers(map(codes.index, gate.all_of)), needs_all=True)
                for at, gate in enumerate(gates)
                if gate.all_of is not None
            ),
            *(
                GateOfGates(at, integers(map(codes.index, gate.any_of)), needs_all=False)
                for at, gate in enumerate(gates)
                if gate.any_of is not None
            ),
        ),
    )


def border_gates(tables: GateTables, columns: Columns, values: Values) -> Gates:
    """The gates with a border; the others are not met yet."""
    one = tables.borders
    applies = tables.applies[:, columns.kind]
    met = np.zeros_like(applies)
    holds = one.sign * values.numerators[one.measure] >= one.threshold * values.denominators[one.measure]
    met[one.at] = holds & values.measured[one.measure]
    return Gates(applies, met)


def top_borders(gate: TopGate, columns: Columns, values: Values, gates: Gates, eligible: Bools, unit: int) -> Borders:
    """The lowest value that is in, for the whole network or for each district, campus or group.

    `unit` is what the measure is rounded half up to, in millionths.
    """
    counted = eligible & gates.applies[gate.at] & values.measured[gate.measure] & gates.passed[gate.among].all(axis=0)
    rounded, places = values.rounded(gate.measure, unit), columns.places(gate.terms.within)
    share, is_in = millionths(gate.terms.share), gate.terms.ties == "in"
    return {place: border_of(rounded[counted & there], share, ties_in=is_in) for place, there in places.members()}


def meet_top(gate: TopGate, borders: Borders, columns: Columns, values: Values, gates: Gates, unit: int) -> None:
    border = columns.places(gate.terms.within).of_each(borders, NOBODY_REACHES)
    reached = (values.rounded(gate.measure, unit) >= border) & values.measured[gate.measure]
    gates.met[gate.at] = reached & gates.passed[gate.among].all(axis=0)


def meet_of_gates(gate: GateOfGates, gates: Gates) -> None:
    applies, met = gates.applies[gate.of], gates.met[gate.of]
    gates.applies[gate.at] &= applies.any(axis=0)
    gates.met[gate.at] = (met | ~applies).all(axis=0) if gate.needs_all else (met & applies).any(axis=0)


def border_of(values: Ints, share: int, *, ties_in: bool) -> int:
    """The lowest value that belongs to the top `share` (in millionths) of `values`.

    With ties in, at least the share is in; with ties out, at most. `NOBODY_REACHES` where nobody is.
    """
    ranked = np.sort(values)[::-1]
    if ties_in:
        count = -(-share * len(ranked) // SCALE)
        return int(ranked[count - 1]) if count else NOBODY_REACHES
    count = share * len(ranked) // SCALE
    if count < len(ranked):
        ranked = ranked[:count][ranked[:count] > ranked[count]]
    return int(ranked[-1]) if len(ranked) else NOBODY_REACHES


@dataclass(frozen=True, slots=True)
class BorderBands:
    """By the exact measure (of one in points, its rounded points) against the lower borders."""

    measure: int
    at_least: Ints


@dataclass(frozen=True, slots=True)
class GateBands:
    """By gates: the positions of those that each band requires."""

    requires: tuple[Ints, ...]


@dataclass(frozen=True, slots=True)
class ShareBands:
    """By shares of all educators: `from_above` is the share of each band and all above it, in millionths."""

    code: str
    measure: int
    from_above: tuple[int, ...]
    ties_in: bool
    among: Ints


BandTable: TypeAlias = BorderBands | GateBands | ShareBands


def band_table(bands: BandSet, position: Mapping[str, int], gates: Sequence[str]) -> BandTable:
    """`position` is of the measures, `gates` are the codes of all gates."""
    if bands.measure is None:
        return GateBands(tuple(integers(map(gates.index, band.requires or ())) for band in bands.levels))
    if bands.levels[0].share is not None:
        return ShareBands(
            code=bands.code,
            measure=position[bands.measure],
            from_above=tuple(sum(map(_share, bands.levels[at:])) for at in range(len(bands.levels))),
            ties_in=bands.ties == "up",
            among=integers(map(gates.index, bands.among)),
        )
    return BorderBands(position[bands.measure], integers(millionths(band.at_least or "0") for band in bands.levels))


def _share(band: Band) -> int:
    return millionths(band.share or "0")


def share_borders(table: ShareBands, values: Values, gates: Gates, eligible: Bools, unit: int) -> tuple[int, ...]:
    """The lower border of each band but the lowest."""
    counted = eligible & values.measured[table.measure] & gates.passed[table.among].all(axis=0)
    rounded = values.rounded(table.measure, unit)[counted]
    return tuple(border_of(rounded, share, ties_in=table.ties_in) for share in table.from_above[1:])


def bands_by_border(table: BorderBands, values: Values) -> Ints:
    """A value below the lowest border is in the lowest band."""
    reached = values.numerators[table.measure] >= table.at_least[1:, None] * values.denominators[table.measure]
    return count_true(reached)


def bands_by_gates(table: GateBands, gates: Gates) -> Ints:
    highest, passed = np.zeros(gates.met.shape[1], dtype=np.int64), gates.passed
    for band, required in enumerate(table.requires):
        highest[passed[required].all(axis=0)] = band
    return highest


def bands_by_share(table: ShareBands, borders: Sequence[int], values: Values, unit: int) -> Ints:
    """Not settled, without borders, everybody is in the lowest band."""
    reached = values.rounded(table.measure, unit) >= integers(borders)[:, None]
    return count_true(reached & values.measured[table.measure])
