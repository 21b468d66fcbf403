"""Fakes for what models load from, and the open window with short names for what tests look at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import shiboken6
from PySide6.QtCore import QEventLoop, QItemSelectionModel
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from app.application import Window
from app.location import Location
from app.models.pages import PAGE_ROWS
from app.models.rows import Row
from app.models.sources import WHOLE_MAX, Branch, Root, Snapshot, View
from app.session import Session
from engine.permissions.language import to_sql
from engine.permissions.templates import specs_of
from engine.storage import FileStorage
from engine.types import Bucket, FolderCount, RlsContext, StorageObject, UploadOptions

ENDED = "ended"
"""Property of a window that has closed already."""

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Load:
    """A load that a test answers when it likes."""

    def __init__(self, answer: Callable[[], None]) -> None:
        self._answer = answer
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True

    def deliver(self) -> None:
        if not self.cancelled:
            self._answer()


class FakeSource:
    """A folder of named rows and a tree of folder names, answering at `deliver`."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = list(names)
        self.folders: dict[str, list[str]] = {}
        self.buckets_shown: list[Bucket] = []
        self.pending: list[Load] = []
        self.page_loads: list[int] = []
        self.counts_known: list[FolderCount | None] = []
        self.shown_first = 0
        self.sought: list[tuple[str, str, bool]] = []

    def deliver(self) -> None:
        while self.pending:
            self.pending.pop(0).deliver()

    def look(self, view: View, then, otherwise=None) -> Load:
        if not self.shown_first:
            return self.snapshot(view, (), then, otherwise)
        pages = {number: self._page(number) for number in range(self.shown_first // PAGE_ROWS)}
        return self._later(lambda: then(Snapshot(FolderCount(0, self.shown_first), pages, is_counted=False)))

    def count(self, view: View, then, otherwise=None) -> Load:
        return self._later(lambda: then(FolderCount(0, len(self.names))))

    def snapshot(self, view: View, pages: Sequence[int], then, otherwise=None) -> Load:
        wanted = tuple(pages)

        def answer() -> None:
            last = max(len(self.names) - 1, 0) // PAGE_ROWS
            numbers = wanted or (range(last + 1) if len(self.names) <= WHOLE_MAX else (0,))
            loaded = {number: self._page(number) for number in numbers if number <= last}
            then(Snapshot(FolderCount(0, len(self.names)), loaded))

        return self._later(answer)

    def page(self, view: View, number: int, then, otherwise=None, *, among=None) -> Load:
        self.page_loads.append(number)
        self.counts_known.append(among)
        return self._later(lambda: then(self._page(number)))

    def find(self, view: View, typed: str, start: str, then, *, beyond: bool) -> Load:
        self.sought.append((typed, start, beyond))
        return self._later(lambda: then(next(i for i, name in enumerate(self.names) if name.startswith(typed))))

    def buckets(self, then, otherwise=None) -> Load:
        return self._later(
            lambda: then(
                tuple(Root(bucket, bool(self.folders.get(f"{bucket.name}/"))) for bucket in self.buckets_shown)
            )
        )

    def branches(self, location: Location, then, otherwise=None) -> Load:
        def answer() -> None:
            names = sorted(self.folders.get(location.text, []))
            then(tuple(Branch(name, bool(self.folders.get(location.child(name).text))) for name in names))

        return self._later(answer)

    def _later(self, answer: Callable[[], None]) -> Load:
        load = Load(answer)
        self.pending.append(load)
        return load

    def _page(self, number: int) -> tuple[Row, ...]:
        return tuple(row(name) for name in self.names[number * PAGE_ROWS : (number + 1) * PAGE_ROWS])


def row(name: str, size: str = "1 byte") -> Row:
    return Row(path=name, name=name.rstrip("/"), icon="file-fill", tone="kind_binary", size=size)


def make_bucket(name: str, *, public: bool = False, number: int = 0) -> Bucket:
    identity = f"id-{number or name}"
    return Bucket(identity, name, None, public, None, (), NOW, NOW)


def leave(window: Window) -> None:
    """Quit, and run an event loop until everything has ended; at once if it has."""
    closed = QEventLoop()
    window.closed.connect(closed.quit)
    window.shell.leave()
    if window.property(ENDED) is None:
        closed.exec()


def close(window: Window) -> None:
    """Close a window and everything below it, as quitting does."""
    for dialog in window.shell.findChildren(QDialog):
        dialog.close()
    leave(window)
    theme = window._theme
    shiboken6.delete(window.shell)
    shiboken6.delete(window)
    shiboken6.delete(theme)


class Desk:
    """The open window with short names for what tests look at."""

    def __init__(self, window: Window, qtbot: QtBot) -> None:
        assert window.session is not None
        self.window = window
        self.qtbot = qtbot
        self.shell = window.shell
        self.session: Session = window.session
        self.views = self.session.views
        self.table = self.views.pane.table
        self.model = self.table.model()
        self.tree = self.views.tree
        self.toast = window.shell.toast
        self.storage: FileStorage = self.session._side._workspace.storage
        self.me = RlsContext.service(self.session._side._workspace.owner_id)

    @property
    def names(self) -> list[str]:
        return [str(self.model.index(i, 0).data()) for i in range(self.model.rowCount())]

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=30_000)

    def bucket(self, name: str = "photos", **options: object) -> Bucket:
        """Make a bucket and go into it."""
        made = self.storage.create_bucket(name, self.me, **options)
        self.session.controllers.navigator.refresh()
        self.until(lambda: name in [bucket.name for bucket in self.tree.model().buckets])
        self.go(name)
        return made

    def adopt(self, template: str, bucket: str = "photos") -> None:
        """Give a bucket the policies of a template."""
        self.storage.policies.apply("".join(to_sql(spec, bucket) for spec in specs_of(template, bucket)), self.me)

    def put(self, path: str, content: bytes = b"x", bucket: str = "photos") -> StorageObject:
        """Store an object through the engine and wait until the table has noticed."""
        stored = self.storage.upload(bucket, path, content, self.me, UploadOptions(replace=True))
        place = self.session.controllers.navigator.place
        if place is not None and path.startswith(place.prefix) and "/" not in path.removeprefix(place.prefix):
            self.until(lambda: path.rpartition("/")[2] in self.names)
        return stored

    def read(self, path: str, bucket: str = "photos") -> bytes:
        with self.storage.open_object(bucket, path, self.me) as reader:
            return reader.read()

    def go(self, bucket: str, prefix: str = "") -> None:
        place = Location(bucket, prefix)
        self.session.controllers.navigator.go(place)
        self.until(lambda: self.model.view is not None and self.model.view.location == place)

    def select(self, *names: str) -> None:
        self.until(lambda: set(names) <= set(self.names))
        self.table.setFocus()
        paths = {self.model.row(i).name: self.model.row(i).path for i in range(self.model.rowCount())}
        self.table.select_paths(frozenset(paths[name] for name in names))
        current = self.model.index(self.model.find(paths[names[0]]), 0)
        self.table.selectionModel().setCurrentIndex(current, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.session._tracker.update()

    def hold_mutations(self) -> threading.Event:
        """Let every mutation asked for from now on wait until the event is set."""
        go = threading.Event()
        self.session._tasks.mutate(lambda _: go.wait(30), lambda _: None)
        return go

    def dialog(self, kind: type[QDialog]) -> QDialog:
        """Wait for a dialog of that class and return it."""
        self.until(lambda: any(dialog.isVisible() for dialog in self.shell.findChildren(kind)))
        return next(dialog for dialog in self.shell.findChildren(kind) if dialog.isVisible())
