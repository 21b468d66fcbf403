"""The real window with the rows of a folder painted. Imports nothing that the window does not, for that is timed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QEventLoop, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QTableView

from app.application import Window
from app.theme import Theme
from engine.secrets import FixedSecrets
from tests.benchmarks.browsing_watch import Painted, are_rows_there


@contextmanager
def opened(data_dir: Path) -> Iterator[Window]:
    """Open the window until it can be used, and close it again.

    Args:
        data_dir: A workspace whose window was last in a folder that is not empty.
    """
    window = Window(_application(), Theme(_application()), FixedSecrets())
    window.shell.resize(1280, 800)
    loop = QEventLoop()
    window.opened.connect(loop.quit)
    window.open(data_dir)
    loop.exec()
    table: QTableView = window.session.views.pane.table
    Painted(table).after(lambda: None, partial(are_rows_there, table))
    _press_down(table)
    yield window
    window.closed.connect(loop.quit)
    window.shell.leave()
    loop.exec()


def _application() -> QApplication:
    return QApplication.instance() or QApplication(sys.argv[:1])


def _press_down(table: QTableView) -> None:
    """Press a key, which must find its row: else the window is not to be used yet."""
    before = table.currentIndex().row()
    key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(table, key)
    if table.currentIndex().row() == before:
        raise RuntimeError("the window took no key")
