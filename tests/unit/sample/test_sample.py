"""The sample network and its year of work: exact counts, believable values, the same bytes each time."""

import csv
import hashlib
import io
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import correlation, mean
from typing import Any

import pytest

from deploy.sample import SampleSummary, build_sample, write_sample
from deploy.sample.awards import CREDENTIALS, PATHWAYS
from deploy.sample.campuses import FEWEST_EDUCATORS
from deploy.sample.curriculum import Band
from deploy.sample.model import Educator, Role, Sample
from deploy.sample.observations import DIMENSIONS
from deploy.sample.school_calendar import is_school_day

SMALL = 60
# The hash of every file of `write_sample(folder, seed=2020, educators=60)`. A change of the generator changes it;
# a change of machine, Python release or zlib must not.
SMALL_HASH = "4a8dc91da9db289e1749dac40187a115bba266c9396640f1c1330ebb6b422c86"


@dataclass(frozen=True)
class Written:
    folder: Path
    summary: SampleSummary

    def lines(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / name).read_text().splitlines()]


def digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("small")
    return Written(folder, write_sample(folder, seed=2020, educators=SMALL))


@pytest.fixture(scope="module")
def full() -> Sample:
    return build_sample()


def on_campus(full: Sample) -> dict[str, Counter[Role]]:
    campuses: dict[str, Counter[Role]] = defaultdict(Counter)
    for educator in full.network.educators:
        campuses[educator.home.identifier][educator.role] += 1
    return campuses


class TestTheNetwork:
    def test_has_the_districts_campuses_and_educators_of_the_real_one(self, full: Sample) -> None:
        assert len(full.network.districts) == 7
        assert len(full.network.campuses) == 58
        assert len(full.network.educators) == 3_752
        assert {campus.band for campus in full.network.campuses} == set(Band)
        assert len({educator.employee_number for educator in full.network.educators}) == 3_752

    def test_every_campus_has_one_principal_and_one_to_three_of_each_kind_of_leader(self, full: Sample) -> None:
        campuses = on_campus(full)
        assert len(campuses) == 58
        for roles in campuses.values():
            assert roles[Role.PRINCIPAL] == 1
            assert 1 <= roles[Role.ASSISTANT_PRINCIPAL] <= 3
            assert 1 <= roles[Role.INSTRUCTIONAL_COACH] <= 3

    def test_three_quarters_are_teachers_of_tested_and_of_other_subjects(self, full: Sample) -> None:
        teachers = [educator for educator in full.network.educators if educator.role is Role.TEACHER]
        tested = sum(educator.is_tested for educator in teachers)
        assert 0.74 < len(teachers) / 3_752 < 0.76
        assert 0.3 < tested / len(teachers) < 0.5
        assert all(educator.classes for educator in teachers)

    def test_years_of_service_are_spread(self, full: Sample) -> None:
        years = [2020 - educator.hired_on.year for educator in full.network.educators]
        assert min(years) < 0
        assert max(years) == 20
        assert sum(year >= 5 for year in years) > 1_000
        assert all(
            2020 - educator.hired_on.year >= 3
            for educator in full.network.educators
            if educator.role in (Role.PRINCIPAL, Role.ASSISTANT_PRINCIPAL)
        )

    def test_nobody_works_more_than_full_time(self, full: Sample) -> None:
        for educator in full.network.educators:
            assert sum(assignment.fte_hundredths for assignment in educator.assignments) <= 100
            assert all(assignment.begins_on >= educator.hired_on for assignment in educator.assignments)
            assert all(assignment.ends_on == educator.left_on for assignment in educator.assignments)

    @pytest.mark.parametrize("educators", [FEWEST_EDUCATORS, 49, SMALL, 101, 400])
    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_any_size_and_seed_adds_up_and_has_every_special_case(self, educators: int, seed: int) -> None:
        sample = build_sample(seed=seed, educators=educators)
        assert len(sample.network.educators) == educators
        found = special_cases(sample)
        assert all(found.values()), found

    def test_a_network_too_small_for_its_campuses_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at least 48 educators, not 47"):
            build_sample(educators=FEWEST_EDUCATORS - 1)


