"""The real window on a virtual desktop, and what a person does with it."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from tests.e2e.accessibility import Node, awaited
from tests.e2e.desktop import Desktop, end

MAIN: Final = Path(__file__).resolve().parents[2] / "main.py"
START_S: Final = 60.0
COMMAND_S: Final = 300.0
PRESS_AGAIN_S: Final = 5.0
END_S: Final = 25.0

_TELLING: Final = """\
import faulthandler, runpy, signal, sys
faulthandler.register(signal.SIGUSR1)
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs main.py as Python does, in a process that writes its stacks to its log when it gets SIGUSR1."""


class Window:
    """One window on one data folder."""

    def __init__(self, desktop: Desktop, data_dir: Path, log_path: Path) -> None:
        """Start nothing yet.

        Args:
            desktop: Where it appears.
            data_dir: Its data folder.
            log_path: File that gets what the program prints.
        """
        self.desktop = desktop
        self.data_dir = data_dir
        self.log_path = log_path
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def command(self) -> list[str]:
        """Return what starts the window."""
        return [sys.executable, "-c", _TELLING, str(MAIN), "--data-dir", str(self.data_dir)]

    def open(self) -> None:
        """Start the program and wait for its window."""
        self._process = self.desktop.start(self.command, self.log_path)
        self.see("tool bar", "Toolbar", timeout_s=START_S)

    def close(self) -> int:
        """Quit by the keyboard and return the exit code.

        Raises:
            TimeoutError: The program did not end; tells what its threads did and where a screenshot is.
        """
        process = self._process
        assert process is not None
        self.until(lambda: "Holdall" in self.desktop.active_title(), "the window is in front")
        for patience_s in (PRESS_AGAIN_S, END_S):
            self.desktop.keys("ctrl+q")
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(patience_s)
        raise TimeoutError(self._evidence(process))

    def _evidence(self, process: subprocess.Popen[bytes]) -> str:
        """Keep a screenshot, let the program write down its stacks, and return both for the error."""
        picture = self.log_path.with_name("not-closed.png")
        self.desktop.screenshot(picture)
        process.send_signal(signal.SIGUSR1)
        time.sleep(1)
        log = self.log_path.read_text(errors="replace")
        return f"{self.desktop.active_title()!r} did not end; screen: {picture}; log and stacks:\n{log}"

    def kill(self) -> None:
        """End the program as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End the program, however it stands."""
        if self._process is not None:
            end(self._process)

    def find(self, role: str, name: str | Callable[[str], bool]) -> Node | None:
        """Return what is shown under a role and a name now, or None."""
        return self.desktop.accessibility.find(_fits(role, name))

    def see(self, role: str, name: str | Callable[[str], bool], timeout_s: float = 20.0) -> Node:
        """Wait until something is shown under a role and a name.

        Args:
            role: As AT-SPI names it.
            name: The accessible name, or what it must be like.
            timeout_s: How long to wait.

        Raises:
            TimeoutError: It did not appear.
        """
        return self.desktop.accessibility.wait(_fits(role, name), f"{role} {name!r}", timeout_s)

    def press(self, name: str, role: str = "push button") -> None:
        """Click on a button once it can be pressed."""
        self.until(lambda: (found := self.find(role, name)) is not None and found.enabled, f"{role} {name!r} enabled")
        self.desktop.click(self.see(role, name).box)

    def until(self, holds: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
        """Wait until something holds.

        Args:
            holds: Asked again and again.
            what: What is waited for, for the error.
            timeout_s: How long to wait.

        Raises:
            TimeoutError: It did not come to hold.
        """
        awaited(holds, f"{what}: not within {timeout_s:.0f} s", timeout_s)

    def run(self, name: str, *arguments: str | Path, code: int = 0) -> str:
        """Run a command beside the window and return what it prints.

        Args:
            name: Of the command.
            arguments: Its own.
            code: The exit code it must have.
        """
        done = self._run(name, *arguments)
        assert done.returncode == code, (name, arguments, done.stdout, done.stderr)
        return done.stdout

    def ask(self, name: str, *arguments: str | Path) -> Any:
        """Run a command beside the window and return its result as JSON."""
        return json.loads(self.run(name, *arguments, "--json"))

    def _run(self, name: str, *arguments: str | Path, before: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        command = [*before, sys.executable, str(MAIN), name, "--data-dir", str(self.data_dir), *map(str, arguments)]
        return subprocess.run(
            command, env=self.desktop.environ, check=False, capture_output=True, text=True, timeout=COMMAND_S
        )


def _fits(role: str, name: str | Callable[[str], bool]) -> Callable[[Node], bool]:
    def fits(node: Node) -> bool:
        if node.role != role:
            return False
        return name(node.name) if callable(name) else node.name == name

    return fits
