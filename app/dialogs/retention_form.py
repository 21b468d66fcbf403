"""What a bucket keeps of contents that were replaced or deleted, as a form."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from app.dialogs.base import SPIN_MARGINS
from app.i18n import translate
from app.look import Look
from engine.limits import RETENTION_MAX
from engine.types import Retention

_TRASH_DAYS = 30
_VERSIONS = 10
_VERSION_DAYS = 30
_SPIN_PX = 124


class Keeping(IntEnum):
    """How old versions are kept; the entries of the list, in their order."""

    NONE = 0
    LAST = 1
    DAYS = 2
    BOTH = 3


class RetentionForm(QWidget):
    """A line for the trash and one for old versions."""

    def __init__(self, look: Look, retention: Retention) -> None:
        """Args: look; what is kept at first."""
        super().__init__()
        self._space = look.theme.space("s")
        self.trash = QCheckBox(translate("RetentionForm", "&Keep what is deleted in the trash for"))
        self.trash.setAccessibleName(translate("RetentionForm", "Keep what is deleted in the trash"))
        self.trash_days = _spin(translate("RetentionForm", "Days in the trash"))
        self.keeping = QComboBox()
        self.keeping.addItems(
            [
                translate("RetentionForm", "Not kept"),
                translate("RetentionForm", "Keep the last"),
                translate("RetentionForm", "Keep for"),
                translate("RetentionForm", "Keep the last, at most"),
            ]
        )
        self.keeping.setAccessibleName(translate("RetentionForm", "Old versions"))
        self.keeping.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.keeping.view().setAccessibleName(translate("RetentionForm", "Old versions"))
        self.versions = _spin(translate("RetentionForm", "Old versions of an object"))
        self.days = _spin(translate("RetentionForm", "Days that old versions are kept"))
        self._lay_out()
        self._fill(retention)
        self.trash.toggled.connect(self.trash_days.setEnabled)
        self.keeping.currentIndexChanged.connect(self._show_bounds)
        for spin in (self.trash_days, self.versions, self.days):
            spin.valueChanged.connect(self._name_units)
        self._show_bounds()
        self._name_units()

    @property
    def retention(self) -> Retention:
        """Return what the form says."""
        keeping = self.keeping.currentIndex()
        return Retention(
            versions=self.versions.value() if keeping in (Keeping.LAST, Keeping.BOTH) else None,
            days=self.days.value() if keeping in (Keeping.DAYS, Keeping.BOTH) else None,
            trash_days=self.trash_days.value() if self.trash.isChecked() else None,
        )

    def _lay_out(self) -> None:
        caption = QLabel(translate("RetentionForm", "Old &versions"))
        caption.setBuddy(self.keeping)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self._space)
        column.addLayout(self._row(self.trash, self.trash_days))
        column.addLayout(self._row(caption, self.keeping, self.versions, self.days))

    def _row(self, *parts: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self._space)
        for part in parts:
            row.addWidget(part)
        row.addStretch()
        return row

    def _fill(self, retention: Retention) -> None:
        kept = (retention.versions is not None, retention.days is not None)
        choices = {(True, False): Keeping.LAST, (False, True): Keeping.DAYS, (True, True): Keeping.BOTH}
        self.keeping.setCurrentIndex(choices.get(kept, Keeping.NONE))
        self.versions.setValue(retention.versions or _VERSIONS)
        self.days.setValue(retention.days or _VERSION_DAYS)
        self.trash_days.setValue(retention.trash_days or _TRASH_DAYS)
        self.trash.setChecked(retention.trash_days is not None)
        self.trash_days.setEnabled(retention.trash_days is not None)

    def _show_bounds(self) -> None:
        keeping = self.keeping.currentIndex()
        self.versions.setVisible(keeping in (Keeping.LAST, Keeping.BOTH))
        self.days.setVisible(keeping in (Keeping.DAYS, Keeping.BOTH))

    def _name_units(self) -> None:
        for spin in (self.trash_days, self.days):
            spin.setSuffix(" " + (translate("RetentionForm", "day") if spin.value() == 1 else _days()))
        one = self.versions.value() == 1
        unit = translate("RetentionForm", "version") if one else translate("RetentionForm", "versions")
        self.versions.setSuffix(f" {unit}")


def _days() -> str:
    return translate("RetentionForm", "days")


def _spin(name: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(1, RETENTION_MAX)
    spin.setGroupSeparatorShown(True)
    spin.lineEdit().setTextMargins(*SPIN_MARGINS)
    spin.setFixedWidth(_SPIN_PX)
    spin.setAccessibleName(name)
    return spin
