"""`rung plan`: a plan document looked at before anybody else sees it, and then taken to its publication.

What takes a version on is in `plan_steps`; nothing here changes what anybody is paid by.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer
from rich.console import Console

from deploy import local, plan_steps, previewing
from deploy.client import DoorRefused, Doors
from services.compensation.errors import ChangesInvalid, PlanInvalid, PlanUnreadable
from services.compensation.policy.cases.reading import parse_cases
from services.compensation.policy.plan import Plan, content_hash, parse_plan, plan_schema
from services.compensation.policy.what_if.written_changes import read_changes
from shared.kernel.errors import FieldError

app = typer.Typer(
    no_args_is_help=True,
    help="Plans: check a document and its golden cases, preview it, and take it to its publication.",
)
app.registered_commands += plan_steps.app.registered_commands


@app.command()
def validate(file: Annotated[Path, typer.Argument(help="the plan document, YAML or JSON")]) -> None:
    """Say what is wrong with a plan, place by place with its line and the remedy; or what it is."""
    plan = _valid(file)
    kind = "an illustrative plan" if plan.illustrative else "a plan"
    typer.echo(f"{file} is {kind}: {plan.code} of {plan.plan_year}, content hash {content_hash(plan)}")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="the plan document, YAML or JSON")],
    cases: Annotated[
        Path | None, typer.Argument(help="its golden cases, YAML", show_default="x.cases.yaml beside x.yaml")
    ] = None,
) -> None:
    """Decide each golden case of a plan, and say which come out otherwise than written, and how."""
    from services.compensation.policy.cases.comparing import compared
    from services.compensation.policy.evaluation.compiled import compile_plan

    plan = _valid(file)
    beside = cases or file.with_suffix(".cases.yaml")
    with _each_fault_named(beside):
        golden = parse_cases(_text(beside), plan)
    outcomes = compared(compile_plan(plan, version=1), golden)
    for one in outcomes:
        typer.echo(f"{'wrong' if one.differences else 'ok'}: {one.case}")
        for told in one.differences:
            typer.echo(f"  {told}")
    wrong = sum(bool(one.differences) for one in outcomes)
    typer.echo(f"{len(outcomes) - wrong} of {len(outcomes)} cases come out as written")
    if wrong:
        raise typer.Exit(1)


@app.command()
def preview(
    file: Annotated[Path, typer.Argument(help="the plan document, YAML or JSON; it is kept as no version")],
    changes: Annotated[Path | None, typer.Option(help="a list of changed facts, YAML or JSON")] = None,
    save: Annotated[Path | None, typer.Option(help="a folder for the chart and the rows of everybody")] = None,
) -> None:
    """Run a plan on everybody in the running engine, and say what it would cost, who gains and who loses."""
    plan = _valid(file)
    question = {
        "title": f"Preview of {file.name}"[:200],
        "plan_year": plan.plan_year,
        "document": _text(file),
        "changes": [] if changes is None else _changes(changes),
    }
    doors = Doors(local.url(), local.workspace())
    try:
        written = asyncio.run(_previewed(doors, question, with_files=save is not None))
    except DoorRefused as error:
        _fail(error.sentences)
    except httpx.ConnectError:
        local.fail_nothing_serves()
    for name, content in written.items():
        _write(save or Path(), name, content)


async def _previewed(doors: Doors, question: dict[str, Any], *, with_files: bool) -> dict[str, bytes]:
    console = Console()
    async with doors:
        what_if = await previewing.preview(doors, question, console)
        if what_if["state"] == "failed":
            _fail([f"the preview failed: {what_if['failed_reason']}"])
        previewing.show(what_if, console)
        address = f"{previewing.WHAT_IFS}/{what_if['id']}"
        console.print(f"chart: {address}/chart.svg\neach educator: {address}/rows", soft_wrap=True)
        return await previewing.files(doors, what_if) if with_files else {}


def _write(folder: Path, name: str, content: bytes) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    except OSError as error:
        _fail([f"{folder / name} cannot be written: {error.strerror}"])
    typer.echo(f"written: {folder / name}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of plan documents, for an editor that completes and checks while one writes."""
    typer.echo(json.dumps(plan_schema(), indent=2))


def _valid(file: Path) -> Plan:
    with _each_fault_named(file):
        return parse_plan(_text(file))


@contextmanager
def _each_fault_named(file: Path) -> Iterator[None]:
    try:
        yield
    except PlanUnreadable as error:
        _fail([f"{file}: {error.detail}"])
    except PlanInvalid as error:
        _fail([f"{file}{fault.pointer or '/'}: {fault.detail}" for fault in error.errors])


def _changes(file: Path) -> Any:
    """Numbers with a point stay text, as in a plan."""
    try:
        return read_changes(_text(file))
    except ChangesInvalid as error:
        faults = error.errors or [FieldError("", error.detail)]
        _fail([f"{file}{fault.pointer or '/'}: {fault.detail}" for fault in faults])


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        _fail([f"there is no file {file}: correct its name, or go to the folder that it is in"])
    except IsADirectoryError:
        _fail([f"{file} is a folder: name the document in it"])
    except OSError as error:
        _fail([f"{file} cannot be read: {error.strerror}"])
    except UnicodeDecodeError as error:
        _fail([f"{file} cannot be read as UTF-8 text: {error}"])


def _fail(faults: list[str]) -> NoReturn:
    for fault in faults:
        typer.echo(fault, err=True)
    typer.echo(f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}: nothing was changed anywhere", err=True)
    raise typer.Exit(1)
