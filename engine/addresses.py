"""Network addresses, as those are counted who come from them."""

from __future__ import annotations

import ipaddress
from typing import Final

_NETWORK_BITS: Final = 64
"""Of an IPv6 address, what is one network's. Source: RFC 4291 section 2.5.4."""


def counted_address(address: str) -> str:
    """Return an address, or of one that a host could choose freely its network.

    Args:
        address: Without a zone; what is none stays as it is.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(ipaddress.ip_network((parsed, _NETWORK_BITS), strict=False))
