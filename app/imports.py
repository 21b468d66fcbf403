"""Importing many modules quickly. Loads no Qt by itself: it comes before anything that may be missing."""

from __future__ import annotations

import builtins
import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_alone() -> Iterator[None]:
    """Collect nothing meanwhile: a thousand modules would be looked through again and again as they are imported.

    What was imported stays, so it is set aside afterwards: the next look would go through all of it once more.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def load_qt() -> None:
    """Load PySide6, and keep Python's own `import` for everything after it.

    PySide6 puts another in its place, which reads the text of every module that is imported from then on, ours and
    everybody's, and looks for PySide6's name in it, to know where `from __feature__ import …` may count. Nothing here
    says that; it took a tenth of the start, and the texts stayed in memory.

    Raises:
        ImportError: It is not installed, or lacks a library.
    """
    own = builtins.__import__
    try:
        import PySide6.QtCore  # noqa: F401 - here and not above: see the module
    finally:
        builtins.__import__ = own
