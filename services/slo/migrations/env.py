"""Alembic's entry point for the slo database."""

from services.slo.models import metadata
from shared.db.migrations import run_env

run_env(metadata)
