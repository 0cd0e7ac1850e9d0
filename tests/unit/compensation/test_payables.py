"""What waits to be paid, how instalments fall on components, and which account code a line gets; without any server."""

from collections import Counter
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.compensation.domain import AccountCodes, AccountPlace, Instalment, Payable
from services.compensation.domain.payables import divide, payable
from services.compensation.domain.recoveries import parts_of

ANA, BEN = UUID(int=1), UUID(int=2)
DISTRICT, CAMPUS = UUID(int=0xD), UUID(int=0xC)
GIVEN = settings(max_examples=300, deadline=None, database=None, derandomize=True)


def open_sum(educator: UUID, component: str, cents: int) -> Payable:
    return Payable(educator, component, cents, (), (), None, None, None, None, UUID(int=0))


def test_corrections_within_a_payment_are_lines_and_an_overpayment_is_none() -> None:
    sums = [open_sum(ANA, "a", -200), open_sum(ANA, "b", 200), open_sum(ANA, "c", 0), open_sum(BEN, "a", -200)]
    sums.append(open_sum(BEN, "b", 150))
    assert [(one.component, one.amount_cents) for one in payable(sums)] == [("a", -200), ("b", 200)]
    division = divide(payable(sums), {ANA})
    assert (division.taken, division.held_educators) == ([], 1)


@st.composite
def recoveries(draw: st.DrawFn) -> tuple[list[Payable], list[Instalment]]:
    """Open sums that come to less than nothing, and instalments of what is owed."""
    amounts = draw(st.lists(st.integers(-5_000, 3_000).filter(bool), min_size=1, max_size=5))
    amounts.append(-max(1, sum(amounts) + draw(st.integers(1, 500))))
    owed = -sum(amounts)
    cuts = sorted(draw(st.sets(st.integers(1, max(1, owed - 1)), max_size=6))) if owed > 1 else []
    shares = [high - low for low, high in zip([0, *cuts], [*cuts, owed], strict=True)]
    days = [date(2022, 1, 1) + timedelta(days=30 * number) for number in range(len(shares))]
    sums = [open_sum(ANA, f"c{number}", cents) for number, cents in enumerate(amounts)]
    return sums, [Instalment(day, share) for day, share in zip(days, shares, strict=True)]


@GIVEN
@given(recovery=recoveries())
def test_instalments_fall_on_components_to_the_cent(recovery: tuple[list[Payable], list[Instalment]]) -> None:
    sums, instalments = recovery
    parts = parts_of(instalments, sums)
    by_number, by_component = Counter[int](), Counter[str]()
    for part in parts:
        by_number[part.number] += part.amount_cents
        by_component[part.component] += part.amount_cents
    assert [by_number[number] for number in sorted(by_number)] == [one.amount_cents for one in instalments]
    assert by_component == {one.component: -one.amount_cents for one in sums}
    assert len({(part.number, part.component) for part in parts}) == len(parts)
    assert all(part.due_on == instalments[part.number - 1].due_on and part.amount_cents for part in parts)


def test_the_most_specific_account_code_is_a_lines() -> None:
    places = [
        AccountPlace(campus_id=CAMPUS, component="a"),
        AccountPlace(campus_id=CAMPUS),
        AccountPlace(district_id=DISTRICT, component="a"),
        AccountPlace(district_id=DISTRICT),
        AccountPlace(component="a"),
        AccountPlace(),
    ]
    for number, place in enumerate(places):
        codes = AccountCodes("2020-21", 1, {one: str(at) for at, one in enumerate(places) if at >= number})
        assert codes.code_for(district_id=DISTRICT, campus_id=CAMPUS, component="a") == str(number), place
    whole = AccountCodes("2020-21", 1, {place: str(at) for at, place in enumerate(places)})
    assert whole.code_for(district_id=None, campus_id=None, component="b") == "5"
    assert whole.code_for(district_id=DISTRICT, campus_id=None, component="b") == "3"
    assert AccountCodes("2020-21").code_for(district_id=DISTRICT, campus_id=CAMPUS, component="a") is None
