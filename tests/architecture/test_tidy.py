"""The tree itself under test: sizes, clocks, floats, events, errors, what must never be written down.

What import-linter, ruff, mypy and the contract tests check already is not checked here again.
"""

import ast
import importlib
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from deploy.services import SERVICES, know_all_problems
from shared.events import compensation, credentials, evaluation, slo
from shared.events.registry import EVENTS
from shared.kernel.errors import RungError

PROJECT = Path(__file__).parents[2]
SOURCES = ("deploy", "services", "shared")
LINES_AT_MOST = {"deploy": 400, "services": 400, "shared": 400, "tests": 500}
FUNCTION_LINES_AT_MOST = 60
CLOCK = "shared/kernel/clock.py"
OF_MONEY = ("services/compensation/domain/", "services/compensation/policy/", "services/compensation/service/")

MODULES = {
    "api",
    "bootstrap",
    "domain",
    "errors",
    "handlers",
    "main",
    "migrations",
    "models",
    "policy",
    "repository",
    "schemas",
    "service",
    "settings",
    "worker",
}
MAY_BE_MISSING = {"policy"}
"""A service without rules of its own has none."""

PUBLISHERS = (compensation, credentials, evaluation, slo)
"""Loading these modules is what makes their events known."""

OUTWARD = {
    "rung.compensation.attribute.recorded.v1": "whoever rebuilds the compensation database from the log",
    "rung.compensation.common_facts.changed.v1": "whoever rebuilds the compensation database from the log",
    "rung.compensation.placement.recorded.v1": "whoever rebuilds the compensation database from the log",
    "rung.compensation.plan.published.v1": "whoever rebuilds the compensation database from the log",
    "rung.compensation.statement.recalculated.v1": "the stream of changes, and whoever rebuilds from the log",
}
"""Events that no service of ours consumes, and for whom they are."""

PERSONAL = {"name", "email", "mail", "address", "phone", "birth", "birthday", "ssn", "student", "students", "gender"}
# Each in two parts, so that this file does not hold what it looks for.
NEVER_WRITTEN = [
    "".join(parts)
    for parts in (
        ("pypi", ".org"),
        ("python", "hosted.org"),
        ("registry.", "npmjs"),
        ("repo.", "maven.apache"),
        ("repo1.", "maven"),
        ("proxy.", "golang"),
        ("arti", "factory"),
        ("/work", "/main"),
        ("/work", "/shared"),
        ("/ro", "ot/"),
        ("/ho", "me/"),
        ("/Us", "ers/"),
    )
]


