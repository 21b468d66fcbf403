"""The storage engine: everything of Holdall that is not a window.

Synchronous, thread-safe, without Qt. `engine.workspace.open_workspace` opens a data folder; its `storage` is the
façade that the window, the commands and the HTTP server share.
"""

from __future__ import annotations

from typing import Final

__all__ = ["__version__"]

__version__: Final = "0.1.0"
"""Version of the program; `pyproject.toml` and CHANGELOG.md name the same one."""
