"""How commands end when something is wrong: one line, the right exit code, nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.cli.run import run
from tests.cli.conftest import MAIN, Holdall


def command(data_dir: Path, name: str, *arguments: str) -> list[str]:
    return [sys.executable, str(MAIN), name, "--data-dir", str(data_dir), *arguments]


def test_a_corrupt_database_is_named_and_left_alone(holdall: Holdall, data_dir: Path):
    holdall("mb", "b")
    database = data_dir / "holdall.db"
    for beside in data_dir.glob("holdall.db-*"):
        beside.unlink()
    database.write_bytes(b"this is no database at all, but long enough to be one " * 100)
    answer = holdall("ls", code=1)
    assert answer.err.startswith("holdall: ")
    assert "database" in answer.err
    assert "Traceback" not in answer.err
    assert database.read_bytes().startswith(b"this is no database")


def test_an_emptied_database_is_no_empty_workspace(holdall: Holdall, data_dir: Path, tmp_path: Path):
    (tmp_path / "a").write_text("kept")
    holdall("mb", "b")
    holdall("put", tmp_path / "a", "b")
    os.truncate(data_dir / "holdall.db", 0)
    for arguments in (["ls"], ["check", "--repair"]):
        assert "there are stored files" in holdall(*arguments, code=1).err
    assert not list((data_dir / "storage").glob(".lost+found/*"))


def test_errors_for_programs_are_json(holdall: Holdall):
    assert json.loads(holdall("ls", "--json").err)["notice"].startswith("No keyring answers here")
    answer = holdall("ls", "nowhere", "--json", code=1)
    assert answer.out == ""
    assert json.loads(answer.err)["error"]["code"] == "NoSuchBucket"


def test_a_data_folder_that_is_a_file_is_a_clear_error(process: Holdall, data_dir: Path):
    data_dir.write_text("a file")
    answer = process("ls", code=1)
    assert answer.err.startswith("holdall: ")
    assert str(data_dir) in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_a_data_folder_without_write_permission_is_a_clear_error(holdall: Holdall, data_dir: Path):
    data_dir.mkdir(mode=0o500)
    answer = holdall("mb", "b", code=1)
    assert str(data_dir) in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.skipif(os.name == "nt", reason="Windows tells of a closed pipe in another way")
def test_a_reader_that_leaves_early_is_no_error(data_dir: Path, holdall: Holdall, tmp_path: Path):
    holdall("mb", "b")
    many = tmp_path / "many"
    many.mkdir()
    for number in range(3_000):
        (many / f"a rather long name so that the pipe is full soon {number:05}").touch()
    holdall("put", many, "b")
    with subprocess.Popen(
        command(data_dir, "ls", "-r", "b"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as listing:
        assert listing.stdout is not None
        assert listing.stderr is not None
        listing.stdout.readline()
        listing.stdout.close()
        assert listing.stderr.read() == ""
        assert listing.wait(60) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_result_that_cannot_be_written_is_a_failure(data_dir: Path, holdall: Holdall):
    holdall("mb", "b")
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            command(data_dir, "ls"), check=False, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert ended.returncode == 1
    assert ended.stderr == "holdall: The disk is full\n         Free some space, then try again.\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancelled_upload_leaves_nothing_half_written(
    data_dir: Path, holdall: Holdall, tmp_path: Path, number: signal.Signals
):
    holdall("mb", "b")
    sparse = tmp_path / "huge.bin"
    with sparse.open("wb") as file:
        file.truncate(4 * 1024**3)
    with subprocess.Popen(
        command(data_dir, "put", str(sparse), "b"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as upload:
        staging = data_dir / "storage" / ".staging"
        while upload.poll() is None and not any(path.stat().st_size for path in staging.rglob("*") if path.is_file()):
            time.sleep(0.01)
        upload.send_signal(number)
        out, err = upload.communicate(timeout=60)
    assert (upload.returncode, out, err) == (1, "", "holdall: Cancelled\n")
    assert holdall("ls", "-r", "b").out == ""
    assert not any(path.is_file() for path in staging.rglob("*"))
    assert "all is well" in holdall("check").out


def test_what_nobody_foresaw_is_one_line_and_a_trace_for_who_asks(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def broken(folder: Path | None) -> int:
        raise ZeroDivisionError(folder)

    for variable, traced in ((None, False), ("1", True)):
        if variable:
            monkeypatch.setenv("HOLDALL_DEBUG", variable)
        assert run(["--data-dir", str(data_dir)], broken, program="main.py", version="0") == 1
        printed = capsys.readouterr()
        assert printed.err.startswith("holdall: unexpected ZeroDivisionError")
        assert ("Traceback" in printed.err) is traced


def test_known_errors_show_their_trace_with_debug(holdall: Holdall):
    assert "Traceback" not in holdall("ls", "nowhere", code=1).err
    assert "Traceback" in holdall("ls", "nowhere", "--debug", code=1).err


def test_the_window_gets_the_data_folder_and_gives_the_exit_code(data_dir: Path):
    asked: list[Path | None] = []

    def window(folder: Path | None) -> int:
        asked.append(folder)
        return 7

    assert run(["--data-dir", str(data_dir)], window, program="main.py", version="0") == 7
    assert run([], window, program="main.py", version="0") == 7
    assert asked == [data_dir, None]


def test_ctrl_c_between_two_steps_is_told_without_a_trace(capsys: pytest.CaptureFixture[str]):
    def interrupted(_: Path | None) -> int:
        raise KeyboardInterrupt

    assert run([], interrupted, program="main.py", version="0") == 1
    assert capsys.readouterr().err == "holdall: Cancelled\n"
