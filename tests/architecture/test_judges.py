"""Whoever judges a run of faults knows nothing of the product: neither what they import, nor what that imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
JUDGES = tuple(
    f"tests.faults.schedule.{name}" for name in ("checker", "delivered", "doors", "evidence", "kept", "promises")
)
OURS = {"deploy", "services", "shared", "tests"}


def path_of(module: str) -> Path | None:
    path = PROJECT.joinpath(*module.split("."))
    found = [one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file()]
    return found[0] if found else None


def imported(source: str) -> Iterator[str]:
    """Every module that is imported anywhere in it, and every name that may be one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, "ruff forbids relative imports"
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)


def closure(module: str) -> set[str]:
    """Our modules that come in with `module`."""
    seen: set[str] = set()
    left = [module]
    while left:
        one = left.pop()
        if one in seen or one.split(".")[0] not in OURS or (path := path_of(one)) is None:
            continue
        seen.add(one)
        left += imported(path.read_text())
    return seen


@pytest.mark.parametrize("judge", JUDGES)
def test_a_judge_knows_nothing_of_the_product(judge: str) -> None:
    known = closure(judge)
    assert judge in known
    assert not [module for module in known if not module.startswith("tests.")]


def test_the_way_to_the_product_would_be_seen() -> None:
    assert "services.compensation.domain.accounts" in closure("tests.support.books")
    assert "shared.web.tokens" in closure("tests.faults.schedule.caller")


def test_the_judges_call_nobody_else_of_the_schedule() -> None:
    known = {module for judge in JUDGES for module in closure(judge)}
    assert {module for module in known if not module.startswith("tests.support.reference")} == set(JUDGES)
