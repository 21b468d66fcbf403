"""Scanners for the tests: one that does as it is told, and ClamAV's own with a signature of ours."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BAD = b"a content that only this test takes for a virus"
SIGNATURE = "Holdall.Test.Signature"
START_S = 60.0


class FakeClamd:
    """Speaks as much of clamd's protocol as it takes to be told about contents.

    Args:
        listener: Listening socket; it accepts on a thread until closed.

    Attributes:
        free: While it is not set the scanner thinks about what it has heard.
    """

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.seen: list[bytes] = []
        self.answer: bytes | None = None
        self.stream_max_bytes = 10**9
        self.silent = False
        self.free = threading.Event()
        self.free.set()
        self.heard = threading.Event()
        self.done = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self.done.set()
        self.free.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while not self.done.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, suppress(BrokenPipeError, ConnectionResetError):  # who asked may have left
                connection.settimeout(20)
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        file = connection.makefile("rb")
        with file:
            if file.read(10) != b"zINSTREAM\0":
                connection.sendall(b"UNKNOWN COMMAND\0")
                return
            content = b""
            while length := struct.unpack("!L", file.read(4))[0]:
                content += file.read(length)
                if len(content) > self.stream_max_bytes:
                    connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                    return
            self.seen.append(content)
            self.heard.set()
            if self.silent:
                self.done.wait(20)
                return
            self.free.wait(60)
            found = f"stream: {SIGNATURE} FOUND" if BAD in content else "stream: OK"
            connection.sendall(self.answer or found.encode() + b"\0")


@contextmanager
def fake_clamd(path: Path | None = None) -> Iterator[tuple[FakeClamd, str]]:
    """Run one on a socket of the file system, or at a port; yields it and its address."""
    if path is None:
        listener = socket.create_server(("127.0.0.1", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        address = str(path)
    clamd = FakeClamd(listener)
    try:
        yield clamd, address
    finally:
        clamd.close()


@contextmanager
def real_clamd(folder: Path) -> Iterator[str]:
    """Run ClamAV's own with a database of one signature; yields its address."""
    program = shutil.which("clamd")
    assert program is not None
    database, socket_path = folder / "signatures", folder / "clamd.ctl"
    database.mkdir()
    (database / "test.ndb").write_text(f"{SIGNATURE}:0:*:{BAD.hex()}\n")
    config = folder / "clamd.conf"
    config.write_text(
        f"DatabaseDirectory {database}\nLocalSocket {socket_path}\nForeground yes\nStreamMaxLength 1M\n"
        f"TemporaryDirectory {folder}\nLogFile {folder / 'clamd.log'}\n"
    )
    process = subprocess.Popen([program, "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline_s = time.monotonic() + START_S
        while not _answers(socket_path):
            assert process.poll() is None, (folder / "clamd.log").read_text()
            assert time.monotonic() < deadline_s, "clamd did not start"
            time.sleep(0.05)
        yield str(socket_path)
    finally:
        process.terminate()
        process.wait(20)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
            probe.sendall(b"zPING\0")
            return probe.recv(16) == b"PONG\0"
        except OSError:
            return False
