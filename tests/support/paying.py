"""A payout batch on its way, step by step, as the office and payroll take it."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.support.compensation import APPROVER, RELEASER, WRITER, Compensation
from tests.support.payouts import SEEN, Json, acknowledge, given, line_documents, prepared, step

STEPS = ("prepared", "approved", "sealed", "acknowledged")
_TAKEN: Mapping[str, tuple[str, Json, Json | None]] = {
    "approved": ("approval", APPROVER, SEEN),
    "sealed": ("seal", RELEASER, None),
    "withdrawn": ("withdrawal", WRITER, {"reason": "wrong pay date"}),
}


async def pay(
    compensation: Compensation,
    *,
    up_to: str = "acknowledged",
    pay_date: str = "2021-11-15",
    rejects: Callable[[Mapping[str, Any]], bool] = lambda line: False,
) -> Json:
    """A batch of all that is open of 2020-21, taken as far as `up_to`; payroll takes all lines but some."""
    batch = await prepared(compensation, pay_date=pay_date)
    for state in STEPS[1 : STEPS.index(up_to) + 1]:
        batch = await advance(compensation, batch, state, rejects=rejects)
    return batch


async def advance(
    compensation: Compensation,
    batch: Json,
    state: str,
    *,
    rejects: Callable[[Mapping[str, Any]], bool] = lambda line: False,
) -> Json:
    """The batch after the step that brings it to `state`."""
    if state in _TAKEN:
        name, who, body = _TAKEN[state]
        taken: Json = given(await step(compensation, batch, name, who, body))
        return taken
    lines = await line_documents(compensation, batch)
    rejected = [{"line_id": line["line_id"], "reason": "account closed"} for line in lines if rejects(line)]
    acknowledged: Json = given(await acknowledge(compensation, batch, rejected=rejected))
    return acknowledged
