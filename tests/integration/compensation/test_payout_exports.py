"""The lines of a batch as CSV and by layouts: made of the frozen bytes, the same at every pull, never cut off."""

import csv
import io

import pytest

from services.compensation.repository import payouts as repository
from tests.support.compensation import PAYROLL, Compensation
from tests.support.factories.events import awarded, educator_id, rostered
from tests.support.payouts import line_documents, lines, refused, sealed

ANA, BEN = educator_id(1), educator_id(2)


async def test_every_form_is_of_the_same_lines_and_has_a_tag_of_its_own(
    compensation: Compensation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await compensation.publish()
    await compensation.take_in(rostered(ANA, employee_number="=1+1"), awarded(ANA, 1), rostered(BEN), awarded(BEN, 1))
    batch = await sealed(compensation)
    documents = await line_documents(compensation, batch)
    path = f"/payout-batches/{batch['id']}/lines"

    whole = await lines(compensation, batch)
    monkeypatch.setattr(repository, "_PIECE_BYTES", 7)
    assert await lines(compensation, batch) == whole, "it is the same in however many pieces"
    as_csv = await compensation.call("GET", path, as_=PAYROLL, headers={"Accept": "text/csv"})
    assert as_csv.headers["ETag"] == f'"{batch["content_hash"]}.csv"'
    rows = list(csv.DictReader(io.StringIO(as_csv.text)))
    assert [(row["line_id"], row["amount"]) for row in rows] == [(one["line_id"], one["amount"]) for one in documents]
    assert "'=1+1" in {row["employee_number"] for row in rows}, "no spreadsheet runs it"

    fixed = await compensation.call("GET", path, as_=PAYROLL, params={"layout": "fixed-160"})
    header, *details, trailer, rest = fixed.content.split(b"\r\n")
    assert rest == b""
    assert {len(record) for record in (header, *details, trailer)} == {160}
    assert header.startswith(b"HRUNG PAYOUTS 20211115 2020-21 ")
    assert [record[1:8] for record in details] == [b"0000001", b"0000002"]
    assert trailer.rstrip() == b"T0000002 000000000040000  000000000040000 000000000000000"
    tag = {"If-None-Match": fixed.headers["ETag"]}
    again = await compensation.call("GET", path, as_=PAYROLL, params={"layout": "fixed-160"}, headers=tag)
    assert again.status_code == 304
    refused(
        await compensation.call("GET", path, as_=PAYROLL, params={"layout": "nobody's"}), 404, "payout-layout-unknown"
    )
    listed = await compensation.call("GET", "/payout-layouts", as_=PAYROLL)
    assert [one["code"] for one in listed.json()] == ["fixed-160", "fixed-80"]


async def test_what_does_not_fit_is_refused_with_line_and_field(compensation: Compensation) -> None:
    await compensation.publish()
    await compensation.take_in(rostered(ANA, employee_number="1234567890123"), awarded(ANA, 1))
    batch = await sealed(compensation)
    path = f"/payout-batches/{batch['id']}/lines"
    problem = refused(
        await compensation.call("GET", path, as_=PAYROLL, params={"layout": "fixed-80"}), 409, "value-does-not-fit"
    )
    assert problem["detail"].startswith("line 1, field employee: 1234567890123 needs 13 columns and has 12")
