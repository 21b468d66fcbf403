"""Holdall's storage engine: buckets, objects, policies, links and the server, without a window.

Everything a caller needs has its name here. The names are loaded when they are first used, so that a command that
only prints its help does not load a database library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.cancel import CancelToken
    from engine.config import Settings, load_settings
    from engine.errors import StorageError
    from engine.events import StorageEvent
    from engine.storage import FileStorage
    from engine.types import (
        BatchReport,
        Bucket,
        BucketChanges,
        Folder,
        ListPage,
        ListRequest,
        Progress,
        RlsContext,
        SignedUrl,
        SortColumn,
        StorageObject,
        UploadItem,
        UploadOptions,
    )
    from engine.workspace import Workspace, open_workspace

__all__ = [
    "BatchReport",
    "Bucket",
    "BucketChanges",
    "CancelToken",
    "FileStorage",
    "Folder",
    "ListPage",
    "ListRequest",
    "Progress",
    "RlsContext",
    "Settings",
    "SignedUrl",
    "SortColumn",
    "StorageError",
    "StorageEvent",
    "StorageObject",
    "UploadItem",
    "UploadOptions",
    "Workspace",
    "__version__",
    "load_settings",
    "open_workspace",
]

__version__: Final = "0.1.0"
"""The program's version; `pyproject.toml` says the same."""

_HOMES: Final = {
    "CancelToken": "engine.cancel",
    "FileStorage": "engine.storage",
    "Settings": "engine.config",
    "StorageError": "engine.errors",
    "StorageEvent": "engine.events",
    "Workspace": "engine.workspace",
    "load_settings": "engine.config",
    "open_workspace": "engine.workspace",
}
"""Where a name lives, if not in `engine.types`."""


def __getattr__(name: str) -> object:
    """Load a public name.

    Raises:
        AttributeError: There is no such name.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES.get(name, "engine.types")), name)
