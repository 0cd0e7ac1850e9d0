"""Alembic's entry point for the compensation database."""

from services.compensation.models import metadata
from shared.db.migrations import run_env

run_env(metadata)
