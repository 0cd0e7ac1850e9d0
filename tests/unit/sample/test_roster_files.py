"""The OneRoster files of the sample network: the rules of every column, references that lead somewhere, the delta."""

import csv
import io
import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.sample import SampleSummary, build_sample, write_sample
from deploy.sample.files import contents
from deploy.sample.model import Sample

SMALL = 60

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Roster:
    tables: dict[str, Rows]
    headers: dict[str, list[str]]

    def ids(self, name: str) -> set[str]:
        return {row["sourcedId"] for row in self.tables[name]}


@dataclass(frozen=True)
class Written:
    summary: SampleSummary
    bulk: Roster
    delta: Roster


def read_roster(path: Path) -> Roster:
    tables: dict[str, Rows] = {}
    headers: dict[str, list[str]] = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            reader = csv.DictReader(io.StringIO(archive.read(name).decode("utf-8"), newline=""), strict=True)
            tables[name.removesuffix(".csv")] = list(reader)
            headers[name.removesuffix(".csv")] = list(reader.fieldnames or [])
    return Roster(tables, headers)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("small")
    summary = write_sample(folder, seed=2020, educators=SMALL)
    return Written(summary, read_roster(folder / "roster.zip"), read_roster(folder / "roster-delta.zip"))


@pytest.fixture(scope="module")
def sample() -> Sample:
    return build_sample(seed=2020, educators=1_000)


DATE = r"\d{4}-\d{2}-\d{2}"
GRADE_LIST = r"(KG|0[1-9]|1[0-2])(,(KG|0[1-9]|1[0-2]))*"
RULES: dict[str, dict[str, str]] = {
    "academicSessions": {
        "title": r".+",
        "type": r"gradingPeriod|semester|schoolYear|term",
        "startDate": DATE,
        "endDate": DATE,
        "parentSourcedId": r"[\w-]*",
        "schoolYear": "2021",
    },
    "orgs": {
        "name": r".+",
        "type": r"department|school|district|local|state|national",
        "identifier": r"[DC]\d+",
        "parentSourcedId": r"[\w-]*",
    },
    "courses": {
        "schoolYearSourcedId": r".+",
        "title": r".+",
        "courseCode": r"[A-Z0-9-]+",
        "grades": GRADE_LIST,
        "orgSourcedId": r".+",
        "subjects": r".+",
        "subjectCodes": r"[A-Z0-9]+(,[A-Z0-9]+)*",
    },
    "classes": {
        "title": r".+",
        "grades": GRADE_LIST,
        "courseSourcedId": r".+",
        "classCode": r"[A-Z0-9-]+",
        "classType": r"homeroom|scheduled",
        "location": r"Room \d+",
        "schoolSourcedId": r".+",
        "termSourcedIds": r".+",
        "subjects": r".+",
        "subjectCodes": r"[A-Z0-9]+(,[A-Z0-9]+)*",
        "periods": r"[1-7]?",
    },
    "users": {
        "enabledUser": r"true|false",
        "username": r"[a-z]+\.[a-z]+\d*",
        "userIds": r"\{LDAP:[a-z]+\.[a-z]+\d*\}",
        "givenName": r"[A-Z][a-z]+",
        "familyName": r"[A-Z][a-z]+",
        "middleName": "",
        "identifier": r"E\d{6}",
        "email": r"[a-z]+\.[a-z]+\d*@example\.org",
        "sms": "",
        "phone": "",
        "agentSourcedIds": "",
        "grades": "",
        "password": "",
        "userMasterIdentifier": "",
        "preferredGivenName": "",
        "preferredMiddleName": "",
        "preferredFamilyName": "",
        "primaryOrgSourcedId": r".+",
        "pronouns": "",
        "metadata.hiredOn": DATE,
    },
    "roles": {
        "userSourcedId": r".+",
        "roleType": r"primary|secondary",
        "role": (
            r"teacher|principal|counselor|aide|"
            r"ext:(instructionalCoach|assistantPrincipal|librarian|interventionist)"
        ),
        "beginDate": DATE,
        "endDate": rf"({DATE})?",
        "orgSourcedId": r"org-C\d+",
        "userProfileSourcedId": "",
        "metadata.fullTimeEquivalent": r"1\.00|0\.[1-9]\d",
    },
    "enrollments": {
        "classSourcedId": r".+",
        "schoolSourcedId": r".+",
        "userSourcedId": r".+",
        "role": "teacher",
        "primary": "true",
        "beginDate": rf"({DATE})?",
        "endDate": rf"({DATE})?",
    },
}
REFERENCES = {
    ("orgs", "parentSourcedId"): "orgs",
    ("academicSessions", "parentSourcedId"): "academicSessions",
    ("courses", "schoolYearSourcedId"): "academicSessions",
    ("courses", "orgSourcedId"): "orgs",
    ("classes", "courseSourcedId"): "courses",
    ("classes", "schoolSourcedId"): "orgs",
    ("classes", "termSourcedIds"): "academicSessions",
    ("users", "primaryOrgSourcedId"): "orgs",
    ("roles", "userSourcedId"): "users",
    ("roles", "orgSourcedId"): "orgs",
    ("enrollments", "classSourcedId"): "classes",
    ("enrollments", "schoolSourcedId"): "orgs",
    ("enrollments", "userSourcedId"): "users",
}


