"""A desktop of its own for one test: virtual screen, window manager, message bus, and hands on mouse and keyboard.

Needs Debian's packages xvfb, openbox, xdotool, imagemagick and dbus. Ends exactly the processes it started.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.e2e.accessibility import AccessibilityBus, Box

TOOLS: Final = ("Xvfb", "openbox", "xdotool", "import", "dbus-daemon")
SCREEN: Final = "1440x900x24"
END_S: Final = 10.0
_HELPERS: Final = Path(__file__).resolve().parent


def missing_tools(*more: str) -> list[str]:
    """Return the programs that a virtual desktop needs and this machine has not.

    Args:
        more: Further programs that the caller needs.
    """
    return [tool for tool in (*TOOLS, *more) if shutil.which(tool) is None]


class Desktop:
    """A virtual screen for as long as the context lasts."""

    def __init__(self, home: Path, screen: str = SCREEN) -> None:
        """Start nothing yet.

        Args:
            home: Folder for settings, caches and runtime files of the programs that run here.
            screen: Width, height and depth, such as `1280x800x24`.
        """
        self._home = home
        self._screen = screen
        self._stack = ExitStack()
        self.environ: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Start screen, bus and window manager."""
        with ExitStack() as stack:
            display = self._start_screen(stack)
            bus_address = self._start_bus(stack)
            self.environ = self._environment(display, bus_address)
            self._start(stack, ["openbox", "--sm-disable"])
            self.accessibility = AccessibilityBus(bus_address)
            stack.callback(self.accessibility.close)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything that was started here."""
        self._stack.close()

    def start(self, command: Sequence[str], log_path: Path) -> subprocess.Popen[bytes]:
        """Start a program on this desktop; it is ended with it.

        Args:
            command: Program and arguments.
            log_path: File that gets what it prints.
        """
        log = self._stack.enter_context(log_path.open("ab"))
        return self._start(self._stack, command, stdout=log, stderr=log)

    def keys(self, *combinations: str) -> None:
        """Press keys, one combination after the other.

        Args:
            combinations: Such as `ctrl+n`, `Return`.
        """
        self._xdotool("key", "--clearmodifiers", "--delay", "40", *combinations)

    def type(self, text: str) -> None:
        """Type a text."""
        self._xdotool("type", "--delay", "15", "--", text)

    def click(self, box: Box, *, times: int = 1) -> None:
        """Click into the middle of something."""
        x, y = box.centre
        self._xdotool("mousemove", str(x), str(y))
        self._xdotool("click", "--repeat", str(times), "--delay", "60", "1")

    def drag(
        self,
        source: tuple[int, int],
        target: tuple[int, int],
        *,
        steps: int = 12,
        before_drop: Callable[[], None] = lambda: None,
    ) -> None:
        """Drag with the left button from one point of the screen to another, as slowly as a hand does.

        Args:
            source: Where the button goes down.
            target: Where it comes up.
            steps: Movements between the two.
            before_drop: Called when the target is reached.
        """
        self._xdotool("mousemove", *map(str, source))
        self._xdotool("mousedown", "1")
        for step in range(1, steps + 1):
            point = (begin + (end - begin) * step // steps for begin, end in zip(source, target, strict=True))
            self._xdotool("mousemove", *map(str, point))
            time.sleep(0.03)
        time.sleep(0.3)
        before_drop()
        self._xdotool("mouseup", "1")

    def wheel(self, steps: int) -> None:
        """Turn the wheel downwards where the mouse is."""
        self._xdotool("click", "--repeat", str(steps), "--delay", "20", "5")

    def move(self, point: tuple[int, int]) -> None:
        """Move the mouse to a point of the screen."""
        self._xdotool("mousemove", *map(str, point))

    def screenshot(self, path: Path) -> None:
        """Save a picture of the whole screen as PNG."""
        subprocess.run(["import", "-window", "root", str(path)], env=self.environ, check=True, timeout=30)

    def clipboard(self) -> str:
        """Return the text in the clipboard."""
        return self._helper("clipboard.py", "read").stdout.strip()

    def copy_files(self, *paths: Path) -> subprocess.Popen[bytes]:
        """Put files into the clipboard, as a file manager's Copy does; the owner runs until it is ended."""
        return self._start(self._stack, [sys.executable, str(_HELPERS / "clipboard.py"), "files", *map(str, paths)])

    def drag_source(self, paths: Sequence[Path], log_path: Path) -> subprocess.Popen[bytes]:
        """Open a small window in the lower right corner that files can be dragged out of."""
        return self.start([sys.executable, str(_HELPERS / "drag_source.py"), *map(str, paths)], log_path)

    def drop_target(self, folder: Path, log_path: Path) -> subprocess.Popen[bytes]:
        """Open a small window in the lower left corner that copies files dropped on it into a folder."""
        return self.start([sys.executable, str(_HELPERS / "drop_target.py"), str(folder)], log_path)

    def window_titles(self) -> list[str]:
        """Return the titles of all windows on the screen."""
        found = self._xdotool("search", "--onlyvisible", "--name", ".+", check=False).stdout.split()
        return [self._xdotool("getwindowname", window, check=False).stdout.strip() for window in found]

    def active_title(self) -> str:
        """Return the title of the window in front, "" if there is none."""
        return self._xdotool("getactivewindow", "getwindowname", check=False).stdout.strip()

    def minimise(self) -> None:
        """Minimise the window in front."""
        self._xdotool("getactivewindow", "windowminimize")

    def _helper(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(_HELPERS / name), *arguments],
            env=self.environ, check=True, capture_output=True, text=True, timeout=30,
        )  # fmt: skip

    def _xdotool(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["xdotool", *arguments], env=self.environ, check=check, capture_output=True, text=True, timeout=60
        )

    def _start_screen(self, stack: ExitStack) -> str:
        command = ["Xvfb", "-displayfd", "1", "-screen", "0", self._screen, "-nolisten", "tcp"]
        return ":" + self._start_told(stack, command)

    def _start_bus(self, stack: ExitStack) -> str:
        return self._start_told(stack, ["dbus-daemon", "--session", "--nofork", "--print-address=1"])

    def _environment(self, display: str, bus_address: str) -> dict[str, str]:
        environ = dict(os.environ)
        for name in ("WAYLAND_DISPLAY", "HOLDALL_DATA_DIR", "HOLDALL_JWT_SECRET", "XDG_CURRENT_DESKTOP"):
            environ.pop(name, None)
        for name in ("CONFIG", "DATA", "STATE", "CACHE"):
            environ[f"XDG_{name}_HOME"] = str(self._made(name.lower()))
        return environ | {
            "DISPLAY": display,
            "DBUS_SESSION_BUS_ADDRESS": bus_address,
            "AT_SPI_BUS_ADDRESS": bus_address,
            "HOME": str(self._made("home")),
            "LC_ALL": "C.UTF-8",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "QT_ACCESSIBILITY": "1",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            "QT_LOGGING_RULES": "qt.accessibility.atspi=false",
            "QT_QPA_PLATFORM": "xcb",
            "PYTHONDONTWRITEBYTECODE": "1",
            "XDG_RUNTIME_DIR": str(self._made("runtime")),
        }

    def _made(self, name: str) -> Path:
        folder = self._home / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def _start_told(self, stack: ExitStack, command: Sequence[str]) -> str:
        """Start a program that says in its first line where it can be reached."""
        process = self._start(stack, command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        stack.callback(process.stdout.close)
        told = process.stdout.readline().decode().strip()
        if not told:
            raise RuntimeError(f"{command[0]} did not start")
        return told

    def _start(
        self,
        stack: ExitStack,
        command: Sequence[str],
        stdout: object = subprocess.DEVNULL,
        stderr: object = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, env=self.environ or None, stdout=stdout, stderr=stderr)
        stack.callback(end, process)
        return process


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started here, kindly first."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
