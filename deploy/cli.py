"""The `rung` command: for people who run it, and for who tries it with curl."""

import os
import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from deploy.local import ROOT, fail, fail_nothing_serves, port, url, workspace
from deploy.workspace import Engine
from shared.web.tokens import Principal, Role
from shared.web.webhooks import WebhookSecret

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Rung: from evidence to rung and bonus.")
provider_app = typer.Typer(no_args_is_help=True, help="Act as a credential provider, on the embedded engine.")
app.add_typer(provider_app, name="provider")

console = Console()


@app.command()
def run(engine: Annotated[str, typer.Option(help="embedded or kafka")] = "embedded") -> None:
    """Start everything, load the sample network on first start, show the main job, and serve until Ctrl-C."""
    from deploy.run import run_stack

    if engine not in ("embedded", "kafka"):
        raise typer.BadParameter(f"{engine} is not an engine: say embedded or kafka")
    chosen: Engine = "kafka" if engine == "kafka" else "embedded"
    raise typer.Exit(run_stack(ROOT, chosen, port=port(), once=os.environ.get("RUNG_ONCE") == "1", console=console))


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="where to write; made if absent")],
    seed: Annotated[int, typer.Option()] = 2020,
    educators: Annotated[int, typer.Option(min=48)] = 3752,
) -> None:
    """Write the sample network: a OneRoster 1.2 zip and a season of work, all invented."""
    from deploy.sample import write_sample

    try:
        summary = write_sample(folder, seed=seed, educators=educators)
    except OSError as error:
        fail(f"the sample cannot be written to {folder}: {error.strerror}")
    console.print(f"{summary.educators} educators on {summary.campuses} campuses in {folder}; see SAMPLE.md there")


@app.command()
def export() -> None:
    """Write the generated files anew: OpenAPI, AsyncAPI, event schemas, TypeScript types."""
    from deploy.export import export as write

    for path in write(Path(__file__).resolve().parents[1]):
        console.print(str(path))


@app.command()
def token(
    role: Annotated[Role, typer.Argument(help="what the bearer may act as")],
    educator: Annotated[UUID | None, typer.Option(help="the educator that the bearer is")] = None,
    campus: Annotated[list[UUID] | None, typer.Option(help="a campus that is the bearer's; repeatable")] = None,
    subject: Annotated[str | None, typer.Option(help="who it is; two people need two subjects")] = None,
) -> None:
    """Print a bearer token for the embedded engine, good for one hour."""
    principal = Principal(
        subject or (f"educator:{educator}" if educator else f"rung-token:{role}"),
        "rung-token",
        frozenset({role}),
        educator,
        frozenset(campus or ()),
    )
    typer.echo(workspace().issuer().issue(principal))


@app.command()
def client(name: Annotated[str, typer.Argument(help="a client of the token endpoint, such as payroll")]) -> None:
    """Print a client's secret for the token endpoint of the embedded engine."""
    clients = workspace().issuer().clients()
    if name not in clients:
        raise typer.BadParameter(f"there is no client {name}: say one of {', '.join(clients)}")
    typer.echo(clients[name].secret)


@provider_app.command("secret")
def provider_secret(name: Annotated[str, typer.Argument(help="bloomboard or credly")]) -> None:
    """Print a provider's webhook secrets, the newest one first."""
    for secret in _secrets(name):
        typer.echo(secret.reveal())


@provider_app.command("send")
def provider_send(
    name: Annotated[str, typer.Argument(help="bloomboard or credly")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="the notice's JSON body")],
    webhook_id: Annotated[str | None, typer.Option(help="the same id again is a retry")] = None,
) -> None:
    """Sign an award notice and post it to the running embedded engine."""
    import httpx

    from shared.kernel.clock import SystemClock
    from shared.kernel.ids import uuid7
    from shared.web.webhooks import sign

    body = file.read_bytes()
    now = SystemClock().now()
    headers = sign(_secrets(name)[0], webhook_id=webhook_id or str(uuid7(now)), sent_at=now, body=body)
    try:
        answer = httpx.post(
            f"{url()}/credentials/v1/webhooks/{name}",
            content=body,
            headers={"Content-Type": "application/json", **headers},
            timeout=30,
        )
    except httpx.ConnectError:
        fail_nothing_serves()
    typer.echo(answer.text)
    raise typer.Exit(0 if answer.is_success else 1)


def _secrets(name: str) -> list[WebhookSecret]:
    try:
        return workspace().provider_secrets(name)
    except KeyError:
        raise typer.BadParameter(f"there is no provider {name}: say bloomboard or credly") from None


def main() -> None:
    # The other commands do not pay for what operating needs: the whole of the services.
    if sys.argv[1:2] == ["ops"]:
        from deploy import operations

        app.add_typer(operations.app, name="ops")
    else:
        app.add_typer(typer.Typer(help="Operate: dead letters, publishing again, rebuilding, reconciling."), name="ops")
    if sys.argv[1:2] == ["plan"]:
        from deploy import plans

        app.add_typer(plans.app, name="plan")
    else:
        app.add_typer(
            typer.Typer(help="Plans: check a document, preview it, and take it to its publication."), name="plan"
        )
    app()
