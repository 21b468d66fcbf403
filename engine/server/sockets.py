"""Listening sockets and the addresses that people reach them at."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import sys
from typing import Any, Final

from engine.errors import PortUnavailable
from engine.server import bounds

_PORT_MAX: Final = 65535
_USE_OURS: Final = "Use 127.0.0.1 or an address of this computer."
_ANYWHERE_V4: Final = ("192.0.2.1", 9)
_ANYWHERE_V6: Final = ("2001:db8::1", 9)
"""Documentation addresses: connecting a datagram socket picks a route and sends nothing (RFC 5737, RFC 3849)."""


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket, so that a failure is known before anything is started.

    Args:
        host: Address or name to bind.
        port: TCP port, 0 to 65535; 0 means any free one.

    Returns:
        The socket, already taking connections.

    Raises:
        PortUnavailable: In use, not allowed, or no address of this machine; the hint says what to do.
    """
    family, address = _resolved(host, port)
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sets TCP_NODELAY by this
    try:
        _claim(listener)
        listener.bind(address)
        listener.listen(bounds.BACKLOG_CONNECTIONS)
    except OSError as error:
        listener.close()
        raise _refused(host, port, error) from error
    return listener


def make_room() -> None:
    """Let this process have as many files open as every connection may need, as far as the system allows it.

    A shell's usual 1,024 are less than 256 senders of uploads in parts need, beside the database.
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = bounds.DESCRIPTORS if hard == resource.RLIM_INFINITY else min(bounds.DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def url_of(host: str, port: int) -> str:
    """Return the address under which a server is reached from elsewhere, as far as it listens there.

    Args:
        host: What it is bound to; for "every address" the one of the default route stands in.
        port: Where it listens.
    """
    reachable = _reachable(host.strip("[]"))
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _claim(listener: socket.socket) -> None:
    """Allow a restart while old connections fade, and never two servers on one port."""
    if os.name == "nt":
        listener.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", 0), 1)
        return
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    if not 0 <= port <= _PORT_MAX:
        raise PortUnavailable(f"{port} is no port", hint="A port is a number from 0 (any free one) to 65535.")
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise PortUnavailable(f"There is no address called {host}", hint=_USE_OURS) from error
    return found[0][0], found[0][4]


def _refused(host: str, port: int, error: OSError) -> PortUnavailable:
    number = error.errno
    if number == errno.EADDRINUSE:
        return PortUnavailable(
            f"Port {port} on {host} is used by another program",
            hint="Stop that program, or choose another port (0 takes any free one).",
        )
    if number in (errno.EACCES, errno.EPERM):
        return PortUnavailable(f"The system does not allow port {port}", hint="Choose a port from 1024 upwards.")
    if number == errno.EADDRNOTAVAIL:
        return PortUnavailable(f"{host} is no address of this computer", hint=_USE_OURS)
    return PortUnavailable(f"The server cannot listen on {host}, port {port}: {error}")


def _reachable(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return _default_route(address.version) if address.is_unspecified else host


def _default_route(version: int) -> str:
    family, anywhere = (socket.AF_INET, _ANYWHERE_V4) if version == 4 else (socket.AF_INET6, _ANYWHERE_V6)
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(anywhere)
        except OSError:
            return "127.0.0.1" if version == 4 else "::1"
        address: str = probe.getsockname()[0]
        return address
