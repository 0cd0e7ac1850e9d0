"""OneRoster file sets as the tests of evaluation write them: a small network, and any row of it changed."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.evaluation.schemas.roster.layouts import LAYOUTS

Row = dict[str, str]
Files = dict[str, list[Row]]

HEADERS: dict[str, tuple[str, ...]] = {file.value: layout.columns for file, layout in LAYOUTS.items()}
EXTENSIONS = {"users": ("metadata.hiredOn",), "roles": ("metadata.fullTimeEquivalent",)}
MANIFEST = {"manifest.version": "1.0", "oneroster.version": "1.2"}


def user(key: str, number: str, **columns: str) -> Row:
    names = {"givenName": key.title(), "familyName": "Example", "email": f"{key}@example.org"}
    return {"sourcedId": f"u-{key}", "identifier": number, "primaryOrgSourcedId": "c1"} | names | columns


def role(key: str, what: str = "teacher", *, campus: str = "c1", **columns: str) -> Row:
    given = {"sourcedId": f"r-{key}-{campus}", "userSourcedId": f"u-{key}", "role": what, "orgSourcedId": campus}
    return given | {"roleType": "primary", "beginDate": "2018-08-01"} | columns


def teaching(key: str, taught: str, *, campus: str = "c1", as_: str = "teacher") -> Row:
    given = {"sourcedId": f"e-{key}-{taught}", "classSourcedId": taught, "schoolSourcedId": campus}
    return given | {"userSourcedId": f"u-{key}", "role": as_}


def taught_class(key: str, subject: str, grade: str, *, campus: str = "c1", term: str = "y21") -> Row:
    given = {"sourcedId": key, "title": key, "grades": grade, "courseSourcedId": "course", "classType": "scheduled"}
    return given | {"schoolSourcedId": campus, "termSourcedIds": term, "subjects": subject}


def network() -> Files:
    """One district with two campuses: ana teaches a tested class, ben another, pam leads, amy appraises, zoe learns."""
    return {
        "orgs": [
            {"sourcedId": "d1", "name": "North", "type": "district", "identifier": "101"},
            {"sourcedId": "c1", "name": "First", "type": "school", "identifier": "101001", "parentSourcedId": "d1"},
            {"sourcedId": "c2", "name": "Second", "type": "school", "identifier": "101002", "parentSourcedId": "d1"},
        ],
        "academicSessions": [session("y21", 2021)],
        "courses": [{"sourcedId": "course", "title": "Course", "orgSourcedId": "d1"}],
        "classes": [taught_class("math-05", "Mathematics", "05"), taught_class("art-05", "Art", "05")],
        "users": [
            user("ana", "100001"),
            user("ben", "100002", **{"metadata.hiredOn": "2017-08-01"}),
            user("pam", "100003"),
            user("amy", "100004"),
            user("zoe", "S-77"),
        ],
        "roles": [
            role("ana", **{"metadata.fullTimeEquivalent": "0.50"}),
            role("ben"),
            role("pam", "principal"),
            role("amy", "ext:assistantPrincipal"),
            role("zoe", "student"),
        ],
        "enrollments": [
            teaching("ana", "math-05"),
            teaching("ben", "art-05"),
            teaching("zoe", "math-05", as_="student"),
        ],
    }


def session(key: str, ends_in: int) -> Row:
    return {
        "sourcedId": key,
        "title": f"School year {ends_in}",
        "type": "schoolYear",
        "startDate": f"{ends_in - 1}-08-17",
        "endDate": f"{ends_in}-05-29",
        "schoolYear": str(ends_in),
    }


def changed(files: Files, file: str, sourced_id: str, **columns: str) -> Files:
    """The files with one row changed."""
    rows = [row | columns if row["sourcedId"] == sourced_id else row for row in files[file]]
    return files | {file: rows}


def without(files: Files, *sourced_ids: str) -> Files:
    """The files without these rows."""
    return {file: [row for row in rows if row["sourcedId"] not in sourced_ids] for file, rows in files.items()}


def added(files: Files, file: str, *rows: Row) -> Files:
    return files | {file: [*files.get(file, []), *rows]}


def without_person(files: Files, key: str) -> Files:
    """The files as if the person had never been in them."""
    named = {"users": "sourcedId", "roles": "userSourcedId", "enrollments": "userSourcedId"}
    return {
        file: [row for row in rows if file not in named or row[named[file]] != f"u-{key}"]
        for file, rows in files.items()
    }


def told(status: str, at: str, *rows: Row) -> list[Row]:
    """The rows as a delta has them."""
    return [row | {"status": status, "dateLastModified": at} for row in rows]


def csv_of(header: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def contents(files: Files, *, mode: str = "bulk", manifest: Mapping[str, str] | None = None) -> dict[str, bytes]:
    """Each file of the set as bytes, its manifest too."""
    made = {f"{file}.csv": csv_of((*HEADERS[file], *EXTENSIONS.get(file, ())), rows) for file, rows in files.items()}
    says = MANIFEST | {f"file.{file}": mode for file in files} | dict(manifest or {})
    lines = [{"propertyName": name, "value": value} for name, value in says.items()]
    return {"manifest.csv": csv_of(("propertyName", "value"), lines)} | made


def zip_of(entries: Mapping[str, bytes], **options: Any) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return body.getvalue()


def roster_zip(files: Files | None = None, *, mode: str = "bulk") -> bytes:
    return zip_of(contents(network() if files is None else files, mode=mode))
