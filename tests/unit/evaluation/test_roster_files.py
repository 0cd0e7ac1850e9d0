"""Each way in which a OneRoster file set can be broken is named with file, line and column, and never quoted."""

import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.evaluation.domain.import_faults import MAX_FAULTS
from services.evaluation.domain.roster import Mode, RosterFile, RosterSet
from services.evaluation.errors import EvaluationError, RosterArchiveRefused, RosterRefused
from services.evaluation.schemas.roster.reader import read_roster
from tests.support.roster_files import (
    Files,
    added,
    changed,
    contents,
    csv_of,
    network,
    role,
    roster_zip,
    teaching,
    told,
    user,
    without,
    zip_of,
)

SECRET = "hunter2-is-a-password"  # what must never come back in an answer


def read(body: bytes) -> RosterSet:
    return read_roster(io.BytesIO(body))


def faults(files: Files, *, mode: str = "bulk") -> list[tuple[str, str]]:
    """(place, what is wrong there) of each fault."""
    with pytest.raises(RosterRefused) as refused:
        read(roster_zip(files, mode=mode))
    return [(one.pointer, one.detail.partition(": ")[2]) for one in refused.value.errors]


def places(files: Files, *, mode: str = "bulk") -> list[str]:
    return [place for place, _ in faults(files, mode=mode)]


