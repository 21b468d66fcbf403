"""Choose a ready-made set of policies, after seeing what it says, or begin with an empty one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.delegates.two_lines import SENTENCE_ROLE, TwoLineDelegate
from app.dialogs.base import Dialog
from app.i18n import translate
from app.look import Look, label
from app.widgets.code_edit import CodeEdit
from app.widgets.form import Field
from app.widgets.highlighter import Lexer
from engine.access_types import PolicyTemplate

_CALM_MS: Final = 200
_LIST_PX: Final = 330
_HEIGHT_PX: Final = 650

_EXAMPLES: Final = {"file-types": "jpg, png", "role-from-claim": "app_metadata.role = admin"}


class TemplateDialog(Dialog):
    """Stays open until the engine has agreed.

    Signals:
        preview_wanted: Carries a template's id and the value filled in; the answer goes to `show_preview`.
        submitted: Carries the same; what was shown is to be kept.
        own_wanted: An empty policy is to be written.
    """

    preview_wanted = Signal(str, str)
    submitted = Signal(str, str)
    own_wanted = Signal()

    def __init__(self, look: Look, parent: QWidget, lexer: Lexer, templates: Sequence[PolicyTemplate]) -> None:
        """Args: look; the window; what cuts SQL into tokens; what is offered."""
        super().__init__(look, parent, translate("TemplateDialog", "New policy"), 860)
        self._templates = tuple(templates)
        self._shown: tuple[str, str] | None = None
        self.list = QListWidget()
        self.value = QLineEdit()
        self.value_field = Field(translate("TemplateDialog", "&Value"), self.value)
        self.preview = CodeEdit(look, translate("TemplateDialog", "What it adds"), lexer, (12, 24))
        self.preview.set_read_only()
        self._set_list()
        self._lay_out()
        self.add_cancel()
        self.use = self.add_button(translate("TemplateDialog", "Add"), "primary")
        self.use.setDefault(True)
        self.use.clicked.connect(self._submit)
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(_CALM_MS)
        self._calm.timeout.connect(self._ask)
        self.list.currentRowChanged.connect(lambda _: self._changed(calm_ms=0))
        self.list.itemDoubleClicked.connect(lambda _: self.use.click())
        self.value.textChanged.connect(lambda _: self._changed())
        self.list.setCurrentRow(0)
        self.list.setFocus()

    @property
    def chosen(self) -> PolicyTemplate | None:
        """Return the template that is chosen, or None for an empty policy."""
        row = self.list.currentRow()
        return self._templates[row] if 0 <= row < len(self._templates) else None

    def show_preview(self, template_id: str, value: str, sql: str) -> None:
        """Show what a template would add; an answer about another one is dropped."""
        if (template_id, value) == self._asked:
            self._shown = (template_id, value)
            self.preview.setPlainText(sql)
            self._enable()

    def refuse(self, reason: str) -> None:
        """Show why the engine did not agree, beside what was filled in."""
        if self.value_field.isVisible():
            self.value_field.refuse(reason)
        elif reason:
            self.preview.setPlainText(reason)
        self._enable()

    @property
    def _asked(self) -> tuple[str, str]:
        template = self.chosen
        return (template.id if template else "", self.value.text().strip())

    def _set_list(self) -> None:
        self.list.setAccessibleName(translate("TemplateDialog", "What to begin with"))
        self.list.setProperty("place", "cards")
        self.list.setItemDelegate(TwoLineDelegate(self.look, self.list))
        self.list.setFixedWidth(_LIST_PX)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        for template in self._templates:
            self._add(template.title, template.sentence)
        self._add(translate("TemplateDialog", "Write your own"),
                  translate("TemplateDialog", "Say yourself what it allows whom, on which objects"))  # fmt: skip

    def _add(self, title: str, sentence: str) -> None:
        item = QListWidgetItem(title, self.list)
        item.setData(SENTENCE_ROLE, sentence)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{title}. {sentence}")

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(self.look.theme.space("l"))
        row.addWidget(self.list)
        column = QVBoxLayout()
        column.setSpacing(self.look.theme.space("s"))
        column.addWidget(self.value_field)
        self._caption = label(translate("TemplateDialog", "What it adds"), size="section")
        column.addWidget(self._caption)
        column.addWidget(self.preview)
        column.addStretch()
        row.addLayout(column, 1)
        self.body.addLayout(row, 1)
        self._column.setStretchFactor(self.body, 1)
        self.resize(self.width(), _HEIGHT_PX)

    def _changed(self, calm_ms: int = _CALM_MS) -> None:
        template = self.chosen
        needed = template.needs_value if template else None
        self.value_field.setVisible(needed is not None)
        self.value_field.refuse("")
        if needed is not None:
            self.value_field.name_it(f"{needed[:1].upper()}{needed[1:]}")
            self.value.setPlaceholderText(_EXAMPLES.get(template.id if template else "", ""))
        for part in (self._caption, self.preview):
            part.setVisible(template is not None)
        self.use.setText(translate("TemplateDialog", "Add") if template else translate("TemplateDialog", "Write…"))
        self._shown = None
        self._enable()
        self._calm.start(calm_ms)

    def _ask(self) -> None:
        template = self.chosen
        if template is not None and (self._asked[1] or template.needs_value is None):
            self.preview_wanted.emit(*self._asked)
        else:
            self.preview.clear()

    def _enable(self) -> None:
        self.use.setEnabled(self.chosen is None or self._shown == self._asked)

    def _submit(self) -> None:
        if self.chosen is None:
            self.own_wanted.emit()
            self.accept()
            return
        self.use.setEnabled(False)
        self.submitted.emit(*self._asked)
