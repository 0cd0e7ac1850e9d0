"""Golden cases of a plan: a slip of who writes them is a fault with its line and remedy, and never a green case."""

import re

import pytest

from services.compensation.errors import PlanInvalid, PlanUnreadable
from services.compensation.policy.cases.comparing import Outcome, compared
from services.compensation.policy.cases.reading import parse_cases
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.plan import parse_plan
from tests.support.policy_facts import HARMONY, REPOSITORY

PLAN = parse_plan(HARMONY)
COMPILED = compile_plan(PLAN, version=1)
IMPACT = parse_plan((REPOSITORY / "services/compensation/plans/impactplus.yaml").read_text())
PAGE = (REPOSITORY / "docs/plans.md").read_text()
RIGHT = """\
cases:
  - name: a case
    facts:
      assignments: [{role: teacher, group: tested}]
      observations: [{on: 2020-10-05, levels: {instructional_quality: 3}}]
      growth: ["60"]
      awards: [{credential: mc-questioning, on: 2020-09-11}]
    expect:
      total: "200.00"
      rung: novice
      components: {performance-bonus: 0}
"""
SEEN = "/cases/0/facts/observations/0"
EXPECT = "/cases/0/expect"

SLIPS = [
    # what stands there, what is written instead, the place, its line, the remedy
    ("2020-10-05,", "2020-10-05, year: 2019-20,", f"{SEEN}/year", 5, "did you mean `school_year`?"),
    ("2020-10-05,", "2020-10-05, finalised: 2020-10-07,", f"{SEEN}/finalised", 5, "did you mean `finalized_at`?"),
    ("instructional_quality", "instructional_qualty", f"{SEEN}/levels/instructional_qualty", 5,
     "did you mean 'instructional_quality'?"),
    ("rung: novice", "say: [x]", f"{EXPECT}/say", 10, "did you mean `says`?"),
    ("2020-10-05,", "2019-10-05,", f"{SEEN}/on", 5, "is outside 2020-21"),
    ("2020-10-05,", "2020-10-05, finalized_at: 2020-10-01T10:00,", f"{SEEN}/finalized_at", 5, "before 2020-10-05"),
    ("cases:", "case:", "/cases", 1, "is missing: add it"),
    ("role: teacher", "role: coach", "/cases/0/facts/assignments/0/role", 4, "'instructional_coach'"),
    ("2020-09-11", "2020-09-31", "/cases/0/facts/awards/0/on", 7, "is not a date: write it like 2020-08-17"),
    ('"200.00"', '"2,000"', f"{EXPECT}/total", 9, "write it as dollars and two digits of cents, like 200.00"),
    ('["60"]', '["160"]', "/cases/0/facts/growth/0", 6, "160 is above 100: write 0 to 100"),
    ("quality: 3", "quality: 6", f"{SEEN}/levels/instructional_quality", 5, "write 5 or less"),
    ("mc-questioning", "mc-questionning", "/cases/0/facts/awards/0/credential", 7, "did you mean 'mc-questioning'?"),
    ("performance-bonus", "bonus", f"{EXPECT}/components/bonus", 11, "there is no component 'bonus'"),
    ("rung: novice", "rung: novize", f"{EXPECT}/rung", 10, "did you mean 'novice'?"),
    ("    facts:", "    fact:", "/cases/0/fact", 3, "did you mean `facts`?"),
    ("    expect:", "    educators: []\n    expect:", "/cases/0/educators", 8, "has too few items"),
    ("group: tested", "group: tested, from: 2021-01-04, to: 2020-12-18", "/cases/0/facts/assignments/0", 4,
     "correct `from` or `to`"),
    ("    facts:", "    facts:\n      earlier_attributes: {2020-21: {sick: 3}}",
     "/cases/0/facts/earlier_attributes/2020-21", 4, "write it under `attributes`"),
]  # fmt: skip


def faults(text: str) -> dict[str, str]:
    with pytest.raises(PlanInvalid) as refused:
        parse_cases(text, PLAN)
    return {fault.pointer: fault.detail for fault in refused.value.errors}


@pytest.mark.parametrize(("stands", "instead", "place", "line", "remedy"), SLIPS, ids=[slip[1] for slip in SLIPS])
def test_a_slip_is_a_fault_with_its_line_and_remedy(
    stands: str, instead: str, place: str, line: int, remedy: str
) -> None:
    parse_cases(RIGHT, PLAN)
    assert stands in RIGHT
    found = faults(RIGHT.replace(stands, instead, 1))
    assert place in found, found
    assert found[place].startswith(f"line {line}: ")
    assert remedy in found[place]


def test_all_slips_are_named_at_once_and_a_list_is_not_said_to_be_short_of_what_is_wrong_in_it() -> None:
    found = faults(RIGHT.replace("on: 2020-10-05", "at: 2020-10-05").replace('"200.00"', "200.5"))
    assert found.keys() == {f"{SEEN}/at", f"{SEEN}/on", f"{EXPECT}/total"}