def with_text(name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The network with one file's bytes changed."""
    entries = contents(network())
    return zip_of(entries | {name: change(entries[name])})


class TestWhatIsRead:
    def test_employees_with_their_roles_and_classes(self) -> None:
        roster = read(roster_zip())
        assert [one.sourced_id for one in roster.people] == ["u-ana", "u-ben", "u-pam", "u-amy"]
        assert [one.row.full_time_equivalent for one in roster.roles if one.row] == ["0.50", "1.00", "1.00", "1.00"]
        assert [one.sourced_id for one in roster.teachings] == ["e-ana-math-05", "e-ben-art-05"]
        assert not roster.references

    def test_students_are_counted_as_skipped_and_not_kept(self) -> None:
        roster = read(roster_zip())
        assert roster.skipped == {RosterFile.ROLES: 1, RosterFile.USERS: 1, RosterFile.ENROLLMENTS: 1}
        assert "zoe" not in repr(roster)

    @pytest.mark.parametrize("what", ["student", "guardian", "parent", "relative"])
    def test_who_is_only_that_is_not_kept(self, what: str) -> None:
        assert "u-zoe" not in repr(read(roster_zip(changed(network(), "roles", "r-zoe-c1", role=what))))

    def test_an_employee_who_is_a_parent_too_is_kept_as_an_employee(self) -> None:
        files = added(network(), "roles", role("ana", "parent", sourcedId="r-ana-parent"))
        kept = [one.sourced_id for one in read(roster_zip(files)).roles]
        assert "r-ana-c1" in kept
        assert "r-ana-parent" not in kept

    def test_passwords_telephones_and_demographics_are_not_read(self) -> None:
        files = changed(network(), "users", "u-ana", password=SECRET, phone=SECRET, sms=SECRET, pronouns=SECRET)
        entries = contents(files) | {"demographics.csv": SECRET.encode()}
        entries["manifest.csv"] += b"file.demographics,bulk\r\n"
        assert SECRET not in repr(read(zip_of(entries)))

    def test_an_end_date_is_the_day_after_the_last_one(self) -> None:
        roster = read(roster_zip(changed(network(), "roles", "r-ana-c1", endDate="2021-01-01")))
        assert roster.roles[0].row is not None
        assert str(roster.roles[0].row.ends_on) == "2020-12-31"
        assert roster.sessions[0].row is not None
        assert str(roster.sessions[0].row.ends_on) == "2021-05-28"

    def test_a_byte_order_mark_is_no_part_of_the_header(self) -> None:
        assert len(read(with_text("users.csv", lambda text: b"\xef\xbb\xbf" + text)).people) == 4

    def test_line_feeds_alone_and_quoted_commas_are_csv_too(self) -> None:
        body = with_text(
            "orgs.csv", lambda text: text.replace(b"\r\n", b"\n").replace(b"First", b'"First, the ""old"""')
        )
        assert [one.row.name for one in read(body).campuses if one.row] == ['First, the "old"', "Second"]

    def test_metadata_columns_of_others_are_let_pass(self) -> None:
        def extend(text: bytes) -> bytes:
            first, *rest = text.decode().split("\r\n")
            return "\r\n".join([f"{first},metadata.other", *(f"{line},x" for line in rest if line), ""]).encode()

        assert len(read(with_text("users.csv", extend)).people) == 4

    def test_orgs_above_a_district_are_passed_over_with_the_roles_in_them(self) -> None:
        files = added(network(), "orgs", {"sourcedId": "tx", "name": "Texas", "type": "state", "identifier": "TX"})
        files = added(files, "roles", role("ana", "systemAdministrator", campus="tx"))
        roster = read(roster_zip(files))
        assert roster.skipped[RosterFile.ORGS] == 1
        assert "tx" not in [one.row.campus for one in roster.roles if one.row]

    def test_a_delta_may_name_what_only_the_database_knows(self) -> None:
        rows = told("active", "2021-05-24T18:00:00.000Z", role("new", campus="c9"))
        people = told("active", "2021-05-24T18:00:00Z", user("new", "100009", primaryOrgSourcedId="c9"))
        roster = read(roster_zip({"users": people, "roles": rows}, mode="delta"))
        assert roster.mode(RosterFile.ROLES) is Mode.DELTA
        assert [(one.column, one.sourced_id) for one in roster.references] == [("orgSourcedId", "c9")]


class TestBrokenRows:
    @pytest.mark.parametrize(
        ("file", "row", "column", "value"),
        [
            ("orgs", "c1", "name", ""),
            ("orgs", "c1", "type", "castle"),
            ("orgs", "c1", "parentSourcedId", ""),
            ("orgs", "c1", "parentSourcedId", "d9"),
            ("academicSessions", "y21", "startDate", "17.08.2020"),
            ("academicSessions", "y21", "startDate", "2020-02-30"),
            ("academicSessions", "y21", "endDate", "2020-08-17"),
            ("academicSessions", "y21", "schoolYear", "next"),
            ("academicSessions", "y21", "type", "decade"),
            ("courses", "course", "title", ""),
            ("courses", "course", "orgSourcedId", "d9"),
            ("classes", "math-05", "courseSourcedId", "gone"),
            ("classes", "math-05", "schoolSourcedId", "c9"),
            ("classes", "math-05", "termSourcedIds", "y21,y22"),
            ("classes", "math-05", "termSourcedIds", ""),
            ("classes", "math-05", "classType", "online"),
            ("users", "u-ana", "givenName", " "),
            ("users", "u-ana", "familyName", "x" * 300),
            ("users", "u-ana", "email", "nowhere"),
            ("users", "u-ana", "metadata.hiredOn", "yesterday"),
            ("users", "u-ana", "primaryOrgSourcedId", "c9"),
            ("users", "u-ana", "identifier", "100\t001"),
            ("roles", "r-ana-c1", "userSourcedId", "u-nobody"),
            ("roles", "r-ana-c1", "orgSourcedId", "c9"),
            ("roles", "r-ana-c1", "role", "wizard"),
            ("roles", "r-ana-c1", "roleType", "tertiary"),
            ("roles", "r-ana-c1", "beginDate", "2018-13-01"),
            ("roles", "r-ana-c1", "beginDate", "0001-01-01"),
            ("roles", "r-ana-c1", "endDate", "2018-07-31"),
            ("roles", "r-ana-c1", "metadata.fullTimeEquivalent", "2.01"),
            ("roles", "r-ana-c1", "metadata.fullTimeEquivalent", "half"),
            ("enrollments", "e-ana-math-05", "classSourcedId", "gone"),
            ("enrollments", "e-ana-math-05", "schoolSourcedId", "c9"),
            ("enrollments", "e-ana-math-05", "userSourcedId", "u-nobody"),
            ("enrollments", "e-ana-math-05", "role", "guest"),
            ("enrollments", "e-zoe-math-05", "userSourcedId", "u-nobody"),
        ],
    )
    def test_a_broken_cell_is_named_by_file_line_and_column(self, file: str, row: str, column: str, value: str) -> None:
        files = network()
        line = 2 + [one["sourcedId"] for one in files[file]].index(row)
        assert f"/{file}.csv/{line}/{column}" in places(changed(files, file, row, **{column: value}))

    def test_every_broken_row_is_named_at_once(self) -> None:
        files = changed(network(), "users", "u-ana", givenName="")
        files = changed(files, "users", "u-pam", familyName="")
        files = changed(files, "roles", "r-ben-c1", roleType="")
        assert places(files) == ["/roles.csv/3/roleType", "/users.csv/2/givenName", "/users.csv/4/familyName"]

    def test_no_more_than_so_many_are_listed(self) -> None:
        files = added(network(), "users", *(user(f"n{at}", f"{at}", givenName="") for at in range(300)))
        files = added(files, "roles", *(role(f"n{at}") for at in range(300)))
        assert len(places(files)) == MAX_FAULTS

    def test_an_id_that_stands_twice_is_named_where_it_comes_again(self) -> None:
        files = added(network(), "orgs", network()["orgs"][1])
        assert faults(files) == [("/orgs.csv/5/sourcedId", "stands in this file twice")]

    def test_an_employee_number_that_stands_twice_is_named(self) -> None:
        assert "/users.csv/3/identifier" in places(changed(network(), "users", "u-ben", identifier="100001"))

    @pytest.mark.parametrize("column", ["status", "dateLastModified"])
    def test_a_bulk_row_has_no_status_and_no_date(self, column: str) -> None:
        files = changed(network(), "orgs", "d1", **{column: "active"})
        assert faults(files) == [(f"/orgs.csv/2/{column}", "has to be blank in a bulk file")]

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("status", ""),
            ("status", "inactive"),
            ("dateLastModified", "2021-05-24"),
            ("dateLastModified", "0001-01-01T00:00:00+14:00"),
        ],
    )
    def test_a_delta_row_has_both(self, column: str, value: str) -> None:
        [row] = told("active", "2021-05-24T18:00:00Z", network()["orgs"][0])
        assert places({"orgs": [row | {column: value}]}, mode="delta") == [f"/orgs.csv/2/{column}"]

    def test_a_delta_that_takes_a_row_back_needs_no_more_than_its_id(self) -> None:
        gone = told("tobedeleted", "2021-05-24T18:00:00Z", {"sourcedId": "u-ana"})
        roles = told("tobedeleted", "2021-05-24T18:00:00Z", {"sourcedId": "r-ana-c1"})
        roster = read(roster_zip({"users": gone, "roles": roles}, mode="delta"))
        assert roster.people[0].row is None

    def test_a_row_that_runs_over_lines_is_named_by_its_first(self) -> None:
        body = with_text("orgs.csv", lambda text: text.replace(b"Second", b'"Second\r\ncampus"'))
        with pytest.raises(RosterRefused) as refused:
            read(body)
        assert [one.pointer for one in refused.value.errors] == ["/orgs.csv/4/name"]


