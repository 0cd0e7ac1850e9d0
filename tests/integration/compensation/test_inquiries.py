"""Inquiries from the first word to the decision, and offers that are accepted or declined; each step on record."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from services.compensation import bootstrap
from services.compensation.service.rebuild import rebuild
from tests.integration.compensation.test_payouts import REQUEST, acknowledge, prepared, sealed
from tests.integration.compensation.test_rebuild import log_of
from tests.support.compensation import OFFERED, PAYROLL, PLAN, WRITER, Compensation, running_compensation
from tests.support.factories.events import CAMPUS, awarded, educator_id, rostered

ANA, BEN = educator_id(1), educator_id(2)
OWN = {"roles": ["educator"], "sub": "ana", "educator_id": str(ANA)}
STRANGER = {"roles": ["educator"], "sub": "ben", "educator_id": str(BEN)}
PRINCIPAL = {"roles": ["principal"], "sub": "principal", "campus_ids": [str(CAMPUS)]}
YEAR = {"plan_year": "2020-21"}
DISPUTE = YEAR | {"sequence": 1, "category": "credential", "text": "My second award is missing."}
WINDOW = b"""
inquiries: {until: 2021-03-10T17:00:00, answered_within_days: 5, source: illustrative}
"""


async def asked(compensation: Compensation, *, as_: Any = OWN, **changes: Any) -> httpx.Response:
    return await compensation.call("POST", f"/educators/{ANA}/inquiries", as_=as_, json=DISPUTE | changes)


async def step(compensation: Compensation, inquiry: Any, name: str, as_: Any, **body: Any) -> httpx.Response:
    return await compensation.call("POST", f"/inquiries/{inquiry['id']}/{name}", as_=as_, json=body)


@pytest.fixture
async def earned(compensation: Compensation) -> Compensation:
    await compensation.publish()
    await compensation.take_in(rostered(ANA), awarded(ANA, 1))
    return compensation


class TestInquiry:
    async def test_it_is_answered_by_somebody_else_with_a_reason_and_every_step_is_kept(
        self, earned: Compensation
    ) -> None:
        opened = await asked(earned, component="micro-credential-stipend")
        assert opened.status_code == 201, opened.text
        inquiry = opened.json()
        # Noon of 1 March in UTC is the same day in Chicago; 15 calendar days are the product's default.
        assert (inquiry["state"], inquiry["answer_due_on"], inquiry["is_overdue"]) == ("open", "2021-03-16", False)
        assigned = await step(earned, inquiry, "assignment", WRITER, owner="hr:desk")
        assert assigned.json()["owner"] == "hr:desk"
        own_pay = await step(earned, inquiry, "answer", OWN | {"roles": ["hr"]}, outcome="upheld", reason="I say so")
        assert (own_pay.status_code, own_pay.json()["code"]) == (403, "conflict-of-interest")
        answered = await step(earned, inquiry, "answer", WRITER, outcome="denied", reason="It was made after June.")
        assert (answered.json()["state"], answered.json()["outcome"]) == ("answered", "denied")
        kinds = [(one["kind"], one["by"], one["detail"]) for one in answered.json()["steps"]]
        assert kinds == [
            ("opened", "ana", DISPUTE["text"]),
            ("assigned", "hr-writer", "hr:desk"),
            ("answered", "hr-writer", "It was made after June."),
        ]
        for name, body in (
            ("assignment", {"owner": "x"}),
            ("answer", {"outcome": "upheld", "reason": "after all"}),
            ("withdrawal", {}),
        ):
            refused = await step(earned, inquiry, name, WRITER, **body)
            assert (refused.status_code, refused.json()["code"]) == (409, "inquiry-closed"), name
        read = await earned.call("GET", f"/inquiries/{inquiry['id']}", as_=OWN)
        assert read.json() == answered.json()

    async def test_the_page_says_what_was_disputed_how_it_was_answered_and_what_came_of_it(
        self, earned: Compensation
    ) -> None:
        inquiries = [
            (await asked(earned, **named)).json()
            for named in ({"component": "micro-credential-stipend"}, {"category": "growth", "text": "<b>Late</b>"}, {})
        ]
        answers = [("upheld", "Your second award was lost."), ("denied", "It was late")]
        for inquiry, (outcome, reason) in zip(inquiries, answers, strict=False):
            await step(earned, inquiry, "answer", WRITER, outcome=outcome, reason=reason)

        async def page(as_: Any = OWN, **params: Any) -> str:
            path = f"/educators/{ANA}/statement/page"
            answer = await earned.call("GET", path, as_=as_, params=YEAR | params)
            assert answer.status_code == 200, answer.text
            return answer.text

        told = await page()
        for text in (
            "<h3>Micro-credential stipend in statement 1 (credential)</h3>",
            "It was upheld on 2021-03-01: Your second award was lost.<",
            "The amount is still $200.00: what is wrong is corrected where it was recorded",
            "<h3>The whole bonus in statement 1 (growth)</h3>",
            "Opened on 2021-03-01: “&lt;b&gt;Late&lt;/b&gt;”",
            "It was denied on 2021-03-01: It was late.<",
            "The answer changes no amount.",
            "It is open. An answer is due by 2021-03-16.",
        ):
            assert text in told
        await earned.take_in(awarded(ANA, 2, credential="mc-differentiation"))
        assert (
            "Micro-credential stipend was $200.00 in statement 1, and still $200.00 when the inquiry was answered. "
            "It is $400.00 now; this statement says why."
        ) in await page()
        earned.clock.advance(days=30)
        assert "It is open, and an answer was due by 2021-03-16: ask HR for it." in await page()
        assert (
            await earned.call("GET", f"/educators/{ANA}/statement/page", as_=OWN, params=YEAR | {"format": "pdf"})
        ).status_code == 200
        for hidden in (await page(PRINCIPAL), await page(PAYROLL), await page(sequence=1)):
            assert "Your inquiries" not in hidden
            assert "lost" not in hidden

    async def test_hr_withdraws_nothing_without_a_reason_and_answers_nothing_that_it_opened(
        self, earned: Compensation
    ) -> None:
        path = f"/educators/{ANA}/inquiries"
        opened = await earned.call("POST", path, as_=WRITER, json=DISPUTE)
        inquiry = opened.json()
        for name, body, refusal in (
            ("answer", {"outcome": "denied", "reason": "It was all counted."}, (403, "opener-cannot-answer")),
            ("withdrawal", {}, (422, "reason-missing")),
        ):
            refused = await step(earned, inquiry, name, WRITER, **body)
            assert (refused.status_code, refused.json()["code"]) == refusal
        withdrawn = await step(earned, inquiry, "withdrawal", WRITER, reason="Ana asked for it on the phone.")
        assert withdrawn.json()["state"] == "withdrawn"

    async def test_who_sees_it_and_who_may_ask(self, earned: Compensation) -> None:
        """Not the principal of the campus, whose own rating may be what is disputed, and not payroll."""
        assert (await asked(earned, as_=WRITER)).status_code == 201
        inquiry = (await asked(earned)).json()
        for who in (STRANGER, PRINCIPAL, PAYROLL):
            for method, path, body in (
                ("POST", f"/educators/{ANA}/inquiries", DISPUTE),
                ("GET", f"/educators/{ANA}/inquiries", None),
                ("GET", f"/inquiries/{inquiry['id']}", None),
                ("POST", f"/inquiries/{inquiry['id']}/withdrawal", {}),
                ("GET", "/inquiries", None),
            ):
                answer = await earned.call(method, path, as_=who, params=YEAR, json=body)
                assert answer.status_code == 403, (who, method, path)
        own = await earned.call("GET", f"/educators/{ANA}/inquiries", as_=OWN, params=YEAR)
        assert len(own.json()) == 2

    async def test_hr_finds_what_is_overdue_and_counts_what_became_of_all(self, earned: Compensation) -> None:
        inquiries = [(await asked(earned, category=name)).json() for name in ("growth", "slo", "slo", "other")]
        await step(earned, inquiries[0], "answer", WRITER, outcome="upheld", reason="It was late.")
        await step(earned, inquiries[3], "withdrawal", OWN)

        async def found(**params: Any) -> tuple[int, dict[str, int]]:
            answer = await earned.call("GET", "/inquiries", as_=WRITER, params=params)
            assert answer.status_code == 200, answer.text
            return len(answer.json()["items"]), answer.json()["counts"]

        counts = {"open": 2, "overdue": 0, "upheld": 1, "denied": 0, "withdrawn": 1}
        assert await found() == (4, counts)
        assert await found(limit=1) == (1, counts)
        assert (await found(category="slo", state="open"))[0] == 2
        assert (await found(overdue=True))[0] == 0
        # The last day is over at midnight in Chicago, which is five in the morning in UTC.
        earned.clock.moment = datetime(2021, 3, 17, 4, 59, tzinfo=UTC)
        assert (await found(overdue=True))[0] == 0
        earned.clock.moment = datetime(2021, 3, 17, 5, 0, tzinfo=UTC)
        assert await found(overdue=True) == (2, {"open": 2, "overdue": 2, "upheld": 0, "denied": 0, "withdrawn": 0})

    async def test_what_does_not_exist_cannot_be_disputed(self, earned: Compensation) -> None:
        for changes, status, code in (
            ({"sequence": 9}, 404, "statement-absent"),
            ({"component": "nothing"}, 422, "component-unknown"),
            ({"plan_year": "2019-20"}, 404, "statement-absent"),
        ):
            refused = await asked(earned, **changes)
            assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert await earned.rows("SELECT * FROM inquiry") == []

    async def test_the_window_is_the_plans_and_by_default_ends_when_the_money_is_paid(
        self, earned: Compensation
    ) -> None:
        assert (await acknowledge(earned, await sealed(earned))).status_code == 200
        late = await asked(earned)
        assert (late.status_code, late.json()["code"]) == (409, "inquiry-window-closed")
        await earned.publish(PLAN + WINDOW)
        sequence = (await earned.rows("SELECT max(sequence) AS last FROM statement"))[0]["last"]
        in_time = await asked(earned, sequence=sequence)
        assert in_time.json()["answer_due_on"] == "2021-03-06"
        earned.clock.moment = datetime(2021, 3, 10, 23, 0, tzinfo=UTC)
        assert (await asked(earned, sequence=sequence)).json()["code"] == "inquiry-window-closed"

    async def test_what_was_asked_and_done_never_changes(self, earned: Compensation) -> None:
        inquiry = (await asked(earned)).json()
        await step(earned, inquiry, "withdrawal", OWN)
        for change in (
            "UPDATE inquiry SET text = 'else'",
            "UPDATE inquiry SET state = 'open', closed_at = NULL",
            "DELETE FROM inquiry",
            "UPDATE inquiry_step SET detail = 'else'",
            "TRUNCATE inquiry_step",
        ):
            with pytest.raises(DBAPIError, match=r"never changes|append-only"):
                await earned.rows(change)

    async def test_while_it_is_open_the_money_waits_and_others_are_paid(self, earned: Compensation) -> None:
        await earned.take_in(rostered(BEN), awarded(BEN, 1))
        inquiry, other = (await asked(earned)).json(), (await asked(earned)).json()
        path = f"/educators/{ANA}/statement/status"
        held = (await earned.call("GET", path, as_=OWN, params=YEAR)).json()
        assert (held["held"]["amount"], held["inquiries_open"]) == ("200.00", 2)
        batch = await prepared(earned)
        assert (batch["line_count"], batch["control_total"]["amount"]) == (1, "200.00")
        await step(earned, inquiry, "withdrawal", OWN)
        nothing = await earned.call("POST", "/payout-batches", as_=WRITER, json=REQUEST)
        assert nothing.json()["code"] == "nothing-to-pay"
        await step(earned, other, "answer", WRITER, outcome="denied", reason="All of it was counted.")
        assert (await prepared(earned))["line_count"] == 1
        free = (await earned.call("GET", path, as_=OWN, params=YEAR)).json()
        assert (free["held"]["amount"], free["inquiries_open"]) == ("0.00", 0)


class TestOffer:
    async def answer(self, compensation: Compensation, answer: str, *, as_: Any = OWN, **more: Any) -> httpx.Response:
        body = YEAR | {"answer": answer} | more
        return await compensation.call("POST", f"/educators/{ANA}/offers/stay", as_=as_, json=body)

    @pytest.fixture
    async def offered(self, compensation: Compensation) -> Compensation:
        await compensation.publish(OFFERED.replace(b"    terms:", b"    answer_by: 2021-03-15T17:00:00\n    terms:"))
        await compensation.take_in(rostered(ANA), awarded(ANA, 1))
        return compensation

    async def total(self, compensation: Compensation) -> str:
        return str((await compensation.statement(ANA))["total"]["amount"])

    async def test_it_pays_only_who_accepts_it_and_the_answer_can_be_changed_until_it_closes(
        self, offered: Compensation
    ) -> None:
        [offer] = (await offered.call("GET", f"/educators/{ANA}/offers", as_=OWN, params=YEAR)).json()
        assert (offer["worth"]["amount"], offer["answer"], offer["is_open"]) == ("200.00", None, True)
        assert await self.total(offered) == "0.00"
        status = await offered.call("GET", f"/educators/{ANA}/statement/status", as_=OWN, params=YEAR)
        assert status.json()["offers_open"] == 1
        accepted = await self.answer(offered, "accepted")
        assert accepted.json()["answer"] == "accepted", accepted.text
        assert await self.total(offered) == "200.00"
        assert (await self.answer(offered, "declined")).status_code == 200
        assert await self.total(offered) == "0.00"
        # 17:00 in Chicago, a day after the clocks went forward.
        offered.clock.moment = datetime(2021, 3, 15, 22, 0, tzinfo=UTC)
        late = await self.answer(offered, "accepted")
        assert (late.status_code, late.json()["code"]) == (409, "offer-closed")
        answers = await offered.rows("SELECT answer, sequence, answered_by FROM offer_answer ORDER BY answered_at")
        assert [tuple(row.values()) for row in answers] == [("accepted", 1, "ana"), ("declined", 2, "ana")]

    async def test_hr_answers_for_an_educator_with_a_reason_and_nobody_else_does(self, offered: Compensation) -> None:
        for who in (STRANGER, PRINCIPAL, PAYROLL):
            assert (await self.answer(offered, "accepted", as_=who)).status_code == 403
            listed = await offered.call("GET", f"/educators/{ANA}/offers", as_=who, params=YEAR)
            assert listed.status_code == 403
        silent = await self.answer(offered, "accepted", as_=WRITER)
        assert (silent.status_code, silent.json()["code"]) == (422, "reason-missing")
        assert (await self.answer(offered, "accepted", as_=WRITER, reason="by letter")).status_code == 200
        body = YEAR | {"answer": "accepted"}
        unknown = await offered.call("POST", f"/educators/{ANA}/offers/other", as_=OWN, json=body)
        assert (unknown.status_code, unknown.json()["code"]) == (404, "offer-unknown")
        around = [
            {"educator_id": str(ANA), "school_year": "2020-21", "attribute": "offer", "item": "stay", "value": "x"}
        ]
        assert (await offered.call("POST", "/attributes", as_=WRITER, json=around)).status_code == 422

    async def test_without_a_day_it_closes_once_money_is_approved(self, compensation: Compensation) -> None:
        await compensation.publish(OFFERED)
        await compensation.take_in(rostered(ANA), awarded(ANA, 1))
        assert (await self.answer(compensation, "accepted")).status_code == 200
        runtime = compensation.running.runtime
        await bootstrap.suspend(runtime, by="operator", reason="a backup of last night")
        # Whether money was approved since is not known.
        assert (await self.answer(compensation, "declined")).json()["code"] == "payouts-suspended"
        nothing = {"2020-21": (0, 0)}
        await bootstrap.resume(runtime, payroll_has=nothing, by="operator", reason="nothing was paid yet")
        await sealed(compensation)
        assert (await self.answer(compensation, "declined")).json()["code"] == "offer-closed"

    async def test_the_log_alone_brings_the_answer_back(self, offered: Compensation, make_database: Any) -> None:
        await self.answer(offered, "accepted")
        log = await log_of(offered, [rostered(ANA), awarded(ANA, 1)])
        async with running_compensation(make_database()) as empty:
            async with empty.engine.begin() as connection:
                await rebuild(connection, empty.clock, log)
            await empty.recalculate()
            assert await empty.state() == await offered.state()
