"""The way into the plan language: what is read, what is refused, and with which place and remedy."""

import copy
from typing import Any

import pytest
import yaml

from services.compensation.errors import PlanInvalid, PlanUnreadable
from services.compensation.policy.plan import content_hash, document_of, parse_plan
from tests.support.policy_facts import EVERYTHING, HARMONY, REPOSITORY


def harmony() -> dict[str, Any]:
    """The shipped plan's document, to be spoiled at one place."""
    return copy.deepcopy(document_of(parse_plan(HARMONY)))


def faults(document: Any) -> dict[str, str]:
    with pytest.raises(PlanInvalid) as caught:
        parse_plan(document)
    return {fault.pointer: fault.detail for fault in caught.value.errors}


def set_at(document: dict[str, Any], pointer: str, value: Any) -> None:
    here, last = _around(document, pointer)
    here[last] = value


def remove_at(document: dict[str, Any], pointer: str) -> None:
    here, last = _around(document, pointer)
    del here[last]


def _around(document: dict[str, Any], pointer: str) -> tuple[Any, str | int]:
    *way, last = [int(key) if key.isdigit() else key for key in pointer.split("/")[1:]]
    here: Any = document
    for key in way:
        here = here[key]
    return here, last


FAULTS = yaml.safe_load((REPOSITORY / "tests/policy_cases/faults.yaml").read_text())


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: case["name"])
def test_a_fault_is_refused_with_its_place_and_remedy(case: dict[str, Any]) -> None:
    document = harmony()
    if "to" in case:
        set_at(document, case["at"], case["to"])
    else:
        remove_at(document, case["at"])
    found = faults(document)
    place = case.get("place", case["at"])
    assert place in found, found
    assert case["says"] in found[place]


def test_all_faults_are_named_at_once() -> None:
    document = harmony()
    set_at(document, "/gates/0/measure", "x")
    set_at(document, "/components/0/requires/0", "y")
    set_at(document, "/total_cap/at_most", "1.00")
    assert faults(document).keys() >= {"/gates/0/measure", "/components/0/requires/0", "/total_cap/at_most"}


def test_a_longer_circle_of_weights_is_named_whole() -> None:
    document = copy.deepcopy(document_of(parse_plan(EVERYTHING)))
    inner = next(index for index, measure in enumerate(document["measures"]) if measure["code"] == "inner")
    set_at(document, f"/measures/{inner}/weights/0/of", {"overall": "1"})
    [message] = [detail for detail in faults(document).values() if "circle" in detail]
    assert "overall of inner of overall" in message or "inner of overall of inner" in message


def test_a_fault_in_yaml_names_its_line() -> None:
    text = HARMONY.replace('growth: "0.50"', 'growth: "0.60"')
    line = next(number for number, row in enumerate(HARMONY.splitlines(), 1) if 'growth: "0.50"' in row)
    assert faults(text)["/measures/8/weights/0/of"].startswith(f"line {line}: the weights sum to 1.1")


def test_what_is_missing_in_yaml_names_the_line_of_what_it_is_missing_from() -> None:
    text = HARMONY.replace("    at_least: 2\n", "", 1)
    line = next(number for number, row in enumerate(HARMONY.splitlines(), 1) if "code: observed-twice" in row)
    assert faults(text)["/gates/0"].startswith(f"line {line}: ")


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "is empty"),
        ("a: [1, 2", "correct the YAML there"),
        ("a: \t- b: {", "line 1"),
        ("a: 'x", "correct the YAML there"),
        ("a: 1\nb: \x00", "line 2: the character #x0000"),
        ("a: " + "[" * 5000, "nested deeper"),
        ("x" * 100_001, "longer than"),
    ],
)
def test_text_that_is_no_yaml_is_refused_and_says_where(text: str, detail: str) -> None:
    with pytest.raises(PlanUnreadable, match=detail):
        parse_plan(text)


@pytest.mark.parametrize(
    ("text", "pointer", "detail"),
    [
        ("a: 1\na: 2\n", "/a", "line 2: stands here twice"),
        ("a: &x {b: 1}\nc: *x\n", "/c", "write it out here"),
        ("a: !!python/object:os.system x\n", "/a", "remove it"),
        ("<<: {a: 1}\n", "", "use a word"),
        ("? [a]\n: b\n", "", "use a word"),
        ('a: 1\ntitle: "a\\0b"\n', "/title", "line 2: holds NUL or a surrogate"),
        ('a: 1\ntitle: "a\\ud800b"\n', "/title", "line 2: holds NUL or a surrogate"),
    ],
)
def test_yaml_that_json_cannot_say_is_refused(text: str, pointer: str, detail: str) -> None:
    found = faults(text)
    assert detail in found[pointer]


@pytest.mark.parametrize("document", [[], {}, {"language": 2}, {"measures": 7}, "just words", "[]", "7"])
def test_a_document_that_is_no_plan_at_all_is_refused(document: Any) -> None:
    assert faults(document)
    assert "Plan" not in str(faults(document))


@pytest.mark.parametrize("text", [HARMONY, EVERYTHING])
def test_the_canonical_document_reads_back_to_the_same_plan_and_hash(text: str) -> None:
    plan = parse_plan(text)
    for document in (document_of(plan), plan.model_dump(mode="json"), yaml.safe_dump(document_of(plan))):
        again = parse_plan(document)
        assert again == plan
        assert content_hash(again) == content_hash(plan)


