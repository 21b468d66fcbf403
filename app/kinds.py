"""What sort of file something is: its family decides icon and tint, its name what the Type column says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.i18n import translate

_EXTENSION_MAX_CHARS: Final = 8


@dataclass(frozen=True, slots=True)
class Family:
    """A family of file types.

    Attributes:
        icon: Glyph name.
        tone: Colour token.
    """

    icon: str
    tone: str


FOLDER: Final = Family("folder-fill", "kind_folder")
_IMAGE: Final = Family("image-square-fill", "kind_image")
_VIDEO: Final = Family("film-strip-fill", "kind_video")
_AUDIO: Final = Family("music-note-fill", "kind_audio")
_ARCHIVE: Final = Family("package-fill", "kind_archive")
_CODE: Final = Family("code-bold", "kind_code")
_DOCUMENT: Final = Family("article-fill", "kind_document")
_PDF: Final = Family("file-pdf-fill", "kind_pdf")
_SHEET: Final = Family("table-fill", "kind_sheet")
_SLIDES: Final = Family("presentation-fill", "kind_slides")
_TEXT: Final = Family("file-text-fill", "kind_text")
_BINARY: Final = Family("file-fill", "kind_binary")

_BY_EXTENSION: Final[dict[str, Family]] = {
    **dict.fromkeys(("zip", "gz", "tgz", "bz2", "xz", "zst", "7z", "rar", "tar", "whl", "jar", "deb", "rpm"), _ARCHIVE),
    **dict.fromkeys(
        (
            "py",
            "pyi",
            "js",
            "mjs",
            "ts",
            "tsx",
            "jsx",
            "c",
            "h",
            "cc",
            "cpp",
            "hpp",
            "rs",
            "go",
            "java",
            "kt",
            "rb",
            "php",
        ),
        _CODE,
    ),
    **dict.fromkeys(("sh", "bash", "html", "htm", "css", "json", "xml", "yaml", "yml", "toml", "sql", "ipynb"), _CODE),
    **dict.fromkeys(("doc", "docx", "odt", "rtf", "pages", "epub", "md", "rst"), _DOCUMENT),
    **dict.fromkeys(("xls", "xlsx", "ods", "csv", "tsv", "numbers"), _SHEET),
    **dict.fromkeys(("ppt", "pptx", "odp", "key"), _SLIDES),
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "svg", "tif", "tiff", "bmp", "heic", "avif", "ico"), _IMAGE),
    **dict.fromkeys(("mp4", "mkv", "mov", "avi", "webm", "m4v", "mpg", "mpeg"), _VIDEO),
    **dict.fromkeys(("mp3", "flac", "wav", "ogg", "oga", "m4a", "opus", "aac", "mid"), _AUDIO),
    **dict.fromkeys(("txt", "log", "ini", "cfg", "conf"), _TEXT),
    "pdf": _PDF,
}
_BY_MAJOR: Final[dict[str, Family]] = {
    "image": _IMAGE,
    "video": _VIDEO,
    "audio": _AUDIO,
    "text": _TEXT,
    "font": _BINARY,
}
_BY_MIME: Final[dict[str, Family]] = {
    "application/pdf": _PDF,
    "application/zip": _ARCHIVE,
    "application/gzip": _ARCHIVE,
    "application/x-tar": _ARCHIVE,
    "application/json": _CODE,
    "application/xml": _CODE,
    "application/javascript": _CODE,
}


def _extension(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem else ""


@lru_cache(maxsize=1024)
def _family(mime_type: str, extension: str) -> Family:
    major = mime_type.partition("/")[0]
    if major in {"image", "video", "audio"}:
        return _BY_MAJOR[major]
    by_name = _BY_EXTENSION.get(extension)
    return by_name or _BY_MIME.get(mime_type) or _BY_MAJOR.get(major, _BINARY)


def family(mime_type: str, name: str) -> Family:
    """Return the family of an object.

    Args:
        mime_type: As stored.
        name: Last segment of its path; its ending tells apart what MIME types lump together.
    """
    return _family(mime_type, _extension(name))


def type_text(mime_type: str, name: str) -> str:
    """Return what the Type column says: "PNG image", "ZIP file", "Plain text".

    Args:
        mime_type: As stored.
        name: Last segment of the path.
    """
    extension = _extension(name)
    major, _, minor = mime_type.partition("/")
    nouns = {
        "image": translate("Kinds", "image"),
        "video": translate("Kinds", "video"),
        "audio": translate("Kinds", "audio"),
    }
    label = extension or minor.removeprefix("x-").partition("+")[0]
    if major in nouns:
        return f"{label.upper()} {nouns[major]}"
    if extension and len(extension) <= _EXTENSION_MAX_CHARS:
        return f"{extension.upper()} {translate('Kinds', 'file')}"
    return translate("Kinds", "Plain text") if mime_type == "text/plain" else translate("Kinds", "File")
