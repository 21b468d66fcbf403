"""Where the bytes of old versions are kept: below `.versions/`, under keys that say which version they are."""

from __future__ import annotations

from typing import Final

from engine.backends.names import ASIDE_FOLDER

ARCHIVE_FOLDER: Final = ".versions"
_NAME_MAX_BYTES: Final = 255
"""Longest name of a file, on every file system in use."""


def archive_key(key: str, version: str) -> str:
    """Return where the bytes of an old version are kept: `.versions/<bucket id>/users/123/avatar.jpg~<version>`.

    Beside each other in the folder that they had, because a folder for each object would cost more than moving it. A
    name that the version would make too long for a file system gives way to the version alone.
    """
    folder, _, name = key.rpartition("/")
    named = f"{name}~{version}"
    return f"{ARCHIVE_FOLDER}/{folder}/{named if len(named.encode()) <= _NAME_MAX_BYTES else version}"


def spare_archive_key(archived_key: str) -> str:
    """Return where those bytes are kept when something stands in the way: `.versions/<bucket id>/%conflict/<version>`.

    A folder in another spelling stands in the way where case is ignored, and anywhere an old version whose name is the
    folder's.
    """
    bucket_id = archived_key.split("/", 2)[1]
    return f"{ARCHIVE_FOLDER}/{bucket_id}/{ASIDE_FOLDER}/{archived_version(archived_key)}"


def archived_version(key: str) -> str:
    """Return the version whose bytes a key of this module is."""
    return key.rpartition("/")[2].rpartition("~")[2]
