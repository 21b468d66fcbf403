"""Pictures in other sizes and formats, for browsers; without Qt.

What strangers uploaded is decoded in a child process with limits (`child`, `drawing`), asked by `painter`; `transform`
says what is wanted. Only the child imports Pillow.
"""

from __future__ import annotations

from engine.images.painter import NotDrawn, Painter
from engine.images.transform import Transform

__all__ = ["NotDrawn", "Painter", "Transform"]
