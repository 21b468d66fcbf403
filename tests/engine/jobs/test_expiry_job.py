"""Old versions are forgotten by themselves, and closing does not wait for that."""

from __future__ import annotations

import pytest

from engine.storage import FileStorage
from engine.types import BucketChanges, Retention, RlsContext, UploadOptions
from engine.workspace import Workspace
from tests.engine.jobs.conftest import Clock

REPLACE = UploadOptions(replace=True)


@pytest.fixture(autouse=True)
def versions(storage: FileStorage, service: RlsContext) -> None:
    """Store an object with three old versions, of which one is kept from now on."""
    storage.create_bucket("photos", service, retention=Retention(versions=5))
    for number in range(4):
        storage.upload("photos", "a", b"%d" % number, service, REPLACE)
    storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=1)))


def count(storage: FileStorage, service: RlsContext) -> int:
    return len(storage.versions.list("photos", "a", service)) - 1


def test_old_versions_are_forgotten_once_an_hour(
    workspace: Workspace, storage: FileStorage, service: RlsContext, clock: Clock
) -> None:
    workspace.jobs.run_due()
    assert count(storage, service) == 3

    clock.now_s = 30.0
    workspace.jobs.run_due()
    assert count(storage, service) == 1

    for number in range(4):
        storage.upload("photos", "a", b"again %d" % number, service, REPLACE)
    before = count(storage, service)
    clock.now_s = 3629.0
    workspace.jobs.run_due()
    assert count(storage, service) == before
    clock.now_s = 3631.0
    workspace.jobs.run_due()
    assert count(storage, service) == 1


def test_nothing_is_forgotten_once_the_workspace_closes(
    workspace: Workspace, storage: FileStorage, service: RlsContext, clock: Clock
) -> None:
    workspace.jobs.close()
    clock.now_s = 30.0
    workspace.jobs.run_due()

    assert count(storage, service) == 3
