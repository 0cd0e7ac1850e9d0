"""Writing the generated files: what changed is written, what is old is told, what would break a reader is refused."""

import hashlib
import json
from pathlib import Path, PurePosixPath

import pytest

import deploy.export as exporting
from deploy.export import SchemaChangeBreaks, export, stale
from deploy.export.node_tools import NodeMissing

SCHEMA = "shared/events/schemas/rung.slo.slo.approved.v1.json"
MERGED = "deploy/generated/openapi/openapi.json"
TYPES = "deploy/generated/typescript/rung.d.ts"


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the code generates, small; a test changes it as a change of the code would."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    found = {SCHEMA: json.dumps(schema), MERGED: "{}"}
    monkeypatch.setattr(exporting, "documents", lambda: {PurePosixPath(name): text for name, text in found.items()})
    return found


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting.NodeTools, "installed", classmethod(lambda cls, folder: cls(folder)))
    monkeypatch.setattr(exporting.NodeTools, "run", lambda self, tool, *arguments: "export interface paths {}\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / TYPES).parent.mkdir(parents=True)
    return tmp_path


@pytest.mark.usefixtures("files", "node")
def test_what_is_written_is_current_and_is_not_written_twice(folder: Path) -> None:
    assert stale(folder) == sorted([SCHEMA, MERGED, TYPES])

    assert {path.relative_to(folder).as_posix() for path in export(folder)} == {SCHEMA, MERGED, TYPES}

    assert stale(folder) == []
    assert export(folder) == []


@pytest.mark.usefixtures("node")
def test_a_change_of_the_code_makes_the_stored_files_stale(folder: Path, files: dict[str, str]) -> None:
    export(folder)
    files[MERGED] = '{"openapi": "3.1.0"}'

    # The types are of a document that is no more.
    assert stale(folder) == [MERGED, TYPES]
    export(folder)
    assert stale(folder) == []


@pytest.mark.usefixtures("node")
def test_a_file_that_is_no_longer_generated_is_removed(folder: Path, files: dict[str, str]) -> None:
    export(folder)
    del files[SCHEMA]

    assert stale(folder) == [SCHEMA]
    assert export(folder) == [folder / SCHEMA]
    assert not (folder / SCHEMA).exists()


@pytest.mark.usefixtures("node")
def test_an_event_that_breaks_its_readers_is_refused_before_anything_is_written(
    folder: Path, files: dict[str, str]
) -> None:
    export(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    files[SCHEMA] = files[SCHEMA].replace("string", "integer")
    files[MERGED] = '{"openapi": "3.1.0"}'

    with pytest.raises(SchemaChangeBreaks, match=r"rung\.slo\.slo\.approved\.v1 /a: type was"):
        export(folder)

    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("files")
def test_without_node_all_else_is_written_and_the_types_stay_stale(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_folder: Path) -> None:
        raise NodeMissing("node is not there")

    monkeypatch.setattr(exporting.NodeTools, "installed", missing)

    export(folder)

    assert stale(folder) == [TYPES]
    assert "NOT WRITTEN" in capsys.readouterr().err


@pytest.mark.usefixtures("files", "node")
def test_the_types_name_the_document_they_are_of(folder: Path) -> None:
    export(folder)

    assert hashlib.sha256(b"{}").hexdigest() in (folder / TYPES).read_text().splitlines()[0]
