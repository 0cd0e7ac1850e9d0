"""What is kept back or taken back of an educator's money is told to them: how much, why, what is agreed and left."""

from typing import Any

import httpx
import pytest

from services.compensation.schemas.explanation import StatementStatusView
from tests.support.compensation import APPROVER, PAYROLL, PLAN, WRITER, Compensation
from tests.support.factories.events import CAMPUS, awarded, educator_id, revoked, rostered
from tests.support.payouts import (
    acknowledge,
    approved_recovery,
    given,
    hold,
    open_recovery,
    paid,
    prepared,
    recovery_step,
    refused,
    sealed,
)

ANA = educator_id(1)
OWN = {"roles": ["educator"], "sub": "ana", "educator_id": str(ANA)}
PRINCIPAL = {"roles": ["principal"], "sub": "principal", "campus_ids": [str(CAMPUS)]}
SUMS = ("waiting", "held", "to_recover")
OF_RECOVERY = ("overpaid", "taken", "under_way", "left")


async def read(compensation: Compensation, part: str, as_: dict[str, Any] = OWN, **params: Any) -> httpx.Response:
    params = {"plan_year": "2020-21", **params}
    answer = await compensation.call("GET", f"/educators/{ANA}/statement/{part}", as_=as_, params=params)
    assert answer.status_code == 200, answer.text
    return answer


async def status(compensation: Compensation, as_: dict[str, Any] = OWN) -> dict[str, Any]:
    body: dict[str, Any] = (await read(compensation, "status", as_)).json()
    StatementStatusView.model_validate(body)
    return body


def sums(told: dict[str, Any], names: tuple[str, ...] = SUMS) -> list[str]:
    return [told[name]["amount"] for name in names]


@pytest.fixture
async def overpaid(compensation: Compensation) -> Compensation:
    """Ana was paid 400 for two awards; both were revoked since."""
    await compensation.publish()
    await compensation.take_in(rostered(ANA), awarded(ANA, 1), awarded(ANA, 2, credential="mc-differentiation"))
    await paid(compensation)
    await compensation.take_in(revoked(ANA, 1), revoked(ANA, 2, credential="mc-differentiation"))
    return compensation


async def test_who_was_overpaid_sees_how_much_why_what_is_agreed_what_was_taken_and_what_to_do(
    overpaid: Compensation,
) -> None:
    before = await status(overpaid)
    assert (sums(before), before["recoveries"]) == (["-400.00", "0.00", "0.00"], [])
    assert "$400.00 more than is earned now was approved or paid. It is set off against" in before["why"]
    assert "recovery" not in (await status(overpaid, PRINCIPAL))["why"]
    opened = given(await open_recovery(overpaid, ANA, on_2021_12_01="150.00", on_2022_01_01="250.00"), status=201)
    [proposed] = (await status(overpaid))["recoveries"]
    assert proposed["agreed"].startswith("HR proposes to take it back in 2 instalments. Nothing is taken before")
    given(await recovery_step(overpaid, opened, "approval", APPROVER))

    # Payroll refuses the first one once, and it is taken with the next payout.
    first = await sealed(overpaid, pay_date="2021-12-31")
    under_way = await status(overpaid)
    assert sums(under_way) == ["0.00", "0.00", "250.00"]
    assert "$150.00 is to be taken back with a batch that is approved." in under_way["why"]
    assert "taken back" not in (await status(overpaid, PRINCIPAL))["why"]
    assert sums(under_way["recoveries"][0], OF_RECOVERY) == ["400.00", "0.00", "150.00", "250.00"]
    given(await acknowledge(overpaid, first))

    # What is earned since is paid as ever, beside what is taken back.
    await overpaid.take_in(awarded(ANA, 3, credential="mc-leading-teams"))
    now = await status(overpaid)
    assert (now["status"], sums(now)) == ("estimate", ["200.00", "0.00", "250.00"])
    assert "$200.00 waits for a payout batch. $250.00 of what was overpaid is still to be taken back." in now["why"]
    [told] = now["recoveries"]
    assert sums(told, OF_RECOVERY) == ["400.00", "150.00", "0.00", "250.00"]
    assert [(one["amount"]["amount"], one["component"]) for one in told["why"]] == [
        ("-400.00", "Micro-credential stipend")
    ]
    assert "became $400.00 less." in told["why"][0]["reason"]
    assert "mc-differentiation: " in told["why"][0]["reason"]
    assert [(one["number"], one["state"], one["reason"]) for one in told["instalments"]] == [
        (1, "recovered", "Taken back with the payout of 2021-12-31, line 1."),
        (2, "open", "To come with the first payout on or after 2022-01-01."),
    ]
    assert told["so_far"] == "$150.00 was taken back so far; $250.00 is left."
    assert "open an inquiry before all of it is taken back" in told["dispute"]

    shown = (await read(overpaid, "page")).text
    for text in (
        "$400.00 was paid with the payout of 2021-11-15.",
        "$150.00 was taken back with the payout of 2021-12-31.",
        "and $400.00 was paid by such a plan.",
        "What is taken back",
        "$400.00 was overpaid",
        *(told[name] for name in ("agreed", "so_far")),
    ):
        assert text in shown
    for one in [*told["why"], *told["instalments"]]:
        assert one["reason"] in shown
    assert (await read(overpaid, "page", format="pdf")).content.startswith(b"%PDF-")
    assert "What is taken back" not in (await read(overpaid, "page", sequence=1)).text
    other = (await read(overpaid, "page", PRINCIPAL)).text
    assert "was taken back with" not in other
    assert "was paid by such a plan" not in other


