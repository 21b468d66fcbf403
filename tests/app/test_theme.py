"""The look: both schemes complete and legible, icons that exist and follow the theme."""

from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app import kinds
from app.action_set import SPECS
from app.icons import program_icon
from app.look import Look
from app.resources import read_text
from app.theme import ThemeMode, load_tokens

TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 3.0


def luminance(color: QColor) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF())


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio. Source: WCAG 2.2, "contrast ratio"."""
    light, dark = sorted((luminance(QColor(one)), luminance(QColor(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_both_schemes_have_the_same_colours() -> None:
    colors = load_tokens().colors
    assert set(colors["light"]) == set(colors["dark"])


def test_the_style_sheet_uses_only_colours_that_exist() -> None:
    used = {name for name in re.findall(r"@([a-z_]+)", read_text("style.qss")) if not name.startswith("icon_")}
    assert used <= set(load_tokens().colors["light"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("text", "window"),
        ("text", "surface"),
        ("text", "accent_soft"),
        ("text", "match"),
        ("text", "hover"),
        ("muted", "surface"),
        ("muted", "window"),
        ("muted", "sidebar"),
        ("muted", "accent_soft"),
        ("on_accent", "accent"),
        ("on_accent", "accent_hover"),
        ("on_danger", "danger"),
        ("on_identity", "identity"),
        ("on_identity", "identity_strong"),
        ("danger", "window"),
        ("warning", "warning_soft"),
        ("on_toast", "toast"),
        ("toast_accent", "toast"),
        ("code_keyword", "surface"),
        ("code_function", "surface"),
        ("code_string", "surface"),
        ("code_number", "surface"),
        ("code_comment", "surface"),
        ("text", "danger_soft"),
        ("text", "success_soft"),
        ("danger", "danger_soft"),
        ("success", "success_soft"),
    ],
)
def test_text_is_legible(scheme: str, text: str, ground: str) -> None:
    colors = load_tokens().colors[scheme]
    assert contrast(colors[text], colors[ground]) >= TEXT_CONTRAST


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_icons_and_focus_stand_out(scheme: str) -> None:
    colors = load_tokens().colors[scheme]
    for name in [*(name for name in colors if name.startswith("kind_")), "focus", "accent"]:
        assert contrast(colors[name], colors["surface"]) >= SHAPE_CONTRAST, name


def test_switching_changes_palette_and_tells(look: Look, qapp: QApplication) -> None:
    told = []
    look.theme.changed.connect(lambda: told.append(look.theme.dark))
    look.theme.set_mode(ThemeMode.DARK)
    dark = qapp.palette().base().color()
    look.theme.set_mode(ThemeMode.LIGHT)
    assert told[0] is True
    assert told[-1] is False
    assert luminance(dark) < luminance(qapp.palette().base().color())


def colors_in(image: QImage) -> set[str]:
    return {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }


def test_an_icon_follows_the_theme(look: Look) -> None:
    icon = look.icons.icon("trash-fill", "text")
    light = colors_in(icon.pixmap(32, 32).toImage())
    look.theme.set_mode(ThemeMode.DARK)
    dark = colors_in(icon.pixmap(32, 32).toImage())
    assert light == {load_tokens().colors["light"]["text"]}
    assert dark == {load_tokens().colors["dark"]["text"]}


def test_every_glyph_exists_and_fills_its_square(look: Look) -> None:
    names = {spec.glyph for spec in SPECS} | {family.icon for family in (kinds.FOLDER, kinds.family("video/mp4", "a"))}
    for name in names:
        image = look.icons.pixmap(name, "text", 64).toImage()
        drawn = [(x, y) for x in range(64) for y in range(64) if image.pixelColor(x, y).alpha() > 0]
        xs, ys = zip(*drawn, strict=True)
        assert max(max(xs) - min(xs), max(ys) - min(ys)) > 24, name
        assert min(xs) > 0, name
        assert max(xs) < 63, name


def test_an_unknown_glyph_is_refused_before_anything_is_painted(look: Look) -> None:
    with pytest.raises(KeyError):
        look.icons.icon("no-such-glyph")
    with pytest.raises(KeyError):
        look.icons.pixmap("no-such-glyph", "text", 16)


def test_program_icon_is_drawn(qapp: QApplication) -> None:
    assert len(colors_in(program_icon().pixmap(64, 64).toImage())) > 3


def test_a_menu_shows_which_of_its_switches_are_on(qtbot: QtBot, look: Look) -> None:
    """With a glyph before its text a switch looked the same, on or off."""
    menu = QMenu()
    qtbot.addWidget(menu)
    action = menu.addAction(look.icons.icon("list"), "Details")
    action.setCheckable(True)
    off = menu.grab().toImage()
    action.setChecked(True)
    assert menu.grab().toImage() != off
