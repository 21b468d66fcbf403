"""What people say about an object themselves: names and values, changed where they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.i18n import translate
from app.look import Look, label
from app.views.fact_list import FactList
from app.widgets.editable_fact import EditableFact

_NAME_MAX_CHARS: Final = 200
_SHOWN_MAX: Final = 60


class MetadataForm(QWidget):
    """See the module.

    Signals:
        changed: Other metadata is wanted; carries all of it, and the field that is open or None.
        editing_ended: A field is closed.
    """

    changed = Signal(object, object)
    editing_ended = Signal()

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self._look = look
        self._metadata: Mapping[str, Any] = {}
        self._facts: list[EditableFact] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, look.theme.space("s"), 0, 0)
        column.setSpacing(look.theme.space("xs"))
        head = QHBoxLayout()
        head.addWidget(label(translate("MetadataForm", "Metadata"), size="section"))
        head.addStretch()
        self.add_button = look.tool_button("plus", translate("MetadataForm", "Add metadata"))
        self.add_button.clicked.connect(self._begin_adding)
        head.addWidget(self.add_button)
        column.addLayout(head)
        self._none = label(translate("MetadataForm", "None."), tone="muted")
        column.addWidget(self._none)
        self._list = FactList(look)
        column.addWidget(self._list)
        self._adding = self._made_adding()
        column.addWidget(self._adding)
        self._adding.hide()

    @property
    def facts(self) -> list[EditableFact]:
        """Return the rows, in the order of their names."""
        return list(self._facts)

    @property
    def is_editing(self) -> bool:
        """Return whether a field is open."""
        return not self._adding.isHidden() or any(fact.is_editing for fact in self._facts)

    def show_metadata(self, metadata: Mapping[str, Any], *, editable: bool) -> None:
        """Show metadata.

        Args:
            metadata: The object's.
            editable: Whether it can be changed now.
        """
        self._metadata = metadata
        self._facts.clear()
        self._list.clear()
        self._adding.hide()
        self.add_button.setVisible(editable)
        for name in sorted(metadata)[:_SHOWN_MAX]:
            self._add_row(name, metadata[name], editable=editable)
        self._none.setVisible(not metadata)

    def _add_row(self, name: str, value: object, *, editable: bool) -> None:
        fact = EditableFact(self._look, name, _text_of(value), removable=editable)
        fact.edit_button.setVisible(editable)
        fact.submitted.connect(lambda text: self._change(fact, name, text))
        fact.removed.connect(lambda: self._remove(name))
        fact.editing_ended.connect(self.editing_ended)
        self._list.add_widget(name, _text_of(value), fact, height_px=fact.line_px)
        self._facts.append(fact)

    def _change(self, fact: EditableFact, name: str, text: str) -> None:
        before = self._metadata[name]
        try:
            value = text if isinstance(before, str) else json.loads(text)
        except (ValueError, RecursionError):
            fact.refuse(translate("MetadataForm", "This was no text before: write JSON, a text in quotes."))
            return
        self.changed.emit({**self._metadata, name: value}, fact)

    def _remove(self, name: str) -> None:
        self.changed.emit({other: value for other, value in self._metadata.items() if other != name}, None)

    def _made_adding(self) -> QWidget:
        """Return the two fields in which something new is written."""
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self._look.theme.space("xs"))
        row = QHBoxLayout()
        row.setSpacing(self._look.theme.space("xs"))
        self.new_name = self._field(translate("MetadataForm", "Name"))
        self.new_value = self._field(translate("MetadataForm", "Value"))
        row.addWidget(self.new_name, 2)
        row.addWidget(self.new_value, 3)
        self.new_ok = self._look.tool_button("check", translate("MetadataForm", "Add"))
        self.new_cancel = self._look.tool_button("x", translate("MetadataForm", "Cancel"))
        for button, act in ((self.new_ok, self._add), (self.new_cancel, self._end_adding)):
            button.setProperty("place", "inline")
            button.clicked.connect(act)
            row.addWidget(button)
        column.addLayout(row)
        self.new_note = label(size="caption", tone="danger", wrap=True)
        self.new_note.hide()
        column.addWidget(self.new_note)
        return holder

    def _field(self, name: str) -> QLineEdit:
        field = QLineEdit()
        field.setPlaceholderText(name)
        field.setAccessibleName(name)
        field.setProperty("place", "cell")
        field.setMinimumWidth(1)
        field.setFixedHeight(28)
        field.returnPressed.connect(self._add)
        return field

    def _begin_adding(self) -> None:
        self.new_name.clear()
        self.new_value.clear()
        self.new_note.hide()
        self._none.hide()
        self._adding.show()
        self.new_name.setFocus()

    def _add(self) -> None:
        name = self.new_name.text().strip()
        problem = ""
        if not name:
            problem = translate("MetadataForm", "Give it a name.")
        elif len(name) > _NAME_MAX_CHARS:
            problem = translate("MetadataForm", "Give it a shorter name.")
        elif name in self._metadata:
            problem = translate("MetadataForm", "That name is taken.")
        self.new_note.setText(problem)
        self.new_note.setVisible(bool(problem))
        if not problem:
            self.changed.emit({**self._metadata, name: self.new_value.text()}, None)
            self._end_adding()

    def _end_adding(self) -> None:
        self._adding.hide()
        self._none.setVisible(not self._metadata)
        self.editing_ended.emit()


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
