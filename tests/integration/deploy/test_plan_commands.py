"""`rung plan` against a running service: a stranger plays writer and approver, and is told what to do instead."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from deploy import local, plan_steps, plans
from deploy.workspace import Workspace
from shared.kernel.clock import SystemClock
from tests.support.compensation import PLAN
from tests.support.one_service import gateway_to
from tests.support.serving import serving

Rung = Callable[..., Result]
ID = ("01930000-0000-7000-8000-000000000001",)
MINUTES, VOTED = ("--minutes", "2021-06-14, item 7"), ("--approved-on", "2021-06-14")


@pytest.fixture
def rung(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rung]:
    """`rung plan` in a folder whose engine serves."""
    monkeypatch.setattr(local, "ROOT", tmp_path)
    workspace = Workspace(tmp_path, "embedded")
    app = gateway_to(
        "compensation",
        database,
        token_keys=workspace.issuer().jwks_path,
        providers_file=workspace.providers_file,
    )
    with serving(app) as served:
        monkeypatch.setenv("RUNG_PORT", str(served.port))

        def run(*words: str, by: str = "approver") -> Result:
            result: Result = CliRunner(env={"COLUMNS": "300"}).invoke(plans.app, [*words, "--as", by])
            return result

        yield run


def test_a_stranger_writes_approves_and_publishes(rung: Rung, tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_bytes(PLAN)
    written = rung("write", str(file), by="writer")
    version = written.stdout.strip()
    assert re.fullmatch(r"[0-9a-f-]{36}", version), written.output
    assert f"next: rung plan review {version}" in written.stderr

    today = SystemClock().now().astimezone(ZoneInfo("America/Chicago")).date()
    approval = ("--minutes", "item 7 of the day", "--approved-on", str(today), "--describes-all-pay")
    refused = rung("approve", version, *approval)
    assert (refused.exit_code, "next:" in refused.stdout) == (1, False)
    assert "is a draft: ask for its review next" in refused.stderr

    assert "next: rung plan comment" in rung("review", version, by="writer").stdout
    assert "another person has to" in rung("comment", version, "--waived-because", "a try", by="writer").stderr
    assert "is public comment" in rung("comment", version, "--waived-because", "a try").stdout
    assert "next: rung plan publish" in rung("approve", version, *approval).stdout
    assert "is published" in rung("publish", version).stdout

    shown = rung("show", version).stdout
    assert "item 7 of the day" in shown
    assert re.search(r"public comment *│ *approver *│ .* │ a try", shown), shown

    file.write_bytes(PLAN.replace(b'"200.00"', b'"150.00"'))
    second = rung("write", str(file), by="writer").stdout.strip()
    changed = rung("differences", second, "--from", version).stdout
    [place, *sides] = changed.splitlines()
    assert re.fullmatch(r"/components/\d+/\S+ \(micro-credential-stipend\)", place), changed
    assert sides == ["  before: '200.00'", "  after: '150.00'"]
    assert "is returned" in rung("return", second, "--reason", "too little").stdout
    listed = rung("list", "--state", "returned").stdout
    assert (second in listed, version in listed) == (True, False)


def test_a_refusal_is_told_by_place_and_remedy(rung: Rung, tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_bytes(PLAN.replace(b'growth: "0.50"', b'grwoth: "0.50"', 1))
    answer = rung("write", str(file))
    assert answer.exit_code == 1
    assert re.search(r"/plan.yaml/measures/\d+/weights/0/of/grwoth: line \d+: .*did you mean 'growth'", answer.stderr)
    missing = "01930000-0000-7000-8000-000000000001"
    assert f"there is no plan version {missing}: rung plan list shows them" in rung("publish", missing).stderr
    assert "one of the two" in rung("comment", missing).stderr
    assert "is no moment" in rung("comment", missing, "--closes-at", "tomorrow").stderr


OPTIONS_THAT_CANNOT_BE = [
    (("publish", "first"), "VERSION", "rung plan list shows them"),
    (("approve", *ID, "--minutes", "m", *VOTED), "--minutes", "say it in 3 to 200 characters: these are 1"),
    (("approve", *ID, *MINUTES, "--approved-on", "11/29/2026"), "--approved-on", "say it like 2026-11-29"),
    (("approve", *ID, *MINUTES, *VOTED), "", "say --describes-all-pay if .* else --describes-only-part"),
    (("comment", *ID, "--closes-at", "tomorrow"), "--closes-at", "say it like 2027-01-15T17:00"),
    (("return", *ID, "--reason", "x"), "--reason", "say it in 3 to 2000 characters"),
    (("list", "--state", "lost"), "--state", "'in_review'"),
    (("list", "--year", "2021"), "--year", "say it like 2021-22"),
]


@pytest.mark.parametrize(("words", "option", "remedy"), OPTIONS_THAT_CANNOT_BE)
def test_an_option_that_cannot_be_is_named_with_its_form(words: tuple[str, ...], option: str, remedy: str) -> None:
    """Before anything is asked: no engine serves here."""
    answer = CliRunner(env={"COLUMNS": "300"}).invoke(plans.app, [*words, "--as", "approver"])
    assert answer.exit_code == 2
    assert re.search(f"{option}.*{remedy}", answer.stderr), answer.stderr


@pytest.mark.parametrize(("zone", "offset"), [("", "America/Chicago"), ("Z", "UTC")])
def test_a_moment_without_a_zone_is_of_the_plans_own(rung: Rung, tmp_path: Path, zone: str, offset: str) -> None:
    file = tmp_path / "plan.yaml"
    file.write_bytes(PLAN)
    version = rung("write", str(file), by="writer").stdout.strip()
    rung("review", version, by="writer")
    day = SystemClock().now().date() + timedelta(days=9)
    closing = datetime.combine(day, time(17))
    told = closing.replace(tzinfo=ZoneInfo(offset)).astimezone(ZoneInfo("America/Chicago")).replace(tzinfo=None)
    opened = rung("comment", version, "--closes-at", f"{closing.isoformat()}{zone}").stdout
    assert f"next: when comment is over, at {told} America/Chicago: rung plan approve" in opened, opened
    approval = ("--minutes", "item 7 of the day", "--approved-on", str(told.date()), "--describes-all-pay")
    assert f" {told} America/Chicago\n" in rung("show", version).stdout
    assert f"is open to comment until {told} America/Chicago" in rung("approve", version, *approval).stderr


def test_ids_and_hashes_are_whole_in_a_narrow_terminal(
    rung: Rung, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "plan.yaml"
    file.write_bytes(PLAN)
    version = rung("write", str(file), by="writer").stdout.strip()
    monkeypatch.setattr(plan_steps, "console", Console(width=60))
    assert version in rung("list").stdout
    assert re.search(r"content hash +[0-9a-f]{64}\n", rung("show", version).stdout)
