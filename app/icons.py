"""One icon family (Phosphor, from QtAwesome), drawn as outlines in the colours of the theme.

An icon keeps no pixels: it asks the theme for its colour whenever it is painted, so switching between light and dark
needs no new icons. Delegates, which paint the same few glyphs again and again, take cached pixmaps instead.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPainterPath, QPixmap, QRawFont

from app.resources import resource_path
from app.theme import Theme

_FONT_PACKAGE: Final = "qtawesome"
_FONT_FILE: Final = "phosphor-1.3.0.ttf"
_NAMES_FILE: Final = "phosphor-charmap-1.3.0.json"
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
        folder = _font_folder()
        self._raw = QRawFont(str(folder / _FONT_FILE), _OUTLINE_PX)
        self._codes: dict[str, str] = json.loads((folder / _NAMES_FILE).read_text(encoding="utf-8"))
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
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as painter:
            self.paint(painter, name, tone, QRectF(0, 0, size.width(), size.height()))
        return pixmap

    def _outline(self, name: str) -> QPainterPath:
        if name not in self._paths:
            glyph = self._raw.glyphIndexesForString(chr(int(self._codes[name], 16)))[0]
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
        if size.isEmpty():
            return QPixmap()  # of a button squeezed to nothing while a layout settles
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as painter:
            self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, QIcon.State.Off)
        return pixmap

    def clone(self) -> QIconEngine:
        """Qt's hook: another engine for the same glyph."""
        return _GlyphEngine(self._icons, self._name, self._tone)


def _font_folder() -> Path:
    """Return where QtAwesome keeps its fonts, without importing it: that loads half of Qt and takes 0.4 s.

    Raises:
        ImportError: The package is not installed.
    """
    spec = find_spec(_FONT_PACKAGE)
    if spec is None or spec.origin is None:
        raise ImportError(f"{_FONT_PACKAGE} is not installed", name=_FONT_PACKAGE)
    return Path(spec.origin).parent / "fonts"


def program_icon() -> QIcon:
    """Return Holdall's own icon."""
    return QIcon(str(resource_path("holdall.svg")))
