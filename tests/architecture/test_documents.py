"""What the documents point at exists: links, files, tests, `rung` commands and `make` targets."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import typer

from deploy import operations, plans
from deploy.cli import app

PROJECT = Path(__file__).parents[2]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FILE = re.compile(r"(?<![\w./-])(?:services|shared|deploy|tests|docs)/[\w./-]+\.[a-z]{2,5}\b(?!/)")
_TEST = re.compile(r"\b(tests/[\w./-]+\.py)((?:::\w+)+)")
_MADE_LATER = "deploy/compose/secrets/"


def tracked(*endings: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, check=True, capture_output=True).stdout
    names = [name for name in listed.decode().split("\0") if name.endswith(endings)]
    return [PROJECT / name for name in names if (PROJECT / name).is_file()]


DOCUMENTS = tracked(".md")


def named(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def code_in(document: Path) -> Iterator[str]:
    """What a document says to type or look up: code in its lines and the lines of its blocks."""
    text = document.read_text(encoding="utf-8")
    for block in re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", text)


def test_every_link_leads_to_a_file() -> None:
    broken = [
        f"{named(document)}: {link}"
        for document in DOCUMENTS
        for link in _LINK.findall(document.read_text(encoding="utf-8"))
        if ":" not in link and not (document.parent / link.partition("#")[0]).exists()
    ]
    assert not broken


def test_every_file_that_is_named_exists() -> None:
    absent = [
        f"{named(document)}: {file}"
        for document in tracked(".md", ".py", ".yml", ".toml")
        for file in _FILE.findall(document.read_text(encoding="utf-8"))
        if not file.startswith(_MADE_LATER) and not (PROJECT / file).exists()
    ]
    assert not absent


def test_every_test_that_is_named_exists() -> None:
    said = [
        (document, file, names)
        for document in DOCUMENTS
        for file, names in _TEST.findall(document.read_text(encoding="utf-8"))
    ]
    absent = [
        f"{named(document)}: {file}{names}"
        for document, file, names in said
        if not _defines(PROJECT / file, names.split("::")[1:])
    ]
    assert not absent
    assert len(said) > 9


def _defines(file: Path, names: list[str]) -> bool:
    """Whether `file` defines the test, inside the classes before it."""
    if not file.is_file():
        return False
    body: list[ast.stmt] = ast.parse(file.read_text(encoding="utf-8")).body
    for name in names:
        found = [
            node
            for node in body
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
        ]
        if not found:
            return False
        body = found[-1].body
    return names[-1].startswith("test_")


def test_every_rung_command_that_is_named_exists() -> None:
    said = _said(r"\brung ((?:[a-z][a-z-]* ?)+)")
    # `rung ops` and `rung plan` are only filled in when they are called, so that the other commands do not wait.
    known = {("ops",), *_commands(app), *(("ops", *names) for names in _commands(operations.app))}
    known |= {("plan", *names) for names in _commands(plans.app)}
    unknown = [
        f"{named(document)}: rung {words}"
        for document, words in said
        if not any(tuple(words.split()[:length]) in known for length in (1, 2))
    ]
    assert not unknown
    assert ("provider", "send") in known
    assert len(said) > 5


def _commands(of: typer.Typer) -> Iterator[tuple[str, ...]]:
    """The whole names of commands that do something."""
    for command in of.registered_commands:
        yield (command.name or getattr(command.callback, "__name__", ""),)
    for group in of.registered_groups:
        if group.typer_instance is not None:
            yield from ((str(group.name), *names) for names in _commands(group.typer_instance))


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    said = _said(r"\bmake ([a-z-]+)")

    assert not [f"{named(document)}: make {target}" for document, target in said if target not in targets]
    assert len(said) > 5


def _said(pattern: str) -> list[tuple[Path, str]]:
    return [
        (document, found) for document in DOCUMENTS for line in code_in(document) for found in re.findall(pattern, line)
    ]


def test_a_decision_has_its_five_parts_and_names_what_enforces_it() -> None:
    parts = ["Context", "Decision", "Consequences", "Alternatives", "References"]
    decisions = [document for document in DOCUMENTS if document.parent == PROJECT / "docs/decisions"]

    assert len(decisions) >= 6
    for decision in decisions:
        text = decision.read_text(encoding="utf-8")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == parts, decision
        assert re.search(r"`tests/|import contracts", text.partition("enforced by")[2]), decision
