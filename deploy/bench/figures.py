"""A figure: what was measured, the floor beside it, and what is aimed at. How the figures are shown and kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure should come to: our value, or its ratio to the floor, at most or at least so much."""

    at_most: float | None = None
    at_least: float | None = None
    times_floor_at_most: float | None = None

    def is_met(self, ours: float, ratio: float) -> bool:
        return (
            (self.at_most is None or ours <= self.at_most)
            and (self.at_least is None or ours >= self.at_least)
            and (self.times_floor_at_most is None or ratio <= self.times_floor_at_most)
        )

    def __str__(self) -> str:
        parts = []
        if self.at_most is not None:
            parts.append(f"≤ {_number(self.at_most)}")
        if self.at_least is not None:
            parts.append(f"≥ {_number(self.at_least)}")
        if self.times_floor_at_most is not None:
            parts.append(f"≤ {_number(self.times_floor_at_most)} x floor")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Figure:
    """`ours` and `floor` in `unit`. Without an aim it is for information; `note` says how it is to be read."""

    name: str
    unit: str
    ours: float
    floor: float
    aim: Aim | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours over the floor; 0 where the floor is nothing."""
        return self.ours / self.floor if self.floor else 0.0

    @property
    def is_met(self) -> bool | None:
        """None where nothing is aimed at."""
        return self.aim.is_met(self.ours, self.ratio) if self.aim is not None else None

    def to_json(self) -> dict[str, str | float | bool | None]:
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": round(self.ours, 4),
            "floor": round(self.floor, 4),
            "ratio": round(self.ratio, 4),
            "aim": str(self.aim) if self.aim is not None else None,
            "met": self.is_met,
        }


def write(file: Path, figures: Sequence[Figure]) -> None:
    """Keep the figures as a JSON array of name, unit, ours, floor, ratio, aim and whether it is met."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([figure.to_json() for figure in figures], indent=1) + "\n")


def table(figures: Sequence[Figure]) -> Table:
    shown = Table(title="\nFigures, each beside its floor of the same run", title_style="bold", show_edge=False)
    shown.add_column("figure")
    for heading in ("ours", "floor", "ratio"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("unit", no_wrap=True)
    shown.add_column("aim", no_wrap=True)
    shown.add_column("")
    marks = {True: "[green]met[/]", False: "[red]not met[/]", None: "[dim]for information[/]"}
    for figure in figures:
        shown.add_row(
            figure.name,
            _number(figure.ours),
            _number(figure.floor),
            f"{figure.ratio:.2f}",
            figure.unit,
            str(figure.aim or ""),
            marks[figure.is_met],
        )
    return shown


def _number(value: float) -> str:
    """Three digits that count, whole numbers with thousands separated."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
