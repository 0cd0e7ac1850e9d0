"""`rung plan` against a running service: a stranger plays writer and approver, and is told what to do instead."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from deploy import local, plans
from deploy.workspace import Workspace
from shared.kernel.clock import SystemClock
from tests.support.compensation import PLAN
from tests.support.one_service import gateway_to
from tests.support.serving import serving

Rung = Callable[..., Result]


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
    assert "is draft, and only in_review or returned can follow" in refused.stderr

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
    assert re.search(r"micro-credential-stipend *│ 200.00 *│ 150.00", changed), changed
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
    assert f"there is no plan version {missing}" in rung("publish", missing).stderr
    assert "one of the two" in rung("comment", missing).stderr
    assert "is no moment" in rung("comment", missing, "--closes-at", "tomorrow").stderr
    assert "/state: " in rung("list", "--state", "lost").stderr