@cache
def tracked() -> tuple[Path, ...]:
    """Every file under version control that is still there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, check=True, capture_output=True).stdout
    paths = [Path(name) for name in listed.decode().split("\0") if name]
    return tuple(path for path in paths if (PROJECT / path).is_file())


def python_files(*tops: str) -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and path.parts[0] in tops]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((PROJECT / path).read_text(encoding="utf-8"), filename=str(path))


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    long = {
        str(path): lines
        for path in python_files(*LINES_AT_MOST)
        if (lines := len((PROJECT / path).read_text(encoding="utf-8").splitlines())) > LINES_AT_MOST[path.parts[0]]
    }
    assert not long


def test_no_function_is_longer_than_a_screen() -> None:
    """Migrations apart: what makes tables is a list, and is never changed again."""
    long = {
        f"{path}:{node.lineno} {node.name}": lines
        for path in python_files(*LINES_AT_MOST)
        if "migrations" not in path.parts
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_AT_MOST
    }
    assert not long


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path)
        for path in python_files(*SOURCES, "tests")
        if tree(path).body and ast.get_docstring(tree(path)) is None
    ]
    assert not silent


def test_nothing_but_the_clock_asks_the_system_for_the_time() -> None:
    asked = [
        f"{path}:{getattr(node, 'lineno', 0)}"
        for path in python_files(*SOURCES)
        if str(path) != CLOCK
        for node in ast.walk(tree(path))
        if _asks_for_the_time(node)
    ]
    assert not asked


def _asks_for_the_time(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "time" and not {"time", "time_ns"}.isdisjoint(alias.name for alias in node.names)
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name | ast.Attribute):
        return False
    owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
    if owner in ("datetime", "date"):
        return node.attr in ("now", "utcnow", "today")
    return owner == "time" and node.attr in ("time", "time_ns")


def test_money_is_never_a_float() -> None:
    floats = [
        f"{path}:{getattr(node, 'lineno', 0)}"
        for path in python_files("services")
        if str(path).startswith(OF_MONEY)
        for node in ast.walk(tree(path))
        if _may_make_a_float(node)
    ]
    assert not floats


def _may_make_a_float(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.BinOp | ast.AugAssign):
        return isinstance(node.op, ast.Div)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("float", "round")
    return isinstance(node, ast.Attribute) and node.attr in ("float16", "float32", "float64", "true_divide")


def test_nothing_is_written_down_that_holds_on_one_machine_only() -> None:
    """No registry's address and no machine's path: what a clone needs is named by version and hash."""
    texts = {path: (PROJECT / path).read_bytes().decode("utf-8", "replace") for path in tracked()}
    # Names of hosts are the same in capitals, paths are not: an address may well have a part that begins like one.
    found = [
        f"{path}: {one}"
        for path, text in texts.items()
        for one in NEVER_WRITTEN
        if one in (text if one.startswith("/") else text.lower())
    ]
    assert not found


def test_every_service_publishes_something() -> None:
    assert {kind.__module__ for kind in EVENTS.values()} >= {module.__name__ for module in PUBLISHERS}


@pytest.mark.parametrize("event_type", sorted(EVENTS))
class TestEvent:
    def test_its_service_owns_its_topic(self, event_type: str) -> None:
        system, service, subject, happened, version = event_type.split(".")
        assert (system, version) == ("rung", "v1")
        assert EVENTS[event_type].topic == f"{service}.events"
        assert EVENTS[event_type].__module__ == f"shared.events.{service}"
        assert subject
        assert happened.endswith("ed")

    def test_somebody_takes_it_in(self, event_type: str) -> None:
        consumers = [
            service
            for service in SERVICES
            if EVENTS[event_type] in getattr(_module(service, "handlers"), "EVENTS", ())
            and EVENTS[event_type].topic in _module(service, "handlers").TOPICS
        ]
        assert bool(consumers) != (event_type in OUTWARD), consumers

    def test_it_carries_nothing_personal(self, event_type: str) -> None:
        """Guarantee 9: no names, no addresses, nothing of students; the employee number is all that payroll needs."""
        fields = list(_fields(EVENTS[event_type]))
        assert fields
        assert not [field for field in fields if not PERSONAL.isdisjoint(field.split("_"))]


def _fields(model: type[BaseModel]) -> Iterator[str]:
    """Names of all fields, those of nested models included."""
    for name, field in model.model_fields.items():
        yield name
        for inner in _models_in(field.annotation):
            yield from _fields(inner)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _module(service: str, name: str) -> ModuleType:
    return importlib.import_module(f"services.{service}.{name}")


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_rooms_and_a_page_about_itself(service: str) -> None:
    folder = PROJECT / "services" / service
    names = {path.relative_to("services", service).parts[0].removesuffix(".py") for path in _files_of(service)}
    code = names - {"__init__", "README.md"}
    data = {name for name in code if not any((folder / name).glob("**/*.py")) and (folder / name).is_dir()}
    assert code - data <= MODULES
    assert code >= MODULES - MAY_BE_MISSING
    assert "README.md" in names


def _files_of(service: str) -> list[Path]:
    return [path for path in tracked() if path.parts[:2] == ("services", service)]


def error_classes() -> list[type[RungError]]:
    know_all_problems()
    found: list[type[RungError]] = []
    waiting = [RungError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.split(".")[0] in SOURCES:
            found.append(kind)
    return found


def test_every_error_has_a_code_with_one_meaning_and_an_honest_status() -> None:
    """Two services may share a code where it says the same: `/problems/{code}` explains it once for all."""
    meanings: dict[str, set[tuple[int, str]]] = {}
    for kind in error_classes():
        is_base = bool(kind.__subclasses__()) and "code" not in kind.__dict__
        assert is_base or "code" in kind.__dict__, f"{kind.__name__} has the code of its base"
        if not is_base and kind is not RungError:
            meanings.setdefault(kind.code, set()).add((kind.status, kind.title))
    assert not [code for code, said in meanings.items() if len(said) > 1]
    assert not [code for code in meanings if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)]
    assert not [kind.__name__ for kind in error_classes() if not 400 <= kind.status <= 599]


@pytest.mark.parametrize("service", SERVICES)
def test_no_two_errors_of_a_service_share_a_code(service: str) -> None:
    codes = Counter(kind.code for kind in error_classes() if kind.__module__.startswith(f"services.{service}.errors"))
    assert not [code for code, count in codes.items() if count > 1]


def test_every_error_says_what_it_means() -> None:
    assert not [kind.__name__ for kind in error_classes() if not (kind.__doc__ and kind.title)]