def assert_column_rules(roster: Roster, mark: dict[str, str]) -> None:
    for name, rows in roster.tables.items():
        if name == "manifest":
            continue
        rules = {"sourcedId": r"[\w.-]{1,255}", **mark, **RULES[name]}
        assert roster.headers[name] == list(rules)
        assert rows, f"{name}.csv is empty"
        assert len(roster.ids(name)) == len(rows)
        for row in rows:
            for column, rule in rules.items():
                assert re.fullmatch(rule, row[column]), f"{name}.csv {column}: {row[column]!r}"


def assert_references(roster: Roster, known: dict[str, set[str]]) -> None:
    for (name, column), target in REFERENCES.items():
        for row in roster.tables.get(name, []):
            for key in row[column].split(",") if row[column] else []:
                assert key in known[target], f"{name}.csv {column}: {key} is not in {target}.csv"


class TestTheRosterFiles:
    def test_every_row_of_the_bulk_set_keeps_the_rules_of_its_columns(self, small: Written) -> None:
        assert_column_rules(small.bulk, {"status": "", "dateLastModified": ""})

    def test_every_row_of_the_delta_keeps_the_rules_of_its_columns(self, small: Written) -> None:
        moment = r"2021-05-24T\d{2}:\d{2}:\d{2}\.\d{3}Z"
        assert_column_rules(small.delta, {"status": "active|tobedeleted", "dateLastModified": moment})

    def test_all_references_lead_somewhere(self, small: Written) -> None:
        bulk = {name: small.bulk.ids(name) for name in RULES}
        assert_references(small.bulk, bulk)
        with_delta = {
            name: ids | (small.delta.ids(name) if name in small.delta.tables else set()) for name, ids in bulk.items()
        }
        assert_references(small.delta, with_delta)

    @pytest.mark.parametrize("mode", ["bulk", "delta"])
    def test_the_manifest_names_every_file_of_the_binding(self, small: Written, mode: str) -> None:
        roster = small.bulk if mode == "bulk" else small.delta
        properties = {row["propertyName"]: row["value"] for row in roster.tables["manifest"]}
        files = {name[5:]: value for name, value in properties.items() if name.startswith("file.")}
        assert len(files) == 21
        assert {name for name, value in files.items() if value == mode} == set(roster.tables) - {"manifest"}
        assert set(files.values()) == {mode, "absent"}
        assert properties["manifest.version"] == "1.0"
        assert properties["oneroster.version"] == "1.2"

    def test_identifiers_usernames_and_addresses_are_unique(self, small: Written) -> None:
        for column in ("identifier", "username", "email"):
            values = [row[column] for row in small.bulk.tables["users"]]
            assert len(set(values)) == len(values) == SMALL

    @pytest.mark.parametrize("name", ["courses", "classes"])
    def test_every_subject_has_its_code(self, small: Written, name: str) -> None:
        for row in small.bulk.tables[name]:
            assert len(row["subjects"].split(",")) == len(row["subjectCodes"].split(","))

    def test_classes_lie_on_a_campus_of_their_teacher_that_has_their_grades(self, sample: Sample) -> None:
        for educator in sample.network.educators:
            for taught in educator.classes:
                assert set(taught.course.grades) & set(taught.campus.band.grades)
                assert taught.campus in {place.campus for place in educator.assignments}

    def test_end_dates_are_the_day_after_the_last_day(self, sample: Sample) -> None:
        leaver = next(educator for educator in sample.network.educators if educator.left_on)
        archive = zipfile.ZipFile(io.BytesIO(dict(contents(sample))["roster.zip"]))
        roles = csv.DictReader(io.StringIO(archive.read("roles.csv").decode()))
        ends = {row["endDate"] for row in roles if row["userSourcedId"] == f"user-{leaver.employee_number}"}
        assert leaver.left_on is not None
        assert ends == {(leaver.left_on + timedelta(days=1)).isoformat()}

    def test_only_staff_are_enrolled_and_there_are_no_demographics(self, small: Written) -> None:
        assert {row["role"] for row in small.bulk.tables["enrollments"]} == {"teacher"}
        assert "demographics" not in small.bulk.tables

    def test_the_delta_brings_newcomers_a_promotion_and_two_kinds_of_leaving(self, small: Written) -> None:
        cast, users = small.summary.cast, {row["identifier"]: row for row in small.delta.tables["users"]}
        known = {row["identifier"] for row in small.bulk.tables["users"]}
        roles: dict[str, Rows] = defaultdict(list)
        for row in small.delta.tables["roles"]:
            roles[row["userSourcedId"].removeprefix("user-")].append(row)
        assert len(cast.newcomers) == 3
        assert not known & set(cast.newcomers)
        assert cast.formerly_unknown in cast.newcomers
        assert [row["role"] for row in roles[cast.promoted]] == ["teacher", "ext:instructionalCoach"]
        assert roles[cast.promoted][0]["endDate"] < roles[cast.promoted][1]["beginDate"]
        assert roles[cast.resigned][0]["endDate"] == "2021-05-22"
        assert users[cast.resigned]["enabledUser"] == "false"
        assert users[cast.withdrawn]["status"] == roles[cast.withdrawn][0]["status"] == "tobedeleted"
