"""Alembic's entry point for the credentials database."""

from services.credentials.models import metadata
from shared.db.migrations import run_env

run_env(metadata)
