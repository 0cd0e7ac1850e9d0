"""The OpenAPI 3.1 document of a service: what FastAPI writes, made true.

FastAPI documents its own form of 422 and none of what any door can answer; both are put right here, so that a route
names only the errors of its own use case.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from shared.kernel.errors import RungError
from shared.web.auth import InsufficientScope, InvalidToken, TokenRequired, roles_of
from shared.web.errors import (
    ContentTooLarge,
    InternalError,
    MalformedBody,
    MalformedRequest,
    ServiceUnavailable,
    UnsupportedMediaType,
)
from shared.web.problems import PROBLEM_JSON, FieldProblem, Problem, response_of

_METHODS = ("get", "put", "post", "delete", "patch")
_REFERENCE = "#/components/schemas/{model}"


def install_openapi(app: FastAPI, *, token_url: str) -> None:
    """Make `app.openapi()` return the corrected document; it is made once."""
    written_by_fastapi = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = written_by_fastapi()
            _put_right(document, _roles(app), token_url)
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]


def _roles(app: FastAPI) -> dict[str, frozenset[str]]:
    """Operation id -> the roles it asks for."""
    found: dict[str, frozenset[str]] = {}
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            for dependency in route.dependant.dependencies:
                roles = roles_of(dependency.call)
                if roles:
                    found[route.endpoint.__name__] = frozenset(roles)
    return found


def _put_right(document: dict[str, Any], roles: dict[str, frozenset[str]], token_url: str) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    problem = Problem.model_json_schema(ref_template=_REFERENCE)
    problem.pop("$defs", None)
    schemas["Problem"] = problem
    schemas["FieldProblem"] = FieldProblem.model_json_schema(ref_template=_REFERENCE)
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                _complete(item[method], is_operation_of_ours=path.count("/") > 1)
                _name_roles(item[method], roles)
    if "bearer" in components.get("securitySchemes", {}):
        components["securitySchemes"]["clientCredentials"] = {
            "type": "oauth2",
            "description": "For systems: payroll pulls with a client id and secret of its own.",
            "flows": {"clientCredentials": {"tokenUrl": token_url, "scopes": {}}},
        }


def _complete(operation: dict[str, Any], *, is_operation_of_ours: bool) -> None:
    """Add to an operation what it can answer besides what its route says."""
    kinds: list[type[RungError]] = []
    if operation.get("security"):
        operation["security"] = [*operation["security"], {"clientCredentials": []}]
        kinds += [TokenRequired, InvalidToken, InsufficientScope]
    body = operation.get("requestBody", {}).get("content", {})
    if body:
        kinds += [MalformedBody, ContentTooLarge]
    if "application/json" in body:
        kinds.append(UnsupportedMediaType)
    if body or operation.get("parameters"):
        kinds.append(MalformedRequest)
    if is_operation_of_ours:
        kinds += [InternalError, ServiceUnavailable]
    answers = operation["responses"]
    if PROBLEM_JSON not in answers.get("422", {}).get("content", {}):
        answers.pop("422", None)
    for kind in kinds:
        _add(answers, kind)
    operation["responses"] = dict(sorted(answers.items()))


def _add(answers: dict[str, Any], kind: type[RungError]) -> None:
    new = response_of([kind])
    known = answers.setdefault(str(kind.status), new)
    if known is new:
        return
    example = new["content"][PROBLEM_JSON]["examples"]
    content = known.setdefault("content", {}).setdefault(PROBLEM_JSON, new["content"][PROBLEM_JSON])
    if kind.code not in content.setdefault("examples", {}):
        content["examples"].update(example)
        known["description"] = f"{known['description']} {new['description']}".strip()


def _name_roles(operation: dict[str, Any], roles: dict[str, frozenset[str]]) -> None:
    needed = sorted(map(str, roles.get(operation.get("operationId", ""), ())))
    if needed:
        operation["x-roles"] = needed
        line = f"Roles: {', '.join(needed)}."
        operation["description"] = f"{operation.get('description', '')}\n\n{line}".strip()
