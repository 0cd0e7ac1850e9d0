"""Fixed-width layouts: what is wrong with one is named with its place, and what is written keeps to its columns."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.compensation import bootstrap
from services.compensation.errors import LayoutInvalid, ValueDoesNotFit
from services.compensation.policy.fixed_width import write_records
from services.compensation.policy.layouts import parse_layout

SHORT = (Path(bootstrap.__file__).parent / "layouts/fixed-80.yaml").read_text(encoding="utf-8")
BATCH: dict[str, Any] = {"pay_date": date(2021, 11, 15), "line_count": 2, "control_total": -5, "plan_year": "2020-21"}


def line(number: int, amount: str, **changes: Any) -> dict[str, Any]:
    return {"number": number, "amount": amount, "employee_number": "100001", "earning_code": "MC20"} | changes


@pytest.mark.parametrize(
    ("was", "becomes", "place", "says"),
    [
        ("record_length: 80", "record_length: 76x", "/record_length", "line 9: has to be a whole number"),
        ("start: 13, width: 32", "start: 12, width: 32", "/detail/1/start", "begins at 12, and 12 is taken"),
        ("start: 70, width: 7", "start: 70, width: 12", "/detail/4/width", "ends at 81, and the record has 80"),
        ("source: earning_code", "source: earnings", "/detail/1/source", "'earnings' is not known here: choose one of"),
        ("source: line_count", "source: amount", "/trailer/1/source", "'amount' is not known here"),
        ("constant: CONTROL", "constant: CONTROL TOTALS", "/trailer/0/constant", "has 14 characters, and 12 columns"),
        ("constant: CONTROL", "align: right", "/trailer/0", "has to have either a source or a constant"),
        ("source: control_total", "source: content_hash", "/trailer", "has no field for control_total"),
        ("illustrative: true", "illustrative: false", "/illustrative", "has to be true where"),
        ("source: number, align: right", 'source: number, pad: "0"', "/detail/4/pad", "zeros behind a value change it"),
        ("name: earning,", "name: employee,", "/detail/1/name", "is the name of a field before"),
        ("align: right", "aline: right", "/detail/3/aline", "is not part of the layout language here"),
        ("layout: 1", "layout: *nothing", "", "undefined alias"),
    ],
)
def test_what_is_wrong_is_named_with_place_and_remedy(was: str, becomes: str, place: str, says: str) -> None:
    assert was in SHORT
    with pytest.raises(LayoutInvalid) as raised:
        parse_layout(SHORT.replace(was, becomes, 1))
    told = {error.pointer: error.detail for error in raised.value.errors} or {"": raised.value.detail}
    assert any(pointer.startswith(place) and says in detail for pointer, detail in told.items()), told


def test_what_the_shipped_layouts_write() -> None:
    layout = bootstrap.shipped_layouts()["fixed-80"]
    written = write_records(layout, BATCH, [line(1, "200.00"), line(2, "-200.05", earning_code="STIPEND")])
    assert written.decode().splitlines() == [
        "100001      MC20                             11152021         200.00       1    ",
        "100001      STIPEND                          11152021        -200.05       2    ",
        "CONTROL           2                          11152021          -0.05            ",
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"employee_number": "1234567890123"}, "line 1, field employee: 1234567890123 needs 13 columns and has 12"),
        ({"employee_number": None}, "line 1, field employee: there is no employee_number, which is required"),
        ({"employee_number": "Muñoz"}, "has characters that ascii text cannot hold"),
        ({"employee_number": "1\n2"}, "has characters that ascii text cannot hold"),
        ({"amount": "-99999999999.00"}, "line 1, field amount: -99999999999.00 needs 15 columns and has 14"),
    ],
)
def test_nothing_is_cut_off(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueDoesNotFit, match=says):
        write_records(parse_layout(SHORT), BATCH, [line(1, "1.00") | changes])


FORMS = {
    (decimals, sign, pad): parse_layout(
        SHORT.replace(
            "align: right, decimals: point, sign: leading",
            f'align: right, pad: "{pad}", decimals: {decimals}, sign: {sign}',
            1,
        )
    )
    for decimals in ("implied", "point")
    for sign in ("leading", "trailing")
    for pad in (" ", "0")
}


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(form=st.sampled_from(sorted(FORMS)), cents=st.integers(-99_999_999, 99_999_999))
def test_an_amount_is_read_back_from_its_columns(form: tuple[str, str, str], cents: int) -> None:
    amount = f"{'-' * (cents < 0)}{abs(cents) // 100}.{abs(cents) % 100:02}"
    column = write_records(FORMS[form], BATCH, [line(1, amount)]).decode().splitlines()[0][54:68]
    assert len(column) == 14
    number = column.strip().replace(".", "")
    read = -int(number.strip("-")) if "-" in number else int(number)
    assert read == cents
