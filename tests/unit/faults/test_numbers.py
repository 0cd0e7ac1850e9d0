"""A number of the environment that would run nothing, or is none, ends a run with a sentence."""

import pytest

from tests.support.numbers import LEAST, NotANumber, check_all, whole_number


@pytest.mark.parametrize("name", LEAST)
@pytest.mark.parametrize("told", ["many", "", "1.5", "-1"])
def test_what_is_no_number_or_runs_nothing_is_refused(name: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, told)
    with pytest.raises(NotANumber, match=f"^{name}={told} cannot be used: {name} is a whole number of at least "):
        check_all()


@pytest.mark.parametrize("name", ["FAULTS", "STEPS", "STRIDE", "SCHEDULES"])
def test_none_at_all_is_refused_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "0")
    with pytest.raises(NotANumber, match="at least 1"):
        whole_number(name, 60)


def test_a_number_is_taken_and_without_one_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPS", "1000000")
    monkeypatch.delenv("FAULTS", raising=False)
    monkeypatch.setenv("SEED", "0")
    assert (whole_number("STEPS", 20_000), whole_number("FAULTS", 60), whole_number("SEED", 1)) == (1_000_000, 60, 0)
