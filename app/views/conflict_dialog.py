"""What happens to a name that is taken: asked one at a time, while everything else goes on.

The answer that is chosen already destroys nothing, Escape and closing skip the one in question, and an answer for all
covers those that are found later.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app import kinds
from app.formats import exact_size_text, full_time_text, time_text
from app.i18n import translate
from app.look import Look, label, restyle
from app.widgets.elided_label import ElidedLabel
from app.widgets.glyph import Glyph
from engine.mime import sniff
from engine.transfers import ConflictAction, ConflictQuestion, ConflictSide, Decision

_WIDTH_PX: Final = 660
_ICON_PX: Final = 36


class ConflictDialog(QDialog):
    """One question.

    Args:
        question: What is asked.
        look: Theme and icons.
        parent: The window it belongs to.
    """

    def __init__(self, question: ConflictQuestion, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.question = question
        self.setWindowTitle(translate("ConflictDialog", "The name is taken"))
        self.setFixedWidth(_WIDTH_PX)
        space = look.theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space("xl"), space("xl"), space("xl"), space("l"))
        column.setSpacing(space("m"))
        column.addWidget(self._headline())
        column.addLayout(self._sides())
        column.addSpacing(space("xs"))
        column.addLayout(self._choices())
        column.addSpacing(space("xs"))
        column.addWidget(self._for_all())
        column.addLayout(self._buttons())
        self.set_left(question.left)
        for button in self._choices_by_action.values():
            button.toggled.connect(self._refresh)
        self.new_name.textChanged.connect(self._refresh)
        self.choose(ConflictAction.KEEP_BOTH)
        self._choices_by_action[ConflictAction.KEEP_BOTH].setFocus()

    def decision(self) -> Decision:
        """Return the answer: what was chosen, or SKIP when the dialog was closed."""
        if self.result() != QDialog.DialogCode.Accepted:
            return Decision(ConflictAction.SKIP)
        action = self._chosen
        if action is ConflictAction.RENAME:
            return Decision(action, new_name=self.new_name.text())
        return Decision(action, apply_to_all=self.for_all.isChecked())

    def choose(self, action: ConflictAction) -> None:
        """Choose an answer without giving it yet."""
        self._choices_by_action[action].setChecked(True)

    def set_left(self, left: int) -> None:
        """Say how many further names wait."""
        text = translate("ConflictDialog", "Do the same with every other name that is taken")
        waiting = translate("ConflictDialog", "(%Ln left)", None, left)
        self.for_all.setText(f"{text} {waiting}" if left else text)

    @property
    def _chosen(self) -> ConflictAction:
        return next(action for action, button in self._choices_by_action.items() if button.isChecked())

    def _headline(self) -> QLabel:
        text = translate("ConflictDialog", "“{name}” is already there. What should happen?")
        headline = label(text.format(name=self.question.name), size="title", wrap=True)
        self.setAccessibleDescription(headline.text())
        return headline

    def _sides(self) -> QHBoxLayout:
        question = self.question
        arriving, existing = translate("ConflictDialog", "Arriving"), translate("ConflictDialog", "Already there")
        row = QHBoxLayout()
        row.setSpacing(self._look.theme.space("m"))
        row.addWidget(self._card(arriving, question.arriving, question.existing), 1)
        row.addWidget(self._card(existing, question.existing, question.arriving), 1)
        return row

    def _card(self, title: str, side: ConflictSide, other: ConflictSide) -> QFrame:
        space = self._look.theme.space
        card = QFrame()
        card.setProperty("place", "card")
        card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        grid = QGridLayout(card)
        grid.setContentsMargins(space("l"), space("m"), space("l"), space("m"))
        grid.setHorizontalSpacing(space("m"))
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        family = kinds.family(sniff(b"", self.question.name), self.question.name)
        grid.addWidget(Glyph(self._look, family.icon, family.tone, _ICON_PX), 0, 0, 4, 1, Qt.AlignmentFlag.AlignTop)
        heading = QHBoxLayout()
        heading.setSpacing(space("s"))
        heading.addWidget(label(title, size="section"), 1)
        if _is_newer(side, other):
            heading.addWidget(_badge(translate("ConflictDialog", "Newer")))
        grid.addLayout(heading, 0, 1)
        when = label(_time_of(side))
        if side.modified_at is not None:
            when.setToolTip(full_time_text(side.modified_at))
        size = label(_size_of(side), tone="muted")
        where = ElidedLabel(side.where)
        for line, part in enumerate((when, size, where), start=1):
            grid.addWidget(part, line, 1)
        card.setAccessibleName(f"{title}: {when.text()}, {size.text()}, {side.where}")
        return card

    def _choices(self) -> QVBoxLayout:
        question = self.question
        newer = _is_newer(question.arriving, question.existing)
        texts = {
            ConflictAction.KEEP_BOTH: (
                translate("ConflictDialog", "&Keep both"),
                translate("ConflictDialog", "The arriving one becomes “{name}”").format(name=question.suggested_name),
            ),
            ConflictAction.REPLACE: (
                translate("ConflictDialog", "&Replace"),
                translate("ConflictDialog", "What is there now is overwritten"),
            ),
            ConflictAction.REPLACE_IF_NEWER: (
                translate("ConflictDialog", "Replace if &newer"),
                translate("ConflictDialog", "It is newer, so it replaces what is there")
                if newer
                else translate("ConflictDialog", "It is not newer, so it is skipped"),
            ),
            ConflictAction.RENAME: (translate("ConflictDialog", "Rena&me to"), ""),
            ConflictAction.SKIP: (
                translate("ConflictDialog", "&Skip"),
                translate("ConflictDialog", "What is there now stays, the arriving one is left out"),
            ),
        }
        self._choices_by_action: dict[ConflictAction, QRadioButton] = {}
        group = QButtonGroup(self)
        column = QVBoxLayout()
        column.setSpacing(self._look.theme.space("xs"))
        for action, (name, explanation) in texts.items():
            button = QRadioButton(name)
            button.setAccessibleDescription(explanation)
            button.setMinimumWidth(150)
            group.addButton(button)
            self._choices_by_action[action] = button
            row = QHBoxLayout()
            row.addWidget(button)
            row.addWidget(
                self._name_field() if action is ConflictAction.RENAME else label(explanation, tone="muted"), 1
            )
            column.addLayout(row)
        return column

    def _name_field(self) -> QLineEdit:
        self.new_name = QLineEdit(self.question.suggested_name)
        self.new_name.setAccessibleName(translate("ConflictDialog", "New name"))
        self.new_name.textEdited.connect(lambda: self.choose(ConflictAction.RENAME))
        return self.new_name

    def _for_all(self) -> QCheckBox:
        self.for_all = QCheckBox()
        return self.for_all

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self._look.theme.space("s"))
        self.skip = self._look.push_button(translate("ConflictDialog", "Skip this one"))
        self.skip.setAutoDefault(False)
        self.skip.clicked.connect(self.reject)
        self.go_on = self._look.push_button("", "primary")
        self.go_on.setDefault(True)
        self.go_on.clicked.connect(self.accept)
        row.addStretch()
        row.addWidget(self.skip)
        row.addWidget(self.go_on)
        return row

    def _refresh(self) -> None:
        action = self._chosen
        renaming = action is ConflictAction.RENAME
        allowed = not renaming or _is_name(self.new_name.text(), self.question.name)
        restyle(self.new_name, invalid="false" if allowed else "true")
        self.for_all.setEnabled(not renaming)
        self.go_on.setEnabled(allowed)
        text = self._choices_by_action[action].text()
        self.go_on.setText(translate("ConflictDialog", "Rename") if renaming else text.replace("&", ""))
        self.go_on.setAccessibleName(self.go_on.text())
        restyle(self.go_on, kind="danger" if action is ConflictAction.REPLACE else "primary")


def _is_name(text: str, taken: str) -> bool:
    """Return whether a text can be a name here; the finer rules are the engine's, which answers with a reason."""
    return bool(text.strip()) and "/" not in text and text not in {taken, ".", ".."}


def _is_newer(side: ConflictSide, other: ConflictSide) -> bool:
    if side.modified_at is None or other.modified_at is None:
        return False
    return side.modified_at > other.modified_at


def _time_of(side: ConflictSide) -> str:
    if side.modified_at is None:
        return translate("ConflictDialog", "Time unknown")
    changed = time_text(side.modified_at, datetime.now(UTC))
    return translate("ConflictDialog", "Changed: {time}").format(time=changed)


def _size_of(side: ConflictSide) -> str:
    return translate("ConflictDialog", "Size unknown") if side.size_bytes is None else exact_size_text(side.size_bytes)


def _badge(text: str) -> QLabel:
    badge = label(text)
    badge.setProperty("place", "badge")
    badge.setProperty("tone", "private")
    return badge
