"""Counts that are remembered: those of this very state, and of who may see everything."""

from __future__ import annotations

import pytest

from engine.files.counts import Counts
from engine.storage import FileStorage
from engine.types import FolderCount, RlsContext
from engine.workspace import Workspace
from tests.policies import let_owners

pytestmark = [pytest.mark.parametrize("workspace", ["memory"], indirect=True), pytest.mark.usefixtures("bucket")]

ALICE = RlsContext.user("a11ce000-0000-4000-8000-000000000001")


class Asked:
    """Counts, and how often somebody had to."""

    def __init__(self, workspace: Workspace) -> None:
        self._executor = workspace._core.executor
        self._counts = Counts(self._executor)
        self.times = 0

    def of(self, prefix: str, context: RlsContext) -> FolderCount:
        version = self._executor.data_version()
        with self._executor.snapshot(context) as tx:
            return self._counts.of(tx, version, {"bucket": "b", "prefix": prefix}, self._count)

    def _count(self) -> FolderCount:
        self.times += 1
        return FolderCount(0, self.times)


def test_a_folder_is_counted_once_until_something_changes(
    workspace: Workspace, storage: FileStorage, service: RlsContext
) -> None:
    asked = Asked(workspace)
    assert [asked.of("f/", service).objects for _ in range(3)] == [1, 1, 1]
    assert asked.of("g/", service).objects == 2
    assert asked.of("f/", service).objects == 1
    storage.upload("photos", "x", b"x", service)
    assert [asked.of("f/", service).objects for _ in range(2)] == [3, 3]


def test_what_changed_while_it_was_counted_is_counted_again(
    workspace: Workspace, storage: FileStorage, service: RlsContext
) -> None:
    executor, counts = workspace._core.executor, Counts(workspace._core.executor)
    folder = {"bucket": "b", "prefix": "f/"}
    before = executor.data_version()
    storage.upload("photos", "x", b"x", service)
    for version, objects in ((before, 1), (before, 2), (executor.data_version(), 3), (executor.data_version(), 3)):
        with executor.snapshot(service) as tx:
            found = counts.of(tx, version, folder, lambda objects=objects: FolderCount(0, objects))  # type: ignore[misc]
        assert found.objects == objects


def test_who_is_held_to_rules_is_counted_for_each_time(workspace: Workspace, service: RlsContext) -> None:
    asked = Asked(workspace)
    asked.of("f/", service)
    assert [asked.of("f/", ALICE).objects for _ in range(2)] == [2, 3]
    assert asked.of("f/", service).objects == 1


def test_only_some_are_remembered(workspace: Workspace, service: RlsContext) -> None:
    asked = Asked(workspace)
    for number in range(40):
        asked.of(f"{number}/", service)
    assert asked.of("39/", service).objects == 40
    assert asked.of("0/", service).objects == 41


def test_the_listing_tells_of_every_change(storage: FileStorage, service: RlsContext) -> None:
    let_owners(storage)
    for number in range(3):
        storage.upload("photos", f"f/{number}", b"x", service)
        storage.upload("photos", f"f/sub{number}/x", b"x", service)
        for _ in range(2):
            assert storage.count_folder("photos", "f/", service) == FolderCount(number + 1, number + 1)
    assert storage.count_folder("photos", "f/", ALICE).total == 0
    storage.delete("photos", "f/1", service)
    assert storage.count_folder("photos", "f/", service) == FolderCount(3, 2)
