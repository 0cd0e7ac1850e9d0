"""Doors of the slo service: the educator's (`writing`), the reviewer's (`reviewing`), `reading`, and `loading`."""

from fastapi import APIRouter

from services.slo.api import loading, reading, reviewing, writing

router = APIRouter()
for part in (writing, reviewing, reading, loading):
    router.include_router(part.router)
