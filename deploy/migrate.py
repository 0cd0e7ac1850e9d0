"""Brings databases to the newest version: `python -m deploy.migrate all`, or the name of a service.

A job: it must succeed before any process of a service starts. Each service's own URL is `RUNG_<SERVICE>_DATABASE_URL`.
"""

import argparse
from collections.abc import Sequence

from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.services import SERVICES, bootstrap_of
from shared.db import migrations
from shared.web.logging import configure_logging, get_logger

_log = get_logger("rung.migrate")


class MigrationSettings(BaseSettings):
    """The databases; only those that are asked for need a URL."""

    model_config = SettingsConfigDict(env_prefix="RUNG_", extra="ignore")

    evaluation_database_url: str | None = None
    slo_database_url: str | None = None
    credentials_database_url: str | None = None
    compensation_database_url: str | None = None

    def url_of(self, service: str) -> str:
        """Raises ValueError where it was not given."""
        url: str | None = getattr(self, f"{service}_database_url")
        if url is None:
            raise ValueError(f"set RUNG_{service.upper()}_DATABASE_URL to the database of the {service} service")
        return url


def migrate(services: Sequence[str], settings: MigrationSettings) -> None:
    """One after the other; what is at its newest version stays as it is. Raises ValueError where a URL is missing."""
    urls = {service: settings.url_of(service) for service in services}
    for service, url in urls.items():
        migrations.upgrade(bootstrap_of(service).MIGRATIONS, url)
        _log.info("database is at its newest version", database=service)


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit code 2 where the command or the settings are wrong; a fault of the database ends it with that fault."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.migrate", description="Bring databases to their newest version."
    )
    parser.add_argument("service", choices=("all", *SERVICES))
    wanted = parser.parse_args(arguments).service
    configure_logging("migrate")
    try:
        migrate(SERVICES if wanted == "all" else (wanted,), MigrationSettings())
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
