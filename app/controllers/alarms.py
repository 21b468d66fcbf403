"""Says when the store needs somebody, keeps it in sight while it does, and shows the log."""

from __future__ import annotations

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from app.bridge.alarms import AlarmBridge
from app.i18n import translate
from app.views.status_bar import StatusBar
from app.widgets.banner import Offer
from app.widgets.toast import Toast


class AlarmControl(QObject):
    """Stands between the bridge, the toast and the status bar."""

    def __init__(self, bridge: AlarmBridge, status: StatusBar, toast: Toast, parent: QObject) -> None:
        """Args: the engine's side; where alarms stay in sight; where one is said; Qt's owner."""
        super().__init__(parent)
        self._bridge = bridge
        self._status = status
        self._toast = toast
        bridge.changed.connect(self._say)
        status.alarms_clicked.connect(self.show_log)

    def show_log(self) -> None:
        """Open the folder of the log, or say why not."""
        folder = self._bridge.logs_dir
        if not folder.is_dir():
            self._toast.say(translate("AlarmControl", "Nothing has been logged yet"), kind="info")
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            text = translate("AlarmControl", "No program opens folders here; the log is in {folder}")
            self._toast.say(text.format(folder=folder), kind="warning")

    def _say(self, sentence: str, raised: bool) -> None:
        self._status.show_alarms(self._bridge.raised())
        if raised:
            offer = Offer(translate("AlarmControl", "Show log"), self.show_log)
            self._toast.say(sentence, offer, kind="warning")
        else:
            self._toast.say(translate("AlarmControl", "No longer so: {alarm}").format(alarm=sentence))
