"""Are the generated files current, and do outside judges accept them? `python -m deploy.check_generated`.

Judges: tsc over the types and a small client, Spectral and Redocly over the OpenAPI document, the reference parser over
the AsyncAPI document. Without Node they are left out, which is said loudly, and is a failure with CI=true.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from deploy.export import ASYNCAPI, GENERATED, MERGED, TYPESCRIPT, stale, typescript
from deploy.export.node_tools import JudgeRefused, NodeMissing, NodeTools

PROJECT = Path(__file__).resolve().parents[1]


def check(folder: Path) -> list[str]:
    """Every fault found, as text. Old files are not judged. Raises NodeMissing where the judges cannot run."""
    faults = [f"{path} is not current: run `.venv/bin/rung export`" for path in stale(folder)]
    if faults:
        return faults
    return list(judged(folder, NodeTools.installed(folder / GENERATED)))


def judged(folder: Path, tools: NodeTools) -> Iterator[str]:
    """What each judge refuses, one after the other."""
    document = str(folder / MERGED)

    def types() -> str:
        if typescript(folder, tools) != (folder / TYPESCRIPT).read_text():
            raise JudgeRefused(f"{TYPESCRIPT} is not what the pinned generator writes: run `.venv/bin/rung export`")
        return tools.run("tsc", "--project", "typescript/tsconfig.json")

    judges: dict[str, Callable[[], str]] = {
        "typescript": types,
        "redocly": lambda: tools.run("redocly", "lint", "--config", "redocly.yaml", document),
        "spectral": lambda: tools.run(
            "spectral", "lint", "--ruleset", "spectral.yaml", "--fail-severity", "warn", "--quiet", document
        ),
        "asyncapi": lambda: tools.script("check-asyncapi.mjs", str(folder / ASYNCAPI)),
    }
    for name, judge in judges.items():
        try:
            judge()
        except JudgeRefused as refusal:
            yield f"{name}: {refusal}"
        else:
            print(f"generated files: {name} agrees")


def main() -> int:
    """Exit code for `make check`."""
    try:
        faults = check(PROJECT)
    except NodeMissing as missing:
        print(f"GENERATED FILES NOT JUDGED (types, lint, AsyncAPI): {missing}", file=sys.stderr)
        return 1 if os.environ.get("CI", "").lower() == "true" else 0
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
