"""One icon family (Phosphor, from QtAwesome), drawn as outlines in the colours of the theme.

An icon keeps no pixels: it asks the theme for its colour whenever it is painted, so switching between light and dark
needs no new icons. Delegates, which paint the same few glyphs again and again, take cached pixmaps instead.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPainterPath, QPixmap, QRawFont
from qtawesome import IconicFont

from app.resources import resource_path
from app.theme import Theme

_PREFIX: Final = "ph"
_FONT_FILES: Final = (_PREFIX, "phosphor-1.3.0.ttf", "phosphor-charmap-1.3.0.json")
_OUTLINE_PX: Final = 256
_PIXMAPS_MAX: Final = 512


class Icons:
    """Makes icons by name.

    Names are Phosphor's ("folder-plus"), with its weights as endings ("folder-fill", "trash-bold").
    """

    def __init__(self, theme: Theme) -> None:
        """Load the font.

        Args:
            theme: Gives the colours, now and at every later painting.
        """
        self._theme = theme
        self._font = IconicFont(_FONT_FILES)
        self._raw: QRawFont = self._font.rawfont(_PREFIX, _OUTLINE_PX)
        self._paths: dict[str, QPainterPath] = {}
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}
        theme.changed.connect(self._pixmaps.clear)

    def icon(self, name: str, tone: str = "muted") -> QIcon:
        """Return an icon that follows the theme.

        Args:
            name: Glyph.
            tone: Colour token of the normal state.

        Raises:
            KeyError: The font has no such glyph.
        """
        self._outline(name)
        return QIcon(_GlyphEngine(self, name, tone))

    def pixmap(self, name: str, tone: str, size_px: int, ratio: float = 1.0) -> QPixmap:
        """Return a picture of a glyph in the present theme, from a bounded cache.

        Args:
            name: Glyph.
            tone: Colour token.
            size_px: Width and height, in device-independent pixels.
            ratio: Device pixels for each of them.
        """
        key = (name, tone, size_px, ratio)
        pixmap = self._pixmaps.get(key)
        if pixmap is None:
            if len(self._pixmaps) >= _PIXMAPS_MAX:
                self._pixmaps.clear()
            pixmap = self._pixmaps[key] = self._render(name, tone, QSize(size_px, size_px), ratio)
        return pixmap

    def paint(self, painter: QPainter, name: str, tone: str, rect: QRectF) -> None:
        """Draw a glyph centred in `rect` and as high as it."""
        side = min(rect.width(), rect.height())
        path = self._outline(name)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(rect.center() - QPointF(side / 2, side / 2))
        painter.scale(side / _OUTLINE_PX, side / _OUTLINE_PX)
        painter.fillPath(path, self._theme.color(tone))
        painter.restore()

    def _render(self, name: str, tone: str, size: QSize, ratio: float) -> QPixmap:
        self._outline(name)  # an unknown name must fail before a painter is open
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, name, tone, QRectF(0, 0, size.width(), size.height()))
        painter.end()
        return pixmap

    def _outline(self, name: str) -> QPainterPath:
        if name not in self._paths:
            glyph = self._raw.glyphIndexesForString(self._font.charmap[_PREFIX][name])[0]
            path = self._raw.pathForGlyph(glyph)
            path.setFillRule(Qt.FillRule.WindingFill)
            centre = QPointF(_OUTLINE_PX / 2, _OUTLINE_PX / 2)
            # The glyphs of this font stand on a square of one em; the baseline is what varies between its weights.
            advance = self._raw.advancesForGlyphIndexes([glyph])[0].x()
            box = QRectF(0, -self._raw.ascent(), advance, self._raw.ascent() + self._raw.descent())
            self._paths[name] = path.translated(centre - box.center())
        return self._paths[name]


class _GlyphEngine(QIconEngine):
    """Paints one glyph of one tone; disabled and selected states change the colour."""

    def __init__(self, icons: Icons, name: str, tone: str) -> None:
        super().__init__()
        self._icons = icons
        self._name = name
        self._tone = tone

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        """Qt's hook: draw the glyph into `rect`."""
        tone = "disabled" if mode is QIcon.Mode.Disabled else self._tone
        self._icons.paint(painter, self._name, tone, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, _state: QIcon.State) -> QPixmap:
        """Qt's hook: draw the glyph on transparent ground; `size` is in device pixels."""
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, QIcon.State.Off)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        """Qt's hook: another engine for the same glyph."""
        return _GlyphEngine(self._icons, self._name, self._tone)


def program_icon() -> QIcon:
    """Return Holdall's own icon."""
    return QIcon(str(resource_path("holdall.svg")))
