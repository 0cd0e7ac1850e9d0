"""The four services as `deploy` sees them: their names, their modules, and an application that needs nothing to run."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Named here, imported where used: the launcher needs the services' names and would pay two seconds for the rest.
    from fastapi import FastAPI

    from shared.settings import ServiceSettings

SERVICES = ("evaluation", "slo", "credentials", "compensation")

_NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
_PLACEHOLDERS: dict[str, Any] = {
    "database_url": _NOWHERE,
    "bus_database_url": _NOWHERE,
    "token_keys": "absent.json",
    "person_key_secret": "stands for a secret where no secret is needed",
}


def bootstrap_of(service: str) -> ModuleType:
    """`services.<service>.bootstrap`. Raises ModuleNotFoundError."""
    return importlib.import_module(f"services.{service}.bootstrap")


def settings_of(service: str) -> "type[ServiceSettings]":
    """The settings class of a service."""
    found: type[ServiceSettings] = importlib.import_module(f"services.{service}.settings").Settings
    return found


def documented_app(service: str) -> "FastAPI":
    """The application of a service for its documents alone: it is connected to nothing, and reads no environment."""
    from shared.runtime import Runtime

    runtime = Runtime.of(service, _placeholder_settings(settings_of(service)))
    app: FastAPI = bootstrap_of(service).api(runtime)
    return app


def know_all_problems() -> None:
    """Load every service's errors, so that `/problems/{code}` explains those of all four."""
    for service in SERVICES:
        importlib.import_module(f"services.{service}.errors")


def _placeholder_settings(settings: "type[ServiceSettings]") -> "ServiceSettings":
    values = settings.model_construct(**_PLACEHOLDERS).model_dump()
    for name, field in settings.model_fields.items():
        if field.is_required() and name not in _PLACEHOLDERS:
            values[name] = Path("absent") if field.annotation is Path else "absent"
    # Validated, so that secrets are secrets; from these values alone, so that the environment decides nothing.
    return settings.model_validate(values | _PLACEHOLDERS)
