"""The policies that count for a bucket, as a list with switches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.i18n import translate
from app.policies import PolicyRow, command_text, roles_text
from engine.permissions.rows import PolicyTable

AnyIndex = QModelIndex | QPersistentModelIndex

POLICY_ROLE: Final = Qt.ItemDataRole.UserRole
"""`data` role that gives the `PolicyRow`."""


class PolicyModel(QAbstractListModel):
    """See the module.

    Signals:
        switched: Somebody wants a policy on or off; carries the policy and whether on. It is shown once it is so.
    """

    switched = Signal(object, bool)

    def __init__(self, parent: QObject | None = None) -> None:
        """Args: Qt's owner."""
        super().__init__(parent)
        self._rows: tuple[PolicyRow, ...] = ()

    def show(self, rows: Sequence[PolicyRow]) -> None:
        """Show these in place of those before; where only their contents differ, nothing moves."""
        kept = [row.policy.id for row in rows] == [row.policy.id for row in self._rows]
        if kept and rows:
            self._rows = tuple(rows)
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def row(self, number: int) -> PolicyRow:
        """Return a row."""
        return self._rows[number]

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: how many there are."""
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Qt's hook: every policy has a switch."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.isValid() else flags

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's hook: name, sentence and switch."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.policy.spec.name
            case Qt.ItemDataRole.AccessibleTextRole:
                return _spoken(row)
            case Qt.ItemDataRole.CheckStateRole:
                return Qt.CheckState.Checked if row.policy.enabled else Qt.CheckState.Unchecked
            case _:
                return row if role == POLICY_ROLE else None

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Qt's hook: ask for a policy to be on or off."""
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        self.switched.emit(self._rows[index.row()].policy, Qt.CheckState(value) is Qt.CheckState.Checked)
        return True


def marks_of(row: PolicyRow) -> tuple[tuple[str, str], ...]:
    """Return the words that stand beside a policy's name: each with its tone, `plain`, `accent` or `warning`."""
    spec = row.policy.spec
    marks = [(command_text(spec.command), "plain"), (roles_text(spec.roles), "plain")]
    if not spec.permissive:
        marks.append((translate("PolicyModel", "Holds back"), "warning"))
    if spec.table is PolicyTable.BUCKETS:
        marks.append((translate("PolicyModel", "About buckets"), "accent"))
    elif row.policy.bucket is None:
        marks.append((translate("PolicyModel", "All buckets"), "accent"))
    elif row.place:
        marks.append((row.place, "plain"))
    return tuple(marks)


def _spoken(row: PolicyRow) -> str:
    on = translate("PolicyModel", "on") if row.policy.enabled else translate("PolicyModel", "off")
    marks = ", ".join(text for text, _ in marks_of(row))
    return f"{row.policy.spec.name}, {on}. {row.sentence} {marks}"
