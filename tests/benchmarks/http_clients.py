"""What asks servers in benchmarks: wrk for many small requests, curl for large ones, and what memory that took us."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

CONNECTIONS = 32
"""Connections that wrk keeps busy."""

RANGE_BYTES = 48 * 1024
"""Length of the ranges that are asked for."""

_MIB = 1024 * 1024


def wrk(url: str, header: str | None, script: Path | None, duration_s: float) -> float:
    """Return the requests a second that wrk reached; an answer other than 2xx is a failure of the benchmark."""
    options = ["-H", header] if header else []
    options += ["-s", str(script)] if script else []
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{duration_s:.0f}s", "--timeout", "30s", *options, url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output:
        raise RuntimeError(output)
    (line,) = (line for line in output.splitlines() if line.startswith("Requests/sec"))
    return float(line.split()[1])


def in_turn(where: Path, count: int) -> Path:
    """Return a script that has wrk ask for as many objects in turn, called by their numbers."""
    script = where / "many.lua"
    script.write_text(
        "local number = 0\n"
        "request = function()\n"
        f"  number = (number + 1) % {count}\n"
        "  return wrk.format(nil, wrk.path .. number)\n"
        "end\n"
    )
    return script


def ranges(where: Path, size_bytes: int) -> Path:
    """Return a script that has wrk ask for ranges anywhere in an object, the same ones of everybody."""
    script = where / "ranges.lua"
    script.write_text(
        "math.randomseed(20261127)\n"
        "request = function()\n"
        f"  local first = math.random(0, {size_bytes - RANGE_BYTES})\n"
        f'  wrk.headers["Range"] = "bytes=" .. first .. "-" .. (first + {RANGE_BYTES - 1})\n'
        "  return wrk.format()\n"
        "end\n"
    )
    return script


def curl(url: str, *options: str) -> float:
    """Return the seconds that curl took for one transfer."""
    command = ["curl", "-sS", "--fail", "-o", os.devnull, "-w", "%{time_total}", *options, url]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


class PeakWatch:
    """Samples this process's resident memory, in which the server runs.

    Attributes:
        peak_mib: The most that there was.
        growth_mib: By how much that is more than at the start.
    """

    def __init__(self) -> None:
        self.peak_mib = self.growth_mib = 0.0
        self._start_mib = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> PeakWatch:
        self._start_mib = self.peak_mib = _resident_mib()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(0.01):
            self.peak_mib = max(self.peak_mib, _resident_mib())
            self.growth_mib = self.peak_mib - self._start_mib


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB
