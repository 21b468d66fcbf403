"""The log: one line of JSON for whatever happened, bounded, and without secrets."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.observability.diagnostics import WarningsTaken
from engine.observability.log_book import LOG_NAME, LogBook
from engine.observability.log_lines import Line, LogLevel
from engine.observability.redaction import redacted
from tests.meta.repository import ROOT

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl"
SECRETS = [
    (f"Bearer {JWT}", JWT),
    (f"authorization: bearer {JWT}", JWT),
    (f"/object/sign/b/a.txt?token={JWT}", JWT),
    (f"a.txt%3Ftoken%3D{JWT}", JWT),
    (f"cut off {JWT[:30]}", JWT[:30]),
    ("?token=3f9ab1c2d4&expires=17", "3f9ab1c2d4"),
    ("GET /a?x=1&signature=deadbeef", "deadbeef"),
    ("password=hunter2", "hunter2"),
    ("password: 'hunter two'", "hunter two"),
    ('{"password": "hunter2", "user": "x"}', "hunter2"),
    ("PASSWORD = hunter2", "hunter2"),
    ("apikey: abcdef0123", "abcdef0123"),
    ("secret_access_key=abcdef0123", "abcdef0123"),
    ("x-api-key: abcdef0123", "abcdef0123"),
    ("postgresql://holdall:hunter2@db/holdall", "hunter2"),
    ("Basic aGVsbG86d29ybGQ=", "aGVsbG86d29ybGQ="),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "MIIEow"),
]


def line(**given: object) -> Line:
    return Line(**{"time_s": 1_700_000_000.25, "level": LogLevel.INFO, "service": "s", "operation": "o", **given})


def book(folder: Path, **given: int) -> LogBook:
    return LogBook(folder / "logs", **given)


def entries(folder: Path, name: str = LOG_NAME) -> list[dict[str, object]]:
    return [json.loads(text) for text in (folder / "logs" / name).read_bytes().splitlines()]


def test_the_fields_are_the_specifications():
    said = Line(
        1_700_000_000.25, LogLevel.INFO, "file_storage", "upload", "avatars", "user123.jpg", 12345, "uuid", 0.045, "r-1"
    )
    assert json.loads(said.text()) == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "INFO",
        "service": "file_storage",
        "operation": "upload",
        "bucket": "avatars",
        "path": "user123.jpg",
        "size": 12345,
        "user_id": "uuid",
        "duration_ms": 45.0,
        "request_id": "r-1",
    }


@pytest.mark.parametrize(
    "name", ["ünïcode/名前", "two\nlines", 'quo"te\\', "\u2028\u0085\x00\x1b[31m", "\ud800", "a" * 1024]
)
def test_whatever_something_is_called_it_is_one_line_of_ascii(name: str):
    text = line(bucket=name, path=name, user_id=name, more={"message": name}).text()
    assert text.isascii()
    assert len(text.splitlines()) == 1
    read = json.loads(text)
    assert (read["bucket"], read["path"], read["user_id"], read["message"]) == (name, name, name, name)


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_no_secret_is_logged(text: str, secret: str):
    assert secret not in redacted(text)
    assert secret not in line(bucket=text, path=text, more={"message": text}).text().replace("\\n", "\n")


@pytest.mark.parametrize(
    "text",
    ["holiday/2024/tokens of love.jpg", "keyboard.png", "a=b.txt", "10:30 notes.md", "basics/of bearers.txt", "x%3Dy"],
)
def test_names_that_are_no_secrets_stay(text: str):
    assert redacted(text) == text


def test_a_long_text_is_looked_through_in_no_time_that_grows_with_its_square():
    text = "token_" * 20_000 + "token=aaaa"
    assert "aaaa" not in redacted(text)


def test_of_a_long_text_only_the_beginning_is_written():
    assert len(line(path="a" * 100_000).text()) < 5_000


def test_lines_are_in_the_file_when_it_is_closed(tmp_path: Path):
    log = book(tmp_path)
    log.add(line(path="a"))
    log.add(line(path="b"))
    log.close()
    assert [entry["path"] for entry in entries(tmp_path)] == ["a", "b"]
    assert (tmp_path / "logs" / LOG_NAME).stat().st_mode & 0o077 == 0


def test_nothing_is_made_where_nothing_is_said(tmp_path: Path):
    book(tmp_path).close()
    assert not (tmp_path / "logs").exists()


def test_files_are_bounded_in_size_and_number(tmp_path: Path):
    log = book(tmp_path, file_bytes=1000, files=3)
    for number in range(40):
        log.add(line(path=f"{number:03}"))
        log.flush()
    log.close()
    names = sorted(path.name for path in (tmp_path / "logs").iterdir() if path.name != ".lock")
    assert names == [LOG_NAME, f"{LOG_NAME}.1", f"{LOG_NAME}.2"]
    assert all((tmp_path / "logs" / name).stat().st_size <= 1000 for name in names)
    kept = [entry["path"] for name in reversed(names) for entry in entries(tmp_path, name)]
    assert kept == [f"{number:03}" for number in range(40)][-len(kept) :]


def test_two_logs_in_one_folder_lose_nothing_and_tear_no_line(tmp_path: Path):
    logs = [book(tmp_path, file_bytes=4000, files=50) for _ in range(2)]

    def write(log: LogBook, who: int) -> None:
        for number in range(60):
            log.add(line(path=f"{who}-{number}"))
            log.flush()

    threads = [threading.Thread(target=write, args=(log, who)) for who, log in enumerate(logs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for log in logs:
        log.close()
    names = [path.name for path in (tmp_path / "logs").iterdir() if path.name != ".lock"]
    assert {entry["path"] for name in names for entry in entries(tmp_path, name)} == {
        f"{who}-{number}" for who in range(2) for number in range(60)
    }


def test_what_is_lost_is_counted_and_said(tmp_path: Path):
    log = book(tmp_path, lines_max=3)
    log.flush()  # nothing: the thread has no turn before the lines are there
    for number in range(10):
        log.add(line(path=str(number)))
    log.close()
    *_, last = entries(tmp_path)
    written = sum(entry["operation"] == "o" for entry in entries(tmp_path))
    assert (last["operation"], last["level"]) == ("lines_lost", "WARNING")
    assert written + last["count"] == 10


def test_a_folder_that_cannot_be_written_costs_nobody_anything(tmp_path: Path):
    (tmp_path / "logs").write_text("in the way")
    log = book(tmp_path)
    log.add(line())
    log.close()
    assert (tmp_path / "logs").read_text() == "in the way"


def test_a_link_in_the_files_place_is_not_followed(tmp_path: Path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / LOG_NAME).symlink_to(tmp_path / "elsewhere")
    log = book(tmp_path)
    log.add(line())
    log.close()
    assert not (tmp_path / "elsewhere").exists()


def test_the_programs_own_warnings_are_taken(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    log = book(tmp_path)
    WarningsTaken(log)
    logger = logging.getLogger("engine.somewhere")
    logger.info("not this")
    logger.warning("%s is odd, password=hunter2", "this")
    try:
        raise ZeroDivisionError("by nothing")
    except ZeroDivisionError:
        logger.exception("that failed")
    logging.getLogger("library").warning("nor this")
    log.close()
    logger.warning("nor that")
    odd, failed = entries(tmp_path)
    assert (odd["level"], odd["service"], odd["message"]) == (
        "WARNING", "engine.somewhere", "this is odd, password=[hidden]"
    )  # fmt: skip
    assert failed["level"] == "ERROR"
    assert str(failed["trace"]).endswith("ZeroDivisionError: by nothing")
    assert logging.getLogger("engine").handlers == []


def test_warnings_are_still_printed_where_they_were(tmp_path: Path):
    program = (
        "import logging, pathlib, sys; from engine.observability.log_book import LogBook;"
        "from engine.observability.diagnostics import WarningsTaken;"
        "log = LogBook(pathlib.Path(sys.argv[1])); WarningsTaken(log);"
        "logging.getLogger('engine.x').warning('hear me'); log.close()"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert told.stderr == "hear me\n"
