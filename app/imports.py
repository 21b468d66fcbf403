"""Importing many modules quickly. Knows no Qt: it comes before anything that may be missing."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_alone() -> Iterator[None]:
    """Collect nothing meanwhile: a thousand modules would be looked through again and again as they are imported."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
