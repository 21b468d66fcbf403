"""A QR code as a picture: dark modules on white, whatever the theme, because cameras want it so."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel

from app.i18n import translate

_QUIET_MODULES: Final = 2
_BLACK: Final = 0xFF101617
_WHITE: Final = 0xFFFFFFFF


def qr_image(text: str) -> QImage:
    """Return a QR code with one pixel for each module, quiet zone included.

    Args:
        text: What a camera will read.
    """
    import segno  # only when a code is first wanted: the start waits for no such thing

    rows = [list(row) for row in segno.make(text, micro=False, error="m").matrix_iter(border=_QUIET_MODULES)]
    image = QImage(len(rows), len(rows), QImage.Format.Format_RGB32)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            image.setPixel(x, y, _BLACK if dark else _WHITE)
    return image


class QrLabel(QLabel):
    """Shows a QR code of a fixed size, scaled by whole pixels so that it stays sharp."""

    def __init__(self, side_px: int) -> None:
        """Args: width and height of the widget."""
        super().__init__()
        self._side_px = side_px
        self.setProperty("place", "qr")
        self.setFixedSize(side_px, side_px)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def show_text(self, text: str) -> None:
        """Show the code of a text; an empty one clears it."""
        self.setToolTip(text)
        self.setAccessibleName(translate("QrLabel", "QR code of {text}").format(text=text))
        if not text:
            self.clear()
            return
        image = qr_image(text)
        ratio = self.devicePixelRatioF()
        scale = max(int((self._side_px - 16) * ratio) // image.width(), 1)
        pixmap = QPixmap.fromImage(image.scaled(image.size() * scale))
        pixmap.setDevicePixelRatio(ratio)
        self.setPixmap(pixmap)