def special_cases(sample: Sample) -> dict[str, bool]:
    educators = sample.network.educators
    numbers = {educator.employee_number for educator in educators}
    calls = [delivery.body for delivery in sample.bloomboard]
    ids = Counter(delivery.webhook_id for delivery in sample.bloomboard)
    awarded = [call["data"] for call in calls if call["type"] == "credential.awarded"]
    recipients = {award["recipient"]["employee_id"] for award in awarded}
    growth = {score.employee_number for score in sample.growth_scores}
    steady = [one for one in educators if one.is_tested and one.left_on is None and one.hired_on < date(2020, 9, 1)]
    slos = Counter(slo.employee_number for slo in sample.slos)
    return {
        "part-timer": any(50 <= one.assignments[0].fte_hundredths <= 90 for one in educators),
        "hired in mid-year": any(one.hired_on > date(2020, 9, 20) for one in educators),
        "left": any(one.left_on for one in educators),
        "on two campuses": any(len({place.campus for place in one.assignments}) == 2 for one in educators),
        "unknown person": bool(recipients - numbers),
        "unknown person of the delta": sample.delta.newcomers[0].employee_number in recipients - numbers,
        "revocation": any(call["type"] == "credential.revoked" for call in calls),
        "revoked first": bool(revoked_before_awarded(calls)),
        "repeated call": max(ids.values()) > 1,
        "expiring award": any(award["expires_at"] for award in awarded),
        "more than eight awards in the year": max(awards_of_the_year(calls).values()) > 8,
        "missing growth score": any(one.employee_number not in growth for one in steady),
        "two SLOs": any(count == 2 for count in slos.values()),
        "SLO not approved": any(slo.approved_on is None for slo in sample.slos),
        "SLO never scored": any(slo.approved_on and not slo.scored_on for slo in sample.slos),
    }


def revoked_before_awarded(calls: list[Any]) -> set[str]:
    seen: set[str] = set()
    early: set[str] = set()
    for call in calls:
        award_id = call["data"]["award_id"]
        if call["type"] == "credential.awarded":
            seen.add(award_id)
        elif award_id not in seen:
            early.add(award_id)
    return early


def awards_of_the_year(calls: list[Any]) -> Counter[str]:
    awards = {
        call["data"]["award_id"]: call["data"]["recipient"]["employee_id"]
        for call in calls
        if call["type"] == "credential.awarded" and call["data"]["awarded_at"] >= "2020-07-01"
    }
    return Counter(awards.values())


