"""What `make check` says of the generated files: old ones, refused ones, and judges that are not there."""

from pathlib import Path

import pytest

from deploy import check_generated
from deploy.export.node_tools import JudgeRefused, NodeMissing, NodeTools


@pytest.fixture(autouse=True)
def current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_generated, "stale", lambda _folder: [])
    monkeypatch.setattr(
        check_generated, "typescript", lambda folder, _tools: (folder / check_generated.TYPESCRIPT).read_text()
    )


def with_judges(monkeypatch: pytest.MonkeyPatch, *, refusing: str | None = None) -> list[str]:
    """Judges that agree, but for the one of this name; their names as they are asked."""
    asked: list[str] = []

    def ask(_tools: NodeTools, name: str, *_arguments: str) -> str:
        asked.append(name)
        if name == refusing:
            raise JudgeRefused("here is a fault")
        return ""

    monkeypatch.setattr(NodeTools, "installed", classmethod(lambda cls, folder: cls(folder)))
    monkeypatch.setattr(NodeTools, "run", ask)
    monkeypatch.setattr(NodeTools, "script", ask)
    return asked


def test_all_judges_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = with_judges(monkeypatch)

    assert check_generated.main() == 0
    assert asked == ["tsc", "redocly", "spectral", "check-asyncapi.mjs"]


@pytest.mark.parametrize("judge", ["tsc", "redocly", "spectral", "check-asyncapi.mjs"])
def test_one_refusal_is_enough_and_the_others_are_still_asked(
    judge: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = with_judges(monkeypatch, refusing=judge)

    assert check_generated.main() == 1
    assert len(asked) == 4
    assert "here is a fault" in capsys.readouterr().err


def test_types_that_another_generator_wrote_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with_judges(monkeypatch)
    monkeypatch.setattr(check_generated, "typescript", lambda _folder, _tools: "something else")

    assert check_generated.main() == 1


def test_an_old_file_is_a_fault_and_is_not_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = with_judges(monkeypatch)
    monkeypatch.setattr(check_generated, "stale", lambda _folder: ["deploy/generated/asyncapi.json"])

    assert check_generated.main() == 1
    assert asked == []
    assert "deploy/generated/asyncapi.json is not current" in capsys.readouterr().err


@pytest.mark.parametrize(("ci", "exit_code"), [("", 0), ("true", 1)])
def test_missing_judges_are_said_loudly_and_fail_where_they_are_required(
    ci: str, exit_code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_folder: Path) -> None:
        raise NodeMissing("node is not there")

    monkeypatch.setattr(NodeTools, "installed", missing)
    monkeypatch.setenv("CI", ci)

    assert check_generated.main() == exit_code
    assert "NOT JUDGED" in capsys.readouterr().err