class TestBrokenText:
    def broken(self, name: str, change: Callable[[bytes], bytes]) -> list[str]:
        with pytest.raises(RosterRefused) as refused:
            read(with_text(name, change))
        return [one.pointer for one in refused.value.errors]

    def test_bytes_that_are_no_utf_8(self) -> None:
        assert "/orgs.csv/3/name" in self.broken("orgs.csv", lambda text: text.replace(b"First", b"F\xecrst"))

    def test_the_character_nul(self) -> None:
        assert "/orgs.csv/3/name" in self.broken("orgs.csv", lambda text: text.replace(b"First", b"Fi\0rst"))

    def test_a_quote_that_is_never_closed(self) -> None:
        assert "/orgs.csv/3" in self.broken("orgs.csv", lambda text: text.replace(b"First", b'"First'))

    def test_a_quote_in_the_middle_of_a_quoted_cell(self) -> None:
        assert "/orgs.csv/3" in self.broken("orgs.csv", lambda text: text.replace(b"First", b'"Fi"rst"'))

    def test_a_row_with_a_cell_too_many(self) -> None:
        assert "/orgs.csv/3" in self.broken("orgs.csv", lambda text: text.replace(b"First", b"First,second"))

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
    def test_a_file_in_utf_16_is_told_to_be_saved_as_utf_8(self, encoding: str) -> None:
        with pytest.raises(RosterRefused) as refused:
            read(with_text("orgs.csv", lambda text: text.decode().encode(encoding)))
        assert "save the file as UTF-8" in refused.value.errors[0].detail

    @pytest.mark.parametrize("header", ["lastName", "familyName;givenName"])
    def test_nothing_is_said_of_names_of_rows_that_could_not_be_read(self, header: str) -> None:
        """Else two hundred rows that are right would be named beside the one that is broken."""
        assert self.broken("users.csv", lambda text: text.replace(b"familyName", header.encode())) == [
            "/users.csv/1/familyName"
        ]
        assert self.broken("users.csv", lambda text: text.replace(b"Ana", b"An\xe1")) == ["/users.csv/2/givenName"]

    def test_a_line_that_does_not_end(self) -> None:
        with pytest.raises(RosterRefused, match="longer than"):
            read(with_text("orgs.csv", lambda text: text.replace(b"First", b"x" * 140_000)))
        assert "/orgs.csv/3" in self.broken("orgs.csv", lambda text: text.replace(b"First", b"x" * 140_000))

    @pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n"])
    def test_an_empty_file(self, content: bytes) -> None:
        assert "/orgs.csv/1" in self.broken("orgs.csv", lambda _: content)

    def test_a_file_with_a_header_alone(self) -> None:
        assert "/orgs.csv/1" in self.broken("orgs.csv", lambda text: text.splitlines(keepends=True)[0])

    def test_a_column_that_is_missing(self) -> None:
        assert "/orgs.csv/1/parentSourcedId" in self.broken(
            "orgs.csv", lambda text: text.replace(b",parentSourcedId", b"")
        )

    def test_columns_in_another_order(self) -> None:
        assert "/orgs.csv/1/name" in self.broken("orgs.csv", lambda text: text.replace(b"name,type", b"type,name"))

    def test_a_column_in_other_letters(self) -> None:
        assert "/orgs.csv/1/sourcedId" in self.broken("orgs.csv", lambda text: text.replace(b"sourcedId", b"SourcedID"))

    @pytest.mark.parametrize("extra", [b"shoeSize", b"metadata.", b"metadata.a,metadata.a"])
    def test_a_column_that_nobody_knows(self, extra: bytes) -> None:
        assert "/orgs.csv/1" in self.broken("orgs.csv", lambda text: text.replace(b"Id\r\n", b"Id," + extra + b"\r\n"))


