"""The commands of `rung plan` that ask the running embedded engine: a plan written, reviewed, approved, published.

Each says who takes the step by `--as NAME`, so that one person can try out what takes two.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from getpass import getuser
from pathlib import Path
from textwrap import indent
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import typer
import yaml
from rich.console import Console
from rich.table import Column, Table

from deploy import local
from deploy import plan_options as options
from deploy.client import DoorRefused, Doors, Person
from services.compensation.domain import PlanState
from services.compensation.errors import PlanVersionUnknown
from shared.web.tokens import Role

app = typer.Typer()
console = Console()

Version = Annotated[
    UUID,
    typer.Argument(
        parser=options.version_id,
        metavar="VERSION",
        help="the version's id, as `rung plan write` and `rung plan list` print it",
    ),
]
By = Annotated[
    str,
    typer.Option(
        "--as", default_factory=getuser, help="who you are: who wrote a version cannot open, approve or publish it"
    ),
]
_NEXT = {
    "draft": "rung plan review {id}",
    "in_review": "rung plan comment {id} --closes-at ... (or --waived-because ...), by another than {written_by}",
    "public_comment": "rung plan approve {id} --minutes ... --approved-on ... --describes-all-pay (or "
    "--describes-only-part), by another than {written_by}",
    "board_approved": "rung plan publish {id}, by another than {written_by}",
    "published": "rung plan watch {id}",
    "returned": "mend the document, and rung plan write it as the next version",
}
_LOOK_EVERY_SECONDS = 0.2


@app.command()
def write(file: Annotated[Path, typer.Argument(help="the plan document, YAML or JSON")], by: By) -> None:
    """Write a plan document as the next draft version of its plan, and print the version's id."""
    try:
        content = file.read_bytes()
    except OSError as error:
        local.fail(f"{file} cannot be read: {error.strerror}")
    version = _asked("POST", "", by, content=content, media_type="application/yaml", place=str(file))
    typer.echo(version["id"])
    _say(version, to_stderr=True)


@app.command()
def review(version: Version, by: By) -> None:
    """Ask for review of a draft."""
    _take(version, "review", by)


@app.command()
def comment(
    version: Version,
    by: By,
    closes_at: Annotated[
        datetime | None,
        typer.Option(
            parser=options.moment,
            metavar="MOMENT",
            help="until when: 2027-01-15T17:00, by the plan's time zone unless it says another",
        ),
    ] = None,
    waived_because: Annotated[
        str | None,
        typer.Option(parser=options.reason, metavar="TEXT", help="why nobody is asked; everybody is shown it"),
    ] = None,
) -> None:
    """Open a reviewed version to public comment, or waive that with a reason."""
    if (closes_at is None) == (waived_because is None):
        raise typer.BadParameter("say --closes-at or --waived-because: one of the two")
    if closes_at is None:
        _take(version, "public-comment", by, {"waived_because": waived_because})
        return
    zone = _asked("GET", f"/{version}", by)["document"]["time_zone"]
    sent = closes_at if closes_at.tzinfo else closes_at.replace(tzinfo=ZoneInfo(zone))
    opened = _asked("POST", f"/{version}/public-comment", by, json={"closes_at": sent.isoformat()})
    _say(opened, condition=f"when comment is over, at {_in_zone(opened['comments_close_at'], zone)}: ")


@app.command()
def approve(
    version: Version,
    minutes: Annotated[
        str,
        typer.Option(
            parser=options.minute_reference, metavar="TEXT", help="where the board's minutes say so: 2021-06-14, item 7"
        ),
    ],
    approved_on: Annotated[
        date,
        typer.Option(
            parser=options.day,
            metavar="DAY",
            help="the day of the vote, not before the version was written: 2021-06-14",
        ),
    ],
    by: By,
    describes_all_pay: Annotated[
        bool | None,
        typer.Option(
            "--describes-all-pay/--describes-only-part",
            help="whether the minutes describe all pay elements, which pay that counts for retirement needs",
        ),
    ] = None,
) -> None:
    """Record that the board approved a version, when public comment is over."""
    if describes_all_pay is None:
        raise typer.BadParameter(
            "say --describes-all-pay if the minutes describe all pay elements, else --describes-only-part"
        )
    body = {"minute_reference": minutes, "approved_on": approved_on.isoformat(), "describes_all_pay": describes_all_pay}
    _take(version, "board-approval", by, body)


@app.command()
def publish(version: Version, by: By) -> None:
    """Publish an approved version: its year is paid by it, and everybody is recalculated."""
    _take(version, "publication", by)


@app.command("return")
def give_back(
    version: Version,
    reason: Annotated[
        str, typer.Option(parser=options.reason, metavar="TEXT", help="why; it is kept with the version")
    ],
    by: By,
) -> None:
    """Return a version that is not published, for good: a mended plan is the next version."""
    _take(version, "return", by, {"reason": reason})


