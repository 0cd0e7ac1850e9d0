"""The zip of a OneRoster 1.2 file set: its manifest, and its files opened one at a time within limits."""

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from services.evaluation.domain.roster import Mode, RosterFile
from services.evaluation.errors import RosterArchiveRefused
from services.evaluation.schemas.roster.faults import Faults
from services.evaluation.schemas.tabular import Layout, read_table

MAX_EXPANDED_BYTES = 400 * 1024 * 1024
_MAX_DIRECTORY_BYTES = 64 * 1024
_END_RECORD_BYTES = 22
# The end record, the longest comment after it, the ZIP64 locator before it.
_END_RECORD_REACH = _END_RECORD_BYTES + 65_536 + 20
_MANIFEST = "manifest.csv"
_VERSIONS = {"manifest.version": "1.0", "oneroster.version": "1.2"}
_ENCRYPTED = 0x1

# Every file that the binding knows (1.2.1, section on manifest.csv); those this service does not read stay closed.
ONEROSTER_FILES = frozenset(
    {
        *("academicSessions", "categories", "classes", "classResources", "courses", "courseResources", "demographics"),
        *("enrollments", "lineItemLearningObjectiveIds", "lineItems", "lineItemScoreScales", "orgs", "resources"),
        *("resultLearningObjectiveIds", "results", "resultScoreScales", "roles", "scoreScales", "userProfiles"),
        *("userResources", "users"),
    }
)


@dataclass(frozen=True, slots=True)
class Archive:
    """An opened file set; `modes` says of each file whether it is bulk, delta or absent."""

    entries: zipfile.ZipFile
    modes: Mapping[RosterFile, Mode]

    @contextmanager
    def file(self, file: RosterFile) -> Iterator[IO[bytes]]:
        with _opened(self.entries, f"{file}.csv") as source:
            yield source


@contextmanager
def open_archive(body: IO[bytes]) -> Iterator[Archive]:
    """Raises RosterArchiveRefused for what is wrong with the archive as a whole, RosterRefused for its manifest."""
    _check_directory_size(body)
    try:
        entries = zipfile.ZipFile(body)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise RosterArchiveRefused("the body is not a zip file: send a OneRoster 1.2 CSV zip") from error
    with entries:
        names = _check_entries(entries)
        yield Archive(entries, _read_manifest(entries, names))


def _check_directory_size(body: IO[bytes]) -> None:
    """Look at the end record before anything allocates memory for what the directory claims to list.

    ZIP64 is refused with it: nothing within the limits needs it.
    """
    size = body.seek(0, 2)
    body.seek(max(0, size - _END_RECORD_REACH))
    tail = body.read()
    body.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END_RECORD_BYTES:
        raise RosterArchiveRefused("the body is not a zip file: send a OneRoster 1.2 CSV zip")
    (directory_bytes,) = struct.unpack_from("<L", tail, at + 12)
    if directory_bytes > _MAX_DIRECTORY_BYTES or tail[max(0, at - 20) :].startswith(b"PK\x06\x07"):
        raise RosterArchiveRefused("the zip lists far more files than a OneRoster set has, or is in ZIP64 form")


def _check_entries(entries: zipfile.ZipFile) -> frozenset[str]:
    """The names at the root. Raises RosterArchiveRefused for anything that a file set does not have."""
    names: set[str] = set()
    expanded = 0
    for at, entry in enumerate(entries.infolist(), start=1):
        if "/" in entry.filename or "\\" in entry.filename:
            raise RosterArchiveRefused(f"entry {at} of the zip lies in a folder: the files belong at the root")
        if entry.filename in names:
            raise RosterArchiveRefused(f"entry {at} of the zip has the name of another one")
        if entry.filename != _MANIFEST and entry.filename.removesuffix(".csv") not in ONEROSTER_FILES:
            raise RosterArchiveRefused(f"entry {at} of the zip is not a file of OneRoster 1.2")
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise RosterArchiveRefused(f"entry {at} of the zip is encrypted or not compressed by deflate")
        names.add(entry.filename)
        expanded += entry.file_size
    if expanded > MAX_EXPANDED_BYTES:
        raise RosterArchiveRefused(f"the files are larger than {MAX_EXPANDED_BYTES >> 20} MiB together: send a delta")
    if _MANIFEST not in names:
        raise RosterArchiveRefused("manifest.csv is missing: it names the files and whether they are bulk or delta")
    return frozenset(names)


@contextmanager
def _opened(entries: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    """A file's bytes, never more than its entry declares. Raises RosterArchiveRefused where they are damaged."""
    damaged = RosterArchiveRefused(f"{name} is damaged in the zip: make the archive anew")
    try:
        source = entries.open(name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        raise damaged from error
    with source:
        try:
            yield source
        except (zipfile.BadZipFile, EOFError, zlib.error) as error:
            raise damaged from error


def _read_manifest(entries: zipfile.ZipFile, names: frozenset[str]) -> Mapping[RosterFile, Mode]:
    faults = Faults()
    values: dict[str, str] = {}
    with _opened(entries, _MANIFEST) as source:
        for line, row in read_table(source, Layout(("propertyName", "value")), faults.of("manifest")):
            if row["propertyName"] in values:
                faults.add("manifest", line, "propertyName", "stands there twice")
            values[row["propertyName"]] = row["value"]
    faults.refuse()
    for name, wanted in _VERSIONS.items():
        if values.get(name) != wanted:
            raise RosterArchiveRefused(f"manifest.csv does not say {name} = {wanted}: only OneRoster 1.2 is read here")
    modes = {file: _mode(file, values, names) for file in sorted(ONEROSTER_FILES)}
    return {file: modes[file.value] for file in RosterFile}


def _mode(file: str, values: Mapping[str, str], names: frozenset[str]) -> Mode:
    said = values.get(f"file.{file}", Mode.ABSENT)
    if said not in set(Mode):
        raise RosterArchiveRefused(f"manifest.csv says neither bulk, delta nor absent of file.{file}")
    is_there = f"{file}.csv" in names
    if is_there and said == Mode.ABSENT:
        raise RosterArchiveRefused(f"{file}.csv is in the zip, but manifest.csv calls it absent or does not name it")
    if not is_there and said != Mode.ABSENT:
        raise RosterArchiveRefused(f"manifest.csv calls {file}.csv {said}, but it is not in the zip")
    return Mode(said)
