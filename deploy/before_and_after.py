"""The page that the showing prints: what happened to one educator, before and after, why, and what could come next.

It fits into 80 columns. Every reason on it is the statement's own; nothing is decided or worked out here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

Lines = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Story:
    """What happened; `titles` says in words what the statements call by its code."""

    educator: Mapping[str, Any]
    credential: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    award_seconds: float
    observation_seconds: float
    titles: Mapping[str, str]

    def in_words(self, text: str) -> str:
        return re.sub(r"[a-z0-9_-]+", lambda found: self.titles.get(found[0], found[0]), text)


def print_page(story: Story, console: Console) -> None:
    """Print the page on `console`."""
    educator = story.educator
    name = f"{educator['preferred_name'] or educator['given_name']} {educator['family_name']}"
    console.print(
        f"\n{name}, teacher {educator['employee_number']}, plan year {story.after['plan_year']}", style="bold"
    )
    console.print(
        _listed(
            (
                "1.",
                f"Signed award: {story.in_words(story.credential)}. New statement after {_ms(story.award_seconds)}.",
            ),
            ("2.", f"Observation finalized. New statement after {_ms(story.observation_seconds)}."),
        )
    )
    console.print(_table(story))
    for heading, lines in (("Why", _reasons(story)), ("What next", _next(story))):
        if found := [(label, story.in_words(text)) for label, text in lines]:
            console.print(heading, style="bold")
            console.print(_listed(*found))


def dollars(amount: str) -> str:
    """`"3500.00"` -> `"$3,500.00"`, as the statements write it in their reasons."""
    value = Decimal(amount)
    return f"{'-' if value < 0 else ''}${abs(value):,.2f}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _listed(*lines: tuple[str, str]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for label, text in lines:
        grid.add_row(Text(f"  {label}"), Text(text))
    return grid


def _table(story: Story) -> Table:
    before, after = story.before, story.after
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2))
    table.add_column("")
    table.add_column("before", justify="right")
    table.add_column("after", justify="right")
    table.add_row("  Rung", before["ladder"]["title"], after["ladder"]["title"])
    for was, now in zip(before["components"], after["components"], strict=True):
        table.add_row(f"  {now['title']}", dollars(was["amount"]["amount"]), dollars(now["amount"]["amount"]))
    table.add_row("  Bonus", dollars(before["total"]["amount"]), dollars(after["total"]["amount"]), style="bold")
    return table


def _reasons(story: Story) -> Lines:
    after = story.after
    ladder = after["ladder"]
    met = [part["reason"] for part in ladder["requirements"] if part["rung"] == ladder["rung"]]
    if met:
        yield ladder["title"], f"{'; '.join(met)}."
    for part in after["components"]:
        yield part["title"], part["reason"]
    for gate in after["gates"]:
        yield gate["title"], f"{'Met.' if gate['met'] else 'Not met.'} {gate['reason']}"


def _next(story: Story) -> Lines:
    following = story.after["ladder"]["next"]
    if following:
        yield following["title"], f"so far {'; '.join(following['gap'])}."
    for step in story.after["next_steps"]:
        yield "Bonus", step["text"]