async def test_a_hold_is_shown_with_its_reason_and_only_to_the_educator_and_hr(overpaid: Compensation) -> None:
    await approved_recovery(overpaid, ANA, on_2021_12_01="400.00")
    await prepared(overpaid, pay_date="2021-12-31")
    await overpaid.take_in(awarded(ANA, 3, credential="mc-leading-teams"))
    await hold(overpaid, ANA, "the licence is being checked")
    question = {"plan_year": "2020-21", "sequence": 1, "category": "credential", "text": "Both awards were mine."}
    given(await overpaid.call("POST", f"/educators/{ANA}/inquiries", as_=OWN, json=question), status=201)
    own = await status(overpaid)
    assert sums(own) == ["200.00", "200.00", "400.00"]
    by_hr, by_inquiry = own["holds"]
    assert (by_hr["source"], by_inquiry["source"]) == ("hr", "inquiry")
    assert ": the licence is being checked. Nothing is paid or taken back until HR lifts it." in by_hr["reason"]
    assert "because an inquiry (credential) is open" in by_inquiry["reason"]
    page = (await read(overpaid, "page")).text
    assert by_hr["reason"] in page
    assert by_inquiry["reason"] in page
    assert (await status(overpaid, WRITER))["recoveries"] == own["recoveries"]
    assert "of what was overpaid is still to be taken back" in own["why"]
    assert own["why"] in page
    for who in (PRINCIPAL, PAYROLL):
        other = await status(overpaid, who)
        assert [other[name] for name in ("holds", "recoveries", "inquiries_open", "to_recover")] == [None] * 4
        shown = (await read(overpaid, "page", who)).text
        assert other["why"] in shown
        assert "licence" not in shown
        assert "taken back" not in shown + other["why"]


async def test_what_an_earlier_recovery_left_and_a_part_that_the_plan_has_no_more_are_told(
    compensation: Compensation,
) -> None:
    await compensation.publish()
    await compensation.take_in(rostered(ANA), awarded(ANA, 1), awarded(ANA, 2, credential="mc-differentiation"))
    await paid(compensation)
    await compensation.take_in(revoked(ANA, 2, credential="mc-differentiation"))
    await compensation.publish(PLAN.replace(b"code: micro-credential-stipend", b"code: stipend-again"))
    first = await approved_recovery(compensation, ANA, on_2021_12_01="50.00", on_2022_06_01="150.00")
    await paid(compensation, pay_date="2021-12-31")
    given(await recovery_step(compensation, first, "stop", WRITER, {"reason": "less at once was agreed."}))
    second = await approved_recovery(compensation, ANA, on_2022_07_01="150.00")
    await prepared(compensation, pay_date="2022-07-01")
    stopped, standing = (await status(compensation))["recoveries"]
    assert [(one["amount"]["amount"], one["component"]) for one in stopped["why"]] == [
        ("-200.00", "Micro-credential stipend"),
        ("-200.00", "Micro-credential stipend"),
        ("200.00", "Micro-credential stipend"),
    ]
    newer = (
        "That came with a newer plan: Performance-based compensation 2020-21 (version 2 of harmony-pbcs), published on "
        "2021-03-01. The plan has no such part any more."
    )
    assert [newer in one["reason"] for one in stopped["why"]] == [False, True, False]
    assert "The one before said: 2 micro-credentials at $200.00 each: $400.00." in stopped["why"][0]["reason"]
    assert "less at once was agreed. It takes nothing more." in stopped["agreed"]
    assert stopped["so_far"].endswith("$150.00 was taken over by a later recovery; $0.00 is left.")
    assert stopped["dispute"].startswith("If you think this was wrong, open an inquiry before the money is paid.")
    assert (standing["recovery_id"], sums(standing, OF_RECOVERY)) == (
        second["id"],
        ["150.00", "0.00", "150.00", "0.00"],
    )
    [left] = standing["why"]
    assert left["sequence"] is None
    assert left["reason"].startswith("$150.00 was left of an earlier recovery that was stopped on ")


