"""Print the requirements that pyproject.toml states for parts of the program, one a line.

Holdall is never built into a wheel, and the pip of a stock Debian knows no dependency groups, so the bootstrap
script asks here what to install. Runs on the standard library alone.

    python packaging/requirements.py [PART…]

A part is an extra or a dependency group of pyproject.toml; the engine's own dependencies always come with it.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PYPROJECT_PATH = Path(__file__).resolve().parent.parent / "pyproject.toml"


def requirements(pyproject: dict[str, Any], parts: list[str]) -> list[str]:
    """Return what has to be installed for some parts.

    Args:
        pyproject: The parsed pyproject.toml.
        parts: Names of extras and dependency groups.

    Returns:
        PEP 508 requirements, each once, in the order of the file.

    Raises:
        KeyError: There is no such extra or group.
    """
    found = list(pyproject["project"]["dependencies"])
    for part in parts:
        found.extend(_of_part(pyproject, part))
    return list(dict.fromkeys(found))


def _of_part(pyproject: dict[str, Any], part: str) -> Iterator[str]:
    extras = pyproject["project"]["optional-dependencies"]
    for entry in extras[part] if part in extras else pyproject["dependency-groups"][part]:
        if isinstance(entry, dict):
            yield from _of_part(pyproject, entry["include-group"])
        else:
            yield entry


def main(parts: list[str]) -> int:
    """Print the requirements of some parts.

    Args:
        parts: Names of extras and dependency groups.

    Returns:
        0, or 2 when a part does not exist.
    """
    try:
        print("\n".join(requirements(tomllib.loads(PYPROJECT_PATH.read_text("utf-8")), parts)))
    except KeyError as unknown:
        print(f"pyproject.toml has no extra or group {unknown}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
