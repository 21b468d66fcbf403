"""What is remembered, and that nonsense in the file harms nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QApplication

from app.settings import FILE_NAME, HOUR_S, WindowSettings
from app.theme import ThemeMode


def test_is_remembered(tmp_path: Path, qapp: QApplication) -> None:
    settings = WindowSettings(tmp_path)
    settings.theme = ThemeMode.DARK
    settings.place = "photos/2024/"
    settings.link_expires_s = 7 * 24 * HOUR_S
    settings.server_port = 0
    settings.geometry = QByteArray(b"\x00\x01geometry")
    settings.save()
    again = WindowSettings(tmp_path)
    assert again.theme is ThemeMode.DARK
    assert again.place == "photos/2024/"
    assert again.link_expires_s == 7 * 24 * HOUR_S
    assert again.server_port == 0
    assert again.geometry == QByteArray(b"\x00\x01geometry")


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\xff\x00\xff" * 64,
        b"[view\ntheme=\n=====",
        b"[links]\nexpires_s=soon\n[view]\ntheme=pink\n[server]\nport=99999999\n[window]\ngeometry=@Nonsense(1)\n",
        b"[links]\nexpires_s=-5\n",
        b"",
    ],
)
def test_nonsense_means_defaults(tmp_path: Path, qapp: QApplication, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    settings = WindowSettings(tmp_path)
    assert settings.theme is ThemeMode.SYSTEM
    assert settings.link_expires_s == HOUR_S
    assert settings.server_port == 54_321
    settings.place = "works"
    settings.save()
    assert WindowSettings(tmp_path).place == "works"


def test_a_folder_that_does_not_exist_harms_nobody(tmp_path: Path, qapp: QApplication) -> None:
    settings = WindowSettings(tmp_path / "missing" / "folder")
    assert settings.place == ""
