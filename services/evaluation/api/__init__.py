"""Doors of the evaluation service: the roster, rubrics, observations, bulk loads, growth and ratings."""

from fastapi import APIRouter

from services.evaluation.api import loading, observing, rating, roster, rubrics

router = APIRouter()
for part in (roster, rubrics, loading, observing, rating):
    router.include_router(part.router)
