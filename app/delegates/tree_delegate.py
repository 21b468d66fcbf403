"""How a node of the tree is painted: bucket or folder, its name, and for a bucket who may read it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView, QWidget

from app.delegates.name_editor import NameCheck, NameEditor
from app.i18n import translate
from app.location import Location
from app.look import Look
from app.models.sources import Standing
from app.models.tree_model import BUCKET_ROLE, LOCATION_ROLE, STANDING_ROLE
from engine.types import Bucket

AnyIndex = QModelIndex | QPersistentModelIndex
_NAME_LEAST_PX: Final = 104
"""What a name and its icon have at least, however deep the folder lies."""


class TreeDelegate(QStyledItemDelegate):
    """Paints nodes.

    Attributes:
        shown: The place that the window shows; it is marked even while another node has the focus.
        drop_place: The place that a drop would go to, or None.
    """

    def __init__(self, look: Look, view: QTreeView, check_bucket: NameCheck, check_folder: NameCheck) -> None:
        """Args: look; the tree; what is wrong with a bucket's and a folder's new name, if anything."""
        super().__init__(view)
        self._look = look
        self._tree = view
        self._check_bucket = check_bucket
        self._check_folder = check_folder
        self.shown: Location | None = None
        self.drop_place: Location | None = None
        self.drop_lit = True

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:
        """Qt's hook: all rows are equally high."""
        return QSize(120, self._look.theme.size("tree_row"))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Qt's hook: band, icon, name, badge."""
        bucket: Bucket | None = index.data(BUCKET_ROLE)
        place: Location = index.data(LOCATION_ROLE)
        painter.save()
        painter.setClipping(False)  # the band goes from edge to edge, below the arrow too
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_band(painter, option, index, place)
        whole = self.content_rect(option.rect)
        self._paint_arrow(painter, whole, index)
        rect = whole.adjusted(2, 0, -self._look.theme.space("s"), 0)
        standing: Standing | None = index.data(STANDING_ROLE)
        if bucket is not None:
            rect = self._paint_badge(painter, rect, _badge(bucket, standing))
        dimmed = standing in (Standing.UNLISTED, Standing.HIDDEN)
        self._paint_name(painter, rect, place, is_bucket=bucket is not None, dimmed=dimmed)
        painter.restore()

    def content_rect(self, rect: QRect) -> QRect:
        """Return where a row has its icon and name: indented no further than leaves room to read it.

        Args:
            rect: Where Qt has it; far down in a narrow tree that is beyond the edge.
        """
        right = self._tree.viewport().width()
        left = min(rect.left(), max(right - _NAME_LEAST_PX, self._tree.indentation()))
        return QRect(left, rect.top(), max(rect.right(), right - 1) - left + 1, rect.height())

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: AnyIndex) -> QWidget:
        """Qt's hook: the rename field."""
        is_bucket = index.data(BUCKET_ROLE) is not None
        check = self._check_bucket if is_bucket else self._check_folder
        return NameEditor(parent, check, translate("TreeDelegate", "New name"))

    def setEditorData(self, editor: QWidget, index: AnyIndex) -> None:
        """Qt's hook: the present name."""
        if isinstance(editor, NameEditor) and not editor.isModified():
            editor.begin(str(index.data()), keep_extension=False)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: AnyIndex) -> None:
        """Qt's hook: pass on the new name if it is one."""
        if isinstance(editor, NameEditor) and editor.hasAcceptableInput():
            model.setData(index, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: AnyIndex) -> None:
        """Qt's hook: right of the icon."""
        editor.setGeometry(self.content_rect(option.rect).adjusted(20, 1, -4, -1))

    def _paint_band(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex, place: Location) -> None:
        theme = self._look.theme
        current = self._tree.hasFocus() and self._tree.currentIndex() == index
        tone = None
        if place == self.shown or (place == self.drop_place and self.drop_lit):
            tone = "accent_soft"
        elif option.state & QStyle.StateFlag.State_MouseOver:
            tone = "pressed"
        if tone is None and not current:
            return
        band = QRectF(6, option.rect.top() + 1, self._tree.viewport().width() - 12, option.rect.height() - 2)
        painter.setPen(QPen(theme.color("focus"), 1) if current else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(tone) if tone else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(band.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _paint_arrow(self, painter: QPainter, rect: QRect, index: AnyIndex) -> None:
        if not self._tree.model().hasChildren(index):
            return
        name = "caret-down-bold" if self._tree.isExpanded(index) else "caret-right-bold"
        side = 10.0
        left = rect.left() - side - 5
        self._look.icons.paint(painter, name, "muted", QRectF(left, rect.center().y() - side / 2 + 0.5, side, side))

    def _paint_badge(self, painter: QPainter, rect: QRect, badge: tuple[str, str]) -> QRect:
        name, tone = badge
        side = 14
        pixmap = self._look.icons.pixmap(name, tone, side, self._tree.devicePixelRatioF())
        painter.drawPixmap(rect.right() - side, rect.center().y() - side // 2 + 1, pixmap)
        return rect.adjusted(0, 0, -side - self._look.theme.space("s"), 0)

    def _paint_name(self, painter: QPainter, rect: QRect, place: Location, *, is_bucket: bool, dimmed: bool) -> None:
        theme = self._look.theme
        side = theme.size("icon_small")
        name, tone = ("archive-fill", "accent") if is_bucket else ("folder-fill", "kind_folder")
        tone = "faint" if dimmed else tone
        pixmap = self._look.icons.pixmap(name, tone, side, self._tree.devicePixelRatioF())
        painter.drawPixmap(rect.left(), rect.center().y() - side // 2 + 1, pixmap)
        painter.setFont(theme.font("body", bold=is_bucket and place == self.shown))
        painter.setPen(theme.color("muted" if dimmed else "text"))
        inner = rect.adjusted(side + theme.space("s"), 0, 0, 0)
        text = painter.fontMetrics().elidedText(place.name, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)


def _badge(bucket: Bucket, standing: Standing | None) -> tuple[str, str]:
    """Return glyph and tone of what a bucket is to whoever looks, or of who may read it."""
    if standing is Standing.HIDDEN:
        return "eye-slash-fill", "faint"
    if standing is Standing.UNLISTED:
        return "eye-slash", "muted"
    return ("globe-simple-bold", "warning") if bucket.public else ("lock-simple-fill", "faint")
