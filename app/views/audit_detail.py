"""All that is known of one entry of the audit: its fields, and what else was written down, readable."""

from __future__ import annotations

import json
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app.audit_words import address_words, operation_words, result_words
from app.formats import full_time_text, tip_text
from app.i18n import translate
from app.look import Look, label
from engine.access_types import AuditEntry

_NOTHING: Final = "—"
_FIELDS_STRETCH: Final = 6
_DETAIL_STRETCH: Final = 4


class AuditDetail(QFrame):
    """See the module."""

    def __init__(self, look: Look) -> None:
        """Args: look. Says what to do until an entry is shown."""
        super().__init__()
        self._look = look
        self._values: dict[str, QLabel] = {}
        self.setProperty("place", "card")
        self.setAccessibleName(translate("AuditDetail", "Chosen entry"))
        space = look.theme.space
        row = QHBoxLayout(self)
        row.setContentsMargins(space("m"), space("m"), space("m"), space("m"))
        row.setSpacing(space("l"))
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setProperty("place", "field")
        self.text.setAccessibleName(translate("AuditDetail", "Detail"))
        self.text.setFont(_mono(look))
        self.text.setPlaceholderText(translate("AuditDetail", "Nothing else was written down."))
        row.addWidget(self._fields(), _FIELDS_STRETCH)
        column = QVBoxLayout()
        column.setSpacing(space("xs"))
        column.addWidget(label(translate("AuditDetail", "Detail"), size="section"))
        column.addWidget(self.text, 1)
        row.addLayout(column, _DETAIL_STRETCH)
        self.show_entry(None, "")

    def facts(self) -> dict[str, str]:
        """Return what is shown, by its title."""
        return {title: value.text() for title, value in self._values.items()}

    def show_entry(self, entry: AuditEntry | None, who: str) -> None:
        """Show an entry, or nothing.

        Args:
            entry: The entry.
            who: How whoever did it is called.
        """
        shown = {} if entry is None else _facts(entry, who)
        for title, value in self._values.items():
            value.setText(shown.get(title) or _NOTHING)
            value.setToolTip(tip_text(value.text()))
        detail = {} if entry is None else dict(entry.detail)
        self.text.setPlainText(json.dumps(detail, indent=2, ensure_ascii=False) if detail else "")

    def _fields(self) -> QWidget:
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(self._look.theme.space("m"))
        grid.setVerticalSpacing(self._look.theme.space("xs"))
        titles = _titles()
        half = (len(titles) + 1) // 2
        for number, title in enumerate(titles):
            value = label(selectable=True, wrap=True)
            value.setMinimumWidth(1)
            value.setAccessibleName(title)
            value.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            name = label(title, size="caption", tone="muted")
            side = 0 if number < half else 2
            grid.addWidget(name, number % half, side, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, number % half, side + 1)
            self._values[title] = value
        grid.setColumnStretch(1, 4)
        grid.setColumnStretch(3, 6)  # an id stays on one line
        grid.setRowStretch(half, 1)
        return holder


def _titles() -> tuple[str, ...]:
    return (
        translate("AuditDetail", "What"),
        translate("AuditDetail", "Result"),
        translate("AuditDetail", "Time"),
        translate("AuditDetail", "Bucket"),
        translate("AuditDetail", "Path"),
        translate("AuditDetail", "Number"),
        translate("AuditDetail", "Who"),
        translate("AuditDetail", "User ID"),
        translate("AuditDetail", "Role"),
        translate("AuditDetail", "From"),
        translate("AuditDetail", "Request"),
    )


def _facts(entry: AuditEntry, who: str) -> dict[str, str]:
    values = (
        f"{operation_words(entry.operation)} ({entry.operation})",
        result_words(entry.result)[0],
        full_time_text(entry.at),
        entry.bucket or entry.bucket_id or "",
        entry.path,
        str(entry.id),
        who,
        entry.user_id or "",
        entry.role or "",
        address_words(entry),
        entry.request_id or "",
    )
    return dict(zip(_titles(), values, strict=True))


def _mono(look: Look) -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(look.theme.font("caption").pixelSize())
    return font
