"""A window with nothing but a field that drags the given files out, as a file manager would.

usage: drag_source.py PATH…   It stands in the lower right corner and prints what became of each drag.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel

NAME = "Files to drag"


class DragSource(QLabel):
    """The field."""

    def __init__(self, paths: list[str]) -> None:
        super().__init__("Drag from here")
        self._urls = [QUrl.fromLocalFile(path) for path in paths]
        self.setWindowTitle(NAME)
        self.setAccessibleName(NAME)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setStyleSheet("background: #f4d58d; color: black; border: 1px solid black")
        self.setWindowFlags(Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint)
        self.setFixedSize(140, 40)
        corner = QApplication.primaryScreen().geometry().bottomRight()
        self.move(corner.x() - 150, corner.y() - 50)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin the drag with the first movement."""
        if not event.buttons() & Qt.MouseButton.LeftButton:
            return
        content = QMimeData()
        content.setUrls(self._urls)
        drag = QDrag(self)
        drag.setMimeData(content)
        print("dropped:", drag.exec(Qt.DropAction.CopyAction).name, flush=True)


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    source = DragSource(sys.argv[1:])
    source.show()
    sys.exit(application.exec())
