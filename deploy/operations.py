"""What whoever runs Rung does by hand: dead letters, publishing again, rebuilding, suspended payouts, reconciling.

Every command works on the running embedded engine, or by RUNG_<SERVICE>_DATABASE_URL and RUNG_KAFKA_BOOTSTRAP on any
other installation.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from deploy.services import SERVICES, bootstrap_of, settings_of
from deploy.workspace import Workspace
from shared.db import migrations
from shared.kernel.errors import RungError
from shared.kernel.money import parse_amount
from shared.kernel.period import SchoolYear
from shared.messaging import dead_letters
from shared.messaging.relay import republish
from shared.runtime import Runtime

app = typer.Typer(no_args_is_help=True, help="Operate: dead letters, publishing again, rebuilding, reconciling.")
console = Console()

Service = Annotated[str, typer.Argument(help="evaluation, slo, credentials or compensation")]
Reason = Annotated[str, typer.Option(help="why; it is kept with the letter")]
_WORKSPACE = Workspace(Path(".rung"), "embedded")


def _database_url(service: str) -> str:
    if service not in SERVICES:
        raise typer.BadParameter(f"{service} is not a service: say one of {', '.join(SERVICES)}")
    return os.environ.get(f"RUNG_{service.upper()}_DATABASE_URL") or _WORKSPACE.database_url(service)


def _runtime(service: str, *, database_url: str | None = None) -> Runtime[Any]:
    database_url = database_url or _database_url(service)
    kafka = os.environ.get("RUNG_KAFKA_BOOTSTRAP")
    settings = settings_of(service).model_validate(
        {
            "database_url": database_url,
            "kafka_bootstrap": kafka,
            "bus_database_url": None if kafka else _WORKSPACE.database_url("bus"),
            "token_keys": str(_WORKSPACE.issuer().jwks_path),
            "person_key_secret": _WORKSPACE.person_key_secret(),
            "providers_file": str(_WORKSPACE.providers_file),
        }
    )
    return Runtime.of(service, settings)


def _work(service: str, work: Callable[[Runtime[Any]], Awaitable[None]], *, database_url: str | None = None) -> None:
    """Run `work` on the service's runtime."""

    async def run() -> None:
        async with _runtime(service, database_url=database_url) as runtime:
            await work(runtime)

    with _faults_in_a_sentence(service):
        asyncio.run(run())


@contextmanager
def _faults_in_a_sentence(service: str) -> Iterator[None]:
    """An error of ours, or a database that is not there, ends the command with a sentence instead of a traceback."""
    where = f"start it with make run, or set RUNG_{service.upper()}_DATABASE_URL"
    try:
        yield
    except RungError as error:
        why = error.detail
    except FileNotFoundError:
        why = f"there is no .rung/embedded here: {where}"
    except OSError as error:
        why = f"the database of {service} does not answer ({error.strerror}): {where}"
    except (asyncpg.PostgresError, SQLAlchemyError) as error:
        why = f"the database of {service} refuses: {error}"
    else:
        return
    typer.echo(why, err=True)
    raise typer.Exit(1)


@app.command("dead-letters")
def list_dead_letters(service: Service) -> None:
    """List the events that a service set aside, each with its reason."""

    async def work(runtime: Runtime[Any]) -> None:
        async with runtime.engine.begin() as connection:
            letters = await dead_letters.waiting(connection)
        table = Table("id", "key", "topic", "set aside at", "reason")
        for letter in letters:
            row = (letter.id, letter.record.key, letter.record.partition.topic, letter.set_aside_at, letter.reason)
            table.add_row(*map(str, row))
        console.print(table if letters else f"{service} has set nothing aside")

    _work(service, work)


@app.command("retry")
def retry_dead_letters(service: Service, key: Annotated[str, typer.Argument()], reason: Reason) -> None:
    """Handle all waiting events of one key again, in their order. Nothing changes where one fails again."""

    async def work(runtime: Runtime[Any]) -> None:
        consumer = bootstrap_of(service).consumer(runtime)
        settled = await consumer.retry_dead_letters(key=key, by=getuser(), reason=reason)
        console.print(f"{settled} events of {key} handled")

    _work(service, work)


@app.command("discard")
def discard_dead_letters(service: Service, ids: Annotated[list[int], typer.Argument()], reason: Reason) -> None:
    """Give events up for good. What waited behind them waits on until it is retried."""

    async def work(runtime: Runtime[Any]) -> None:
        given_up = await dead_letters.discard(
            runtime.engine, consumer=service, ids=ids, clock=runtime.clock, by=getuser(), reason=reason
        )
        console.print(f"{given_up} events given up")

    _work(service, work)


