"""Plays scenes in the real window and takes a picture of each.

python -m tests.screenshots.stage THEME OUT [SCENE ...]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QLocale, QTimer
from PySide6.QtWidgets import QApplication

from app.application import Window
from app.theme import Theme, ThemeMode
from engine.secrets import FixedSecrets
from tests.app.helpers import ENDED, Desk, close
from tests.screenshots.scenes import NAMES, SCENES, STARTS

PATIENCE_S = 30.0
SETTLED_MS = 600
"""How long the window is left alone before it is looked at: what it loads after a change is there by then."""


class Clock:
    """Waits while the window lives; what `Desk` needs of pytest-qt."""

    def waitUntil(self, condition: Callable[[], bool], timeout: float = PATIENCE_S * 1000) -> None:
        """Wait until something holds.

        Raises:
            TimeoutError: It never did.
        """
        end_s = time.monotonic() + timeout / 1000
        while not condition():
            if time.monotonic() > end_s:
                raise TimeoutError("the scene waited in vain")
            self.wait(20)

    def wait(self, milliseconds: int) -> None:
        """Let time pass."""
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()


def play(application: QApplication, mode: ThemeMode, name: str, picture: Path) -> bool:
    """Open a window on an empty workspace, play a scene in it and take its picture.

    Args:
        application: Qt's.
        mode: The theme.
        name: The scene's.
        picture: Where the picture goes.

    Returns:
        Whether it could be played.
    """
    clock = Clock()
    window = Window(application, Theme(application, mode), FixedSecrets(bytes(32)))
    window.closed.connect(lambda: window.setProperty(ENDED, True))
    try:
        with tempfile.TemporaryDirectory(prefix="holdall-scene-") as folder:
            try:
                window.shell.showMaximized()
                enter(window, name, Path(folder) / "data", clock, mode)
                clock.wait(SETTLED_MS)
                window.shell.screen().grabWindow(0).save(str(picture))
            finally:
                close(window)
    except Exception:  # noqa: BLE001 - whatever went wrong, the other scenes are played and this one is told about
        print(f"{name}:", file=sys.stderr)
        traceback.print_exc()
        return False
    return True


def enter(window: Window, name: str, data_dir: Path, clock: Clock, mode: ThemeMode) -> None:
    """Open the window, in the theme that is asked for and not in what a new workspace remembers, and set the scene."""
    if name in STARTS:
        STARTS[name](data_dir)
        failures: list[Exception] = []
        window.failed.connect(failures.append)
        window.open(data_dir)
        clock.waitUntil(lambda: bool(failures))
        window._theme.set_mode(mode)
        return
    window.open(data_dir)
    clock.waitUntil(lambda: window.session is not None)
    window._theme.set_mode(mode)
    SCENES[name](Desk(window, clock))


def main() -> int:
    """Play what is asked for; the process is ended hard, since a scene that failed may have left anything open."""
    mode, out = ThemeMode(sys.argv[1]), Path(sys.argv[2])
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    application = QApplication([])
    application.setQuitOnLastWindowClosed(False)
    done = [play(application, mode, name, out / f"{name}-{mode.value}.png") for name in sys.argv[3:] or NAMES]
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if all(done) else 1)


if __name__ == "__main__":
    main()
