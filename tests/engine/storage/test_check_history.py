"""`check` over what is kept of the past: versions and trash against their bytes, both ways."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from engine import limits
from engine.backends.base import StorageBackend
from engine.check_types import FindingKind
from engine.files.archive import ARCHIVE_FOLDER
from engine.jobs.orphans import note_recovery
from engine.storage import FileStorage
from engine.types import Bucket, Retention, RlsContext, UploadOptions
from engine.workspace import Workspace

REPLACE = UploadOptions(replace=True)


@pytest.fixture
def bucket(storage: FileStorage, service: RlsContext) -> Bucket:
    return storage.create_bucket("photos", service, retention=Retention(versions=5, trash_days=30))


@pytest.fixture
def key(storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext) -> str:
    """Return where the one old version's bytes are."""
    for text in (b"one", b"two"):
        storage.upload("photos", "d/a", text, service, REPLACE)
    (entry,) = backend.list(ARCHIVE_FOLDER)
    return entry.key


def test_what_is_sound(storage: FileStorage, key: str, service: RlsContext):
    storage.delete("photos", "d/a", service)
    storage.upload("photos", "d/b", b"three", service)
    storage.move("photos", "d/b", "d/c", service)
    report = storage.check(service, repair=True)
    assert report.findings == ()
    assert len(storage.versions.list("photos", "d/a", service)) == 2


def test_a_version_without_its_bytes(storage: FileStorage, backend: StorageBackend, key: str, service: RlsContext):
    backend.delete(key)
    (finding,) = storage.check(service, repair=True).findings
    assert (finding.kind, finding.where, finding.repaired) == (FindingKind.MISSING, "photos/d/a", False)
    assert "3 bytes are not at" in finding.detail
    assert len(storage.versions.list("photos", "d/a", service)) == 2


def test_a_version_with_other_bytes(storage: FileStorage, backend: StorageBackend, key: str, service: RlsContext):
    backend.write(key, b"own")
    (finding,) = storage.check(service).findings
    assert (finding.kind, finding.where) == (FindingKind.DAMAGED, "photos/d/a")


def test_bytes_that_no_version_means(storage: FileStorage, backend: StorageBackend, key: str, service: RlsContext):
    backend.write(f"{key}-stranger", b"whose")
    (finding,) = storage.check(service).findings
    assert (finding.kind, finding.where, finding.repaired) == (FindingKind.ORPHANED, f"{key}-stranger", False)
    assert storage.check(service, repair=True).findings[0].repaired
    assert not backend.exists(f"{key}-stranger")
    assert backend.exists(key)
    assert storage.check(service).clean


def test_what_is_found_goes_into_quarantine_and_out_again(
    storage: FileStorage, backend: StorageBackend, key: str, service: RlsContext
):
    storage.upload("photos", "gone", b"gone", service)
    storage.upload("photos", "rotten", b"rotten", service)
    bucket_id = storage.get_bucket("photos", service).id
    backend.delete(f"{bucket_id}/gone")
    backend.write(f"{bucket_id}/rotten", b"nettor")
    backend.write(key, b"own")
    storage.check(service)
    assert problems(storage, service) == {"gone": "missing", "rotten": "damaged", "d/a": None}
    assert [version.info.problem for version in storage.versions.list("photos", "d/a", service)] == [None, "damaged"]

    backend.write(f"{bucket_id}/gone", b"gone")
    backend.write(f"{bucket_id}/rotten", b"rotten")
    backend.write(key, b"one")
    storage.check(service)
    assert set(problems(storage, service).values()) == {None}
    assert [version.info.problem for version in storage.versions.list("photos", "d/a", service)] == [None, None]


def test_what_a_repair_gives_back_is_out_of_quarantine(
    storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext
):
    storage.upload("photos", "a", b"lost", service)
    backend.delete(f"{bucket.id}/a")
    storage.check(service)
    assert problems(storage, service) == {"a": "missing"}
    backend.write(f"{bucket.id}/found", b"lost")
    assert storage.check(service, repair=True).clean
    assert problems(storage, service) == {"a": None}


def test_strays_are_looked_up_many_at_a_time(
    workspace: Workspace, storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext
):
    for number in range(100):
        backend.write(f"{bucket.id}/stray{number}", b"whose")
        backend.write(f"{ARCHIVE_FOLDER}/{bucket.id}/stray{number}~x", b"whose")
    passes: list[str] = []

    def note(_connection, _cursor, statement, _parameters, _context, _many) -> None:
        if "physical_path IN" in statement or "objects.physical_path =" in statement:
            passes.append(statement)

    event.listen(workspace._core.executor._engine, "before_cursor_execute", note)
    assert len(storage.check(service, repair=True).findings) == 200
    assert len(passes) <= 2 * (2 + 2 + 2)


def problems(storage: FileStorage, service: RlsContext) -> dict[str, str | None]:
    return {stored.path: stored.problem for stored in storage.walk("photos", "", service)}


def test_so_many_that_no_version_means_that_the_database_may_be_the_wrong_one(
    storage: FileStorage, backend: StorageBackend, key: str, service: RlsContext
):
    for number in range(limits.REPAIR_REMOVALS_MIN + 1):
        backend.write(f"{key}-{number}", b"whose")
    report = storage.check(service, repair=True)
    assert len(report.findings) == limits.REPAIR_REMOVALS_MIN + 1
    assert all("too many" in finding.detail and not finding.repaired for finding in report.findings)
    assert len(list(backend.list(ARCHIVE_FOLDER))) == limits.REPAIR_REMOVALS_MIN + 2


def test_what_a_recovery_has_no_rows_for_is_left_alone(
    workspace: Workspace, storage: FileStorage, backend: StorageBackend, key: str, service: RlsContext
):
    backend.write(f"{key}-stranger", b"whose")
    note_recovery(workspace._core.executor)
    (finding,) = storage.check(service, repair=True).findings
    assert not finding.repaired
    assert "restored or rebuilt" in finding.detail
    assert backend.exists(f"{key}-stranger")
