"""The HTTP server beside nginx (one worker, sendfile) on loopback: small, middling and large objects, both ways.

Both serve the same bytes from the same disk, in turn, and each figure is the median of the rounds' ratios. nginx
checks no right, keeps no checksum and does not wait for the disk; Holdall does all three.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from engine.config import Settings
from engine.secrets import FixedSecrets
from engine.server import StorageServer
from engine.types import UploadItem
from engine.workspace import open_workspace
from tests.benchmarks.report import Row

_ROUNDS = 3
_KIB = 1024
_MIB = 1024 * 1024
_CONNECTIONS = 32
_MANY = 1000
_MISSING = "not installed"


@dataclass(frozen=True, slots=True)
class _Sides:
    """The two servers under test.

    Attributes:
        ours: Address of Holdall.
        key: Field with the service key.
        link: Function from a path to a signed link.
        theirs: Address of nginx, or None where it is not installed.
        dav: Whether nginx takes PUT.
        where: Folder for both.
    """

    ours: str
    key: str
    link: Callable[[str], str]
    theirs: str | None
    dav: bool
    where: Path

    def mine(self, path: str) -> str:
        """Return the address of one of our objects."""
        return f"{self.ours}/storage/v1/object/bench/{path}"


def run(scale: float, base: Path | None = None) -> list[Row]:
    """Measure and return the rows.

    Args:
        scale: 1.0 for the full sizes and times.
        base: Where to work; a temporary folder on the disk of the home directory by default.
    """
    where = Path(tempfile.mkdtemp(prefix="holdall-bench-", dir=base or Path.home()))
    try:
        with _both(where, scale) as sides:
            return [*_rates(sides, max(1.0, 3 * scale)), *_large(sides, int(1024 * scale)), _stopping(sides)]
    finally:
        shutil.rmtree(where)


def _rates(sides: _Sides, duration_s: float) -> list[Row]:
    """Requests a second at 32 connections."""
    if not shutil.which("wrk"):
        return [Row("GET at 32 connections", _MISSING, "wrk", _MISSING, None)]
    key = f"Authorization: Bearer {sides.key}"
    cases = (
        ("GET 1 KiB, service key", (sides.mine("small"), key), "small", 0.10),
        ("GET 1 KiB, signed link", (sides.link("small"), None), "small", 0.10),
        (f"GET 1 KiB, {_MANY} objects in turn", (sides.mine("many/"), key), "many/", None),
        ("GET 1 MiB, service key", (sides.mine("middle"), key), "middle", 0.80),
    )
    return [_rate(sides, name, mine, path, bar, duration_s) for name, mine, path, bar in cases]


def _rate(
    sides: _Sides, name: str, mine: tuple[str, str | None], path: str, bar: float | None, duration_s: float
) -> Row:
    script = _many_script(sides.where) if path.endswith("/") else None
    ours, theirs = [], []
    for _ in range(_ROUNDS):
        if sides.theirs:
            theirs.append(_wrk(f"{sides.theirs}/{path}", None, script, duration_s))
        ours.append(_wrk(*mine, script, duration_s))
    return _row(f"{name}, {_CONNECTIONS} connections", ours, theirs, "requests/s", bar)


def _large(sides: _Sides, size_mib: int) -> list[Row]:
    """One large object down and up, and what memory it took."""
    key = ("-H", f"Authorization: Bearer {sides.key}")
    source = sides.where / "docs" / "large"
    down_ours, down_theirs, up_ours, up_theirs = [], [], [], []
    with _PeakWatch() as peak:
        for number in range(_ROUNDS):
            if sides.theirs:
                down_theirs.append(size_mib / _curl(f"{sides.theirs}/large"))
            down_ours.append(size_mib / _curl(sides.mine("large"), *key))
            os.sync()
            if sides.theirs and sides.dav:
                up_theirs.append(size_mib / _curl(f"{sides.theirs}/put{number}", "-T", str(source)))
            os.sync()  # what nginx left to the system to write later is not to be written while ours waits for the disk
            up_ours.append(size_mib / _curl(sides.mine(f"put{number}"), *key, "-T", str(source)))
    growth = peak.growth_mib
    return [
        _row(f"GET {size_mib} MiB", down_ours, down_theirs, "MiB/s", 0.80),
        _row(f"PUT {size_mib} MiB (ours hashed and durable)", up_ours, up_theirs, "MiB/s", 0.45),
        Row("memory growth of these", f"{growth:.0f} MiB", "", "", None, "< 64 MiB", growth < 64),
    ]


def _stopping(sides: _Sides) -> Row:
    """Time to stop a server of its own while a download hangs."""
    with open_workspace(Settings(sides.where / "stopping"), FixedSecrets()) as workspace:
        workspace.storage.create_bucket("bench", workspace.context)
        workspace.storage.upload("bench", "large", b"x" * 32 * _MIB, workspace.context)
        server = StorageServer(workspace)
        server.start()
        link = workspace.storage.sign("bench", "large", workspace.context, 60)
        with socket.create_connection((server.host, server.port)) as client:
            client.sendall(f"GET {link.path_and_query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            client.recv(1)
            start_s = time.perf_counter()
            server.stop()
            took_s = time.perf_counter() - start_s
    return Row("stop with a download in flight", f"{took_s:.2f} s", "", "", None, "<= 2.5 s", took_s <= 2.5)


def _row(name: str, ours: list[float], theirs: list[float], unit: str, bar: float | None) -> Row:
    shown = f"{median(ours):,.0f} {unit}"
    if not theirs:
        return Row(name, shown, "nginx", "n/a", None)
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    peer = f"{median(theirs):,.0f} {unit}"
    if bar is None:
        return Row(name, shown, "nginx", peer, ratio)
    return Row(name, shown, "nginx", peer, ratio, f">= {bar:.2f}", ratio >= bar)


@contextmanager
def _both(where: Path, scale: float) -> Iterator[_Sides]:
    """Start both servers over the same contents."""
    docs = where / "docs"
    _write_contents(docs, int(1024 * scale))
    with open_workspace(Settings(where / "data"), FixedSecrets()) as workspace, _nginx(where, docs) as theirs:
        storage, context = workspace.storage, workspace.context
        storage.create_bucket("bench", context)
        items = [UploadItem(file, str(file.relative_to(docs))) for file in docs.rglob("*") if file.is_file()]
        storage.upload_many("bench", items, context)
        server = StorageServer(workspace)
        server.start()
        try:
            yield _Sides(
                ours=server.url,
                key=workspace.keys.service_role,
                link=lambda path: storage.sign("bench", path, context, 3600).absolute(server.url),
                theirs=theirs,
                dav=theirs is not None and _has_dav(),
                where=where,
            )
        finally:
            server.stop()


def _write_contents(docs: Path, size_mib: int) -> None:
    (docs / "many").mkdir(parents=True)
    (docs / "small").write_bytes(os.urandom(_KIB))
    (docs / "middle").write_bytes(os.urandom(_MIB))
    for number in range(_MANY):
        (docs / "many" / str(number)).write_bytes(os.urandom(_KIB))
    with (docs / "large").open("wb") as file:
        for _ in range(size_mib):
            file.write(os.urandom(_MIB))


@contextmanager
def _nginx(where: Path, docs: Path) -> Iterator[str | None]:
    """Start nginx with a configuration of its own; None where it is not installed."""
    if not shutil.which("nginx"):
        yield None
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configuration = where / "nginx.conf"
    configuration.write_text(_configuration(where, docs, port))
    process = subprocess.Popen(["nginx", "-c", str(configuration), "-e", str(where / "nginx.log")])
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _configuration(where: Path, docs: Path, port: int) -> str:
    user = "user root;" if os.geteuid() == 0 else ""
    dav = "dav_methods PUT; create_full_put_path on;" if _has_dav() else ""
    temporary = "\n".join(
        f"{name}_temp_path {where}/nginx-{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""
{user} worker_processes 1; daemon off; pid {where}/nginx.pid; error_log {where}/nginx.log;
events {{ worker_connections 512; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; client_max_body_size 0;
    default_type application/octet-stream;
    {temporary}
    server {{ listen 127.0.0.1:{port}; root {docs}; {dav} }}
}}
"""


