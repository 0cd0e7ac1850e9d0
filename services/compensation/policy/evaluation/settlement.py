"""What depends on all educators at once: borders of top shares and of bands by shares, the units that
share a pot, and what means of groups are taken of.

Settled when the period is closed; before that, an estimate from everybody as they stand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Settlement:
    """By the code of the gate, band set, component or measure that each is of; empty where nothing is settled yet."""

    top_borders: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The lowest value that is in, in millionths, by network (""), district, campus or group."""
    band_borders: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The lower border of each band but the lowest, in millionths, from the lowest up."""
    pot_units: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The units that share a pot, by place: educators, millionths of full-time days, or units of their bands."""

    group_totals: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)
    """By place, what a mean is taken of: the sum of the values, in millionths, and how many they are."""

    def to_document(self) -> dict[str, dict[str, dict[str, int]]]:
        """By part, code and place, without any that is empty; the place of a band's border is its position, from 1."""
        parts = {
            "top_borders": {code: dict(borders) for code, borders in self.top_borders.items()},
            "band_borders": {
                code: {str(at): border for at, border in enumerate(borders, start=1)}
                for code, borders in self.band_borders.items()
            },
            "pot_units": {code: dict(units) for code, units in self.pot_units.items()},
            "group_sums": {
                code: {place: total for place, (total, _) in totals.items()}
                for code, totals in self.group_totals.items()
            },
            "group_counts": {
                code: {place: count for place, (_, count) in totals.items()}
                for code, totals in self.group_totals.items()
            },
        }
        told = {part: {code: one for code, one in by_code.items() if one} for part, by_code in parts.items()}
        return {part: by_code for part, by_code in told.items() if by_code}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_document` wrote."""
        bands = {
            code: tuple(borders[str(at)] for at in range(1, len(borders) + 1))
            for code, borders in document.get("band_borders", {}).items()
        }
        counts = document.get("group_counts", {})
        totals = {
            code: {place: (total, counts[code][place]) for place, total in sums.items()}
            for code, sums in document.get("group_sums", {}).items()
        }
        return cls(document.get("top_borders", {}), bands, document.get("pot_units", {}), totals)


NOT_SETTLED = Settlement()
