"""The `rung` command as a newcomer meets it: a wrong word is answered by a sentence that says the right one."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy import cli, operations
from deploy.workspace import Workspace
from shared.web.webhooks import WebhookSecret

NOTHING = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(operations, "_WORKSPACE", Workspace(Path(".rung"), "embedded"))
    return tmp_path


@pytest.fixture
def started(project: Path) -> None:
    """The folder of keys that a first start makes; what goes into it is made when it is asked for."""
    (project / ".rung/embedded/keys").mkdir(parents=True)


def rung(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(cli.app, words)


def ops(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(operations.app, words)


@pytest.mark.parametrize("words", [("token", "hr"), ("client", "payroll"), ("provider", "secret", "bloomboard")])
def test_before_the_first_start_no_key_is_made_that_nothing_would_know(words: tuple[str, ...], project: Path) -> None:
    answer = rung(*words)

    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "start once with make run" in answer.stderr
    assert not (project / ".rung").exists()


@pytest.mark.usefixtures("started")
def test_a_token_and_secrets_are_printed_and_nothing_else() -> None:
    assert rung("token", "hr").stdout.count(".") == 2
    secrets = rung("provider", "secret", "credly").stdout.split()
    assert len([WebhookSecret.parse(secret) for secret in secrets]) == 2
    assert len(rung("client", "payroll").stdout.split()) == 1


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("client", "nobody"), "say one of payroll"),
        (("provider", "secret", "nobody"), "say bloomboard or credly"),
        (("run", "--engine", "sqlite"), "say embedded or kafka"),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(words: tuple[str, ...], says: str) -> None:
    answer = rung(*words)

    assert answer.exit_code == 2
    assert says in answer.stderr


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize("port", ["abc", "0", "99999", "-1", ""])
def test_what_is_no_port_is_said_to_be_none(port: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNG_PORT", port)
    notice = project / "award.json"
    notice.write_text("{}")

    for answer in (rung("run"), rung("provider", "send", "bloomboard", str(notice))):
        assert answer.exit_code == 2
        assert "say a port from 1 to 65535" in answer.stderr


@pytest.mark.usefixtures("started")
def test_an_award_for_nobody_listening_says_how_to_start(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNG_PORT", "1")
    notice = project / "award.json"
    notice.write_text("{}")
    answer = rung("provider", "send", "bloomboard", str(notice))

    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "nothing serves on http://127.0.0.1:1: start it with make run" in answer.stderr


def test_a_folder_that_cannot_be_made_is_named(project: Path) -> None:
    (project / "file").touch()
    answer = rung("sample", "file/inside", "--educators", "48")

    assert answer.exit_code == 1
    assert "cannot be written to file/inside: " in answer.stderr


OPERATIONS = [("dead-letters", "slo"), ("retry", "slo", "key", "--reason", "cured"), ("republish", "slo")]


@pytest.mark.parametrize("words", OPERATIONS)
def test_operating_where_nothing_was_ever_started_says_so(words: tuple[str, ...]) -> None:
    answer = ops(*words)

    assert answer.exit_code == 1
    assert "there is no .rung/embedded here" in answer.stderr


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize("words", [*OPERATIONS, ("rebuild", NOTHING)])
def test_operating_on_a_database_that_does_not_answer_says_so(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNG_SLO_DATABASE_URL", NOTHING)
    monkeypatch.setenv("RUNG_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    answer = ops(*words)

    assert answer.exit_code == 1
    assert "does not answer" in answer.stderr


def test_operating_on_a_service_that_does_not_exist_names_those_that_do() -> None:
    for words in (("dead-letters", "payroll"), ("republish", "payroll"), ("discard", "payroll", "1", "--reason", "x")):
        answer = ops(*words)
        assert answer.exit_code == 2
        assert "say one of evaluation, slo, credentials, compensation" in answer.stderr


def test_rebuilding_into_what_is_no_database_is_refused() -> None:
    answer = ops("rebuild", "elsewhere")

    assert answer.exit_code == 2
    assert "begins with postgresql://" in answer.stderr
