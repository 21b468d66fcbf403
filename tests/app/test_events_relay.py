"""Engine events as calm signals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bridge.events import EventRelay
from app.bridge.tasks import Tasks
from app.location import Location
from engine.config import load_settings
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext, UploadItem
from engine.workspace import open_workspace


@pytest.fixture
def relay(storage: FileStorage, qapp: QApplication) -> Iterator[EventRelay]:
    tasks = Tasks(lambda error: pytest.fail(str(error)), qapp)
    relay = EventRelay(storage, tasks, qapp)
    yield relay
    relay.close()
    tasks.close()


def test_an_upload_names_its_folder_and_those_above(
    relay: EventRelay, storage: FileStorage, bucket: Bucket, service: RlsContext, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(relay.folders_changed, timeout=5_000) as told:
        storage.upload("photos", "a/b/c.txt", b"x", service)
    assert told.args[0] >= {Location("photos"), Location("photos", "a/"), Location("photos", "a/b/")}


def test_many_uploads_are_few_signals(
    relay: EventRelay, storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path, qtbot: QtBot
) -> None:
    source = tmp_path / "s"
    source.write_bytes(b"x")
    told = []
    relay.folders_changed.connect(told.append)
    storage.upload_many("photos", (UploadItem(source, f"many/{i}") for i in range(300)), service)
    qtbot.waitUntil(lambda: len(told) > 0, timeout=5_000)
    qtbot.wait(300)
    assert len(told) <= 2


def test_buckets_are_told_apart_from_folders(
    relay: EventRelay, storage: FileStorage, service: RlsContext, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(relay.buckets_changed, timeout=5_000):
        storage.create_bucket("new", service)


def test_a_change_by_another_process_is_noticed(
    relay: EventRelay, storage: FileStorage, bucket: Bucket, service: RlsContext, data_dir: Path, qtbot: QtBot
) -> None:
    relay._ask_version()
    qtbot.waitUntil(lambda: relay._version is not None, timeout=5_000)
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32))) as beside:
        beside.storage.upload("photos", "from-elsewhere", b"x", service)
    with qtbot.waitSignal(relay.everything_changed, timeout=5_000):
        relay._ask_version()
