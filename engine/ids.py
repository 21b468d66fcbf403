"""Identifiers that sort by the time they were made, so that index pages fill from one end."""

from __future__ import annotations

import random
import time
from typing import Final

_NOISE: Final = random.Random()  # noqa: S311 - ids are names, not secrets; seeded from the system
_VERSION: Final = 7 << 76
_VARIANT: Final = 2 << 62
_NOISE_BITS: Final = 74
_LOW_BITS: Final = (1 << 62) - 1


def new_id() -> str:
    """Return a fresh UUID version 7 in its canonical text form.

    Source: RFC 9562 section 5.7 (48 bits of Unix milliseconds, the rest random).
    """
    milliseconds = time.time_ns() // 1_000_000
    noise = _NOISE.getrandbits(_NOISE_BITS)
    number = milliseconds << 80 | _VERSION | (noise >> 62) << 64 | _VARIANT | noise & _LOW_BITS
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
