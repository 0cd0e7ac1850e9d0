"""The generated files: what frontends, consumers and payroll build against. Made from the code, stored beside it.

`export` writes them, `stale` tells which are not current. Both need no database, no bus and no network; only the
TypeScript types need Node, with the tools that `deploy/generated/package-lock.json` pins.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from deploy.export.additive import breaks
from deploy.export.events import asyncapi, event_schemas
from deploy.export.merge import merged
from deploy.export.node_tools import NodeMissing, NodeTools
from deploy.services import SERVICES, documented_app
from services.compensation.policy.layouts import layout_schema
from services.compensation.policy.plan import plan_schema

__all__ = [
    "ASYNCAPI",
    "GENERATED",
    "MERGED",
    "OPENAPI",
    "PLAN_SCHEMA",
    "TYPESCRIPT",
    "SchemaChangeBreaks",
    "documents",
    "event_documents",
    "export",
    "stale",
]

GENERATED = PurePosixPath("deploy/generated")
OPENAPI = GENERATED / "openapi"
MERGED = OPENAPI / "openapi.json"
ASYNCAPI = GENERATED / "asyncapi.json"
SCHEMAS = PurePosixPath("shared/events/schemas")
PLAN_SCHEMA = GENERATED / "plan.schema.json"
LAYOUT_SCHEMA = GENERATED / "layout.schema.json"
TYPESCRIPT = GENERATED / "typescript" / "rung.d.ts"

_VERSION = "1.0.0"
_DESCRIPTION = (
    "What a school network knows about its educators' work, turned into the next rung of a career ladder and a bonus "
    "that anyone can check. Errors are RFC 9457 problems with a stable `code`; money is a decimal string with its "
    "currency; times are UTC in RFC 3339; lists are paged by cursor, with the next page in the header `Link`."
)


class SchemaChangeBreaks(Exception):
    """A published event was changed in a way that some reader of it cannot survive."""


def documents(services: tuple[str, ...] = SERVICES) -> dict[PurePosixPath, str]:
    """Every generated file that needs no Node, by its path under the project folder."""
    found = {service: documented_app(service).openapi() for service in services}
    whole = merged(found, title="Rung", version=_VERSION, description=_DESCRIPTION)
    files = {OPENAPI / f"{service}.json": _text(document) for service, document in found.items()}
    files[MERGED] = _text(whole)
    files[PLAN_SCHEMA] = _text(plan_schema())
    files[LAYOUT_SCHEMA] = _text(layout_schema())
    return files | event_documents()


def event_documents() -> dict[PurePosixPath, str]:
    """The part of them that needs no service: the events' schemas and their AsyncAPI document."""
    files = {ASYNCAPI: _text(asyncapi(version=_VERSION))}
    for event_type, schema in event_schemas().items():
        files[SCHEMAS / f"{event_type}.json"] = _text(schema)
    return files


def export(folder: Path) -> list[Path]:
    """Write what is not current under the project folder and remove what is no longer generated; tells what changed.

    Raises SchemaChangeBreaks, before anything is written, where an event stopped being what its stored schema says.
    Without Node the types stay as they are, and a line on standard error says so.
    """
    files = documents()
    _refuse_breaking_changes(folder, files)
    changed = []
    for relative, text in files.items():
        path = folder / relative
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            changed.append(path)
    for left_over in _left_over(folder, files):
        left_over.unlink()
        changed.append(left_over)
    if not _types_are_of(folder, files[MERGED]):
        try:
            types = typescript(folder, NodeTools.installed(folder / GENERATED))
        except NodeMissing as missing:
            print(f"NOT WRITTEN: {TYPESCRIPT}: {missing}", file=sys.stderr)
        else:
            (folder / TYPESCRIPT).write_text(types)
            changed.append(folder / TYPESCRIPT)
    return changed


def stale(folder: Path) -> list[str]:
    """Paths under the project folder of generated files that are missing, old or left over. Needs no Node."""
    files = documents()
    found = [
        str(relative)
        for relative, text in files.items()
        if not (folder / relative).exists() or (folder / relative).read_text() != text
    ]
    found += [path.relative_to(folder).as_posix() for path in _left_over(folder, files)]
    if not _types_are_of(folder, files[MERGED]):
        found.append(str(TYPESCRIPT))
    return sorted(found)


def typescript(folder: Path, tools: NodeTools) -> str:
    """The TypeScript types of the stored merged document; the first line names the document they are of."""
    document = (folder / MERGED).read_text()
    made = tools.run("openapi-typescript", str(folder / MERGED), "--alphabetize")
    return f"{_mark(document)}\n{made}"


def _types_are_of(folder: Path, document: str) -> bool:
    path = folder / TYPESCRIPT
    return path.exists() and path.read_text().partition("\n")[0] == _mark(document)


def _mark(document: str) -> str:
    return f"// Types of deploy/generated/openapi/openapi.json, SHA-256 {hashlib.sha256(document.encode()).hexdigest()}"


def _refuse_breaking_changes(folder: Path, files: Mapping[PurePosixPath, str]) -> None:
    faults: list[str] = []
    for path in sorted((folder / SCHEMAS).glob("*.json")):
        now = files.get(SCHEMAS / path.name)
        if now is not None:
            found = breaks(json.loads(path.read_text()), json.loads(now))
            faults += [f"{path.stem} {fault}" for fault in found]
    if faults:
        raise SchemaChangeBreaks(
            "\n".join(faults) + "\nPublish a new major version of the event, or make the new field optional. "
            "An event that no installation has published yet is changed by deleting its stored schema first."
        )


def _left_over(folder: Path, files: Mapping[PurePosixPath, str]) -> list[Path]:
    return [
        path
        for parent in (SCHEMAS, OPENAPI)
        for path in sorted((folder / parent).glob("*.json"))
        if parent / path.name not in files
    ]


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
