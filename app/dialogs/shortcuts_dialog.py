"""The shortcut sheet: every key there is, by menu, and a field to find one."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QWidget

from app.dialogs.base import Dialog
from app.i18n import translate
from app.look import Look

_HEIGHT_PX = 590
_LEAST_PX = 200


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A line of the sheet.

    Attributes:
        group: The menu it is in, or where the key works.
        title: What it does.
        keys: All keys that do it.
    """

    group: str
    title: str
    keys: str


class ShortcutsDialog(Dialog):
    """See the module."""

    def __init__(self, look: Look, parent: QWidget, shortcuts: tuple[Shortcut, ...]) -> None:
        """Args: look; the window; the lines, those of one group together."""
        super().__init__(look, parent, translate("ShortcutsDialog", "Keys"), width_px=560)
        self.search = QLineEdit()
        self.search.setPlaceholderText(translate("ShortcutsDialog", "Find a command or a key"))
        self.search.setAccessibleName(translate("ShortcutsDialog", "Find a command or a key"))
        self.search.setClearButtonEnabled(True)
        self.list = QTreeWidget()
        self.list.setProperty("place", "chooser")
        self.list.setAccessibleName(translate("ShortcutsDialog", "Keys"))
        self.list.setHeaderHidden(True)
        self.list.setColumnCount(2)
        self.list.setRootIsDecorated(False)
        self.list.setMinimumHeight(_LEAST_PX)
        self._groups: list[tuple[QTreeWidgetItem, list[QTreeWidgetItem]]] = []
        for shortcut in shortcuts:
            self._add(shortcut, look.theme.font("body", bold=True))
        self.list.expandAll()
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.body.addWidget(self.search)
        self.body.addWidget(self.list, 1)
        self._column.setStretchFactor(self.body, 1)
        self.search.textChanged.connect(self._filter)
        self.add_close()
        self.resize(self.width(), _HEIGHT_PX)
        self.search.setFocus()

    def _add(self, shortcut: Shortcut, font: QFont) -> None:
        if not self._groups or self._groups[-1][0].text(0) != shortcut.group:
            group = QTreeWidgetItem(self.list, [shortcut.group])
            group.setFont(0, font)
            group.setFirstColumnSpanned(True)
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self._groups.append((group, []))
        above, lines = self._groups[-1]
        lines.append(QTreeWidgetItem(above, [shortcut.title, shortcut.keys]))

    def _filter(self, typed: str) -> None:
        wanted = typed.casefold().strip()
        for group, lines in self._groups:
            for line in lines:
                line.setHidden(not any(wanted in line.text(column).casefold() for column in (0, 1)))
            group.setHidden(all(line.isHidden() for line in lines))
