"""Two processes on one data folder: the running server is found, a dead one never; one window at a time."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine import instance
from engine.errors import IoError
from engine.instance import ServerRecord, WindowLock, read_server

ROOT = Path(instance.__file__).parent.parent
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells start times of processes in /proc")


OWN = f"server-{os.getpid()}.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write_record(folder: Path, **content: object) -> None:
    (folder / OWN).write_text(json.dumps(content))


def test_a_running_server_is_found_until_it_stops(folder: Path) -> None:
    record = ServerRecord.publish(folder, "http://127.0.0.1:54321")

    assert read_server(folder) == "http://127.0.0.1:54321"
    assert record.pid == os.getpid()
    record.withdraw(folder)
    assert read_server(folder) is None
    record.withdraw(folder)
    assert list(folder.iterdir()) == []


def test_the_server_that_started_last_is_found_and_kept(folder: Path) -> None:
    first = ServerRecord.publish(folder, "http://127.0.0.1:1111")
    second = ServerRecord.publish(folder, "http://127.0.0.1:2222")

    first.withdraw(folder)

    assert read_server(folder) == second.url


@linux
def test_a_server_is_found_again_when_one_that_started_later_stops(folder: Path) -> None:
    process = a_process(folder)
    later = ServerRecord.publish(folder, "http://127.0.0.1:2222")
    assert read_server(folder) == later.url

    later.withdraw(folder)

    assert read_server(folder) == "http://127.0.0.1:1"
    process.communicate()


@linux
def test_a_server_takes_away_what_dead_ones_left(folder: Path) -> None:
    process = a_process(folder)
    process.kill()
    process.communicate()

    ServerRecord.publish(folder, "http://127.0.0.1:2222")

    assert [path.name for path in folder.glob("server*")] == [OWN]


def test_a_folder_that_is_not_there_has_no_server(folder: Path) -> None:
    assert read_server(folder / "nowhere") is None


def test_a_record_that_cannot_be_written_is_an_io_error(folder: Path) -> None:
    with pytest.raises(IoError):
        ServerRecord.publish(folder / "nowhere", "http://127.0.0.1:1")


@pytest.mark.parametrize(
    "content",
    ["", "{", "null", "[]", "5", '"text"', "{}", "[" * 9999, '{"url": "http://127.0.0.1:1"}',
     '{"url": "http://127.0.0.1:1", "pid": 1, "started": "", "more": 1}'],
)  # fmt: skip
def test_a_corrupt_record_is_no_server(content: str, folder: Path) -> None:
    (folder / OWN).write_text(content)

    assert read_server(folder) is None


def test_a_binary_record_is_no_server(folder: Path) -> None:
    (folder / OWN).write_bytes(os.urandom(64))

    assert read_server(folder) is None


@pytest.mark.parametrize(
    "change",
    [{"url": 5}, {"url": None}, {"url": ""}, {"url": "127.0.0.1:1"}, {"url": "http://127.0.0.1"}, {"url": "http://:80"},
     {"url": "http://a:99999"}, {"url": "file:///etc/passwd"}, {"url": "http://[::1"}, {"pid": "1"}, {"pid": 0},
     {"pid": -1}, {"pid": True}, {"pid": 1.0}, {"pid": None}, {"started": None}, {"started": 5}],
)  # fmt: skip
def test_a_record_with_wrong_content_is_no_server(change: dict[str, object], folder: Path) -> None:
    record = ServerRecord.publish(folder, "http://127.0.0.1:54321")
    write_record(folder, **({"url": record.url, "pid": record.pid, "started": record.started} | change))

    assert read_server(folder) is None


PUBLISH = (
    "import os, sys; from pathlib import Path; from engine.instance import ServerRecord, WindowLock\n"
    "ServerRecord.publish(Path(sys.argv[1]), 'http://127.0.0.1:1')\n"
    "assert WindowLock(Path(sys.argv[1])).acquire()\n"
    "print('ready', flush=True); sys.stdin.read()"
)


def a_process(folder: Path) -> subprocess.Popen[str]:
    """Start another process that serves the folder and holds its window, and wait until it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", PUBLISH, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


@linux
def test_a_killed_server_is_not_found_although_its_record_stays(folder: Path) -> None:
    process = a_process(folder)
    assert read_server(folder) == "http://127.0.0.1:1"

    process.kill()
    process.communicate()

    assert (folder / f"server-{process.pid}.json").exists()
    assert read_server(folder) is None


@linux
def test_a_dead_server_that_nobody_has_waited_for_is_not_found(folder: Path) -> None:
    process = a_process(folder)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    assert read_server(folder) is None
    process.communicate()


@linux
def test_another_process_with_the_same_number_is_not_the_server(folder: Path) -> None:
    record = ServerRecord.publish(folder, "http://127.0.0.1:54321")
    boot, _, ticks = record.started.partition("/")

    for started in (f"{boot}/{int(ticks) - 1}", f"another-boot/{ticks}"):
        write_record(folder, url=record.url, pid=record.pid, started=started)
        assert read_server(folder) is None


class _Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/storage/v1/health" else 404)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def health_port() -> Iterator[int]:
    """Serve the health route on a free port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Health) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_where_start_times_are_unknown_the_server_must_answer(
    host: str, folder: Path, health_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instance, "_PROC", folder / "no proc here")
    record = ServerRecord.publish(folder, f"http://{host}:{health_port}")

    assert record.started == ""
    assert read_server(folder) == record.url


def test_a_record_from_a_system_without_start_times_is_asked_too(folder: Path, health_port: int) -> None:
    write_record(folder, url=f"http://127.0.0.1:{health_port}", pid=1, started="")

    assert read_server(folder) == f"http://127.0.0.1:{health_port}"


def test_a_port_that_nobody_listens_on_is_no_server(folder: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        write_record(folder, url=f"http://127.0.0.1:{reserved.getsockname()[1]}", pid=1, started="")

        assert read_server(folder) is None


def test_a_port_where_something_else_answers_is_no_server(folder: Path) -> None:
    def babble(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1024)
            connection.sendall(b"220 mail.example ESMTP\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        write_record(folder, url=f"http://127.0.0.1:{listener.getsockname()[1]}", pid=1, started="")
        thread = threading.Thread(target=babble, args=(listener,))
        thread.start()

        assert read_server(folder) is None
        thread.join()


def test_a_folder_has_one_window(folder: Path) -> None:
    first, second = WindowLock(folder / "data"), WindowLock(folder / "data")

    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()
    second.release()


def test_windows_of_different_folders_do_not_know_each_other(folder: Path) -> None:
    first, second = WindowLock(folder / "one"), WindowLock(folder / "two")

    assert (first.acquire(), second.acquire()) == (True, True)
    first.release()
    second.release()


def test_a_killed_window_gives_its_lock_back(folder: Path) -> None:
    process = a_process(folder)
    lock = WindowLock(folder)
    assert not lock.acquire()

    process.kill()
    process.communicate()

    assert lock.acquire()
    lock.release()


def test_a_file_in_the_folders_place_is_an_io_error(folder: Path) -> None:
    (folder / "data").write_bytes(b"")

    with pytest.raises(IoError):
        WindowLock(folder / "data").acquire()
