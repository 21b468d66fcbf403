"""A window with nothing but a field that copies the files dropped on it into a folder, as a file manager would.

usage: drop_target.py FOLDER   It stands in the lower left corner and prints what hovers and what was dropped.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel

NAME = "Drop files here"


class DropTarget(QLabel):
    """The field."""

    def __init__(self, folder: Path) -> None:
        super().__init__("Drop here")
        self._folder = folder
        self.setWindowTitle(NAME)
        self.setAccessibleName(NAME)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setStyleSheet("background: #8dd5f4; color: black; border: 1px solid black")
        self.setWindowFlags(Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint)
        self.setAcceptDrops(True)
        self.setFixedSize(140, 60)
        corner = QApplication.primaryScreen().geometry().bottomLeft()
        self.move(corner.x() + 10, corner.y() - 70)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            print("hovering:", len(event.mimeData().urls()), flush=True)

    def dropEvent(self, event: QDropEvent) -> None:
        """Copy what was dropped."""
        for url in event.mimeData().urls():
            source = Path(url.toLocalFile())
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, self._folder / source.name)
        event.acceptProposedAction()
        print("dropped:", len(event.mimeData().urls()), flush=True)


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    target = DropTarget(Path(sys.argv[1]))
    target.show()
    sys.exit(application.exec())
