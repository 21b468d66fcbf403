"""Identifiers that sort by the time they were made, so that index pages fill from one end."""

from __future__ import annotations

import os
import time


def new_id() -> str:
    """Return a fresh UUID version 7 in its canonical text form.

    Source: RFC 9562 section 5.7 (48 bits of Unix milliseconds, the rest random).
    """
    milliseconds = time.time_ns() // 1_000_000
    noise = os.urandom(10).hex()
    stamp = f"{milliseconds & 0xFFFFFFFFFFFF:012x}"
    variant = "89ab"[int(noise[3], 16) & 3]
    return f"{stamp[:8]}-{stamp[8:]}-7{noise[:3]}-{variant}{noise[4:7]}-{noise[7:19]}"