async def test_what_a_recovery_sets_off_is_no_part_of_what_a_batch_pays_beside_it(compensation: Compensation) -> None:
    await compensation.publish()
    await compensation.take_in(rostered(ANA), awarded(ANA, 1), awarded(ANA, 2, credential="mc-differentiation"))
    await paid(compensation)
    await compensation.take_in(revoked(ANA, 2, credential="mc-differentiation"))
    await compensation.publish(PLAN.replace(b"code: micro-credential-stipend", b"code: stipend-again"))
    await approved_recovery(compensation, ANA, on_2021_12_01="200.00")
    batch = await prepared(compensation, pay_date="2021-12-31")
    assert (batch["line_count"], batch["control_total"]["amount"]) == (2, "-200.00")
    await compensation.take_in(awarded(ANA, 3, credential="mc-leading-teams"))
    await hold(compensation, ANA)
    assert sums(await status(compensation)) == ["200.00", "200.00", "200.00"]


class TestStopped:
    """A recovery of all 400 that was stopped before it took anything."""

    @pytest.fixture
    async def stopped(self, overpaid: Compensation) -> Compensation:
        opened = await approved_recovery(overpaid, ANA, on_2021_12_01="400.00")
        given(await recovery_step(overpaid, opened, "stop", WRITER, {"reason": "it was too much at once."}))
        return overpaid

    async def test_what_a_batch_sets_off_is_counted_once(self, stopped: Compensation) -> None:
        for number in (3, 4, 5):
            await stopped.take_in(awarded(ANA, number, credential=f"mc-{number}"))
        before = await status(stopped)
        assert (sums(before), before["why"].count("$")) == (["200.00", "0.00", "0.00"], 2)
        await prepared(stopped)
        after = await status(stopped)
        assert (sums(after), after["why"]) == (sums(before), before["why"])
        await hold(stopped, ANA)
        assert sums(await status(stopped)) == ["200.00", "0.00", "0.00"], "what is prepared already is not held"

    async def test_what_was_earned_since_makes_up_for_it_and_no_refused_remedy_is_named(
        self, stopped: Compensation
    ) -> None:
        await stopped.take_in(awarded(ANA, 3, credential="mc-3"))
        [half] = (await status(stopped))["recoveries"]
        assert sums(half, OF_RECOVERY) == ["400.00", "0.00", "0.00", "200.00"]
        assert half["so_far"] == (
            "Nothing was taken back so far; $200.00 is made up for by what was earned since; $200.00 is left."
        )
        assert half["instalments"][0]["reason"] == "Not taken: the recovery was stopped."
        assert "open an inquiry before all of it is taken back" in half["dispute"]

        await stopped.take_in(awarded(ANA, 4, credential="mc-4"))
        whole = await status(stopped)
        assert (whole["status"], sums(whole)) == ("paid", ["0.00", "0.00", "0.00"])
        [told] = whole["recoveries"]
        assert sums(told, OF_RECOVERY) == ["400.00", "0.00", "0.00", "0.00"]
        assert told["so_far"].endswith("$400.00 is made up for by what was earned since; $0.00 is left.")
        assert told["instalments"][0]["reason"] == (
            "Not taken: the recovery was stopped, and what was earned since makes up for it."
        )
        question = {"plan_year": "2020-21", "sequence": 1, "category": "credential", "text": "Both awards were mine."}
        asked = await stopped.call("POST", f"/educators/{ANA}/inquiries", as_=OWN, json=question)
        refused(asked, 409, "inquiry-window-closed")
        assert told["dispute"] == (
            "If you think this was wrong, ask HR, who can correct what is wrong and stop a recovery."
        )
        assert told["dispute"] in (await read(stopped, "page")).text
