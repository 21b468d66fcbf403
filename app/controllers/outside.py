"""Tells the person of changes made by other programs, and lets them say what becomes of those."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.bridge.outside import OutsideBridge
from app.errors import ErrorPresenter
from app.i18n import translate
from app.views.outside_menu import OutsideMenu
from app.widgets.toast import Toast
from engine.config import OutsideChanges


class OutsideControl(QObject):
    """Stands between the bridge, the menu and the toast."""

    def __init__(
        self, bridge: OutsideBridge, menu: OutsideMenu, toast: Toast, errors: ErrorPresenter, parent: QObject
    ) -> None:
        """Args: the engine's side; the choices; where a sentence is said; where a notice is shown; Qt's owner."""
        super().__init__(parent)
        self._bridge = bridge
        self._menu = menu
        self._toast = toast
        self._errors = errors
        bridge.noticed.connect(self._say)
        bridge.limited.connect(self._say_limited)
        menu.chosen.connect(self._choose)
        bridge.ask(menu.show_way)

    def _choose(self, way: OutsideChanges) -> None:
        self._bridge.choose(way, self._menu.show_way)

    def _say(self, sentence: str, taken_in: bool) -> None:
        self._toast.say(sentence, kind="info" if taken_in else "warning")

    def _say_limited(self, reason: str) -> None:
        self._errors.notice(translate("OutsideControl", "Not every folder can be watched for changes"), reason)
