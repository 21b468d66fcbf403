"""Light and dark: design tokens, palette and style sheet, following the system or a person's choice.

`resources/tokens.json` holds every colour, distance and text size. The palette carries them to Qt's own painting,
the style sheet to what the palette can't express; painting code asks `Theme.color`. `Theme.changed` says that all
of them are new.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from app.resources import read_text, resource_path

_GENERIC_FAMILIES: Final = frozenset({"sans serif", "sans", "sans-serif", "dejavu sans", "fixed", "helvetica"})
_MARKS: Final = ("caret-down", "caret-up", "check")


class ThemeMode(StrEnum):
    """What the View menu offers."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The design tokens.

    Attributes:
        colors: Scheme ("light", "dark") → name → `#rrggbb`.
        space: Name → distance in pixels.
        size: Name → size of a part in pixels.
        type: Name → text size in pixels.
        fonts: Families to try where the system names none of its own.
    """

    colors: Mapping[str, Mapping[str, str]]
    space: Mapping[str, int]
    size: Mapping[str, int]
    type: Mapping[str, int]
    fonts: tuple[str, ...]


def load_tokens() -> Tokens:
    """Read `resources/tokens.json`."""
    raw: dict[str, Any] = json.loads(read_text("tokens.json"))
    return Tokens(
        colors={"light": raw["light"], "dark": raw["dark"]},
        space=raw["space"],
        size=raw["size"],
        type=raw["type"],
        fonts=tuple(raw["fonts"]),
    )


class Theme(QObject):
    """The look that is in force.

    Signals:
        changed: Palette, style sheet and colours are new; repaint what was painted by hand.
    """

    changed = Signal()

    def __init__(self, application: QApplication, mode: ThemeMode = ThemeMode.SYSTEM) -> None:
        """Take over the look of the whole program.

        Args:
            application: Gets style, font, palette and style sheet.
            mode: What to start with.
        """
        super().__init__(application)
        self._application = application
        self._tokens = load_tokens()
        self._mode = mode
        self._dark = False
        application.setStyle(QStyleFactory.create("Fusion"))
        application.setFont(self._body_font())
        application.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._apply()

    @property
    def mode(self) -> ThemeMode:
        """Return the choice, which may be to follow the system."""
        return self._mode

    @property
    def dark(self) -> bool:
        """Return whether the dark scheme is shown."""
        return self._dark

    def set_mode(self, mode: ThemeMode) -> None:
        """Switch to a scheme, or to following the system."""
        self._mode = mode
        hints = self._application.styleHints()
        if mode is ThemeMode.SYSTEM:
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(Qt.ColorScheme.Dark if mode is ThemeMode.DARK else Qt.ColorScheme.Light)
        self._apply()

    @contextmanager
    def building(self) -> Iterator[None]:
        """Put the style sheet aside while many widgets are made.

        With a style sheet each widget that gets a parent has all below it styled anew, at every level: half of the
        time that the window's page took. Nothing is painted meanwhile, and all are styled once at the end.
        """
        self._application.setStyleSheet("")
        try:
            yield
        finally:
            self._application.setStyleSheet(self._style_sheet())

    def color(self, name: str) -> QColor:
        """Return the colour of that token in the present scheme."""
        return QColor(self._colors()[name])

    def space(self, name: str) -> int:
        """Return a distance of the spacing scale, in pixels."""
        return self._tokens.space[name]

    def size(self, name: str) -> int:
        """Return the size of a part, in pixels."""
        return self._tokens.size[name]

    def font(self, kind: str = "body", *, bold: bool = False, tabular: bool = False) -> QFont:
        """Return a font of the type scale.

        Args:
            kind: `caption`, `body`, `title` or `hero`.
            bold: Semi-bold weight.
            tabular: Figures of equal width, for columns of numbers.
        """
        font = QFont(self._application.font())
        font.setPixelSize(self._tokens.type[kind])
        if bold:
            font.setWeight(QFont.Weight.DemiBold)
        if tabular:
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def code_font(self, kind: str = "body") -> QFont:
        """Return a font whose letters are all of one width, for expressions and files.

        Args:
            kind: As in `font`.
        """
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setStyleHint(QFont.StyleHint.Monospace)
        font.setPixelSize(self._tokens.type[kind])
        return font

    def _colors(self) -> Mapping[str, str]:
        return self._tokens.colors["dark" if self._dark else "light"]

    def _follow_system(self, _scheme: Qt.ColorScheme) -> None:
        if self._mode is ThemeMode.SYSTEM:
            self._apply()

    def _apply(self) -> None:
        system_dark = self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark
        self._dark = system_dark if self._mode is ThemeMode.SYSTEM else self._mode is ThemeMode.DARK
        self._application.setPalette(self._palette())
        sheet = self._style_sheet()
        if sheet != self._application.styleSheet():  # Qt styles every widget anew, whether it changed or not
            self._application.setStyleSheet(sheet)
        self.changed.emit()

    def _body_font(self) -> QFont:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        if sys.platform.startswith("linux") and QFontInfo(font).family().lower() in _GENERIC_FAMILIES:
            installed = set(QFontDatabase.families())
            font.setFamily(next((family for family in self._tokens.fonts if family in installed), font.family()))
        font.setPixelSize(self._tokens.type["body"])
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font

    def _style_sheet(self) -> str:
        sheet = read_text("style.qss")
        scheme = "dark" if self._dark else "light"
        for mark in _MARKS:
            path = resource_path(f"marks/{scheme}/{mark}.svg").as_posix()
            sheet = sheet.replace("@icon_" + mark.replace("-", "_"), path)
        for name in sorted(self._colors(), key=len, reverse=True):
            sheet = sheet.replace("@" + name, self._colors()[name])
        return sheet

    def _palette(self) -> QPalette:
        role = QPalette.ColorRole
        colors = {
            role.Window: "window",
            role.WindowText: "text",
            role.Base: "surface",
            role.AlternateBase: "window",
            role.Text: "text",
            role.Button: "raised",
            role.ButtonText: "text",
            role.ToolTipBase: "toast",
            role.ToolTipText: "on_toast",
            role.PlaceholderText: "faint",
            role.BrightText: "danger",
            role.Link: "accent",
            role.LinkVisited: "accent",
            role.Highlight: "accent",
            role.HighlightedText: "on_accent",
            role.Accent: "accent",
            role.Mid: "border",
            role.Midlight: "border",
            role.Light: "surface",
            role.Dark: "border_strong",
            role.Shadow: "border_strong",
        }
        palette = QPalette()
        for part, name in colors.items():
            palette.setColor(part, self.color(name))
        for part in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, part, self.color("disabled"))
        return palette
