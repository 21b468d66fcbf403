"""Running commands: in this process where speed counts, as a process of their own where that is the point."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.cli.run import run

MAIN = Path(__file__).resolve().parents[2] / "main.py"


@dataclass(frozen=True)
class Answer:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Return its result as JSON."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """Return the lines of its result."""
        return self.out.splitlines()


Holdall = Callable[..., Answer]


def no_window(data_dir: Path | None) -> int:
    raise AssertionError(f"a command opened a window on {data_dir}")


@pytest.fixture
def holdall(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> Holdall:
    """Return a function that runs a command on the test's data folder and expects an exit code, 0 by default."""

    def call(name: str, *arguments: str | Path, code: int = 0) -> Answer:
        argv = [name, "--data-dir", str(data_dir), *map(str, arguments)]
        try:
            ended = run(argv, no_window, program="main.py", version="0")
        except SystemExit as exit_:
            ended = int(exit_.code or 0)
        printed = capsys.readouterr()
        assert ended == code, printed
        return Answer(ended, printed.out, printed.err)

    return call


@pytest.fixture
def process(data_dir: Path) -> Holdall:
    """Return a function like that of `holdall` that starts the program itself."""

    def call(name: str, *arguments: str | Path, code: int = 0, **options: Any) -> Answer:
        command = [sys.executable, str(MAIN), name, "--data-dir", str(data_dir), *map(str, arguments)]
        environ = os.environ | options.pop("environ", {})
        ended = subprocess.run(
            command, env=environ, check=False, capture_output=True, text=True, encoding="utf-8", timeout=60, **options
        )
        assert ended.returncode == code, (ended.stdout, ended.stderr)
        return Answer(ended.returncode, ended.stdout, ended.stderr)

    return call


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder with files on several levels, an empty file, an empty folder, and names of many kinds."""
    root = tmp_path / "tree"
    contents = {
        "a.txt": b"first",
        "empty": b"",
        ".hidden": b"\0\1\2",
        "sub/b.bin": bytes(range(256)) * 1024,
        "sub/__init__.py": b"",
        "sub/deep/\u00fcml\u00e4ut \U0001f4c1.txt": "Gr\u00fc\u00dfe".encode(),
        "sub/deep/with 'quotes' & spaces.txt": b"q",
    }
    for path, content in contents.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    (root / "nothing").mkdir()
    return root


def content_of(root: Path) -> dict[str, bytes | None]:
    """Return everything below a folder: the bytes of files, None for folders."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None for path in root.rglob("*")
    }