class TestTheYearsWork:
    def test_everyone_is_observed_three_to_six_times_within_the_employment(self, full: Sample) -> None:
        educators = {educator.employee_number: educator for educator in full.network.educators}
        visits: Counter[str] = Counter()
        for observation in full.observations:
            educator = educators[observation.employee_number]
            visits[observation.employee_number] += 1
            assert educator.hired_on <= observation.observed_on <= (educator.left_on or date(2021, 5, 28))
            assert is_school_day(observation.observed_on)
            assert observation.finalized_at.date() > observation.observed_on
            assert observation.campus in {place.campus.identifier for place in educator.assignments}
        assert set(visits) == set(educators)
        assert set(visits.values()) == {3, 4, 5, 6}
        assert len({observation.external_id for observation in full.observations}) == len(full.observations)

    def test_the_appraiser_leads_the_campus_and_is_never_the_observed_person(self, full: Sample) -> None:
        educators = {educator.employee_number: educator for educator in full.network.educators}
        for observation in full.observations:
            observed = educators[observation.employee_number]
            appraiser = educators[observation.appraiser_employee_number]
            assert appraiser is not observed
            if observed.role is Role.PRINCIPAL:
                assert appraiser.role is Role.PRINCIPAL
                assert appraiser.home.district == observed.home.district
            else:
                assert appraiser.role in (Role.PRINCIPAL, Role.ASSISTANT_PRINCIPAL)
                assert appraiser.home.identifier == observation.campus

    def test_every_dimension_is_scored_and_levels_are_spread_as_in_life(self, full: Sample) -> None:
        levels: Counter[int] = Counter()
        for observation in full.observations:
            assert tuple(score.dimension for score in observation.scores) == DIMENSIONS
            levels.update(score.level for score in observation.scores)
        share = {level: count / levels.total() for level, count in levels.items()}
        assert set(share) == {1, 2, 3, 4}
        assert 0.45 < share[3] < 0.65
        assert 0.1 < share[2] < 0.3
        assert 0.1 < share[4] < 0.3
        assert share[1] < 0.05

    def test_an_educators_observations_agree_with_one_another_and_with_growth(self, full: Sample) -> None:
        means: dict[str, list[float]] = defaultdict(list)
        for observation in full.observations:
            means[observation.employee_number].append(mean(score.level for score in observation.scores))
        first, last = [values[0] for values in means.values()], [values[-1] for values in means.values()]
        assert correlation(first, last) > 0.6
        observed = [mean(means[score.employee_number]) for score in full.growth_scores]
        grown = [score.students_met / score.students for score in full.growth_scores]
        assert 0.4 < correlation(observed, grown) < 0.9

    def test_growth_scores_are_of_tested_teachers_once_a_measure(self, full: Sample) -> None:
        tested = {educator.employee_number for educator in full.network.educators if educator.is_tested}
        scores = [(score.employee_number, score.measure) for score in full.growth_scores]
        assert {number for number, _ in scores} < tested
        assert len(set(scores)) == len(scores)
        assert {measure for _, measure in scores} == {"nwea-map", "staar"}
        assert all(0 <= score.students_met <= score.students for score in full.growth_scores)

    def test_every_non_tested_teacher_has_one_slo_or_one_a_semester(self, full: Sample) -> None:
        expected = {
            educator.employee_number
            for educator in full.network.educators
            if educator.role is Role.TEACHER and not educator.is_tested
        }
        intervals: dict[str, list[str]] = defaultdict(list)
        for slo in full.slos:
            intervals[slo.employee_number].append(slo.interval)
        assert set(intervals) == expected
        allowed = [["year"], ["semester_1"], ["semester_2"], ["semester_1", "semester_2"]]
        assert all(found in allowed for found in intervals.values())

    def test_the_dates_of_an_slo_follow_one_another_within_the_employment(self, full: Sample) -> None:
        educators: dict[str, Educator] = {one.employee_number: one for one in full.network.educators}
        for slo in full.slos:
            educator = educators[slo.employee_number]
            assert educator.hired_on < slo.submitted_on <= (educator.left_on or date(2021, 5, 28))
            assert (slo.attainment_percent is None) == (slo.scored_on is None)
            assert set(slo.quality_scores.values()) <= {1, 2, 3, 4}
            if slo.approved_on is None:
                assert slo.scored_on is None
                assert mean(slo.quality_scores.values()) <= 2
            else:
                assert slo.submitted_on < slo.approved_on
                assert mean(slo.quality_scores.values()) >= 2.5
            if slo.scored_on is not None:
                assert slo.approved_on is not None
                assert slo.approved_on < slo.scored_on <= (educator.left_on or date(2021, 5, 28))

    @pytest.mark.parametrize("educators", range(100, 700, 100))
    def test_no_slo_is_scored_before_it_is_approved_however_small_the_network_is(self, educators: int) -> None:
        """Some come in the middle of a semester, and have an objective for it that came too late."""
        slos = build_sample(educators=educators).slos
        assert [
            slo for slo in slos if slo.scored_on and not (slo.approved_on and slo.approved_on < slo.scored_on)
        ] == []

    def test_the_lines_of_the_bulk_doors_have_exactly_the_agreed_fields(self, small: Written) -> None:
        observation = small.lines("observations.ndjson")[0]
        assert set(observation) == {
            *("external_id", "employee_number", "campus", "observed_on", "kind", "announced"),
            *("appraiser_employee_number", "rubric", "rubric_version", "finalized_at", "scores"),
        }
        assert set(observation["scores"][0]) == {"dimension", "level", "evidence"}
        assert set(small.lines("slos.ndjson")[0]) == {
            *("external_id", "employee_number", "school_year", "interval", "subject", "learning_goal"),
            *("quality_scores", "submitted_on", "approved_on", "reviewer_employee_number"),
            *("attainment_percent", "scored_on"),
        }
        growth = list(csv.DictReader(io.StringIO((small.folder / "growth-scores.csv").read_text())))
        assert set(growth[0]) == {"employee_number", "school_year", "measure", "percent_met", "students"}
        assert all(re.fullmatch(r"(100|\d{1,2})\.\d", row["percent_met"]) for row in growth)


