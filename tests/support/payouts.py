"""The steps of payout batches, holds and recoveries, each as the person whose step it is."""

import json
from typing import Any

import httpx

from tests.support.compensation import APPROVER, PAYROLL, RELEASER, WRITER, Compensation

Json = dict[str, Any]
REQUEST = {"plan_year": "2020-21", "pay_date": "2021-11-15"}
YEAR = {"plan_year": "2020-21"}
SEEN = {"accepts_estimates": True}
"""What who approves a batch of an open year has seen."""


def given(answer: httpx.Response, status: int = 200) -> Any:
    """The body of an answer that has to be granted."""
    assert answer.status_code == status, answer.text
    return answer.json()


def refused(answer: httpx.Response, status: int, code: str) -> Json:
    """The problem of an answer that has to be refused."""
    problem: Json = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    return problem


async def prepared(compensation: Compensation, **changes: Any) -> Json:
    batch: Json = given(
        await compensation.call("POST", "/payout-batches", as_=WRITER, json=REQUEST | changes), status=201
    )
    return batch


async def step(
    compensation: Compensation, batch: Json, name: str, as_: Json, body: Json | None = None
) -> httpx.Response:
    return await compensation.call("POST", f"/payout-batches/{batch['id']}/{name}", as_=as_, json=body)


async def sealed(compensation: Compensation, **changes: Any) -> Json:
    batch = await prepared(compensation, **changes)
    given(await step(compensation, batch, "approval", APPROVER, SEEN))
    released: Json = given(await step(compensation, batch, "seal", RELEASER))
    return released


async def lines(compensation: Compensation, batch: Json) -> bytes:
    answer = await compensation.call("GET", f"/payout-batches/{batch['id']}/lines", as_=PAYROLL)
    assert answer.status_code == 200, answer.text
    return answer.content


async def line_documents(compensation: Compensation, batch: Json) -> list[Json]:
    return [json.loads(line) for line in (await lines(compensation, batch)).splitlines()]


async def acknowledge(compensation: Compensation, batch: Json, **changes: Any) -> httpx.Response:
    counted = {name: batch[name] for name in ("line_count", "control_total", "content_hash")}
    return await step(compensation, batch, "acknowledgements", PAYROLL, counted | {"rejected": []} | changes)


async def paid(compensation: Compensation, **changes: Any) -> Json:
    """A batch that went all the way, with every line accepted."""
    batch = await sealed(compensation, **changes)
    acknowledged: Json = given(await acknowledge(compensation, batch))
    return acknowledged


async def overpayments(compensation: Compensation) -> list[Json]:
    found: list[Json] = given(await compensation.call("GET", "/overpayments", as_=WRITER, params=YEAR))
    return found


async def open_recovery(compensation: Compensation, educator: Any, **due: str) -> httpx.Response:
    """With an instalment for each of `due`, whose names are days like `on_2021_12_01`."""
    instalments = [{"due_on": day[3:].replace("_", "-"), "amount": amount} for day, amount in due.items()]
    body = {"educator_id": str(educator), **YEAR, "instalments": instalments}
    return await compensation.call("POST", "/recoveries", as_=WRITER, json=body)


async def recovery_step(
    compensation: Compensation, recovery: Json, name: str, as_: Json, body: Json | None = None
) -> httpx.Response:
    return await compensation.call("POST", f"/recoveries/{recovery['id']}/{name}", as_=as_, json=body)


async def approved_recovery(compensation: Compensation, educator: Any, **due: str) -> Json:
    recovery = given(await open_recovery(compensation, educator, **due), status=201)
    approved: Json = given(await recovery_step(compensation, recovery, "approval", APPROVER))
    return approved


async def recovery(compensation: Compensation, one: Json) -> Json:
    found: Json = given(await compensation.call("GET", f"/recoveries/{one['id']}", as_=WRITER))
    return found


async def hold(compensation: Compensation, educator: Any, reason: str = "an investigation") -> Json:
    body = {"educator_id": str(educator), **YEAR, "reason": reason}
    placed: Json = given(await compensation.call("POST", "/payment-holds", as_=WRITER, json=body), status=201)
    return placed


CONSERVED = """
WITH ledger AS (
  SELECT educator_id, component, sum(amount_cents) AS cents FROM ledger_entry GROUP BY 1, 2
), live AS (
  SELECT l.educator_id, l.component, sum(l.amount_cents) AS cents
  FROM payout_line l JOIN payout_batch b ON b.id = l.batch_id
  WHERE l.state <> 'rejected' AND b.state <> 'withdrawn' GROUP BY 1, 2
), waiting AS (
  SELECT educator_id, component, sum(amount_cents) AS cents FROM open_item GROUP BY 1, 2
), recovering AS (
  SELECT r.educator_id, i.component, -sum(i.amount_cents) AS cents
  FROM recovery_instalment i JOIN recovery r ON r.id = i.recovery_id
  WHERE r.state <> 'stopped'
    AND NOT EXISTS (SELECT FROM payout_instalment p WHERE p.instalment_id = i.id AND p.released_at IS NULL)
  GROUP BY 1, 2
)
SELECT educator_id, component, ledger.cents, live.cents, waiting.cents, recovering.cents
FROM ledger FULL JOIN live USING (educator_id, component) FULL JOIN waiting USING (educator_id, component)
FULL JOIN recovering USING (educator_id, component)
WHERE coalesce(ledger.cents, 0)
   <> coalesce(live.cents, 0) + coalesce(waiting.cents, 0) + coalesce(recovering.cents, 0)
"""
"""Where a cent of the ledger is in no place, or in two: paid or in a batch, waiting, or in a recovery."""
MORE_THAN_OWED = """
SELECT r.id, i.component FROM recovery r JOIN recovery_instalment i ON i.recovery_id = r.id
LEFT JOIN payout_instalment p ON p.instalment_id = i.id AND p.released_at IS NULL
GROUP BY r.id, i.component
HAVING abs(sum(i.amount_cents) FILTER (WHERE p.line_id IS NOT NULL)) > abs(sum(i.amount_cents))
UNION ALL
SELECT l.id, l.component FROM payout_line l WHERE l.amount_cents <>
  coalesce((SELECT sum(e.amount_cents) FROM payout_entry p JOIN ledger_entry e ON e.id = p.ledger_entry_id
            WHERE p.line_id = l.id), 0)
  - coalesce((SELECT sum(i.amount_cents) FROM payout_instalment p JOIN recovery_instalment i ON i.id = p.instalment_id
              WHERE p.line_id = l.id), 0)
"""
"""Recoveries that take more than they are of, and lines that are not the sum of what they take."""