@app.command("list")
def list_versions(
    by: By,
    year: Annotated[
        str | None, typer.Option(parser=options.plan_year, metavar="YEAR", help="only of this plan year: 2021-22")
    ] = None,
    state: Annotated[PlanState | None, typer.Option(help="only those in this state")] = None,
) -> None:
    """List the versions of all plans."""
    wanted = {name: value for name, value in (("plan_year", year), ("state", state)) if value is not None}
    table = _table("id", "plan", "state")
    for one in _asked("GET", "", by, params=wanted):
        table.add_row(one["id"], f"{one['plan']} {one['version']} of {one['plan_year']}", _words(one["state"]))
    console.print(table if table.row_count else "there are none")


@app.command()
def show(version: Version, by: By) -> None:
    """Show a version: where it stands, who took which step of its life, and what was said of it."""
    found = _asked("GET", f"/{version}", by)
    facts = {_words(name): value for name, value in found.items() if name != "document" and value is not None}
    if found["comments_close_at"] is not None:
        facts["comments close at"] = _in_zone(found["comments_close_at"], found["document"]["time_zone"])
    for name, value in facts.items():
        typer.echo(f"{name:<{max(map(len, facts))}}  {value}")
    steps = _table("step", "by", "at", "reason")
    for step in _asked("GET", f"/{version}/history", by):
        steps.add_row(_words(step["state"]), step["by"], _second(step["at"]), step["reason"])
    console.print(steps)
    said = _table("comment", "by", "at")
    for one in _asked("GET", f"/{version}/comments", by, params={"limit": "100"})["items"]:
        said.add_row(one["text"], one["written_by"], _second(one["written_at"]))
    if said.row_count:
        console.print(said)


@app.command()
def differences(
    version: Version,
    earlier: Annotated[
        UUID,
        typer.Option("--from", parser=options.version_id, metavar="VERSION", help="the version to compare it with"),
    ],
    by: By,
) -> None:
    """Show what a version says otherwise than another, place by place."""
    found = _asked("GET", f"/{version}/differences", by, params={"from": str(earlier)})
    for one in found:
        typer.echo(one["pointer"] + (f" ({one['part']})" if one["part"] else ""))
        for side in ("before", "after"):
            typer.echo(indent(_yaml(side, one[side]), "  "))
    if not found:
        typer.echo("they say the same")


@app.command()
def watch(version: Version, by: By) -> None:
    """Watch everybody's recalculation after a publication, to its end."""
    from deploy.loading import progress_bar

    with progress_bar() as progress:
        task = progress.add_task("educators", total=None)
        while True:
            found = _asked("GET", f"/{version}/recalculation", by)
            progress.update(task, total=found["educators_total"], completed=found["educators"])
            if found["finished_at"] is not None:
                break
            time.sleep(_LOOK_EVERY_SECONDS)
    console.print(f"all {found['educators']} educators are recalculated")


def _take(version: UUID, door: str, by: str, body: Mapping[str, Any] | None = None) -> None:
    _say(_asked("POST", f"/{version}/{door}", by, json=body))


def _asked(method: str, path: str, by: str, *, place: str = "", **request: Any) -> Any:
    """What a door for plans answers; a refusal ends the command with each place and its remedy."""

    async def call() -> Any:
        async with Doors(local.url(), local.workspace()) as doors:
            person = Person(by, (Role.HR,))
            return (await doors.call(method, f"/compensation/v1/plans{path}", person, **request)).json()

    with _refusals_in_sentences(place):
        return asyncio.run(call())


@contextmanager
def _refusals_in_sentences(place: str) -> Iterator[None]:
    try:
        yield
    except httpx.ConnectError:
        local.fail_nothing_serves()
    except httpx.HTTPError as error:
        local.fail(f"{local.url()} did not answer ({error}): whether it was done, rung plan list shows")
    except DoorRefused as refused:
        if refused.code == PlanVersionUnknown.code:
            local.fail(f"{refused.sentences[0].partition(':')[0]}: rung plan list shows them")
        separator = "" if not place or refused.sentences[0].startswith("/") else ": "
        local.fail(*(f"{place}{separator}{sentence}" for sentence in refused.sentences))


def _say(version: Mapping[str, Any], *, condition: str = "", to_stderr: bool = False) -> None:
    typer.echo(f"version {version['version']} of {version['plan']} is {_words(version['state'])}", err=to_stderr)
    if version["state"] in _NEXT:
        typer.echo(f"next: {condition}{_NEXT[version['state']].format(**version)}", err=to_stderr)


def _table(*columns: str, **style: Any) -> Table:
    """Nothing in it is cut off: it goes on in the next line, but for ids."""
    return Table(*(Column(name, overflow="fold", no_wrap=name == "id") for name in columns), **style)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _in_zone(moment: str, zone: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} {zone}"


def _second(moment: str) -> str:
    return f"{moment[:19]}Z"


def _yaml(name: str, value: Any) -> str:
    """As plans are written; what is not there is null."""
    return yaml.safe_dump({name: value}, sort_keys=False, allow_unicode=True, width=100).rstrip()
