"""Reads the clipboard of a screen, or puts files into it.

usage: clipboard.py read            print its text
       clipboard.py files PATH…     offer these files until ended
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, QTimer, QUrl
from PySide6.QtGui import QGuiApplication

if __name__ == "__main__":
    application = QGuiApplication(sys.argv[:1])
    clipboard = QGuiApplication.clipboard()
    if sys.argv[1] == "files":
        content = QMimeData()
        content.setUrls([QUrl.fromLocalFile(path) for path in sys.argv[2:]])
        clipboard.setMimeData(content)
        sys.exit(application.exec())
    QTimer.singleShot(0, lambda: (print(clipboard.text()), application.quit()))
    sys.exit(application.exec())
