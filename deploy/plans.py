"""`rung plan`: a plan document looked at before anybody else sees it, and then taken to its publication.

To look at it needs no engine and changes nothing; what changes something is in `plan_steps`.
"""

import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from deploy import plan_steps
from services.compensation.errors import PlanInvalid, PlanUnreadable
from services.compensation.policy.plan import content_hash, parse_plan, plan_schema

app = typer.Typer(no_args_is_help=True, help="Plans: check a document, and take it to its publication.")
app.registered_commands += plan_steps.app.registered_commands


@app.command()
def validate(file: Annotated[Path, typer.Argument(help="the plan document, YAML or JSON")]) -> None:
    """Say what is wrong with a plan, place by place with its line and the remedy; or what it is."""
    try:
        plan = parse_plan(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        _fail([f"{file} cannot be read as UTF-8 text: {error}"])
    except PlanUnreadable as error:
        _fail([f"{file}: {error.detail}"])
    except PlanInvalid as error:
        _fail([f"{file}{fault.pointer or '/'}: {fault.detail}" for fault in error.errors])
    kind = "an illustrative plan" if plan.illustrative else "a plan"
    typer.echo(f"{file} is {kind}: {plan.code} of {plan.plan_year}, content hash {content_hash(plan)}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of plan documents, for an editor that completes and checks while one writes."""
    typer.echo(json.dumps(plan_schema(), indent=2))


def _fail(faults: list[str]) -> NoReturn:
    for fault in faults:
        typer.echo(fault, err=True)
    typer.echo(f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}: nothing was changed anywhere", err=True)
    raise typer.Exit(1)
