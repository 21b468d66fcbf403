"""Two contents of one object beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from app.dialogs.base import Dialog
from app.formats import brief_time_text, size_text
from app.i18n import translate
from app.look import Look, label
from app.previews.comparing import Comparison
from app.previews.shapes import HexBody
from app.views.preview.area import PreviewArea
from app.views.preview.diff_page import DiffPage
from engine.version_types import ObjectVersion

_WIDTH_PX: Final = 900
_HEIGHT_PX: Final = 620
_LEAST_PX: Final = 160


class CompareDialog(Dialog):
    """See the module.

    Signals:
        chosen: Two contents are to be compared; carries the older and the newer `ObjectVersion`.
    """

    chosen = Signal(object, object)

    def __init__(
        self, look: Look, parent: QWidget, versions: Sequence[ObjectVersion], before: ObjectVersion
    ) -> None:  # fmt: skip
        """Args: look; the window; all contents, newest first; the one that is compared with the newest first."""
        title = translate("CompareDialog", "Compare versions of {name}").format(name=versions[0].info.name)
        super().__init__(look, parent, title, _WIDTH_PX)
        self._versions = list(versions)
        self.before = self._choice(translate("CompareDialog", "Before"), self._versions.index(before))
        self.after = self._choice(translate("CompareDialog", "After"), 0 if self._versions.index(before) else 1)
        heads = QHBoxLayout()
        heads.setSpacing(look.theme.space("m"))
        heads.addWidget(self.before)
        heads.addWidget(self.after)
        self.body.addLayout(heads)
        self.note = label(tone="muted", wrap=True)
        self.body.addWidget(self.note)
        self.lines = DiffPage(look)
        self.areas = (PreviewArea(look, compact=False), PreviewArea(look, compact=False))
        self.wait = label(translate("CompareDialog", "Comparing…"), tone="muted")
        holder = QWidget()
        holder.setMinimumHeight(_LEAST_PX)
        self._stack = QStackedLayout(holder)
        for page in (self.wait, self._sides(), self.lines):
            self._stack.addWidget(page)
        self.body.addWidget(holder, 1)
        self._column.setStretchFactor(self.body, 1)
        self.resize(self.width(), _HEIGHT_PX)
        self.add_close()
        for choice in (self.before, self.after):
            choice.currentIndexChanged.connect(lambda _: self._choose())

    def begin(self) -> None:
        """Ask for the first comparison."""
        self._choose()

    def show_comparison(self, comparison: Comparison) -> None:
        """Show what differs; the areas were filled already."""
        self.note.setText(comparison.note)
        self.note.setVisible(bool(comparison.note))
        if comparison.lines:
            self.lines.show_lines(comparison.lines)
            self._stack.setCurrentIndex(2)
            return
        for area, inside in zip(self.areas, (comparison.before, comparison.after), strict=True):
            if comparison.first_difference is not None and isinstance(inside.body, HexBody):
                area.bytes.show_body(inside.body, comparison.first_difference)
        self._stack.setCurrentIndex(1)

    def show_failure(self, text: str) -> None:
        """Say why nothing can be compared."""
        self.note.hide()
        self.wait.setText(text)
        self._stack.setCurrentIndex(0)

    def _choose(self) -> None:
        self.note.hide()
        self.wait.setText(translate("CompareDialog", "Comparing…"))
        self._stack.setCurrentIndex(0)
        self.chosen.emit(self._versions[self.before.currentIndex()], self._versions[self.after.currentIndex()])

    def _choice(self, name: str, chosen: int) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.view().setAccessibleName(name)
        for version in self._versions:
            since, size = brief_time_text(version.since), size_text(version.info.size_bytes)
            form = translate("CompareDialog", "Now, since {time} · {size}") if version.id is None else "{time} · {size}"
            box.addItem(form.format(time=since, size=size))
        box.setCurrentIndex(min(chosen, len(self._versions) - 1))
        return box

    def _sides(self) -> QWidget:
        sides = QWidget()
        row = QHBoxLayout(sides)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self.look.theme.space("m"))
        for area in self.areas:
            column = QVBoxLayout()
            column.addWidget(area)
            row.addLayout(column, 1)
        return sides
