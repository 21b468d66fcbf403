"""Identifiers that sort by the time they were made, so that index pages fill from one end."""

from __future__ import annotations

import os
import random
import time
from typing import Final
from uuid import UUID

_NOISE: Final = random.Random()  # noqa: S311 - ids are names, not secrets; seeded from the system
_NOISE_BITS: Final = 74

if hasattr(os, "register_at_fork"):
    # Two processes of one parent would otherwise give out the same ids.
    os.register_at_fork(after_in_child=_NOISE.seed)


def new_id() -> str:
    """Return a fresh UUID version 7 in its canonical text form.

    Source: RFC 9562 section 5.7 (48 bits of Unix milliseconds, the rest random).
    """
    milliseconds = time.time_ns() // 1_000_000
    noise = _NOISE.getrandbits(_NOISE_BITS)
    first, second = milliseconds >> 16 & 0xFFFFFFFF, milliseconds & 0xFFFF
    third, fourth = noise & 0xFFF, 0x8000 | noise >> 12 & 0x3FFF
    return f"{first:08x}-{second:04x}-7{third:03x}-{fourth:04x}-{noise >> 26:012x}"


def is_id(text: str) -> bool:
    """Return whether a text has the form of an id: folders of buckets do, the disk's own, such as lost+found, don't.

    Args:
        text: Any.
    """
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
