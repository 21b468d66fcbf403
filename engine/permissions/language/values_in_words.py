"""Names for values in plain language: columns, what the caller is, constants."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.permissions.language.kinds import INTEGERS, Kind
from engine.permissions.language.tree import Call, Cast, Column, Fact, JsonGet, Literal, Node, Subscript


@dataclass(frozen=True, slots=True)
class Noun:
    """A value in words.

    Attributes:
        words: Without an article: `file extension`, `their user id`, `jpg`.
        of_row: Whether it is the row's, so that one can say "whose" before it.
    """

    words: str
    of_row: bool


_COLUMNS: Final = {
    "id": "id",
    "bucket_id": "bucket",
    "name": "path",
    "owner": "owner",
    "owner_id": "owner",
    "size": "size in bytes",
    "version": "version",
    "created_at": "time of creation",
    "updated_at": "time of the last change",
    "last_accessed_at": "time of the last access",
    "public": "public flag",
    "file_size_limit": "limit of file sizes in bytes",
}
_METADATA: Final = {
    "mimetype": "type",
    "size": "size in bytes",
    "contentLength": "size in bytes",
    "eTag": "ETag",
    "cacheControl": "cache control",
    "lastModified": "time of the last change",
}
_FACTS: Final = {
    "auth.uid": "their user id",
    "auth.role": "their role",
    "auth.email": "their email address",
    "storage.operation": "the operation",
    "now": "the present time",
}
_OF_PATHS: Final = {"storage.filename": "file name", "storage.extension": "file extension"}
_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth")
_PLAIN_WORD: Final = re.compile(r"[\w.+/-]*\w/?")


def constant(value: str | int | bool | None) -> str:
    """Return a constant in words: plain words as they are, other texts in quotes."""
    text = str(value)
    return text if not isinstance(value, str) or _PLAIN_WORD.fullmatch(text) else f'"{text}"'


def listed(words: Sequence[str], last: str) -> str:
    """Return words with commas, and another word before the last."""
    *others, final = words
    return f"{', '.join(others)} {last} {final}" if others else final


def noun(node: Node) -> Noun | None:
    """Return a value in words, or None where there are no good ones."""
    if isinstance(node, Column):
        words = _COLUMNS.get(node.name)
        return Noun(words, of_row=True) if words else None
    if isinstance(node, Fact):
        words = _FACTS.get(node.name)
        return Noun(words, of_row=False) if words else None
    if isinstance(node, Literal):
        return _constant(node)
    if isinstance(node, Cast):
        return _cast(node)
    if isinstance(node, Call):
        return _call(node)
    return _json(node) if isinstance(node, JsonGet) else _folder(node)


def _constant(node: Literal) -> Noun | None:
    """Return a constant that reads well."""
    if node.value is None or node.kind not in (Kind.TEXT, Kind.UUID, Kind.BOOLEAN, *INTEGERS):
        return None
    return Noun(str(node.value).lower() if node.kind is Kind.BOOLEAN else constant(node.value), of_row=False)


def _cast(node: Cast) -> Noun | None:
    """Return a value that is only written in another type."""
    if node.operand.kind is Kind.JSON or node.kind not in (Kind.TEXT, Kind.UUID, *INTEGERS):
        return None
    return noun(node.operand)


def _call(node: Call) -> Noun | None:
    """Return what a function takes out of the path, or another value in small or capital letters."""
    first = node.arguments[0]
    if node.name in _OF_PATHS and isinstance(first, Column) and first.name == "name":
        return Noun(_OF_PATHS[node.name], of_row=True)
    inner = noun(first) if node.name in ("lower", "upper") else None
    if inner is None:
        return None
    return Noun(f"{inner.words} in {'small' if node.name == 'lower' else 'capital'} letters", inner.of_row)


def _folder(node: Node) -> Noun | None:
    """Return one of the path's folders."""
    if not (isinstance(node, Subscript) and isinstance(node.index, Literal) and isinstance(node.array, Call)):
        return None
    place, call = node.index.value, node.array
    if call.name != "storage.foldername" or call.arguments != (Column(Kind.TEXT, "name"),):
        return None
    if not isinstance(place, int) or not 1 <= place <= len(_ORDINALS):
        return None
    return Noun(f"{_ORDINALS[place - 1]} folder", of_row=True)


def _json(node: JsonGet) -> Noun | None:
    """Return a member of the metadata, or a claim."""
    names, root = json_path(node)
    if names is None:
        return None
    if isinstance(root, Fact):
        return Noun(f"their claim {'.'.join(names)}", of_row=False)
    if isinstance(root, Column) and root.name == "user_metadata":
        return Noun(f"metadata field {'.'.join(names)}", of_row=True)
    words = _METADATA.get(names[0]) if len(names) == 1 else None
    return Noun(words, of_row=True) if words else None


def json_path(node: Node) -> tuple[list[str] | None, Node]:
    """Return the keys that lead into a document, None where one is no plain word, and the document."""
    names: list[str] = []
    while isinstance(node, JsonGet):
        key = node.key.value if isinstance(node.key, Literal) else None
        if not isinstance(key, str) or not _PLAIN_WORD.fullmatch(key) or "." in key:
            return None, node
        names.insert(0, key)
        node = node.operand
    return names, node
