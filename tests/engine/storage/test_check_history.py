"""`check` over what is kept of the past: versions and trash against their bytes, both ways."""

from __future__ import annotations

import pytest

from engine.backends.base import StorageBackend
from engine.check_types import FindingKind
from engine.files.archive import ARCHIVE_FOLDER
from engine.storage import FileStorage
from engine.types import Bucket, Retention, RlsContext, UploadOptions

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
    assert "has no bytes" in finding.detail
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
