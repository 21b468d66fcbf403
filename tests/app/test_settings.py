"""What is remembered, and that nonsense in the file harms nobody."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
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


class SlowDisk:
    """Waits as a disk does, until it is let go on."""

    def __init__(self) -> None:
        self.gate, self.asked = threading.Event(), threading.Event()
        self.writers: list[threading.Thread] = []

    def fsync(self, fd: int) -> None:
        self.writers.append(threading.current_thread())
        self.asked.set()
        assert self.gate.wait(60)
        os.fdatasync(fd)


def test_a_disk_that_hangs_holds_nobody_up(tmp_path: Path, qapp: QApplication, monkeypatch) -> None:
    disk = SlowDisk()
    monkeypatch.setattr(os, "fsync", disk.fsync)
    settings = WindowSettings(tmp_path)
    for number in range(500):
        settings.server_port = number
        settings.place = f"photos/{number}/"
    qapp.processEvents()  # where Qt would write what was set
    assert disk.asked.wait(60)
    assert (settings.server_port, settings.place) == (499, "photos/499/")
    disk.gate.set()
    settings.close()
    assert threading.main_thread() not in disk.writers
    assert len(disk.writers) <= 4  # the file and its folder, twice at most
    assert WindowSettings(tmp_path).place == "photos/499/"


@pytest.mark.skipif(
    shutil.which("strace") is None or subprocess.run(["strace", "true"], capture_output=True).returncode != 0,
    reason="strace is not installed here, or may not trace",
)
def test_other_threads_go_on_while_the_disk_is_waited_for(tmp_path: Path) -> None:
    # a thread that holds the interpreter meanwhile holds up all, the one of the window too
    source = tmp_path / "write.py"
    source.write_text(_WRITES_ON_A_SLOW_DISK, encoding="utf-8")
    stops = "trace=fsync,fdatasync", "inject=fsync,fdatasync:delay_enter=4000000"
    strace = [
        "strace",
        "-f",
        "-o",
        os.devnull,
        *(word for stop in stops for word in ("-e", stop)),
    ]
    done = subprocess.run(
        [*strace, sys.executable, str(source), str(tmp_path)], cwd=_ROOT, check=True, capture_output=True, text=True
    )
    longest_s, written_after_s = map(float, done.stdout.split())
    assert written_after_s >= 4  # it was slow indeed
    assert longest_s < written_after_s / 2


_ROOT = Path(__file__).resolve().parents[2]

_WRITES_ON_A_SLOW_DISK = """
import sys, threading, time
from pathlib import Path
sys.path.insert(0, ".")
from app.settings import WindowSettings

settings = WindowSettings(Path(sys.argv[1]))
began_s = last_s = time.monotonic()
longest_s = 0.0
settings.place = "photos/"
ended = threading.Event()
threading.Thread(target=lambda: (settings.close(), ended.set())).start()
while not ended.wait(0.001):
    now_s = time.monotonic()
    longest_s, last_s = max(longest_s, now_s - last_s), now_s
print(max(longest_s, time.monotonic() - last_s), time.monotonic() - began_s)
"""


def test_a_disk_that_takes_nothing_harms_nobody(tmp_path: Path, qapp: QApplication, monkeypatch) -> None:
    settings = WindowSettings(tmp_path)
    settings.place = "photos/"
    settings.close()

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(os, "fsync", full)
    again = WindowSettings(tmp_path)
    again.place = "music/"
    again.close()
    assert again.place == "music/"
    assert WindowSettings(tmp_path).place == "photos/"


def test_a_file_that_cannot_be_read_today_is_left_as_it_is(tmp_path: Path, qapp: QApplication, monkeypatch) -> None:
    settings = WindowSettings(tmp_path)
    settings.favourites = "[]"
    settings.close()
    before = (tmp_path / FILE_NAME).read_bytes()

    def refused(_: Path) -> bytes:
        raise PermissionError(errno.EACCES, "held by another program")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refused)
        again = WindowSettings(tmp_path)
    assert again.favourites == ""
    again.place = "photos/"
    again.close()
    assert again.place == "photos/"
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_nobody_else_reads_what_is_remembered(tmp_path: Path, qapp: QApplication) -> None:
    settings = WindowSettings(tmp_path)
    settings.favourites = "[]"
    settings.close()
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_file_that_lies_elsewhere_stays_there(tmp_path: Path, qapp: QApplication) -> None:
    elsewhere = tmp_path / "elsewhere.ini"
    elsewhere.write_text("", encoding="utf-8")
    data = tmp_path / "data"
    data.mkdir()
    (data / FILE_NAME).symlink_to(elsewhere)
    settings = WindowSettings(data)
    settings.place = "photos/"
    settings.close()
    assert (data / FILE_NAME).is_symlink()
    assert "photos/" in elsewhere.read_text("utf-8")


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
