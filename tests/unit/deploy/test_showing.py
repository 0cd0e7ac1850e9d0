"""The showing where there is nothing to show: it says why, and only what went wrong ends with a failure."""

import asyncio
import io
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from deploy import run, showing
from deploy.loading import PLAN
from services.compensation.policy.plan import content_hash, parse_plan


class _Doors:
    """Nobody is on a bonus total, and these versions are published."""

    def __init__(self, *published: dict[str, Any]) -> None:
        self._published = list(published)

    async def get(self, path: str, _person: object, **params: str) -> Any:
        if path.endswith("/plans"):
            assert params["state"] == "published"
            return self._published
        return {"items": []}


OWN = {"plan": "my-plan", "version": 2, "content_hash": "0" * 64}
SAMPLE = {"plan": "harmony-pbcs", "version": 1, "content_hash": content_hash(parse_plan(PLAN.read_text()))}


@pytest.mark.parametrize(
    ("published", "why"),
    [
        ([OWN], "2020-21 is paid by my-plan version 2, which is not the sample's plan"),
        ([SAMPLE], "no teacher has room for one more micro-credential, of the 300 who were looked at"),
        ([], "no plan is published for 2020-21"),
    ],
)
def test_why_there_is_nobody_to_show_it_on_is_said_as_it_is(published: list[dict[str, Any]], why: str) -> None:
    doors: Any = _Doors(*published)
    with pytest.raises(showing.NothingToShow, match=f"^{why}"):
        asyncio.run(showing.show_main_job(doors, Console(file=io.StringIO())))


@pytest.mark.parametrize(
    ("raised", "is_well", "said"),
    [
        (showing.NothingToShow("nobody"), True, "The main job was not shown: nobody. Nothing is wrong with that."),
        (showing.MainJobFailed("it did not change"), False, "The main job failed: it did not change."),
    ],
)
def test_only_what_went_wrong_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, *, is_well: bool, said: str
) -> None:
    class Nobody(nullcontext[None]):
        def __init__(self, *_: object) -> None:
            super().__init__()

    async def shown(*_: object) -> None:
        raise raised

    monkeypatch.setattr(run, "Doors", Nobody)
    monkeypatch.setattr(run, "show_main_job", shown)
    written = io.StringIO()
    stack: Any = SimpleNamespace(url="", workspace=None)
    assert run._show(stack, Console(file=written, width=200)) is is_well
    assert said in written.getvalue()
