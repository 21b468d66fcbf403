"""A decoder that all tests of a module share, and contents that are no more than bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import shiboken6
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QPlainTextEdit

from app.icons import Icons
from app.look import Look as Theme
from app.previews.decoder.client import Decoder
from app.previews.registry import look_inside
from app.previews.shapes import Inside
from app.theme import Theme as ThemeOf
from app.theme import ThemeMode
from engine.cancel import CancelToken

Look = Callable[..., Inside]


class Bytes:
    """A content in memory that remembers how much of it was read."""

    def __init__(self, data: bytes, name: str, size_bytes: int | None = None) -> None:
        self._data = data
        self.name = name
        self.size_bytes = len(data) if size_bytes is None else size_bytes
        self.token = CancelToken()
        self.read_bytes = 0

    def read_at(self, offset: int, count: int) -> bytes:
        found = self._data[offset : offset + count]
        found += bytes(max(min(count, self.size_bytes - offset) - len(found), 0))
        self.read_bytes += len(found)
        return found


class _Paintings(QObject):
    """Remembers each time that a widget is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[QEvent] = []

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            self.seen.append(event)
        return False


@contextmanager
def painted(view: QPlainTextEdit) -> Iterator[list[QEvent]]:
    """Yield what grows each time that a text is painted."""
    paintings = _Paintings()
    view.viewport().installEventFilter(paintings)
    yield paintings.seen
    view.viewport().removeEventFilter(paintings)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    made = Decoder()
    yield made
    made.close()


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """Return the look of the window."""
    made = ThemeOf(qapp, ThemeMode.LIGHT)
    yield Theme(made, Icons(made))
    shiboken6.delete(made)


@pytest.fixture
def look(decoder: Decoder) -> Look:
    """Return what looks inside bytes of a name."""

    def look_at(data: bytes, name: str = "x", edge_px: int = 200) -> Inside:
        return look_inside(Bytes(data, name), decoder, edge_px)

    return look_at