@app.command("republish")
def republish_events(service: Service) -> None:
    """Publish all that a service ever recorded once more, for a bus that lost its records. Harmless otherwise."""
    with _faults_in_a_sentence(service):
        count = asyncio.run(republish(_database_url(service)))
        console.print(f"{count} events will be published again by the relay")


@app.command("rebuild")
def rebuild_compensation(
    into: Annotated[str, typer.Argument(help="postgresql://... of an empty database")],
) -> None:
    """Rebuild statements and ledger from the log alone in an empty database, verifying every statement.

    Payout batches are not in the log: payouts are suspended there until resume-payouts finds them whole.
    """

    if not into.startswith(("postgresql://", "postgres://")):
        raise typer.BadParameter(f"{into} is no address of a database: it begins with postgresql://")

    async def work(runtime: Runtime[Any]) -> None:
        bootstrap = bootstrap_of("compensation")
        await asyncio.to_thread(migrations.upgrade, bootstrap.MIGRATIONS, into)
        educators = await bootstrap.rebuild_from_log(runtime)
        console.print(f"{educators} educators rebuilt; every statement came out as it was published")
        tables = " ".join(f"-t {table}" for table in bootstrap.PAYOUT_TABLES)
        typer.echo(
            "Payouts are suspended. Restore what was paid from the backup, as a superuser of the database,\n"
            f"  pg_dump --data-only --disable-triggers {tables} BACKUP | psql -v ON_ERROR_STOP=1 REBUILT\n"
            "and then, with RUNG_COMPENSATION_DATABASE_URL=REBUILT, rung ops resume-payouts --help"
        )

    _work("compensation", work, database_url=into)


@app.command("suspend-payouts")
def suspend_payouts(reason: Annotated[str, typer.Option(help="why; everybody who is refused is told")]) -> None:
    """Let nothing be paid until payouts are resumed, because the database came from a backup that may be too old."""

    async def work(runtime: Runtime[Any]) -> None:
        await bootstrap_of("compensation").suspend(runtime, by=getuser(), reason=reason)
        console.print("payouts are suspended")

    _work("compensation", work)


@app.command("resume-payouts")
def resume_payouts(
    payroll_has: Annotated[
        list[str], typer.Option(help="what payroll was given of a plan year, as payroll says it: 2020-21=3:1234.00")
    ],
    reason: Annotated[str, typer.Option(help="why it is certain; it is kept")],
) -> None:
    """Pay again, where batches agree with what payroll was given of every plan year, and the books tie out.

    Say it for each year: how many batches payroll was given, paid or not, and the sum of their control totals.
    """
    given: dict[str, tuple[int, int]] = {}
    for year, told in map(_given, payroll_has):
        if year in given:
            raise typer.BadParameter(f"{year} is given twice: give the figures of each plan year once")
        given[year] = told

    async def work(runtime: Runtime[Any]) -> None:
        await bootstrap_of("compensation").resume(runtime, payroll_has=given, by=getuser(), reason=reason)
        console.print("payouts go on")

    _work("compensation", work)


def _given(text: str) -> tuple[str, tuple[int, int]]:
    """Plan year, number of batches, cents."""
    try:
        year, told = text.split("=")
        count, total = told.split(":")
        return str(SchoolYear.parse(year)), (int(count), parse_amount(total))
    except ValueError:
        raise typer.BadParameter(
            f"{text}: say it as 2020-21=3:1234.00, with the number of batches and their sum"
        ) from None


@app.command("reconcile")
def reconcile_year(plan_year: Annotated[str, typer.Argument(help="such as 2020-21")]) -> None:
    """Check that facts, statements, ledger, batches and journals of a plan year tie out; fail where they do not."""
    try:
        SchoolYear.parse(plan_year)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    broken: list[str] = []
    places: list[str] = []

    async def work(runtime: Runtime[Any]) -> None:
        table = Table("check", "compared", "unit", "expected", "found", "differing")
        for found in await bootstrap_of("compensation").reconciliation(runtime, plan_year):
            numbers = (found.compared, found.check.unit, found.expected, found.actual, found.differing)
            table.add_row(found.check.code, *map(str, numbers))
            if not found.holds:
                broken.append(found.check.code)
            places.extend(
                f"{found.check.code}: {one['place']}: expected {one['expected']}, found {one['actual']}"
                for one in found.places
            )
        console.print(table)

    _work("compensation", work)
    # Not in the table, which would fold them in a narrow window.
    for place in places:
        typer.echo(place)
    if broken:
        typer.echo(f"{plan_year} does not tie out: {', '.join(broken)}", err=True)
        raise typer.Exit(1)
