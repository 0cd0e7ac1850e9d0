"""A payout batch on its way, step by step, as the office and payroll take it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.support.compensation import APPROVER, PAYROLL, RELEASER, WRITER, Compensation

STEPS = ("prepared", "approved", "sealed", "acknowledged")
Json = dict[str, Any]


async def pay(
    compensation: Compensation,
    *,
    up_to: str = "acknowledged",
    pay_date: str = "2021-11-15",
    rejects: Callable[[Mapping[str, Any]], bool] = lambda line: False,
) -> Json:
    """A batch of all that is open of 2020-21, taken as far as `up_to`; payroll takes all lines but some."""
    batch = await _done(compensation, "", WRITER, {"plan_year": "2020-21", "pay_date": pay_date})
    for state in STEPS[1 : STEPS.index(up_to) + 1]:
        batch = await advance(compensation, batch, state, rejects=rejects)
    return batch


async def advance(
    compensation: Compensation,
    batch: Mapping[str, Any],
    state: str,
    *,
    rejects: Callable[[Mapping[str, Any]], bool] = lambda line: False,
) -> Json:
    """The batch after the step that brings it to `state`."""
    path = f"/{batch['id']}"
    if state == "approved":
        return await _done(compensation, f"{path}/approval", APPROVER)
    if state == "sealed":
        return await _done(compensation, f"{path}/seal", RELEASER)
    if state == "withdrawn":
        return await _done(compensation, f"{path}/withdrawal", WRITER, {"reason": "wrong pay date"})
    pulled = await compensation.call("GET", f"/payout-batches{path}/lines", as_=PAYROLL)
    lines = [json.loads(line) for line in pulled.content.splitlines()]
    counted = {name: batch[name] for name in ("line_count", "control_total", "content_hash")}
    rejected = [{"line_id": line["line_id"], "reason": "account closed"} for line in lines if rejects(line)]
    return await _done(compensation, f"{path}/acknowledgements", PAYROLL, counted | {"rejected": rejected})


async def _done(compensation: Compensation, path: str, by: Json, body: Json | None = None) -> Json:
    answer = await compensation.call("POST", f"/payout-batches{path}", as_=by, json=body)
    assert answer.is_success, answer.text
    done: Json = answer.json()
    return done
