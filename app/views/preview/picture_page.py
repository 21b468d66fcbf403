"""A picture: fitted, or as large as one likes; one that moves does so only while it is seen."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.i18n import translate
from app.look import Look
from app.previews.shapes import Picture

_STEP: Final = 1.25
_LEAST: Final = 0.02
"""How small it is made by hand; one that is so large that it fits only when it is smaller still does fit."""

_NOTHING: Final = 1e-12
_MOST: Final = 32.0


class PicturePage(QWidget):
    """See the module.

    Signals:
        zoomed: It is shown at another size; `zoom` says at which.
    """

    zoomed = Signal()

    def __init__(self, look: Look, *, zooms: bool) -> None:
        """Args: look; whether the wheel and the mouse make it larger and move it."""
        super().__init__()
        self._look = look
        self._zooms = zooms
        self._picture: Picture | None = None
        self._pixmaps: list[QPixmap] = []
        self._number = 0
        self._zoom: float | None = None
        self._shift = QPointF()
        self._grabbed: QPoint | None = None
        self._clock = QTimer(self, singleShot=True)
        self._clock.timeout.connect(self._step)
        self.setAccessibleName(translate("PicturePage", "Picture"))
        look.theme.changed.connect(self.update)

    @property
    def picture(self) -> Picture | None:
        """Return what is shown."""
        return self._picture

    @property
    def frame(self) -> int:
        """Return which frame is shown."""
        return self._number

    @property
    def is_moving(self) -> bool:
        """Return whether the next frame will come by itself."""
        return self._clock.isActive()

    @property
    def zoom(self) -> float:
        """Return how many pixels of the screen one of the picture takes."""
        return self._zoom if self._zoom is not None else self._fitting

    @property
    def is_fitted(self) -> bool:
        """Return whether it is as large as there is room."""
        return self._zoom is None

    def show_picture(self, picture: Picture | None) -> None:
        """Show a picture, fitted; None for none."""
        self._picture = picture
        self._number = 0
        self._pixmaps = [] if picture is None else [QPixmap.fromImage(frame.image) for frame in picture.frames[:1]]
        size = QSize() if picture is None else picture.size
        told = translate("PicturePage", "{width} × {height} pixels").format(width=size.width(), height=size.height())
        self.setAccessibleDescription(told if picture is not None else "")
        self.fit()
        self._schedule()

    def sharpen(self, picture: Picture) -> None:
        """Show the same picture with more pixels, where and as large as it is."""
        self._picture = picture
        self._number = 0
        self._pixmaps = [QPixmap.fromImage(frame.image) for frame in picture.frames[:1]]
        self._schedule()
        self.update()

    def fit(self) -> None:
        """Show it as large as there is room, but no larger than it is."""
        self._set_zoom(None)

    def show_actual(self) -> None:
        """Show it pixel by pixel."""
        self._set_zoom(1.0)

    def zoom_in(self) -> None:
        """Show it larger."""
        self._set_zoom(self.zoom * _STEP)

    def zoom_out(self) -> None:
        """Show it smaller."""
        self._set_zoom(self.zoom / _STEP)

    def height_for(self, width_px: int, most_px: int) -> int:
        """Return how high it needs to be at a width, when it is fitted."""
        if self._picture is None:
            return 0
        ratio = self.devicePixelRatioF()
        true = self._picture.frames[0].image.size() if self._picture.scales else self._picture.size
        size = QSizeF(true) / ratio
        scale = min(width_px / max(size.width(), 1), most_px / max(size.height(), 1), 1.0)
        return max(round(size.height() * scale), 1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's hook: the present frame in its place."""
        if not self._pixmaps:
            return
        pixmap = self._pixmaps[min(self._number, len(self._pixmaps) - 1)]
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.zoom < 4)
            painter.drawPixmap(self._target(), pixmap, QRectF(pixmap.rect()))

    def showEvent(self, _event: QShowEvent) -> None:
        """Qt's hook: move on."""
        self._schedule()

    def hideEvent(self, _event: QHideEvent) -> None:
        """Qt's hook: nothing moves where nobody looks."""
        self._clock.stop()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt's hook: larger and smaller, about the place under the pointer."""
        if not self._zooms or not event.angleDelta().y():
            event.ignore()
            return
        before = self.zoom
        place = event.position() - QPointF(self.rect().center()) - self._shift
        self._set_zoom(before * (_STEP if event.angleDelta().y() > 0 else 1 / _STEP))
        self._shift -= place * (self.zoom / before - 1)
        self._hold()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: take hold of it."""
        if self._zooms and event.button() is Qt.MouseButton.LeftButton and not self.is_fitted:
            self._grabbed = event.position().toPoint()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: it comes along."""
        if self._grabbed is None:
            event.ignore()
            return
        place = event.position().toPoint()
        self._shift += QPointF(place - self._grabbed)
        self._grabbed = place
        self._hold()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Qt's hook: let go of it."""
        self._grabbed = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: as large as it is, or fitted."""
        if not self._zooms:
            event.ignore()
        elif self.is_fitted:
            self.show_actual()
        else:
            self.fit()

    @property
    def _fitting(self) -> float:
        """Return the zoom at which it just fits; what is drawn anew at any size fills the room."""
        if self._picture is None:
            return 1.0
        ratio, size = self.devicePixelRatioF(), self._picture.size
        scale = min(self.width() * ratio / max(size.width(), 1), self.height() * ratio / max(size.height(), 1))
        most = max(self._picture.frames[0].image.width() / max(size.width(), 1), 1.0) if self._picture.scales else 1.0
        return max(min(scale, most), _NOTHING)

    def _set_zoom(self, zoom: float | None) -> None:
        self._zoom = None if zoom is None else min(max(zoom, min(_LEAST, self._fitting)), _MOST)
        if zoom is None:
            self._shift = QPointF()
        self._hold()
        self.zoomed.emit()

    def _target(self) -> QRectF:
        """Return where the picture goes."""
        assert self._picture is not None  # noqa: S101 - only asked while there is one
        size = QSizeF(self._picture.size) * self.zoom / self.devicePixelRatioF()
        target = QRectF(QPointF(), size)
        target.moveCenter(QRectF(self.rect()).center() + self._shift)
        return target

    def _hold(self) -> None:
        """Keep it from being pushed out of sight, and paint it."""
        if self._picture is not None:
            size = QSizeF(self._picture.size) * self.zoom / self.devicePixelRatioF()
            wide = max((size.width() - self.width()) / 2, 0.0)
            high = max((size.height() - self.height()) / 2, 0.0)
            self._shift = QPointF(
                min(max(self._shift.x(), -wide), wide), min(max(self._shift.y(), -high), high)
            )  # fmt: skip
        self.update()

    def _schedule(self) -> None:
        if self._picture is not None and len(self._picture.frames) > 1 and self.isVisible():
            self._clock.start(self._picture.frames[self._number].shown_ms)
        else:
            self._clock.stop()

    def _step(self) -> None:
        """Show the next frame, made ready when it is shown first."""
        if self._picture is None:
            return
        self._number = (self._number + 1) % len(self._picture.frames)
        if self._number == len(self._pixmaps):
            self._pixmaps.append(QPixmap.fromImage(self._picture.frames[self._number].image))
        self.update()
        self._schedule()
