"""How a policy is painted: a switch, its name with a few words beside it, and below the whole of what it means."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.delegates.bands import paint_band
from app.look import Look
from app.models.policies import POLICY_ROLE, marks_of
from app.policies import PolicyRow

AnyIndex = QModelIndex | QPersistentModelIndex

_SWITCH = QSize(30, 16)
_BADGE_PX = 20
_NAME_SHARE = 0.55
_WRAP = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
_GROUNDS = {
    "plain": ("pressed", "muted"),
    "accent": ("accent_softer", "accent"),
    "warning": ("warning_soft", "warning"),
}


class PolicyDelegate(QStyledItemDelegate):
    """Paints `PolicyRow`s as high as their sentences need; a click on the switch or Space turns it."""

    def __init__(self, look: Look, view: QListView) -> None:
        """Args: look; the list."""
        super().__init__(view)
        self._look = look
        self._view = view
        self._take_fonts()
        look.theme.changed.connect(self._take_fonts)

    def sizeHint(self, _option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """Qt's hook: as wide as the list, as high as the text."""
        row: PolicyRow = index.data(POLICY_ROLE)
        width = self._view.viewport().width()
        wrapped = QFontMetrics(self._body).boundingRect(0, 0, self._text_width(width), 10_000, _WRAP, row.sentence)
        space = self._look.theme.space
        return QSize(width, space("m") * 2 + self._head_px + space("xs") + wrapped.height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Qt's hook: band, switch, name and marks, sentence."""
        row: PolicyRow = index.data(POLICY_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_band(painter, self._look.theme, option, self._view)
        self._paint_switch(painter, self._switch_rect(option.rect), on=row.policy.enabled)
        inner = self._text_rect(option.rect)
        head = QRect(inner.left(), inner.top(), inner.width(), self._head_px)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        marks_from = self._paint_marks(painter, head, row, selected=selected)
        self._paint_name(painter, head, row, marks_from - head.left())
        painter.setFont(self._body)
        painter.setPen(self._look.theme.color("muted"))
        painter.drawText(inner.adjusted(0, self._head_px + self._look.theme.space("xs"), 0, 0), _WRAP, row.sentence)
        painter.restore()

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: AnyIndex
    ) -> bool:
        """Qt's hook: turn the switch."""
        if isinstance(event, QMouseEvent):
            if not self._switch_rect(option.rect).adjusted(-6, -6, 6, 6).contains(event.position().toPoint()):
                return False
            if event.type() is QEvent.Type.MouseButtonRelease and event.button() is Qt.MouseButton.LeftButton:
                self._turn(model, index)
            return True
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            if event.type() is QEvent.Type.KeyPress and not event.isAutoRepeat():
                self._turn(model, index)
            return True
        return False

    def _turn(self, model: QAbstractItemModel, index: AnyIndex) -> None:
        row: PolicyRow = index.data(POLICY_ROLE)
        wanted = Qt.CheckState.Unchecked if row.policy.enabled else Qt.CheckState.Checked
        model.setData(index, wanted, Qt.ItemDataRole.CheckStateRole)

    def _take_fonts(self) -> None:
        theme = self._look.theme
        self._name = theme.font("body", bold=True)
        self._body = theme.font("body")
        self._small = theme.font("caption")
        self._head_px = max(QFontMetrics(self._name).height(), _BADGE_PX)

    def _text_width(self, width: int) -> int:
        return self._text_rect(QRect(0, 0, width, 0)).width()

    def _text_rect(self, rect: QRect) -> QRect:
        space = self._look.theme.space
        return rect.adjusted(space("l") * 2 + _SWITCH.width(), space("m"), -space("l"), -space("m"))

    def _switch_rect(self, rect: QRect) -> QRect:
        space = self._look.theme.space
        top = rect.top() + space("m") + (self._head_px - _SWITCH.height()) // 2
        return QRect(rect.left() + space("l"), top, _SWITCH.width(), _SWITCH.height())

    def _paint_switch(self, painter: QPainter, rect: QRect, *, on: bool) -> None:
        theme = self._look.theme
        painter.setPen(QPen(theme.color("accent" if on else "border_strong"), 1))
        painter.setBrush(theme.color("accent" if on else "surface"))
        track = QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        side = track.height() - 6
        left = track.right() - side - 3 if on else track.left() + 3
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("on_accent" if on else "faint"))
        painter.drawEllipse(QRectF(left, track.top() + 3, side, side))

    def _paint_marks(self, painter: QPainter, head: QRect, row: PolicyRow, *, selected: bool) -> int:
        """Draw the words at the right of the name, and return where it has to end."""
        theme, metrics = self._look.theme, QFontMetrics(self._small)
        painter.setFont(self._small)
        right = head.right()
        least = head.left() + round(head.width() * (1 - _NAME_SHARE))
        for text, tone in reversed(marks_of(row)):
            ground, ink = (theme.color(name) for name in _GROUNDS[tone])
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(right - least - 16, 24))
            width = metrics.horizontalAdvance(shown) + 16
            badge = QRectF(right - width, head.top() + (head.height() - _BADGE_PX) / 2, width, _BADGE_PX)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("surface") if selected and tone != "warning" else ground)
            painter.drawRoundedRect(badge, _BADGE_PX / 2, _BADGE_PX / 2)
            painter.setPen(ink)
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, shown)
            right = round(badge.left()) - theme.space("xs")
        return right - theme.space("s")

    def _paint_name(self, painter: QPainter, head: QRect, row: PolicyRow, width: int) -> None:
        painter.setFont(self._name)
        painter.setPen(self._look.theme.color("text" if row.policy.enabled else "muted"))
        shown = QFontMetrics(self._name).elidedText(row.policy.spec.name, Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