class TestSecrets:
    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text.replace(b",,,Ana", b"," + SECRET.encode() + b",,,Ana", 1),
            lambda text: text.replace(b"Ana,", b'"' + SECRET.encode() + b'"x,', 1),
            lambda text: text.replace(b"Ana,", SECRET.encode() + b"\xff,", 1),
            lambda text: text.replace(b"ana@example.org", SECRET.encode()),
            lambda text: text.replace(b",password,", b"," + SECRET.encode() + b","),
        ],
    )
    def test_nothing_of_a_broken_users_file_is_quoted(self, change: Callable[[bytes], bytes]) -> None:
        with pytest.raises(RosterRefused) as refused:
            read(with_text("users.csv", change))
        assert SECRET not in refused.value.detail + repr(refused.value.errors)

    @pytest.mark.parametrize("column", ["role", "roleType", "beginDate", "userSourcedId", "orgSourcedId"])
    def test_a_password_in_the_wrong_column_is_not_quoted_either(self, column: str) -> None:
        with pytest.raises(RosterRefused) as refused:
            read(roster_zip(changed(network(), "roles", "r-ana-c1", **{column: SECRET})))
        assert SECRET not in refused.value.detail + repr(refused.value.errors)


class TestBrokenArchives:
    def refused(self, body: bytes) -> str:
        with pytest.raises(RosterArchiveRefused) as refused:
            read(body)
        return refused.value.detail

    @pytest.mark.parametrize("body", [b"", b"PK", b"hello", roster_zip()[:-10], roster_zip()[:200]])
    def test_what_is_no_zip(self, body: bytes) -> None:
        assert "not a zip" in self.refused(body)

    def test_files_in_a_folder(self) -> None:
        entries = contents(network())
        assert "folder" in self.refused(zip_of({f"export/{name}": content for name, content in entries.items()}))

    def test_the_folder_that_a_desktop_adds(self) -> None:
        assert "folder" in self.refused(zip_of(contents(network()) | {"__MACOSX/._users.csv": b""}))

    def test_a_path_that_climbs(self) -> None:
        assert "folder" in self.refused(zip_of(contents(network()) | {"../users.csv": b""}))

    def test_a_file_that_is_none_of_one_roster(self) -> None:
        assert "entry 9" in self.refused(zip_of(contents(network()) | {"payroll.xlsx": b""}))

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_two_files_of_one_name(self) -> None:
        body = io.BytesIO(roster_zip())
        with zipfile.ZipFile(body, "a") as archive:
            archive.writestr("users.csv", b"")
        assert "name of another" in self.refused(body.getvalue())

    def test_no_manifest(self) -> None:
        entries = contents(network())
        del entries["manifest.csv"]
        assert "manifest.csv is missing" in self.refused(zip_of(entries))

    @pytest.mark.parametrize(
        ("name", "value"), [("oneroster.version", "1.1"), ("manifest.version", "2.0"), ("oneroster.version", "")]
    )
    def test_another_version(self, name: str, value: str) -> None:
        assert name in self.refused(zip_of(contents(network(), manifest={name: value})))

    def test_a_file_that_the_manifest_names_and_the_zip_does_not_have(self) -> None:
        entries = contents(network())
        del entries["courses.csv"]
        assert "courses.csv bulk, but it is not" in self.refused(zip_of(entries))

    def test_a_file_that_the_manifest_calls_absent(self) -> None:
        assert "courses.csv is in the zip" in self.refused(
            zip_of(contents(network(), manifest={"file.courses": "absent"}))
        )

    def test_a_mode_that_is_none(self) -> None:
        assert "file.courses" in self.refused(zip_of(contents(network(), manifest={"file.courses": "partial"})))

    def test_a_manifest_that_says_a_thing_twice(self) -> None:
        entries = contents(network())
        entries["manifest.csv"] += b"oneroster.version,1.1\r\n"
        with pytest.raises(RosterRefused):
            read(zip_of(entries))

    def test_a_set_of_nothing_that_is_read_here(self) -> None:
        says = contents({}, manifest={"file.demographics": "bulk"}) | {"demographics.csv": b"x"}
        assert "names none of the files" in self.refused(zip_of(says))

    def test_users_without_roles(self) -> None:
        files = network()
        del files["roles"]
        assert "come together" in self.refused(roster_zip(files))

    def test_more_content_than_a_roster_has(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("services.evaluation.schemas.roster.archive.MAX_EXPANDED_BYTES", 10_000)
        assert len(roster_zip()) < 10_000
        big = added(network(), "courses", *({"sourcedId": f"k{at}", "title": "x" * 200} for at in range(100)))
        assert "larger than" in self.refused(roster_zip(big))

    def test_a_bomb_that_declares_less_than_it_holds_gives_no_more_than_it_declares(self) -> None:
        body = bytearray(zip_of(contents(network()) | {"courses.csv": b"0" * 20_000_000}))
        # Declared as 1,000 bytes, in the local header and in the directory.
        for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            for place in _places(bytes(body), signature):
                (size,) = struct.unpack_from("<L", body, place + at)
                if size == 20_000_000:
                    struct.pack_into("<L", body, place + at, 1_000)
        with pytest.raises((RosterArchiveRefused, RosterRefused)):
            read(bytes(body))

    def test_a_directory_of_a_hundred_thousand_files_is_not_even_looked_at(self) -> None:
        body = zip_of({f"f{at}.csv": b"" for at in range(2_000)})
        assert "far more files" in self.refused(body)

    def test_a_locked_entry(self) -> None:
        body = bytearray(roster_zip())
        for place in _places(bytes(body), b"PK\x01\x02"):
            body[place + 8] |= 1
        assert "encrypted" in self.refused(bytes(body))

    def test_damaged_content(self) -> None:
        body = bytearray(zip_of(contents(network())))
        place = _places(bytes(body), b"PK\x03\x04")[3]
        body[place + 60 : place + 70] = b"\xff" * 10
        with pytest.raises(EvaluationError):
            read(bytes(body))

    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(flips=st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 255)), min_size=1, max_size=6))
    def test_whatever_bytes_are_changed_it_is_read_or_refused(self, flips: list[tuple[int, int]]) -> None:
        body = bytearray(_BODY)
        for place, value in flips:
            body[place % len(body)] = value
        said = ""
        try:
            read(bytes(body))
        except (RosterArchiveRefused, RosterRefused) as refused:
            said = refused.detail + repr(refused.errors)
        assert SECRET not in said


_BODY = roster_zip(changed(network(), "users", "u-ana", password=SECRET))


def _places(body: bytes, signature: bytes) -> list[int]:
    found = []
    at = body.find(signature)
    while at >= 0:
        found.append(at)
        at = body.find(signature, at + 1)
    return found


def test_the_test_network_is_complete() -> None:
    assert set(network()) == {file.value for file in RosterFile}
    assert without(network(), "e-zoe-math-05")["enrollments"] == [
        teaching("ana", "math-05"),
        teaching("ben", "art-05"),
    ]
    assert csv_of(("a",), [{"a": "1"}]) == b"a\r\n1\r\n"