class TestTheAwards:
    def test_there_are_about_four_thousand_of_known_credentials_each_once_a_person(self, full: Sample) -> None:
        awards = {
            delivery.body["data"]["award_id"]: delivery.body["data"]
            for delivery in full.bloomboard
            if delivery.body["type"] == "credential.awarded"
        }
        held = [(award["recipient"]["employee_id"], award["credential_id"]) for award in awards.values()]
        assert 3_990 <= len(awards) <= 4_030
        assert len(set(held)) == len(held)
        assert {credential for _, credential in held} == set(CREDENTIALS)

    def test_awards_fall_within_the_employment(self, full: Sample) -> None:
        educators = {educator.employee_number: educator for educator in full.network.educators}
        for delivery in full.bloomboard:
            if delivery.body["type"] == "credential.revoked":
                continue
            data = delivery.body["data"]
            educator = educators.get(data["recipient"]["employee_id"])
            awarded_on = date.fromisoformat(data["awarded_at"][:10])
            if educator is not None:
                assert educator.hired_on <= awarded_on <= (educator.left_on or date(2021, 6, 30))
                assert data["recipient"]["email"] == educator.person.email

    def test_every_revocation_takes_back_an_award_of_the_file_after_it_was_made(self, full: Sample) -> None:
        awarded = {
            delivery.body["data"]["award_id"]: delivery.body["timestamp"]
            for delivery in full.bloomboard
            if delivery.body["type"] == "credential.awarded"
        }
        revoked = [d.body["data"] for d in full.bloomboard if d.body["type"] == "credential.revoked"]
        assert len(revoked) >= 50
        assert all(awarded[data["award_id"]] < data["revoked_at"] for data in revoked)
        early = revoked_before_awarded([delivery.body for delivery in full.bloomboard])
        assert 5 <= len(early) < len(revoked)

    def test_a_call_made_twice_is_the_same_to_the_byte(self, small: Written) -> None:
        lines = (small.folder / "awards-bloomboard.ndjson").read_text().splitlines()
        by_id: dict[str, set[str]] = defaultdict(set)
        for line in lines:
            by_id[json.loads(line)["webhook_id"]].add(line)
        assert len(by_id) < len(lines)
        assert all(len(found) == 1 for found in by_id.values())

    def test_somebody_completes_each_pathway(self, full: Sample) -> None:
        held: dict[str, set[str]] = defaultdict(set)
        for delivery in full.bloomboard:
            if delivery.body["type"] == "credential.awarded":
                data = delivery.body["data"]
                held[data["recipient"]["employee_id"]].add(data["credential_id"])
        for codes in PATHWAYS.values():
            assert any(set(codes) <= credentials for credentials in held.values())

    def test_credly_tells_of_a_few_dozen_badges_in_its_own_shape(self, full: Sample) -> None:
        events = [delivery.body for delivery in full.credly]
        kinds = Counter(event["event_type"] for event in events)
        assert kinds["badge.created"] == 36
        assert kinds["badge.state.changed"] > 20
        assert kinds["badge.deleted"] > 0
        assert {event["data"]["state"] for event in events} == {"pending", "accepted", "revoked"}
        assert {event["data"]["issuer_earner_id"] is None for event in events} == {True, False}
        assert {event["data"]["badge_template"]["id"] for event in events} <= set(CREDENTIALS)
        assert len({event["id"] for event in events}) == len(events)


class TestTheFolder:
    def test_the_same_seed_gives_the_same_bytes(self, small: Written, tmp_path: Path) -> None:
        write_sample(tmp_path / "again", seed=2020, educators=SMALL)
        assert digest(tmp_path / "again") == digest(small.folder)

    def test_the_bytes_are_those_of_every_other_machine(self, small: Written) -> None:
        assert digest(small.folder) == SMALL_HASH

    def test_another_seed_gives_another_network(self, small: Written, tmp_path: Path) -> None:
        write_sample(tmp_path, seed=2021, educators=SMALL)
        for path in small.folder.iterdir():
            assert (tmp_path / path.name).read_bytes() != path.read_bytes(), path.name

    def test_there_is_nothing_of_students_but_class_totals(self, small: Written) -> None:
        for path in small.folder.iterdir():
            text = path.read_text(encoding="utf-8", errors="strict") if path.suffix != ".zip" else ""
            mentions = re.findall(r".*\b(?:student|pupil|child)\w*.*", text, re.IGNORECASE)
            allowed = r"employee_number,.*,students|.*\bThere are no students in it\b.*|.*mc-student-engagement.*"
            kept = [line for line in mentions if not re.fullmatch(rf"{allowed}|.*\"student_engagement\".*", line)]
            assert kept == [], path.name

    def test_sample_md_says_what_it_is(self, small: Written) -> None:
        text = (small.folder / "SAMPLE.md").read_text()
        assert "invented" in text
        assert "seed 2020" in text
        assert "4 campuses, 60 educators" in text
        for name, size in small.summary.file_bytes.items():
            assert f"| {name} | {size:,} |" in text
            assert (small.folder / name).stat().st_size == size

    def test_the_summary_counts_what_the_files_hold(self, small: Written) -> None:
        records = small.summary.records
        assert sum(small.summary.roles.values()) == small.summary.educators == SMALL
        assert records["observations"] == len(small.lines("observations.ndjson"))
        assert records["SLOs"] == len(small.lines("slos.ndjson"))
        assert records["Credly events"] == len(small.lines("awards-credly.ndjson"))
        calls = (
            records["BloomBoard awards"] + records["BloomBoard revocations"] + records["BloomBoard calls made twice"]
        )
        assert calls == len(small.lines("awards-bloomboard.ndjson"))
