"""Old versions of the object that the inspector shows: which there are, and what to do with the one chosen."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app import problems
from app.formats import brief_time_text, size_text, tip_text
from app.i18n import translate
from app.look import Look, label
from engine.version_types import Ending, ObjectVersion

_SHOWN_MAX: Final = 200
_ROWS_SEEN: Final = 5
_VERSION_ROLE: Final = Qt.ItemDataRole.UserRole


class VersionList(QWidget):
    """See the module.

    Signals:
        open_wanted, download_wanted, restore_wanted, delete_wanted: A button; each carries the `ObjectVersion`.
        compare_wanted: Another one; carries the `ObjectVersion` and all there are, newest first.
    """

    open_wanted = Signal(object)
    download_wanted = Signal(object)
    restore_wanted = Signal(object)
    delete_wanted = Signal(object)
    compare_wanted = Signal(object, object)

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self._look = look
        self.note = label(tone="muted", wrap=True)
        self.list = QListWidget()
        self.list.setAccessibleName(translate("VersionList", "Old versions"))
        self.list.setProperty("place", "chooser")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.open = look.tool_button("arrow-square-out", translate("VersionList", "Open this version"))
        self.download = look.tool_button("download-simple", translate("VersionList", "Download this version…"))
        self.restore = look.tool_button("arrow-counter-clockwise", translate("VersionList", "Restore this version"))
        self.compare = look.tool_button("columns", translate("VersionList", "Compare with the present content…"))
        self.delete = look.tool_button("trash", translate("VersionList", "Delete this version…"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, look.theme.space("s"), 0, 0)
        column.setSpacing(look.theme.space("xs"))
        column.addLayout(self._head())
        column.addWidget(self.note)
        column.addWidget(self.list)
        self._chosen_id: int | None = None
        self._versions: tuple[ObjectVersion, ...] = ()
        self._connect()
        self.show_nothing()

    def show_nothing(self) -> None:
        """Show no object."""
        self.hide()
        self.list.clear()

    def show_versions(self, versions: tuple[ObjectVersion, ...], *, kept: bool) -> None:
        """Show what stood at the object's path before it.

        Args:
            versions: Newest first; the content that stands there now is left out.
            kept: Whether the bucket keeps old versions.
        """
        self._versions = versions
        old = [version for version in versions if version.id is not None]
        # What was chosen stays chosen: a refresh may come at any moment.
        chosen_id = self._chosen_id
        self.list.clear()
        for version in old[:_SHOWN_MAX]:
            item = _item(version)
            item.setSizeHint(QSize(0, 2 * self.fontMetrics().height() + self._look.theme.space("m")))
            self.list.addItem(item)
            if version.id == chosen_id:
                self.list.setCurrentItem(item)
        self.list.setVisible(bool(old))
        if old:
            row_px = self.list.item(0).sizeHint().height()
            self.list.setFixedHeight(min(len(old), _ROWS_SEEN) * row_px + 2 * self.list.frameWidth() + 2)
        self.note.setText(_note(len(old), kept=kept))
        self.note.setVisible(bool(self.note.text()))
        self._judge()
        self.show()

    @property
    def chosen(self) -> ObjectVersion | None:
        """Return the version that is chosen."""
        version: ObjectVersion | None = self.list.currentIndex().data(_VERSION_ROLE)
        return version

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(label(translate("VersionList", "Old versions"), size="section"))
        row.addStretch()
        for button in (self.open, self.compare, self.download, self.restore, self.delete):
            button.setProperty("place", "tight")
            row.addWidget(button)
        return row

    def _connect(self) -> None:
        self.list.currentItemChanged.connect(lambda *_: self._judge())
        self.list.itemActivated.connect(lambda _: self.open_wanted.emit(self.chosen))
        for button, signal in (
            (self.open, self.open_wanted),
            (self.download, self.download_wanted),
            (self.restore, self.restore_wanted),
            (self.delete, self.delete_wanted),
        ):
            button.clicked.connect(lambda _checked=False, signal=signal: signal.emit(self.chosen))

        self.compare.clicked.connect(lambda: self.compare_wanted.emit(self.chosen, self._versions))

    def _judge(self) -> None:
        if self.chosen is not None:
            self._chosen_id = self.chosen.id
        for button in (self.open, self.compare, self.download, self.restore, self.delete):
            button.setEnabled(self.chosen is not None)
            button.setVisible(self.list.count() > 0)


def _item(version: ObjectVersion) -> QListWidgetItem:
    since = brief_time_text(version.since)
    problem = problems.problem_of(version.info)
    about = [size_text(version.info.size_bytes), since, *([] if problem is None else [problems.word(problem)])]
    item = QListWidgetItem(f"{' · '.join(about)}\n{_ended(version)}")
    item.setData(_VERSION_ROLE, version)
    tip = f"{since}\n{_ended(version)}\nSHA-256 {version.info.checksum}"
    item.setToolTip(tip_text(tip if problem is None else f"{tip}\n{problems.title(problem)}"))
    return item


def _ended(version: ObjectVersion) -> str:
    if version.until is None or version.ending is None:
        return ""
    texts = {
        Ending.REPLACED: translate("VersionList", "Replaced {time}"),
        Ending.DELETED: translate("VersionList", "Deleted {time}"),
        Ending.MOVED: translate("VersionList", "Moved away {time}"),
    }
    return texts[version.ending].format(time=brief_time_text(version.until))


def _note(count: int, *, kept: bool) -> str:
    if count > _SHOWN_MAX:
        return translate("VersionList", "The newest {shown} of {count}.").format(shown=_SHOWN_MAX, count=count)
    if count:
        return ""
    if kept:
        return translate("VersionList", "None yet: this content has replaced no other.")
    return translate("VersionList", "This bucket keeps none. Its settings can change that.")
