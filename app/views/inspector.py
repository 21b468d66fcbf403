"""The panel at the right: what is known about one object, with a look inside."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app import kinds, problems
from app.formats import count_text, exact_size_text, full_time_text
from app.i18n import translate
from app.look import Look, label
from app.models.rows import Row
from app.previews.shapes import EmptyBody, Inside
from app.views.preview.area import PreviewArea
from app.views.problem_note import ProblemNote
from app.views.version_list import VersionList
from app.widgets.glyph import Glyph
from engine.types import StorageObject, TreeSize
from engine.version_types import ObjectVersion

_HERO_PX: Final = 72
_LEAST_PX: Final = 288
_LABEL_WIDTH_PX: Final = 76


class Inspector(QWidget):
    """Shows an object, a folder, or how many things are selected.

    Signals:
        checksum_copied: The button beside the checksum was pressed; carries the checksum.
        closed: The button in the corner was pressed.
    """

    checksum_copied = Signal(str)
    closed = Signal()

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self._look = look
        self._item: StorageObject | None = None
        self._told: dict[str, str] = {}
        self.setObjectName("inspector")
        self.setAccessibleName(translate("Inspector", "Inspector"))
        self.setMinimumWidth(_LEAST_PX)
        self.setProperty("place", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.area = QScrollArea(widgetResizable=True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page = QWidget()
        self._page.setProperty("place", "surface")
        space = look.theme.space
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, space("s"), 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self._head())
        whole.addWidget(self.area, 1)
        column = QVBoxLayout(self._page)
        column.setContentsMargins(space("l"), 0, space("l"), space("l"))
        column.setSpacing(space("s"))
        self._glyph = Glyph(look, "cursor", "faint", _HERO_PX)
        self.preview = PreviewArea(look, compact=True)
        self._name = label(size="title", wrap=True, selectable=True)
        self._kind = label(tone="muted", wrap=True)
        column.addSpacing(space("s"))
        column.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignHCenter)
        for part in (self.preview, self._name, self._kind):
            part.setMinimumWidth(1)  # 0 would mean: as wide as its longest line or word
            column.addWidget(part)
        self.problem = ProblemNote(look)
        column.addWidget(self.problem)
        column.addSpacing(space("s"))
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(space("m"))
        self._facts.setVerticalSpacing(space("s"))
        self._facts.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        column.addLayout(self._facts)
        self.versions = VersionList(look)
        column.addWidget(self.versions)
        column.addStretch()
        self.area.setWidget(self._page)
        self.show_nothing()

    @property
    def item(self) -> StorageObject | None:
        """Return the object that is shown, if it is one."""
        return self._item

    def facts(self) -> dict[str, str]:
        """Return the facts that are shown, by their label."""
        return dict(self._told)

    def show_nothing(self) -> None:
        """Say that nothing is selected."""
        self._begin("cursor", "faint", "", translate("Inspector", "Select an object to see what is known about it."))

    def show_many(self, count: int) -> None:
        """Say how many things are selected."""
        text = translate("Inspector", "{count} items selected").format(count=count)
        self._begin("selection-all", "faint", text, "")

    def show_folder(self, row: Row) -> None:
        """Show a folder; its size arrives by `show_size`."""
        self._begin(row.icon, row.tone, row.name, translate("Inspector", "Folder"))
        self._fact(translate("Inspector", "Path"), row.path)

    def show_size(self, size: TreeSize) -> None:
        """Add what is below the folder that is shown."""
        self._fact(translate("Inspector", "Contains"), count_text(size.objects))
        self._fact(translate("Inspector", "Size"), exact_size_text(size.size_bytes))

    def show_object(self, row: Row, item: StorageObject, owner: str) -> None:
        """Show an object.

        Args:
            row: Its row, for name and icon.
            item: What the engine knows.
            owner: How the owner is called.
        """
        look = kinds.family(item.mime_type, item.name)
        self._begin(look.icon, look.tone, item.name, kinds.type_text(item.mime_type, item.name))
        self._item = item
        self.problem.show_problem(problems.problem_of(item))
        self._fact(translate("Inspector", "Size"), exact_size_text(item.size_bytes))
        self._fact(translate("Inspector", "MIME type"), item.mime_type)
        if item.modified_at is not None:
            self._fact(translate("Inspector", "Modified"), full_time_text(item.modified_at))
        self._fact(translate("Inspector", "Stored"), full_time_text(item.updated_at))
        self._fact(translate("Inspector", "Created"), full_time_text(item.created_at))
        self._fact(translate("Inspector", "Owner"), owner)
        self._fact(translate("Inspector", "Cache"), item.cache_control)
        self._fact(translate("Inspector", "Path"), f"{item.bucket}/{item.path}")
        self._checksum(item.checksum)

    def show_versions(self, versions: tuple[ObjectVersion, ...], *, kept: bool) -> None:
        """Show what stood at the object's path before it; that may help where its bytes are not what they should be.

        Args:
            versions: Newest first, the present one among them.
            kept: Whether the bucket keeps old versions.
        """
        self.versions.show_versions(versions, kept=kept)
        has_older = any(version.id is not None and version.info.problem is None for version in versions)
        self.problem.show_problem(problems.problem_of(self._item), has_older=has_older)

    def show_preview(self, inside: Inside) -> None:
        """Take what a look inside the object found; the area above shows it."""
        self._glyph.setVisible(isinstance(inside.body, EmptyBody))
        for name, value in inside.facts:
            self._fact(name, value)

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(self._look.theme.space("l"), 0, self._look.theme.space("l"), 0)
        row.addWidget(label(translate("Inspector", "Inspector"), size="section"))
        row.addStretch()
        close = self._look.tool_button("x", translate("Inspector", "Hide inspector"))
        close.clicked.connect(self.closed)
        row.addWidget(close)
        return row

    def _begin(self, icon: str, tone: str, name: str, kind: str) -> None:
        self._item = None
        self._told.clear()
        while self._facts.rowCount():
            self._facts.removeRow(0)
        self.versions.show_nothing()
        self.problem.show_problem(None)
        self.preview.show_nothing()
        self._glyph.set_glyph(icon, tone)
        self._glyph.show()
        self._name.setText(_breakable(name))
        self._name.setVisible(bool(name))
        self._kind.setText(kind)
        centred = Qt.AlignmentFlag.AlignHCenter if not name else Qt.AlignmentFlag.AlignLeft
        self._kind.setAlignment(centred)

    def _fact(self, name: str, value: str) -> None:
        self._told[name] = value
        shown = label(_breakable(value), wrap=True, selectable=True)
        shown.setMinimumWidth(1)
        shown.setAccessibleName(f"{name}: {value}")
        self._facts.addRow(self._caption(name), shown)

    def _caption(self, name: str) -> QLabel:
        caption = label(name, size="caption", tone="muted")
        caption.setFixedWidth(_LABEL_WIDTH_PX)
        caption.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        return caption

    def _checksum(self, checksum: str) -> None:
        self._told["SHA-256"] = checksum
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        text = label(f"{checksum[:8]}…{checksum[-8:]}", selectable=True)
        text.setFont(self._look.theme.code_font("caption"))
        text.setToolTip(checksum)
        text.setAccessibleName(f"SHA-256: {checksum}")
        copy = self._look.tool_button("copy-simple", translate("Inspector", "Copy the SHA-256 checksum"))
        copy.setProperty("place", "inline")
        copy.clicked.connect(lambda: self.checksum_copied.emit(checksum))
        row.addWidget(text)
        row.addWidget(copy)
        row.addStretch()
        caption = self._caption("SHA-256")
        caption.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        caption.setFixedHeight(holder.sizeHint().height())  # the button makes this row higher than the others
        self._facts.addRow(caption, holder)


def _breakable(text: str) -> str:
    """Let long names break after the places where people expect it (a zero-width space follows them)."""
    for mark in "/_-.":
        text = text.replace(mark, f"{mark}\u200b")
    return text
