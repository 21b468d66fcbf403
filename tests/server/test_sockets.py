"""Listening: every refusal says what to do, and nobody shares a port by accident."""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import PortUnavailable
from engine.server.sockets import listen, url_of

ROOT = Path(__file__).resolve().parents[2]


def test_any_free_port():
    with listen("127.0.0.1", 0) as first, listen("127.0.0.1", 0) as second:
        assert first.getsockname()[1] != second.getsockname()[1]


def test_a_port_in_use_is_named():
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortUnavailable, match=f"Port {port} on 127.0.0.1 is used by another program") as caught:
            listen("127.0.0.1", port)
    assert "another port" in (caught.value.hint or "")


@pytest.mark.parametrize("port", [-1, 65536, 10**12])
def test_what_is_no_port(port: int):
    with pytest.raises(PortUnavailable, match="is no port"):
        listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.77", "no such name", "a" * 300, "bücher" * 40])
def test_what_is_no_address_of_ours(host: str):
    with pytest.raises(PortUnavailable) as caught:
        listen(host, 0)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EACCES, "does not allow port"), (errno.EIO, "cannot listen on 127.0.0.1, port 0")]
)
def test_other_refusals_of_the_system(monkeypatch: pytest.MonkeyPatch, number: int, words: str):
    def refuse(_: object) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr("engine.server.sockets._claim", refuse)
    with pytest.raises(PortUnavailable, match=words) as caught:
        listen("127.0.0.1", 0)
    assert caught.value.hint


def test_urls():
    assert url_of("127.0.0.1", 80) == "http://127.0.0.1:80"
    assert url_of("::1", 80) == "http://[::1]:80"
    assert url_of("[::1]", 80) == "http://[::1]:80"
    assert url_of("localhost", 80) == "http://localhost:80"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_the_url_of_every_address_is_one_that_can_be_opened(host: str):
    address = url_of(host, 80).removeprefix("http://").removesuffix(":80").strip("[]")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    assert address not in ("0.0.0.0", "::")
    assert socket.inet_pton(family, address)


@pytest.mark.skipif(sys.platform == "win32", reason="knows no such limit")
def test_a_server_may_have_more_files_open_than_a_shell_lets_it():
    program = """
import resource
from engine.server.sockets import make_room
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
make_room()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], hard)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    soft, hard = map(int, done.stdout.split())
    assert soft == (4096 if hard < 0 else min(4096, hard))