def _has_dav() -> bool:
    described = subprocess.run(["nginx", "-V"], capture_output=True, text=True, check=True).stderr
    return "http_dav_module" in described


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("nginx did not start")


def _wrk(url: str, header: str | None, script: Path | None, duration_s: float) -> float:
    """Return the requests a second that wrk reached; an answer other than 2xx is a failure of the benchmark."""
    options = ["-H", header] if header else []
    options += ["-s", str(script)] if script else []
    command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{duration_s:.0f}s", "--timeout", "30s", *options, url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output:
        raise RuntimeError(output)
    (line,) = (line for line in output.splitlines() if line.startswith("Requests/sec"))
    return float(line.split()[1])


def _many_script(where: Path) -> Path:
    script = where / "many.lua"
    script.write_text(
        "local number = 0\n"
        "request = function()\n"
        f"  number = (number + 1) % {_MANY}\n"
        "  return wrk.format(nil, wrk.path .. number)\n"
        "end\n"
    )
    return script


def _curl(url: str, *options: str) -> float:
    """Return the seconds that curl took for one transfer."""
    command = ["curl", "-sS", "--fail", "-o", os.devnull, "-w", "%{time_total}", *options, url]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


class _PeakWatch:
    """Samples this process's resident memory, in which the server runs."""

    def __init__(self) -> None:
        self.growth_mib = 0.0
        self._start_mib = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> _PeakWatch:
        self._start_mib = _resident_mib()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(0.01):
            self.growth_mib = max(self.growth_mib, _resident_mib() - self._start_mib)


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB
