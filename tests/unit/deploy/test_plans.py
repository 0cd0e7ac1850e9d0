"""`rung plan` as a plan owner meets it: what a document is, or what is wrong with it, with line and remedy."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from deploy import plans
from tests.support.policy_facts import HARMONY, REPOSITORY


def rung_plan(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(plans.app, words)


def test_a_valid_plan_is_named_with_its_hash() -> None:
    answer = rung_plan("validate", str(REPOSITORY / "services/compensation/plans/harmony-pbcs-2020-21.yaml"))
    assert answer.exit_code == 0
    assert "is an illustrative plan: harmony-pbcs of 2020-21, content hash " in answer.stdout


def test_every_fault_has_its_line_and_its_remedy(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(HARMONY.replace('growth: "0.50"', 'grwoth: "0.60"', 1))
    answer = rung_plan("validate", str(file))
    assert answer.exit_code == 1
    line = next(number for number, text in enumerate(file.read_text().splitlines(), start=1) if "grwoth" in text)
    assert f"/weights/0/of: line {line}: the weights sum to 1.1: they have to sum to exactly 1" in answer.stderr
    assert "did you mean 'growth'?" in answer.stderr
    assert "2 faults: nothing was changed anywhere" in answer.stderr


def test_what_cannot_be_read_at_all_is_said_as_well(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_bytes(b"code: [\xff")
    assert "cannot be read as UTF-8 text" in rung_plan("validate", str(file)).stderr
    file.write_text("code: [")
    answer = rung_plan("validate", str(file))
    assert (answer.exit_code, answer.stderr.count("1 fault")) == (1, 1)
    answer = rung_plan("validate", str(tmp_path / "none.yaml"))
    assert (answer.exit_code, "there is no file" in answer.stderr) == (1, True)
    answer = rung_plan("validate", str(tmp_path))
    assert (answer.exit_code, "is a folder" in answer.stderr, "UTF-8" in answer.stderr) == (1, True, False)


def test_golden_cases_beside_a_plan_are_all_told_and_the_command_fails_where_one_differs(tmp_path: Path) -> None:
    shipped = REPOSITORY / "services/compensation/plans/rankin-performance-pay.yaml"
    answer = rung_plan("check", str(shipped))
    assert (answer.exit_code, answer.stdout.splitlines()[-1]) == (0, "6 of 6 cases come out as written")
    assert answer.stdout.startswith("ok: each pot is shared among those who meet its own conditions\n")

    plan, cases = tmp_path / "my.yaml", tmp_path / "my.cases.yaml"
    plan.write_text(shipped.read_text())
    written = shipped.with_suffix(".cases.yaml").read_text()
    cases.write_text(written.replace("- facts:", "- name: Ada\n        facts:", 1).replace("40000.00", "40000.01", 2))
    answer = rung_plan("check", str(plan))
    assert answer.exit_code == 1
    assert answer.stdout.count("ok: ") == 5
    first, *told = answer.stdout.splitlines()[:3]
    assert first == "wrong: each pot is shared among those who meet its own conditions"
    assert [line.partition(": ")[0] for line in told] == ["  educator 1 (Ada)", "  educator 2"]
    assert "the total is 40000.00 (level-one 10000.00, level-two 30000.00), and 40000.01 is expected" in told[1]


def test_cases_that_are_none_are_refused_with_line_and_remedy(tmp_path: Path) -> None:
    shipped = str(REPOSITORY / "services/compensation/plans/harmony-pbcs-2020-21.yaml")
    cases = tmp_path / "cases.yaml"
    cases.write_text("cases:\n  - name: a case\n    fact: {}\n    expect: no statement\n")
    answer = rung_plan("check", shipped, str(cases))
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert (
        "cases.yaml/cases/0/fact: line 3: is not part of the cases language here: did you mean `facts`?"
        in answer.stderr
    )
    answer = rung_plan("check", shipped, str(tmp_path / "none.yaml"))
    assert (answer.exit_code, "there is no file" in answer.stderr) == (1, True)


def test_the_schema_that_editors_read_is_the_stored_one() -> None:
    stored = (REPOSITORY / "deploy/generated/plan.schema.json").read_text()
    assert json.loads(rung_plan("schema").stdout) == json.loads(stored)


CHANGES = """\
- {change: growth_percent, add: 500}
- {change: award, credental: mc-questioning}
- change: campus_attribute
  campuses: []
  attribute: Points
  value: "=1"
- {change: salary}
- {change: award, credential: mc-a, applies_to: {roles: [], campuses: [one]}}
- {change: slo_score, set: 9}
- {change: award, change: award}
- just words
"""
TOLD = """\
/0/add: line 1: '500' is no number from -100 to 100 with at most four places: write it like "2.5"
/1/credential: line 2: is missing: add it
/1/credental: line 2: is not part of the changes language here: did you mean `credential`?
/2/campuses: line 4: has too few items: name 1 or more, like [first, second]
/2/attribute: line 5: is written with a small letter first, then small letters, digits, `_` and `-`, 63 in all at most: correct it
/2/value: line 6: is written with digits, as a number below a million, or as a word with a letter first, 63 characters in all at most: correct it
/3: line 7: 'salary' is not known as `change`: write 'growth_percent', 'observation_levels', 'slo_score', 'attribute', 'award', 'campus_attribute'
/4/applies_to/roles: line 8: has too few items: name 1 or more, like [first, second]
/4/applies_to/campuses/0: line 8: is not an id: write it like 01930000-0000-7000-8000-0000000000c1
/5/set: line 9: is too high: write 5 or less, like 5
/7: line 11: is not a group of names with their values: write each on a line of its own, like `name: value`
11 faults: nothing was changed anywhere
"""  # noqa: E501 - as it stands in a terminal


def test_changes_are_checked_as_a_plan_is_before_anything_is_asked(tmp_path: Path) -> None:
    plan, file = str(REPOSITORY / "services/compensation/plans/harmony-pbcs-2020-21.yaml"), tmp_path / "changes.yaml"
    file.write_text(CHANGES)
    twice = rung_plan("preview", plan, "--changes", str(file))
    assert (twice.exit_code, twice.stderr.partition(": ")[2]) == (
        1,
        "line 10: stands here twice: keep one of them\n1 fault: nothing was changed anywhere\n",
    )
    file.write_text(CHANGES.replace("change: award, change: award", "change: award, credential: mc-a"))
    answer = rung_plan("preview", plan, "--changes", str(file))
    assert answer.exit_code == 1
    assert answer.stderr.replace(str(file), "") == TOLD
