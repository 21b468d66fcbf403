"""Rename many things: a recipe above, what comes of it below, while it is being typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QSpinBox, QWidget

from app.bridge.renaming import Renaming
from app.dialogs.base import SPIN_MARGINS, Dialog
from app.i18n import translate
from app.look import Look, label, restyle
from app.models.renames import RenameModel
from app.renames import Case, Recipe
from app.widgets.form import Field
from app.widgets.records_table import RecordsTable

_CALM_MS: Final = 60
_HEIGHT_PX = 640
_LEAST_PX = 100
_NUMBER_MAX: Final = 999_999_999
_WIDTHS: Final = {2: 210}


class RenameDialog(Dialog):
    """Stays open until everything has its new name, so that a refusal stands where it was asked for.

    Signals:
        recipe_changed: Carries the `Recipe`; whoever knows answers with `show_lines` or `refuse_recipe`.
        submitted: Carries the lines, all of which can be done.
    """

    recipe_changed = Signal(object)
    submitted = Signal(object)

    def __init__(self, look: Look, parent: QWidget, count: int) -> None:
        """Args: look; the window; how many things are renamed."""
        super().__init__(look, parent, translate("RenameDialog", "Rename %Ln item(s)", None, count), 780)
        self._is_submitted = False
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(lambda: self.recipe_changed.emit(self.recipe))
        self._make_fields()
        self._asked = self.recipe
        self._lay_out()
        self.model = RenameModel()
        table = RecordsTable(look, self.model, translate("RenameDialog", "Names before and afterwards"), _WIDTHS)
        table.setMinimumHeight(_LEAST_PX)
        self.body.addWidget(table, 1)
        self._column.setStretchFactor(self.body, 1)
        self.resize(self.width(), _HEIGHT_PX)
        self.summary = label("", tone="muted", wrap=True)
        self.body.addWidget(self.summary)
        self.add_cancel()
        self.confirm = self.add_button(translate("RenameDialog", "Rename"), "primary")
        self.confirm.setDefault(True)
        self.confirm.setEnabled(False)
        self.confirm.clicked.connect(self._submit)
        self.find_text.setFocus()
        self._calm.start()

    @property
    def recipe(self) -> Recipe:
        """Return what the fields say."""
        return Recipe(
            find=self.find_text.text(),
            replacement=self.replacement.text(),
            is_expression=self.is_expression.isChecked(),
            template=self.template.text(),
            case=self.case.currentData(),
            before=self.before.text(),
            after=self.after.text(),
            start=self.start.value(),
            with_suffix=self.with_suffix.isChecked(),
        )

    def show_lines(self, lines: Sequence[Renaming]) -> None:
        """Show what the recipe comes to."""
        self.find_field.refuse("")
        self.model.show(lines)
        changing = sum(line.changes for line in lines)
        wrong = sum(bool(line.problem) for line in lines)
        self.confirm.setEnabled(bool(changing) and not wrong and not self._is_submitted)
        self.confirm.setText(translate("RenameDialog", "Rename %Ln item(s)", None, changing))
        if wrong:
            text = translate(
                "RenameDialog", "%Ln name(s) can't be given. Nothing is renamed until all can.", None, wrong
            )
        elif changing:
            text = translate("RenameDialog", "All are renamed at once, or none. It can be undone.")
        else:
            text = translate("RenameDialog", "Nothing changes yet: say above what the names should become.")
        self._say(text, "danger" if wrong else "muted")

    def refuse_recipe(self, reason: str) -> None:
        """Say beside the expression why there are no names."""
        self.find_field.refuse(reason)
        self._say(translate("RenameDialog", "Nothing is renamed yet."), "muted")
        self.confirm.setEnabled(False)

    def refuse(self, reason: str) -> None:
        """Show why nothing was renamed, and let the person go on."""
        self._say(reason, "danger")
        self._is_submitted = False
        self.confirm.setEnabled(True)

    def _make_fields(self) -> None:
        self.find_text, self.replacement, self.template = QLineEdit(), QLineEdit(), QLineEdit()
        self.before, self.after = QLineEdit(), QLineEdit()
        self.template.setPlaceholderText("[name]")
        self.is_expression = QCheckBox(translate("RenameDialog", "Regular e&xpression"))
        self.with_suffix = QCheckBox(translate("RenameDialog", "Change e&xtensions too"))
        self.case = QComboBox()
        for case, text in (
            (Case.KEEP, translate("RenameDialog", "As it is")),
            (Case.LOWER, translate("RenameDialog", "lower case")),
            (Case.UPPER, translate("RenameDialog", "UPPER CASE")),
            (Case.TITLE, translate("RenameDialog", "Each Word")),
        ):
            self.case.addItem(text, case)
        self.start = QSpinBox()
        self.start.setRange(0, _NUMBER_MAX)
        self.start.setValue(1)
        self.start.lineEdit().setTextMargins(*SPIN_MARGINS)
        for edit in (self.find_text, self.replacement, self.template, self.before, self.after):
            edit.textChanged.connect(self._again)
        for box in (self.is_expression, self.with_suffix):
            box.toggled.connect(self._again)
        self.case.currentIndexChanged.connect(self._again)
        self.start.valueChanged.connect(self._again)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(self.look.theme.space("m"))
        grid.setVerticalSpacing(self.look.theme.space("m"))
        self.find_field = Field(translate("RenameDialog", "&Find"), self.find_text)
        hint = translate("RenameDialog", "[name], [ext], [n], [n:03] for 001, [date]")
        parts = (
            (self.find_field, 0, 0, 2), (Field(translate("RenameDialog", "Re&place with"), self.replacement), 0, 2, 2),
            (self.is_expression, 1, 0, 2), (self.with_suffix, 1, 2, 2),
            (Field(translate("RenameDialog", "&Template"), self.template, hint), 2, 0, 2),
            (Field(translate("RenameDialog", "&Numbers from"), self.start), 2, 2, 1),
            (Field(translate("RenameDialog", "&Letters"), self.case), 2, 3, 1),
            (Field(translate("RenameDialog", "Put &before"), self.before), 3, 0, 2),
            (Field(translate("RenameDialog", "Put &after"), self.after), 3, 2, 2),
        )  # fmt: skip
        for part, row, column, width in parts:
            grid.addWidget(part, row, column, 1, width, Qt.AlignmentFlag.AlignTop)
        for column in range(4):
            grid.setColumnStretch(column, 1)
        self.body.addLayout(grid)

    def _again(self) -> None:
        """What is shown is of another recipe now, unless Enter has only said once more what the number is."""
        if self.recipe == self._asked:
            return
        self._asked = self.recipe
        self.confirm.setEnabled(False)
        self._calm.start()

    def _say(self, text: str, tone: str) -> None:
        self.summary.setText(text)
        restyle(self.summary, tone=tone)

    def _submit(self) -> None:
        self._is_submitted = True
        self.confirm.setEnabled(False)
        self.submitted.emit(self.model.lines)
