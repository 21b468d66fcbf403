"""The HTTP server beside nginx, copyparty and Starlette on loopback: small, middling and large objects, both ways.

All serve the same bytes from the same disk, in turn, and each figure is the median of the rounds' ratios. The others
check no right, keep no checksum and no log, and do not wait for the disk; Holdall does all of that.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from statistics import median, quantiles

import jwt

from engine.config import Settings
from engine.secrets import FixedSecrets
from engine.server import StorageServer
from engine.types import RlsContext, UploadItem
from engine.workspace import open_workspace
from tests.benchmarks.http_clients import CONNECTIONS, RANGE_BYTES, PeakWatch, curl, in_turn, ranges, wrk
from tests.benchmarks.http_peers import peers, takes_puts
from tests.benchmarks.report import Row
from tests.policies import let_owners

_ROUNDS = 3
_KIB = 1024
_MIB = 1024 * 1024
_MANY = 1000
_MISSING = "not installed"
_NGINX = "nginx"
_USER = "5b0ac2a5-7fe4-4f0a-9a3c-0d4b0d2f6b11"
_HUGE_MIB = 4096
_FLAT_MIB = 32
_CROWD = 32
_CROWD_S = 60


@dataclass(frozen=True, slots=True)
class _Sides:
    """The servers under test.

    Attributes:
        ours: Address of Holdall.
        user: Token of a user, who owns everything and whom a policy lets at their own.
        key: The service key.
        link: Function from a path to a signed link.
        peers: Addresses of the others, by name.
        where: Folder for all.
        size_mib: Of the large object.
    """

    ours: str
    user: str
    key: str
    link: Callable[[str], str]
    peers: Mapping[str, str]
    where: Path
    size_mib: int

    def mine(self, path: str) -> str:
        """Return the address of one of our objects."""
        return f"{self.ours}/storage/v1/object/bench/{path}"


@dataclass(frozen=True, slots=True)
class _Case:
    """One kind of small request.

    Attributes:
        name: What is asked for.
        url: Of ours.
        token: Shown with it, or None.
        path: With the others.
        bar: Against nginx.
        script: For wrk.
        ahead: Whether we have to be ahead of the others.
    """

    name: str
    url: str
    token: str | None
    path: str
    bar: float | None
    script: Path | None = None
    ahead: bool = False


def run(scale: float, base: Path | None = None) -> list[Row]:
    """Measure and return the rows.

    Args:
        scale: 1.0 for the full sizes and times.
        base: Where to work; a temporary folder on the disk of the home directory by default.
    """
    where = Path(tempfile.mkdtemp(prefix="holdall-bench-", dir=base or Path.home()))
    try:
        with _all(where, max(1, int(1024 * scale))) as sides:
            return [
                *_rates(sides, max(1.0, 3 * scale)),
                *_large(sides),
                _flatness(sides, max(2, int(_HUGE_MIB * scale))),
                *_crowd(sides, max(1.0, _CROWD_S * scale)),
                _stopping(sides),
            ]
    finally:
        shutil.rmtree(where)


def _rates(sides: _Sides, duration_s: float) -> list[Row]:
    """Requests a second at 32 connections."""
    if not shutil.which("wrk"):
        return [Row(f"GET at {CONNECTIONS} connections", _MISSING, "wrk", _MISSING, None)]
    many, anywhere = in_turn(sides.where, _MANY), ranges(sides.where, sides.size_mib * _MIB)
    cases = (
        _Case("GET 1 KiB, a user under a policy", sides.mine("small"), sides.user, "small", 0.10, ahead=True),
        _Case("GET 1 KiB, service key", sides.mine("small"), sides.key, "small", 0.10, ahead=True),
        _Case("GET 1 KiB, signed link", sides.link("small"), None, "small", 0.10, ahead=True),
        _Case(f"GET 1 KiB, {_MANY} objects in turn", sides.mine("many/"), sides.user, "many/", None, many),
        _Case(f"ranges of {RANGE_BYTES // _KIB} KiB", sides.mine("large"), sides.user, "large", 0.10, anywhere),
        _Case("GET 1 MiB", sides.mine("middle"), sides.user, "middle", 0.80),
    )
    return [row for case in cases for row in _rate(sides, case, duration_s)]


def _rate(sides: _Sides, case: _Case, duration_s: float) -> list[Row]:
    header = f"Authorization: Bearer {case.token}" if case.token else None
    ours: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in sides.peers}
    for _ in range(_ROUNDS):
        for name, address in sides.peers.items():
            theirs[name].append(wrk(f"{address}/{case.path}", None, case.script, duration_s))
        ours.append(wrk(case.url, header, case.script, duration_s))
    return _rows(f"{case.name}, {CONNECTIONS} connections", ours, theirs, "requests/s", case.bar, ahead=case.ahead)


def _large(sides: _Sides) -> list[Row]:
    """One large object down and up, and what memory it took."""
    key = ("-H", f"Authorization: Bearer {sides.user}")
    source, size_mib = sides.where / "docs" / "large", sides.size_mib
    down_ours: list[float] = []
    up_ours: list[float] = []
    down: dict[str, list[float]] = {name: [] for name in sides.peers}
    up: dict[str, list[float]] = {_NGINX: []} if _NGINX in sides.peers and takes_puts() else {}
    with PeakWatch() as peak:
        for number in range(_ROUNDS):
            for name, address in sides.peers.items():
                down[name].append(size_mib / curl(f"{address}/large"))
            down_ours.append(size_mib / curl(sides.mine("large"), *key))
            os.sync()
            for name, rates in up.items():
                rates.append(size_mib / curl(f"{sides.peers[name]}/put{number}", "-T", str(source)))
            os.sync()  # what nginx left to the system to write later is not to be written while ours waits for the disk
            up_ours.append(size_mib / curl(sides.mine(f"put{number}"), *key, "-T", str(source)))
    growth = peak.growth_mib
    return [
        *_rows(f"GET {size_mib} MiB", down_ours, down, "MiB/s", 0.80),
        *_rows(f"PUT {size_mib} MiB (ours hashed, by policy, durable; nginx: DAV)", up_ours, up, "MiB/s", 0.45),
        Row("memory growth of these", f"{growth:.0f} MiB", "", "", None, "< 64 MiB", growth < 64),
    ]


def _flatness(sides: _Sides, huge_mib: int) -> Row:
    """What memory an object takes that is thousands of times as large as another, up and down."""
    free_mib = shutil.disk_usage(sides.where).free // _MIB
    huge_mib = min(huge_mib, max(1, free_mib // 3))
    peaks = {size_mib: _peak_of(sides, size_mib) for size_mib in (1, huge_mib)}
    growth = peaks[huge_mib] - peaks[1]
    name = f"memory at its most, PUT and GET of {huge_mib} MiB beside 1 MiB"
    shown, bar = f"{peaks[huge_mib]:.0f} MiB", f"{growth:+.0f}, within {_FLAT_MIB} MiB"
    return Row(name, shown, "of 1 MiB", f"{peaks[1]:.0f} MiB", None, bar, abs(growth) <= _FLAT_MIB)


def _peak_of(sides: _Sides, size_mib: int) -> float:
    """Return the most memory that an object took, up and down; several in turn, so that small ones count as well."""
    key = ("-H", f"Authorization: Bearer {sides.user}")
    source = sides.where / "source"
    with source.open("wb") as file:
        file.truncate(size_mib * _MIB)
    with PeakWatch() as peak:
        for number in range(max(1, 16 // size_mib)):
            curl(sides.mine(f"flat{size_mib}-{number}"), *key, "-T", str(source))
            curl(sides.mine(f"flat{size_mib}-{number}"), *key)
    return peak.peak_mib


def _crowd(sides: _Sides, duration_s: float) -> list[Row]:
    """Clients that list, read and write at once."""
    command = [sys.executable, "-m", "tests.benchmarks.http_crowd"]
    command += [sides.ours.rpartition(":")[2], str(_CROWD), str(duration_s)]
    told = json.loads(subprocess.run(command, input=sides.user, capture_output=True, text=True, check=True).stdout)
    errors = told["errors"]
    count = sum(len(took) for took in told["ms"].values())
    what = f"{_CROWD} clients list, read and write at once, {duration_s:.0f} s"
    if errors:
        print(*errors[:10], sep="\n", file=sys.stderr)
    return [
        Row(what, f"{count} requests", "", "", None, f"{len(errors)} errors, none allowed", not errors),
        *(_tail(f"of these, {kind}", took) for kind, took in told["ms"].items()),
    ]


def _tail(name: str, took_ms: list[float]) -> Row:
    """Return how long most of some requests took, and how long nearly all."""
    shown = "none"
    if len(took_ms) > 1:
        shown = f"{len(took_ms)}: p50 {median(took_ms):.1f} ms, p99 {quantiles(took_ms, n=100)[98]:.1f} ms"
    return Row(name, shown, "", "", None)


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


def _rows(
    name: str,
    ours: list[float],
    theirs: Mapping[str, list[float]],
    unit: str,
    bar: float | None,
    *,
    ahead: bool = False,
) -> list[Row]:
    """Return a row for each peer: the bar is for nginx, and of the others we may have to be ahead."""
    shown = f"{median(ours):,.0f} {unit}"
    if not theirs:
        return [Row(name, shown, _NGINX, _MISSING, None)]
    rows = []
    for peer, rates in theirs.items():
        ratio = median(a / b if b else inf for a, b in zip(ours, rates, strict=True))
        said, holds = "", None
        if peer == _NGINX and bar is not None:
            said, holds = f">= {bar:.2f}", ratio >= bar
        elif ahead and peer != _NGINX:
            said, holds = "> 1", ratio > 1
        rows.append(Row(name, shown, peer, f"{median(rates):,.0f} {unit}", ratio, said, holds))
    return rows


@contextmanager
def _all(where: Path, size_mib: int) -> Iterator[_Sides]:
    """Start all servers over the same contents."""
    docs = where / "docs"
    _write_contents(docs, size_mib)
    with open_workspace(Settings(where / "data"), FixedSecrets()) as workspace, peers(where, docs) as others:
        storage, context = workspace.storage, RlsContext.user(_USER)
        storage.create_bucket("bench", workspace.context)
        let_owners(storage, "bench")
        items = [UploadItem(file, str(file.relative_to(docs))) for file in docs.rglob("*") if file.is_file()]
        storage.upload_many("bench", items, context)
        server = StorageServer(workspace)
        server.start()
        try:
            yield _Sides(
                ours=server.url,
                user=jwt.encode({"role": "authenticated", "sub": _USER}, workspace.jwt_secret, algorithm="HS256"),
                key=workspace.keys.service_role,
                link=lambda path: storage.sign("bench", path, context, 3600).absolute(server.url),
                peers=others,
                where=where,
                size_mib=size_mib,
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
