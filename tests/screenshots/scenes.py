"""Every scene and every start by its name, in the order of the album."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.app.helpers import Desk
from tests.screenshots import access, browsing, keeping, looking, policies, starts, window

Scene = Callable[[Desk], object]

SCENES: dict[str, Scene] = {
    scene.__name__.replace("_", "-"): scene
    for room in (browsing, looking, window, keeping, access, policies)
    for scene in room.SCENES
}
"""Name → what brings an empty window there."""

STARTS: dict[str, Callable[[Path], None]] = {start.__name__.replace("_", "-"): start for start in starts.STARTS}
"""Name → what is done to a data folder that then cannot be opened."""

NAMES = (*SCENES, *STARTS)
