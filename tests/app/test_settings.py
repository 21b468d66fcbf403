"""What is remembered, and that nonsense in the file harms nobody."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QApplication

from app import settings as module
from app.settings import FILE_NAME, HOUR_S, WindowSettings
from app.theme import ThemeMode


def test_is_remembered(tmp_path: Path, qapp: QApplication) -> None:
    settings = WindowSettings(tmp_path)
    settings.theme = ThemeMode.DARK
    settings.place = "photos/2024/"
    settings.link_expires_s = 7 * 24 * HOUR_S
    settings.server_port = 0
    settings.geometry = QByteArray(b"\x00\x01geometry")
    settings.close()
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
    settings.close()
    assert WindowSettings(tmp_path).place == "works"


def test_a_folder_that_does_not_exist_harms_nobody(tmp_path: Path, qapp: QApplication) -> None:
    settings = WindowSettings(tmp_path / "missing" / "folder")
    assert settings.place == ""


def test_a_value_is_written_soon_and_not_only_at_the_end(tmp_path: Path, qapp: QApplication) -> None:
    settings = WindowSettings(tmp_path)
    settings.upload_folder = "/somewhere"
    end_s = time.monotonic() + 10
    while not (tmp_path / FILE_NAME).exists() and time.monotonic() < end_s:
        time.sleep(0.01)
    assert "/somewhere" in (tmp_path / FILE_NAME).read_text()
    settings.close()


class SlowDisk(QSettings):
    """Writes when it is let, and counts."""

    gate = threading.Event()
    writers: list[threading.Thread] = []  # noqa: RUF012 - looked at after the objects are gone

    def sync(self) -> None:
        self.writers.append(threading.current_thread())
        self.gate.wait(20)
        super().sync()


def test_a_disk_that_hangs_holds_nobody_up(tmp_path: Path, qapp: QApplication, monkeypatch) -> None:
    monkeypatch.setattr(module, "QSettings", SlowDisk)
    SlowDisk.gate.clear()
    SlowDisk.writers.clear()
    settings = WindowSettings(tmp_path)
    began_s = time.monotonic()
    for number in range(500):
        settings.server_port = number
        settings.place = f"photos/{number}/"
    qapp.processEvents()  # where Qt would write what was set
    assert time.monotonic() - began_s < 5
    assert (settings.server_port, settings.place) == (499, "photos/499/")
    SlowDisk.gate.set()
    settings.close()
    assert threading.main_thread() not in SlowDisk.writers
    assert len(SlowDisk.writers) <= 2
    assert WindowSettings(tmp_path).place == "photos/499/"


def test_what_a_newer_program_remembers_stays(tmp_path: Path, qapp: QApplication) -> None:
    (tmp_path / FILE_NAME).write_text("[later]\nthing=kept\n")
    settings = WindowSettings(tmp_path)
    settings.place = "photos/"
    settings.place = "photos/"
    settings.close()
    settings.place = "too late"
    assert "thing=kept" in (tmp_path / FILE_NAME).read_text()
    assert WindowSettings(tmp_path).place == "photos/"


def test_one_that_gave_way_writes_what_it_has_and_takes_no_more(tmp_path: Path, qapp: QApplication) -> None:
    settings = WindowSettings(tmp_path)
    settings.place = "photos/"
    settings.give_up()
    settings.place = "too late"
    settings.close()
    assert WindowSettings(tmp_path).place == "photos/"
