"""Where our own pictures, tokens and style sheet lie, from source and in a built bundle alike."""

from __future__ import annotations

from pathlib import Path
from typing import Final

RESOURCES_PATH: Final = Path(__file__).resolve().parent.parent / "resources"
"""The folder `resources/` beside `app/`."""


def resource_path(name: str) -> Path:
    """Return the file of that name in the resources folder.

    Args:
        name: Path below `resources/`, with `/` between segments.
    """
    return RESOURCES_PATH / name


def read_text(name: str) -> str:
    """Return the text of a resource.

    Args:
        name: Path below `resources/`, with `/` between segments.
    """
    return resource_path(name).read_text(encoding="utf-8")
