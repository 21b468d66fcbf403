"""What becomes of changes that other programs make in the storage folder, as a menu of three choices."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from app.i18n import QT_TRANSLATE_NOOP, translate
from app.look import Look
from engine.config import OutsideChanges

_CHOICES: Final = (
    (
        OutsideChanges.TAKE_IN,
        QT_TRANSLATE_NOOP("OutsideMenu", "&Take them in"),
        QT_TRANSLATE_NOOP(
            "OutsideMenu", "An edited file is a new version, a new file a new object, a deleted one is gone"
        ),
    ),
    (
        OutsideChanges.REPORT,
        QT_TRANSLATE_NOOP("OutsideMenu", "&Report them"),
        QT_TRANSLATE_NOOP("OutsideMenu", "Say so, remember what is damaged or missing, and change nothing else"),
    ),
    (
        OutsideChanges.OFF,
        QT_TRANSLATE_NOOP("OutsideMenu", "&Do not look"),
        QT_TRANSLATE_NOOP("OutsideMenu", "Leave them to the cleanup and to the check of stored bytes"),
    ),
)


class OutsideMenu(QMenu):
    """See the module.

    Signals:
        chosen: Carries the choice.
    """

    chosen = Signal(object)

    def __init__(self, look: Look, parent: QWidget) -> None:
        """Args: look, Qt's owner. Nothing is checked until `show_way`."""
        super().__init__(translate("OutsideMenu", "Changes made &outside Holdall"), parent)
        self.setIcon(look.icons.icon("pencil-simple"))
        self.setObjectName("outside")
        self.setToolTipsVisible(True)
        group = QActionGroup(self)
        self._actions = {way: self._add(group, way, text, tip) for way, text, tip in _CHOICES}

    def show_way(self, way: OutsideChanges) -> None:
        """Check the choice that holds."""
        self._actions[way].setChecked(True)

    def action_of(self, way: OutsideChanges) -> QAction:
        """Return the entry of a choice."""
        return self._actions[way]

    def _add(self, group: QActionGroup, way: OutsideChanges, text: str, tip: str) -> QAction:
        action = self.addAction(translate("OutsideMenu", text))
        action.setToolTip(translate("OutsideMenu", tip))
        action.setStatusTip(translate("OutsideMenu", tip))
        action.setCheckable(True)
        group.addAction(action)
        action.triggered.connect(lambda _checked=False: self.chosen.emit(way))
        return action
