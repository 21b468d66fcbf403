"""Host and Origin: names of this machine are let in, pages of other sites are not."""

from __future__ import annotations

import socket

import pytest

from engine.server.errors import ForeignHost, ForeignOrigin
from engine.server.exchange import Exchange
from engine.server.gatekeeper import Gatekeeper, is_loopback, plain_address


def _exchange(
    *hosts: str, method: str = "GET", origin: str | None = None, local: str = "127.0.0.1", version: str = "1.1"
):
    headers = [(b"host", host.encode("latin-1")) for host in hosts]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    scope = {"method": method, "headers": headers, "server": (local, 8000), "http_version": version}
    return Exchange(scope, _never_send, "id")


async def _never_send(message):
    raise AssertionError(message)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:54321", "[::1]:54321", "localhost."])
def test_loopback_names_are_ours(host: str):
    Gatekeeper("127.0.0.1").check(_exchange(host))


@pytest.mark.parametrize(
    "hosts",
    [
        ("evil.example",), ("evil.example:54321",), ("127.0.0.1.evil.example",), ("192.168.1.5",), ("",), (),
        ("localhost", "evil.example"), ("localhost/x",), ("user@localhost",), ("localhost:port",), ("[::1",),
        ("lücke",),
    ],
)  # fmt: skip
def test_other_names_are_refused(hosts: tuple[str, ...]):
    with pytest.raises(ForeignHost):
        Gatekeeper("127.0.0.1").check(_exchange(*hosts))


def test_a_machine_in_the_lan_answers_to_the_address_that_was_connected_to_and_to_its_name():
    keeper = Gatekeeper("0.0.0.0")
    keeper.check(_exchange("192.168.1.5:54321", local="192.168.1.5"))
    keeper.check(_exchange("192.168.1.5:54321", local="::ffff:192.168.1.5"))
    keeper.check(_exchange("[fe80::1]:54321", local="fe80::1%eth0"))
    keeper.check(_exchange(socket.gethostname(), local="192.168.1.5"))
    keeper.check(_exchange(f"{socket.gethostname().partition('.')[0]}.lan:80", local="192.168.1.5"))
    with pytest.raises(ForeignHost):
        keeper.check(_exchange("192.168.1.6", local="192.168.1.5"))


def test_the_machine_name_counts_in_the_lan_only():
    name = f"{socket.gethostname().partition('.')[0]}.local"
    with pytest.raises(ForeignHost):
        Gatekeeper("127.0.0.1").check(_exchange(name))


def test_an_old_client_may_leave_the_host_out():
    Gatekeeper("127.0.0.1").check(_exchange(version="1.0"))


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://localhost:9999", "http://localhost"])
def test_pages_of_other_origins_change_nothing(origin: str):
    with pytest.raises(ForeignOrigin):
        Gatekeeper("127.0.0.1").check(_exchange("localhost:8000", method="POST", origin=origin))


def test_pages_of_our_own_and_readers_are_let_in():
    keeper = Gatekeeper("127.0.0.1")
    keeper.check(_exchange("localhost:8000", method="POST", origin="http://localhost:8000"))
    keeper.check(_exchange("localhost:8000", method="POST"))
    keeper.check(_exchange("localhost:8000", method="GET", origin="http://evil.example"))


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("localhost", True), ("::1", True), ("[::1]", True), ("0.0.0.0", False),
     ("192.168.1.5", False), ("machine", False)],
)  # fmt: skip
def test_loopback(host: str, loopback: bool):
    assert is_loopback(host) is loopback


def test_addresses_lose_what_sockets_add():
    assert plain_address("::ffff:10.0.0.1") == "10.0.0.1"
    assert plain_address("fe80::1%eth0") == "fe80::1"
    assert plain_address("name") == "name"
