"""Host and Origin: keeps other sites' pages in a browser on this machine from talking to the server.

A page that rebinds its own name to this machine still sends that name as Host; a page that posts a form here sends
its own address as Origin. Tokens would stop most of it, but public buckets need none.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from engine.server.errors import ForeignHost, ForeignOrigin
from engine.server.exchange import Exchange

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?")
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LOCAL_SUFFIXES: Final = ("local", "lan", "home", "internal", "localdomain", "home.arpa")
"""What routers and mDNS put behind a machine's name; nobody can register a name below them (RFC 6762, RFC 8375)."""

_KNOWN_MAX: Final = 32
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Gatekeeper:
    """Decides by Host and Origin whether a request is let in.

    Args:
        host: Address that the server is bound to, as the person named it.
    """

    def __init__(self, host: str) -> None:
        self._known: set[str] = set()
        self._names = _LOOPBACK_NAMES | {host.strip("[]").lower()}
        if not is_loopback(host):
            machine = socket.gethostname().lower()
            short = machine.partition(".")[0]
            self._names |= {machine, short, *(f"{short}.{suffix}" for suffix in _LOCAL_SUFFIXES)}

    def check(self, exchange: Exchange) -> None:
        """Let a request in or refuse it.

        Args:
            exchange: The request.

        Raises:
            ForeignHost: Host is missing, doubled, malformed, or no name of this server.
            ForeignOrigin: A page of another origin asks for a change.
        """
        host = self._checked_host(exchange)
        origin = exchange.headers.get(b"origin")
        if origin is None or exchange.method in _READING:
            return
        if host is None or urlsplit(origin.decode("latin-1")).netloc.lower() != host.lower():
            raise ForeignOrigin("This server does not take changes from pages of another site")

    def _checked_host(self, exchange: Exchange) -> str | None:
        fields = [value for name, value in exchange.scope["headers"] if name == b"host"]
        if not fields and exchange.scope["http_version"] == "1.0":
            return None
        host = fields[0].decode("latin-1") if len(fields) == 1 else ""
        if host in self._known:
            return host
        match = _HOST.fullmatch(host)
        if match is None:
            raise ForeignHost("The Host field is missing or malformed")
        name = match[1].strip("[]").rstrip(".").lower()
        if name in self._names:
            self._remember(host)
        elif name != self._local_address(exchange):
            raise ForeignHost("This server does not answer to that host name")
        return host

    def _remember(self, host: str) -> None:
        """Spare the next request the check; a name is written in few ways by honest clients."""
        if len(self._known) < _KNOWN_MAX:
            self._known.add(host)

    @staticmethod
    def _local_address(exchange: Exchange) -> str | None:
        """Return the address of ours that the client connected to: one of the machine's own, never a name."""
        local = exchange.scope.get("server")
        return plain_address(local[0]) if local else None


@lru_cache(maxsize=1024)
def plain_address(address: str) -> str:
    """Return an IP address without what a dual-stack socket adds to it.

    Args:
        address: Such as `192.168.1.5`, `::ffff:192.168.1.5` or `fe80::1%eth0`.
    """
    bare = address.partition("%")[0]
    try:
        parsed = ipaddress.ip_address(bare)
    except ValueError:
        return bare
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def is_loopback(host: str) -> bool:
    """Return whether a server bound to `host` is reachable from this machine alone.

    Args:
        host: Address or name.
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