def test_a_name_that_the_plan_does_not_look_at_may_be_in_a_case() -> None:
    other = RIGHT.replace("instructional_quality", "planning").replace("mc-questioning", "welding")
    parse_cases(other.replace("    facts:", "    facts:\n      attributes: {shoe_size: 9}"), PLAN)


@pytest.mark.parametrize(
    ("facts", "meant"),
    [
        ("{attributes: {impact_ratting: effective}}", "impact_rating"),
        ("{attributes: {offer: {impact-plus: accepted}}}", "impactplus"),
        ("{assignments: [{campus: hihg school}]}", "high school"),
    ],
)
def test_attributes_items_and_campuses_are_looked_at_too(facts: str, meant: str) -> None:
    text = f"""
campuses: {{high school: {{free_or_reduced_lunch: 60}}}}
cases: [{{name: a case, facts: {facts}, expect: no statement}}]"""
    with pytest.raises(PlanInvalid, match=f"did you mean '{meant}'"):
        parse_cases(text, IMPACT)
    with pytest.raises(PlanInvalid, match="no attribute of campuses 'free_or_reduced_lunches'"):
        parse_cases(text.replace("lunch:", "lunches:"), IMPACT)


def test_cases_refer_to_what_they_share_but_not_to_themselves() -> None:
    shared = RIGHT.replace("cases:", "shared: [&seen {instructional_quality: 3}]\ncases:")
    assert parse_cases(shared.replace("{instructional_quality: 3}}]", "*seen}]"), PLAN).cases == (
        parse_cases(RIGHT, PLAN).cases
    )
    assert "refers to another place" in faults("shared: &a [*a]\n" + RIGHT)["/shared/0"]
    many = "".join(f"  - &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]\n" for number in range(1, 8))
    tenfold = faults(f"shared:\n  - &a0 x\n{many}{RIGHT}")
    assert "refers to so much (`*`) that it has no end" in next(iter(tenfold.values()))
    with pytest.raises(PlanUnreadable, match="empty"):
        parse_cases("", PLAN)


def outcome(text: str) -> Outcome:
    [found] = compared(COMPILED, parse_cases(text, PLAN))
    return found


@pytest.mark.parametrize("total", ['"200.00"', '"200"', "200"])
def test_an_amount_is_money_however_it_is_written(total: str) -> None:
    assert outcome(RIGHT.replace('"200.00"', total)) == Outcome("a case", [])


def test_everything_that_differs_is_told() -> None:
    wrong = RIGHT.replace('"200.00"', "300").replace("novice", "master").replace("bonus: 0", "bonus: 100")
    assert outcome(wrong).differences == [
        "the total is 200.00 (performance-bonus 0.00, micro-credential-stipend 200.00), and 300.00 is expected",
        "component performance-bonus is 0.00, and 100.00 is expected",
        "the rung is novice, and master is expected",
    ]
    assert (
        "there is no statement, and one over 200.00"
        in outcome(RIGHT.replace("assignments:", "slos: [] #")).differences[0]
    )
    [told] = outcome(f"{RIGHT.partition('    expect:')[0]}    expect: no statement").differences
    assert told == "there is a statement over 200.00, and none is expected"


def test_sentences_are_found_by_whole_words_and_never_in_ids() -> None:
    says = "      says: [{}]\n"
    assert not outcome(RIGHT + says.format('"1 micro-credential at $200.00 each: $200.00."')).differences
    for nowhere in ("00.00", "micro-cred", "tested_", "00000000", "2020-09-11T", "performance-bonus"):
        [told] = outcome(RIGHT + says.format(f'"{nowhere}"')).differences
        assert told.startswith(f"{nowhere!r} is not said; nearest to it: ")
    [told] = outcome(RIGHT + says.format('"2 micro-credentials at $200.00 each: $400.00."')).differences
    assert "nearest to it: '1 micro-credential at $200.00 each: $200.00.' | " in told


def test_an_award_is_made_at_noon_where_the_plan_is() -> None:
    """Also on the other side of the day line, where a fixed moment would be of the next day."""
    far = compile_plan(parse_plan(HARMONY.replace("America/Chicago", "Pacific/Kiritimati")), version=1)
    last_day = RIGHT.replace("2020-09-11", "2021-06-30")
    assert compared(far, parse_cases(last_day, far.plan)) == compared(COMPILED, parse_cases(last_day, PLAN))


def examples(first_line: str) -> str:
    found = re.search(rf"```yaml\n({first_line}\n.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_cases_on_the_page_come_out_as_written() -> None:
    outcomes = compared(COMPILED, parse_cases(examples("cases:"), PLAN))
    assert len(outcomes) == 2
    assert not any(one.differences for one in outcomes)


def test_the_measures_on_the_page_are_a_plan() -> None:
    bare = (REPOSITORY / "tests/policy_cases/bare.yaml").read_text()
    growth = "  - {code: growth, title: Growth, take: growth_percent, combine: mean, source: illustrative}"
    plan = parse_plan(bare + examples("measures:").replace("measures:", f"measures:\n{growth}"))
    assert len(plan.measures) == 3