def test_layout_comments_and_ways_of_writing_a_number_do_not_change_the_hash() -> None:
    text = "# another comment\n" + HARMONY.replace('at_least: "2.7"', 'at_least: "2.7000"')
    assert content_hash(parse_plan(text)) == content_hash(parse_plan(HARMONY))


def test_any_change_of_meaning_changes_the_hash() -> None:
    text = HARMONY.replace('at_least: "2.7"', 'at_least: "2.7001"')
    assert content_hash(parse_plan(text)) != content_hash(parse_plan(HARMONY))


def test_the_hash_of_the_shipped_plan_stands_although_the_language_grows() -> None:
    """A published plan is known by its hash: a new optional word must not change what old documents hash to."""
    assert content_hash(parse_plan(HARMONY)) == "0143830b700350b6691736cb0a11aa8bfc45245f841049140c72d05f834d457a"


def test_only_the_published_stipend_of_the_shipped_plan_is_not_marked_illustrative() -> None:
    plan = parse_plan(HARMONY)
    assert plan.illustrative
    sources = {component.code: component.source for component in plan.components}
    assert sources == {
        "performance-bonus": "illustrative",
        "micro-credential-stipend": "https://bloomboard.com/program/hps-career-pathways/",
    }


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        ("/rounding/points_places", "two", "has to be a whole number, without quotes or a point, like 2"),
        ("/rounding/points_places", 9, "is too high: write 4 or less"),
        ("/components/0/prorates", "yes", "has to be true or false, without quotes, like true"),
        ("/components/0/requires", "x", "has to be a list, like [first, second]"),
        ("/components/0/pay", "matirx", "'matirx' is not known as `pay`: did you mean 'matrix'?"),
        ("/components/0/pay", "salary", "'salary' is not known as `pay`: write 'flat', 'banded'"),
        ("/measures/0/take", "growth_precent", "did you mean 'growth_percent'?"),
        ("/eligibility/roles/0", "taecher", "'taecher' is not known here: did you mean 'teacher'?"),
        ("/measures", {}, "has to be a list"),
        ("/performance_period/begins_on", "in August", "is not a date: write it like 2020-08-17"),
    ],
)
def test_what_is_expected_is_said_with_an_example(place: str, value: Any, says: str) -> None:
    document = harmony()
    set_at(document, place, value)
    found = " ".join(faults(document).values())
    assert says in found
    assert "correct it" not in found


def test_what_only_follows_from_a_fault_is_no_other_one() -> None:
    document = harmony()
    set_at(document, "/eligibility/roles", ["Teacher", "coach"])
    assert list(faults(document)) == ["/eligibility/roles/0", "/eligibility/roles/1"]
    set_at(document, "/eligibility/roles", [])
    assert list(faults(document)) == ["/eligibility/roles"]


def test_a_kind_that_is_left_out_is_asked_for() -> None:
    document = harmony()
    remove_at(document, "/measures/0/take")
    assert faults(document)["/measures/0"] == "is missing `take`, which says what kind it is: add it"


def test_a_percentage_beyond_a_hundred_is_refused_where_it_is_written_and_read_where_it_is_kept() -> None:
    document = harmony()
    growth = next(measure["code"] for measure in document["measures"] if measure["take"] == "growth_percent")
    gate = {"code": "beyond", "title": "Beyond", "source": "illustrative", "measure": growth, "at_least": "500"}
    at_hundred = {**gate, "code": "all", "at_least": "100"}
    document["gates"] += [at_hundred, gate]
    place = f"/gates/{len(document['gates']) - 1}/at_least"
    [(pointer, detail)] = faults(yaml.safe_dump(document)).items()
    assert pointer == place
    assert f"500 is above 100, and {growth!r} is a percentage: write 0 to 100" in detail
    assert parse_plan(document).gates[-1].at_least == "500"


@pytest.mark.parametrize(
    ("measure", "within", "said"),
    [
        ("observation_mean", "campus", ["is a number of each educator"]),
        ("need", "network", ["the network has one pot"]),
        ("need", "campus", []),
        ("both", "district", []),
    ],
)
def test_a_pot_whose_sum_is_not_one_is_refused_where_it_is_written_and_read_where_it_is_kept(
    measure: str, within: str, said: list[str]
) -> None:
    document = harmony()
    need = {"title": "Need", "source": "illustrative", "take": "campus_attribute", "attribute": "need"}
    both = {**need, "take": "sum_of", "of": ["need", "wish"], "by": "value", "needs": "all", "places": 2}
    del both["attribute"]
    document["measures"] += [{**need, "code": "need"}, {**need, "code": "wish"}, {**both, "code": "both"}]
    document["components"][0] = {
        "code": "pot", "title": "Pot", "source": "illustrative", "pay": "pot", "total_measure": measure,
        "within": within, "shared": "equally", "at_most_each": "10.00", "prorates": False,
    }  # fmt: skip
    assert parse_plan(document).components[0].code == "pot"
    if not said:
        parse_plan(yaml.safe_dump(document))
        return
    found = faults(yaml.safe_dump(document))
    assert list(found) == ["/components/0/total_measure"]
    assert all(words in found["/components/0/total_measure"] for words in said)
