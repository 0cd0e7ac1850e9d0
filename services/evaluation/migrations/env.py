"""Alembic's entry point for the evaluation database."""

from services.evaluation.models import metadata
from shared.db.migrations import run_env

run_env(metadata)
