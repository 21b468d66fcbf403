"""The entry point: what it imports, and what it says where no window can open."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from main import missing_display, open_window

ROOT = Path(__file__).resolve().parents[2]
MAIN = ROOT / "main.py"

WITHOUT_QT = """
import json, runpy, sys
for name in ("PySide6", "shiboken6", "app"):
    sys.modules[name] = None
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as ended:
    print(json.dumps({"code": ended.code, "modules": sorted(sys.modules)}), file=sys.stderr)
"""


def run_without_qt(*argv: str) -> tuple[int, set[str]]:
    """Run main.py where importing Qt or the window fails; return its exit code and what it imported."""
    answer = subprocess.run(
        [sys.executable, "-c", WITHOUT_QT, str(MAIN), *argv], check=True, capture_output=True, text=True, timeout=60
    )
    told = json.loads(answer.stderr.splitlines()[-1])
    return told["code"], set(told["modules"])


def run_on_display(**environ: str) -> subprocess.CompletedProcess[str]:
    """Ask for the window with just these variables about displays."""
    ours = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    plain = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, str(MAIN)], env=plain | environ, check=False, capture_output=True, text=True, timeout=60
    )


def test_a_command_works_where_there_is_no_qt(data_dir: Path):
    code, modules = run_without_qt("ls", "--data-dir", str(data_dir))
    assert code == 0
    assert "sqlalchemy" in modules


@pytest.mark.parametrize("argv", [("--help",), ("--version",), ("put", "--help"), ("put",), ("nonsense",)])
def test_help_and_usage_come_without_loading_the_database(argv: tuple[str, ...]):
    _, modules = run_without_qt(*argv)
    assert modules & {"sqlalchemy", "alembic", "uvicorn", "cryptography"} == set()


def test_commands_that_serve_nothing_load_no_server(data_dir: Path):
    _, modules = run_without_qt("mb", "photos", "--data-dir", str(data_dir))
    assert modules & {"uvicorn", "httptools", "starlette"} == set()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these systems always have a display")
class TestWithoutADisplay:
    """Asking for the window where there is none."""

    def test_it_says_so_and_points_to_what_works(self):
        answer = run_on_display()
        assert answer.returncode == 1
        assert answer.stdout == ""
        assert answer.stderr.startswith("holdall: There is no display to open a window on\n")
        assert "make demo" in answer.stderr
        assert "main.py --help" in answer.stderr

    def test_a_display_that_is_gone_is_named(self):
        answer = run_on_display(DISPLAY=":98765")
        assert answer.returncode == 1
        assert answer.stderr.startswith("holdall: The display :98765 does not answer\n")


def test_the_window_gets_the_data_folder_and_gives_the_exit_code(data_dir: Path, monkeypatch: pytest.MonkeyPatch):
    opened: list[Path | None] = []

    def run(folder: Path | None) -> int:
        opened.append(folder)
        return 5

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    for name in ("PySide6", "PySide6.QtCore"):  # which may not be installed
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "app.application", SimpleNamespace(run=run))
    assert open_window(data_dir) == 5
    assert opened == [data_dir]


def test_where_there_is_no_qt_the_window_says_what_it_needs(data_dir: Path):
    script = WITHOUT_QT.replace('"PySide6", "shiboken6", "app"', '"PySide6", "shiboken6"')
    answer = subprocess.run(
        [sys.executable, "-c", script, str(MAIN), "--data-dir", str(data_dir)],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert answer.stderr.startswith("holdall: The window needs Qt, which cannot be loaded (")
    assert json.loads(answer.stderr.splitlines()[-1])["code"] == 1


@pytest.mark.parametrize(
    ("environ", "platform"),
    [
        ({}, "win32"),
        ({}, "darwin"),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux"),
        ({"DISPLAY": "elsewhere:0"}, "linux"),
        ({"DISPLAY": "localhost:10.0"}, "linux"),
    ],
)
def test_where_a_window_may_open_nothing_stands_in_its_way(environ: dict[str, str], platform: str):
    assert missing_display(environ, platform) is None


@pytest.mark.skipif(sys.platform != "linux", reason="the abstract sockets of X servers are Linux's")
def test_a_display_that_answers_is_taken():
    number = 70_000 + os.getpid()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0/tmp/.X11-unix/X{number}")
        server.listen()
        assert missing_display({"DISPLAY": f":{number}.0"}, "linux") is None
        assert missing_display({"DISPLAY": f"unix:{number}"}, "linux") is None
    assert missing_display({"DISPLAY": f":{number}"}, "linux") is not None
