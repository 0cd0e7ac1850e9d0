"""One OpenAPI document out of those of the services: what a frontend builds against. Pure: documents in, document out.

What is the same in all services (problems, health addresses) stands once; what only has the same name is given its
service's name in front.
"""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

Document = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "patch")
_REFERENCE = "#/components/"
_OPERATION_TAG = "operation"


class DocumentsDisagree(Exception):
    """Two services describe the same address differently, so no one document can be true of both."""


def merged(documents: Mapping[str, Document], *, title: str, version: str, description: str) -> Document:
    """The documents by service as one, in the order given. Raises DocumentsDisagree."""
    renamed = {service: copy.deepcopy(document) for service, document in documents.items()}
    _rename_components(renamed)
    _rename_operations(renamed)
    _rename_tags(renamed)
    whole: Document = {
        "openapi": _one({document["openapi"] for document in documents.values()}, "the version of OpenAPI"),
        "info": {"title": title, "version": version, "description": description},
        "servers": [{"url": "/", "description": "Where this document was read from."}],
        "tags": _tags(renamed),
        "paths": {},
        "components": {},
    }
    for document in renamed.values():
        for _, _, operation in operations(document):
            # Said aloud: linters and generators cannot tell "no token" from "forgotten".
            operation.setdefault("security", [])
        for path, item in document["paths"].items():
            if whole["paths"].setdefault(path, item) != item:
                raise DocumentsDisagree(f"{path} is described in two ways; the services share this address")
        for section, components in document.get("components", {}).items():
            whole["components"].setdefault(section, {}).update(components)
    return whole


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """(path, method, operation) of each operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _one(values: set[str], what: str) -> str:
    if len(values) != 1:
        raise DocumentsDisagree(f"{what} is not the same in all services: {', '.join(sorted(values))}")
    return values.pop()


def _rename_components(documents: dict[str, Document]) -> None:
    names = _clashing(documents)
    for service, document in documents.items():
        mapping: dict[str, str] = {}
        for section, components in document.get("components", {}).items():
            for name in [name for name in components if (section, name) in names]:
                new = f"{service.capitalize()}{name}"
                components[new] = components.pop(name)
                mapping[f"{_REFERENCE}{section}/{name}"] = f"{_REFERENCE}{section}/{new}"
        documents[service] = _with_references(document, mapping)


def _clashing(documents: Mapping[str, Document]) -> set[tuple[str, str]]:
    """(section, name) of components that have one name and several meanings.

    Equal text is not enough: it may refer to what has another meaning in the other service.
    """
    uses: dict[tuple[str, str], list[Any]] = {}
    for document in documents.values():
        for section, components in document.get("components", {}).items():
            for name, component in components.items():
                uses.setdefault((section, name), []).append(component)
    shared = {key: found for key, found in uses.items() if len(found) > 1}
    clashing = {key for key, found in shared.items() if any(one != found[0] for one in found)}
    while True:
        more = {
            key
            for key, found in shared.items()
            if key not in clashing and any(target in clashing for target in _targets(found[0]))
        }
        if not more:
            return clashing
        clashing |= more


def _targets(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str) and value.startswith(_REFERENCE):
                section, _, name = value.removeprefix(_REFERENCE).partition("/")
                yield section, name
            else:
                yield from _targets(value)
    elif isinstance(node, list):
        for value in node:
            yield from _targets(value)


def _with_references(node: Any, mapping: Mapping[str, str]) -> Any:
    # A discriminator's mapping holds references as plain values, so every text is looked at; none else looks like one.
    if isinstance(node, dict):
        return {key: _with_references(value, mapping) for key, value in node.items()}
    if isinstance(node, list):
        return [_with_references(value, mapping) for value in node]
    return mapping.get(node, node) if isinstance(node, str) else node


def _rename_operations(documents: Mapping[str, Document]) -> None:
    places: dict[str, set[tuple[str, str]]] = {}
    for document in documents.values():
        for path, method, operation in operations(document):
            places.setdefault(operation["operationId"], set()).add((path, method))
    for service, document in documents.items():
        for _, _, operation in operations(document):
            if len(places[operation["operationId"]]) > 1:
                operation["operationId"] = f"{service}_{operation['operationId']}"


def _rename_tags(documents: Mapping[str, Document]) -> None:
    for service, document in documents.items():
        for _, _, operation in operations(document):
            tags = operation.get("tags") or [service]
            operation["tags"] = [
                tag if tag in (_OPERATION_TAG, service) else f"{service}: {tag}" for tag in dict.fromkeys(tags)
            ]


def _tags(documents: Mapping[str, Document]) -> list[Document]:
    described: dict[str, str] = {}
    for service, document in documents.items():
        for _, _, operation in operations(document):
            for tag in operation["tags"]:
                described[tag] = "For whoever runs it." if tag == _OPERATION_TAG else f"Part of the {service} service."
    return [{"name": name, "description": text} for name, text in sorted(described.items())]
