"""Holdall's one entry point: the window by default, or a command without a window.

Commands never import Qt; the window's code is imported only when a window is to be opened.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from engine import __version__
from engine.cli.run import run
from engine.errors import EnvironmentFault

COMMANDS_HINT = "`make demo` plays the main job in a virtual display; `main.py --help` lists commands without a window."


def open_window(data_dir: Path | None) -> int:
    """Open the window and stay until it is closed.

    Args:
        data_dir: Data folder asked for, or None for the default.

    Returns:
        The exit code.

    Raises:
        EnvironmentFault: There is no display, or Qt cannot be loaded.
    """
    reason = missing_display(os.environ, sys.platform)
    if reason:
        raise EnvironmentFault(reason, hint=COMMANDS_HINT)
    try:
        from app.imports import left_alone, load_qt

        with left_alone():
            load_qt()
            from app.application import run as run_window
    except ImportError as error:
        if "PySide6" in str(error) or ".so" in str(error):
            raise EnvironmentFault(
                f"The window needs Qt, which cannot be loaded ({error})", hint="`make run` installs what is missing."
            ) from error
        raise
    return run_window(data_dir)


def missing_display(environ: Mapping[str, str], platform: str) -> str | None:
    """Say why no window can be opened here, before Qt ends the program over it.

    Args:
        environ: Environment variables.
        platform: As in `sys.platform`.

    Returns:
        One sentence, or None when nothing speaks against a window.
    """
    if platform in ("win32", "darwin") or environ.get("QT_QPA_PLATFORM") or environ.get("WAYLAND_DISPLAY"):
        return None
    display = environ.get("DISPLAY")
    if not display:
        return "There is no display to open a window on"
    return None if _answers(display) else f"The display {display} does not answer"


def _answers(display: str) -> bool:
    """Try a display of this machine (`:N`, `:N.S`); others are Qt's to find out."""
    number = display.removeprefix("unix").removeprefix(":").partition(".")[0]
    if not number.isdigit():
        return True
    for address in (f"\0/tmp/.X11-unix/X{number}", f"/tmp/.X11-unix/X{number}"):  # noqa: S108 - X11's fixed place
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(address)
            except OSError:
                continue
            return True
    return False


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], open_window, program=Path(sys.argv[0]).name, version=__version__))
