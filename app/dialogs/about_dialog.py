"""What this program is, and where its data lie."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.dialogs.base import Dialog
from app.i18n import translate
from app.icons import program_icon
from app.look import Look, label
from engine import __version__

_ICON_PX = 64


class AboutDialog(Dialog):
    """Name, version, data folder."""

    def __init__(self, look: Look, parent: QWidget, data_dir: Path, keys_in: str) -> None:
        """Args: look; the window; the workspace's folder; where signing keys are kept, for people."""
        super().__init__(look, parent, translate("AboutDialog", "About Holdall"))
        row = QHBoxLayout()
        row.setSpacing(look.theme.space("l"))
        picture = QLabel()
        picture.setPixmap(program_icon().pixmap(QSize(_ICON_PX, _ICON_PX), self.devicePixelRatioF()))
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(look.theme.space("s"))
        column.addWidget(label(translate("AboutDialog", "Version {version}").format(version=__version__)))
        column.addWidget(label(translate("AboutDialog", "An object store in a window."), tone="muted"))
        column.addWidget(label(translate("AboutDialog", "Data folder"), size="section"))
        column.addWidget(label(str(data_dir), wrap=True, selectable=True))
        column.addWidget(label(translate("AboutDialog", "Signing keys"), size="section"))
        column.addWidget(label(keys_in, wrap=True))
        row.addLayout(column, 1)
        self.body.addLayout(row)
        show = self.add_aside(translate("AboutDialog", "Show data folder"), "folder-open")
        show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(data_dir))))
        self.add_close()
