"""A bridge over a queue that runs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication

from app.bridge.acting import Acting
from app.bridge.tasks import Tasks
from app.bridge.transfers import TransferBridge
from engine.types import RlsContext
from tests.app.transfers.kit import StubQueue


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let Qt's platform without a screen say what it cannot do; every other warning fails a test."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support", extend=True))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def stub() -> StubQueue:
    return StubQueue()


@pytest.fixture
def errors() -> list[Exception]:
    return []


@pytest.fixture
def bridge(qapp: QApplication, stub: StubQueue, errors: list[Exception]) -> Iterator[TransferBridge]:
    tasks = Tasks(errors.append)
    bridge = TransferBridge(stub, Acting(RlsContext.service()), tasks)  # type: ignore[arg-type]
    yield bridge
    bridge.stop()
    bridge.close()
    tasks.close()
