"""The MIME types that families of files have. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.search_types import FileFamily

MIME_PREFIXES: Final[Mapping[FileFamily, tuple[str, ...]]] = {
    FileFamily.IMAGES: ("image/",),
    FileFamily.AUDIO: ("audio/",),
    FileFamily.VIDEO: ("video/",),
    FileFamily.DOCUMENTS: (
        "text/",
        "application/epub",
        "application/msword",
        "application/pdf",
        "application/postscript",
        "application/rtf",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.ms-word",
        "application/vnd.oasis.opendocument",
        "application/vnd.openxmlformats-officedocument",
    ),
    FileFamily.ARCHIVES: (
        "application/gzip",
        "application/java-archive",
        "application/vnd.debian.binary-package",
        "application/vnd.rar",
        "application/x-7z-compressed",
        "application/x-bzip",
        "application/x-gzip",
        "application/x-rar",
        "application/x-rpm",
        "application/x-tar",
        "application/x-xz",
        "application/x-zstd",
        "application/zip",
        "application/zstd",
    ),
}
"""What the types of each family begin with."""
