"""A plan run on everybody by the running engine, and what it would come to, told in a terminal."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.client import Doors, Person
from shared.web.tokens import Role

OWNER = Person("rung plan preview", (Role.HR,))
WHAT_IFS = "/compensation/v1/what-ifs"
_LOOK_SECONDS = 0.2


async def preview(doors: Doors, question: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """Ask, wait with a progress bar, and return the what-if at its end. Raises DoorRefused."""
    what_if: dict[str, Any] = (await doors.call("POST", WHAT_IFS, OWNER, json=question)).json()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("educators", total=None)
        while what_if["state"] in ("waiting", "running"):
            await asyncio.sleep(_LOOK_SECONDS)
            what_if = await doors.get(f"{WHAT_IFS}/{what_if['id']}", OWNER)
            progress.update(task, total=what_if["educators"], completed=what_if["educators_done"])
    return what_if


async def files(doors: Doors, what_if: Mapping[str, Any]) -> dict[str, bytes]:
    """The chart and the rows of everybody, by the names of files. Raises DoorRefused."""
    address = f"{WHAT_IFS}/{what_if['id']}"
    chart = await doors.call("GET", f"{address}/chart.svg", OWNER)
    rows = await doors.call("GET", f"{address}/rows", OWNER, headers={"Accept": "text/csv"})
    return {"chart.svg": chart.content, "rows.csv": rows.content}


def show(what_if: Mapping[str, Any], console: Console) -> None:
    """The summary in a few tables."""
    summary = what_if["summary"]
    for note in summary["notes"]:
        console.print(f"[bold]Note:[/bold] {escape(note)}")
    console.print(_cost("Cost", [{"key": "in all", **summary["cost"]}, *summary["components"]]))
    everybody = {"key": "everybody", "educators": summary["educators"], **summary["cost"], **summary["outcome"]}
    for name, title in (("role", "By role"), ("rung", "By level")):
        console.print(_won_and_lost(title, [everybody, *summary["by"][name]]))
    gates = _table("Gates: who meets them, of those who are asked", "before", "after", "cross up", "cross down")
    for gate in summary["gates"]:
        met = (_count(gate[f"met_{side}"], of=gate[f"asked_{side}"]) for side in ("before", "after"))
        gates.add_row(gate["title"], *met, *(_count(gate[f"crossed_{way}"]) for way in ("up", "down")))
    console.print(gates)


def _count(count: int | None, *, of: int | None = None) -> str:
    return "-" if count is None else f"{count:,}" + ("" if of is None else f" of {of:,}")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _cost(title: str, lines: Sequence[Mapping[str, Any]]) -> Table:
    table = _table(title, "before", "after", "difference")
    for line in lines:
        table.add_row(line["key"], *(_money(line[name]) for name in ("before", "after", "difference")))
    return table


def _won_and_lost(title: str, lines: Sequence[Mapping[str, Any]]) -> Table:
    table = _table(title, "educators", "gain", "lose", "unchanged", "difference")
    for line in lines:
        table.add_row(
            line["key"],
            f"{line['educators']:,}",
            f"{line['winners']:,}",
            f"{line['losers']:,}",
            f"{line['unchanged']:,}",
            _money(line["difference"]),
        )
    return table


def _money(money: Mapping[str, str]) -> str:
    dollars, cents = money["amount"].split(".")
    sign = "-" if dollars.startswith("-") else ""
    return f"{sign}{int(dollars.removeprefix('-')):,}.{cents}"
