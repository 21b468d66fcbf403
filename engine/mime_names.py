"""MIME types by file name: Python's own table without the machine's additions, brought up to date.

The result depends on the name alone, never on what is installed where the program runs.

Source: the IANA media types registry; where it has no entry, the name that browsers and desktops use.
"""

from __future__ import annotations

import mimetypes
from typing import Final

OCTET_STREAM: Final = "application/octet-stream"
"""Bytes of which nothing is known."""

_OOXML: Final = "application/vnd.openxmlformats-officedocument"
_ODF: Final = "application/vnd.oasis.opendocument"

_ADDED: Final = {
    "3g2": "video/3gpp2",
    "3gp": "video/3gpp",
    "3mf": "model/3mf",
    "7z": "application/x-7z-compressed",
    "aac": "audio/aac",
    "aif": "audio/aiff",
    "aiff": "audio/aiff",
    "apk": "application/vnd.android.package-archive",
    "asc": "application/pgp-keys",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "bz2": "application/x-bzip2",
    "cbz": "application/vnd.comicbook+zip",
    "cfg": "text/plain",
    "conf": "text/plain",
    "cpp": "text/x-c++",
    "crt": "application/x-x509-ca-cert",
    "css": "text/css",
    "csv": "text/csv",
    "db": OCTET_STREAM,
    "deb": "application/vnd.debian.binary-package",
    "diff": "text/x-diff",
    "dmg": "application/x-apple-diskimage",
    "docm": "application/vnd.ms-word.document.macroenabled.12",
    "docx": f"{_OOXML}.wordprocessingml.document",
    "dotx": f"{_OOXML}.wordprocessingml.template",
    "eml": "message/rfc822",
    "eot": "application/vnd.ms-fontobject",
    "epub": "application/epub+zip",
    "exe": "application/vnd.microsoft.portable-executable",
    "flac": "audio/flac",
    "geojson": "application/geo+json",
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json",
    "go": "text/x-go",
    "gpx": "application/gpx+xml",
    "gz": "application/gzip",
    "hdf5": "application/x-hdf5",
    "heic": "image/heic",
    "heif": "image/heif",
    "ico": "image/vnd.microsoft.icon",
    "ics": "text/calendar",
    "ini": "text/plain",
    "ipynb": "application/x-ipynb+json",
    "iso": "application/x-iso9660-image",
    "jar": "application/java-archive",
    "java": "text/x-java",
    "js": "text/javascript",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "jsx": "text/jsx",
    "jxl": "image/jxl",
    "kml": "application/vnd.google-earth.kml+xml",
    "kmz": "application/vnd.google-earth.kmz",
    "kt": "text/x-kotlin",
    "less": "text/x-less",
    "log": "text/plain",
    "lua": "text/x-lua",
    "lz4": "application/x-lz4",
    "m2ts": "video/mp2t",
    "m4a": "audio/mp4",
    "m4b": "audio/mp4",
    "m4v": "video/mp4",
    "markdown": "text/markdown",
    "md": "text/markdown",
    "mid": "audio/midi",
    "midi": "audio/midi",
    "mjs": "text/javascript",
    "mka": "audio/x-matroska",
    "mkv": "video/x-matroska",
    "mobi": "application/x-mobipocket-ebook",
    "mts": "video/mp2t",
    "odg": f"{_ODF}.graphics",
    "odp": f"{_ODF}.presentation",
    "ods": f"{_ODF}.spreadsheet",
    "odt": f"{_ODF}.text",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "otf": "font/otf",
    "parquet": "application/vnd.apache.parquet",
    "patch": "text/x-diff",
    "pem": "application/x-pem-file",
    "php": "application/x-httpd-php",
    "plist": "application/x-plist",
    "pptx": f"{_OOXML}.presentationml.presentation",
    "ppsx": f"{_OOXML}.presentationml.slideshow",
    "properties": "text/plain",
    "psd": "image/vnd.adobe.photoshop",
    "pyi": "text/x-python",
    "rar": "application/vnd.rar",
    "rb": "text/x-ruby",
    "rpm": "application/x-rpm",
    "rs": "text/x-rust",
    "rst": "text/x-rst",
    "rtf": "application/rtf",
    "scss": "text/x-scss",
    "sql": "application/sql",
    "sqlite": "application/vnd.sqlite3",
    "sqlite3": "application/vnd.sqlite3",
    "srt": "application/x-subrip",
    "stl": "model/stl",
    "svelte": "text/plain",
    "swift": "text/x-swift",
    "tgz": "application/gzip",
    "toml": "application/toml",
    "torrent": "application/x-bittorrent",
    "ts": "text/x-typescript",
    "tsx": "text/x-typescript",
    "ttc": "font/collection",
    "ttf": "font/ttf",
    "vcf": "text/vcard",
    "vtt": "text/vtt",
    "vue": "text/plain",
    "war": "application/java-archive",
    "wasm": "application/wasm",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "webm": "video/webm",
    "webp": "image/webp",
    "wma": "audio/x-ms-wma",
    "wmv": "video/x-ms-wmv",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
    "xlsx": f"{_OOXML}.spreadsheetml.sheet",
    "xml": "application/xml",
    "xsl": "application/xslt+xml",
    "xslt": "application/xslt+xml",
    "xz": "application/x-xz",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "zip": "application/zip",
    "zst": "application/zstd",
}

_BY_EXTENSION: Final = {
    **{extension[1:]: mime_type for extension, mime_type in mimetypes.MimeTypes(()).types_map[True].items()},
    **_ADDED,
}

_WRITTEN_AS_TEXT: Final = frozenset(
    {
        "application/javascript",
        "application/json",
        "application/jsonl",
        "application/pgp-keys",
        "application/rtf",
        "application/sql",
        "application/toml",
        "application/vnd.apple.mpegurl",
        "application/x-csh",
        "application/x-httpd-php",
        "application/x-latex",
        "application/x-pem-file",
        "application/x-plist",
        "application/x-sh",
        "application/x-subrip",
        "application/x-tcl",
        "application/x-tex",
        "application/x-texinfo",
        "application/x-troff",
        "application/x-troff-man",
        "application/x-x509-ca-cert",
        "application/xml",
        "application/yaml",
        "image/x-xbitmap",
        "image/x-xpixmap",
        "message/rfc822",
        "model/stl",
    }
)


def extension_of(name: str) -> str:
    """Return the extension that a file name tells its type by.

    Args:
        name: A path or a file name.

    Returns:
        Lower case, without the dot; `""` if there is none (a leading dot begins no extension).
    """
    stem, dot, extension = name[name.rfind("/") + 1 :].rpartition(".")
    return extension.lower() if dot and stem.strip(".") else ""


def type_of_extension(extension: str) -> str | None:
    """Return the MIME type that goes by an extension.

    Args:
        extension: Lower case, without the dot.

    Returns:
        `type/subtype`, or None if the extension is not known.
    """
    return _BY_EXTENSION.get(extension)


def is_textual(mime_type: str) -> bool:
    """Return whether content of a type is written as text, so that plain text may be of that type.

    Args:
        mime_type: `type/subtype`, lower case.
    """
    return mime_type.startswith("text/") or mime_type.endswith(("+xml", "+json")) or mime_type in _WRITTEN_AS_TEXT
