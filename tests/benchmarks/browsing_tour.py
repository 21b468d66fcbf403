"""What the real window takes to browse a workspace: figures as JSON.

python -m tests.benchmarks.browsing_tour DATA_DIR [--start MONOTONIC_SECONDS]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView

from app.actions import ActionId
from app.application import Window
from app.location import Location
from app.models.folder_model import Column
from app.theme import Theme
from app.views.icon_grid import IconGrid
from engine.secrets import FixedSecrets
from engine.types import UploadItem
from tests.benchmarks.browsing_watch import Heartbeat, Painted, are_rows_there, peak_memory_mib, spin, spin_until
from tests.benchmarks.browsing_workspace import BIG, FOLDER, MANY

_PLACE: Final = Location(BIG, FOLDER)
_FOLDERS: Final = Location(MANY)
_ROUNDS: Final = 3
_EVENTS_PER_S: Final = 200
_REST_S: Final = 0.05
_WHEEL_TURNS: Final = 60
_THUMB_STOPS: Final = 12


class Browsing:
    """The window, and the ways in which it is measured."""

    def __init__(self, window: Window) -> None:
        """Args: the window, with a workspace opened."""
        self.window = window
        self.session = window.session
        self.table: QTableView = self.session.views.pane.table
        self.rows = self.session._rows
        self.grid: IconGrid = self.session.views.pane.icons
        self.painted, self.grid_painted = Painted(self.table), Painted(self.grid)

    def are_rows_there(self) -> bool:
        """Return whether all rows on the screen have come."""
        return are_rows_there(self.table)

    def shows(self, place: Location) -> Callable[[], bool]:
        """Return the question whether a place's rows are there."""
        return lambda: self.rows.view is not None and self.rows.view.location == place and self.are_rows_there()

    def go(self, place: Location) -> float:
        """Return what it takes to open a place."""
        took_ms = self.painted.after(lambda: self.session.controllers.navigator.go(place), self.shows(place))
        spin_until(lambda: self.rows.is_counted)
        return took_ms

    def end(self) -> float:
        """Return what Ctrl+End takes."""
        bar = self.table.verticalScrollBar()
        goal = bar.maximum()
        return self.painted.after(
            lambda: QTest.keyClick(self.table, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier),
            lambda: bar.value() >= goal and self.are_rows_there(),
        )

    def thumb(self, share: float) -> float:
        """Return what a drag of the thumb takes."""
        bar = self.table.verticalScrollBar()
        target = int(bar.maximum() * share)
        return self.painted.after(lambda: bar.setValue(target), lambda: bar.value() == target and self.are_rows_there())

    def sort(self, column: Column) -> float:
        """Return what it takes to sort by a column, the largest or newest first."""
        header = self.table.horizontalHeader()
        order = Qt.SortOrder.DescendingOrder
        before = self.rows.view
        return self.painted.after(
            lambda: header.setSortIndicator(column, order),
            lambda: self.rows.view != before and self.are_rows_there(),
        )

    def sort_by_name(self) -> float:
        """Return what it takes to sort by name again."""
        before = self.rows.view
        return self.painted.after(
            lambda: self.table.horizontalHeader().setSortIndicator(Column.NAME, Qt.SortOrder.AscendingOrder),
            lambda: self.rows.view != before and self.are_rows_there(),
        )

    def type_ahead(self, text: str) -> float:
        """Return what it takes from the last letter until a row far away is painted."""
        self.table.setFocus()
        return self.painted.after(
            lambda: QTest.keyClicks(self.table, text),
            lambda: str(self.table.currentIndex().data()).startswith(text) and self.are_rows_there(),
        )

    def filter(self, text: str) -> float:
        """Return what it takes from the last letter in the filter until what fits is painted; undone then."""
        before = self.rows.view
        self.session.controllers.filter.begin()
        field = self.session.views.pane.filter.field
        for letter in text[:-1]:
            QTest.keyClicks(field, letter)
        spin_until(lambda: self.rows.view != before and self.rows.view.matching == text[:-1] and self.rows.is_counted)
        took_ms = self.painted.after(
            lambda: QTest.keyClicks(field, text[-1]),
            lambda: self.rows.view.matching == text and self.are_rows_there(),
        )
        spin_until(lambda: self.rows.is_counted)
        self.painted.after(
            self.session.views.pane.filter.dismiss, lambda: not self.rows.view.matching and self.are_rows_there()
        )
        spin_until(lambda: self.rows.is_counted)
        return took_ms

    def icons(self) -> dict[str, float]:
        """Return what it takes to switch to icons and to their end; rows are shown again afterwards."""
        actions, bar = self.session.actions, self.grid.verticalScrollBar()
        figures = {"icons": self.grid_painted.after(actions[ActionId.ICONS].trigger, self.are_icons_there)}
        figures["icons_end"] = self.grid_painted.after(
            lambda: QTest.keyClick(self.grid, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier),
            lambda: bar.value() == bar.maximum() and self.are_icons_there(),
        )
        self.painted.after(actions[ActionId.DETAILS].trigger, self.are_rows_there)
        return figures

    def are_icons_there(self) -> bool:
        """Return whether all icons on the screen have come."""
        return all(self.rows.row(number) is not None for number in self.grid._visible())

    def select_all(self) -> float:
        """Return what Ctrl+A takes, until the event loop goes on."""
        self.table.setFocus()
        start_s = time.perf_counter()
        QTest.keyClick(self.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QApplication.processEvents()
        took_ms = (time.perf_counter() - start_s) * 1000
        if self.table.selected_count != self.rows.rowCount():
            raise RuntimeError("not all rows are selected")
        return took_ms

    def wheel(self, turns: int) -> None:
        """Turn the wheel, one notch a sixtieth of a second."""
        viewport = self.table.viewport()
        position = QPointF(200, 200)
        for _ in range(turns):
            event = QWheelEvent(
                position, viewport.mapToGlobal(position), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QApplication.sendEvent(viewport, event)
            spin(1 / 60)


def main(argv: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--start", type=float, default=None)
    parser.add_argument("--tour", action="store_true", help="the tour alone")
    options = parser.parse_args(argv)
    with _window(options.data_dir) as browsing:
        if options.start is None:
            figures = {} if options.tour else _figures(browsing)
            figures |= _tour(browsing, options.data_dir)
            figures["memory"] = peak_memory_mib()
            browsing.go(_PLACE)  # where the next start begins
        else:
            figures = {"start": (time.monotonic() - options.start) * 1000}
    print(json.dumps(figures))


def _figures(browsing: Browsing) -> dict[str, float]:
    """Return the single figures: the worst of some rounds, the first one being for warming up."""
    rounds = [_round(browsing) for _ in range(_ROUNDS)][1:]
    return {name: max(one[name] for one in rounds) for name in rounds[0]}


def _round(browsing: Browsing) -> dict[str, float]:
    browsing.session.controllers.navigator.go(_FOLDERS)
    figures = {"open_many": browsing.go(_FOLDERS), "end_many": browsing.end()}
    figures |= {"open": browsing.go(_PLACE), "end": browsing.end(), "middle": browsing.thumb(0.5)}
    figures["select_all"] = browsing.select_all()
    figures |= {"sort_size": browsing.sort(Column.SIZE), "end_size": browsing.end()}
    figures |= {"middle_size": browsing.thumb(0.5), "sort_time": browsing.sort(Column.MODIFIED)}
    browsing.sort_by_name()
    figures["type_ahead"] = browsing.type_ahead("giraffe")
    figures |= {"filter_first": browsing.filter("ber"), "filter_last": browsing.filter("gir")}
    return figures | browsing.icons()


def _tour(browsing: Browsing, data_dir: Path) -> dict[str, float]:
    """Return the longest stall while a person does everything and objects come from elsewhere all the time."""
    browsing.go(_PLACE)
    with Heartbeat() as heart, _news(browsing.window, data_dir) as rate:
        took_ms: dict[str, float] = {}
        for name, act in _stages(browsing, took_ms):
            heart.phase(name)
            act()
            spin(0.5)
        heart.phase("")
    for name, gap_ms in heart.longest.items():
        print(f"  {name or 'between'}: longest stall {gap_ms:.0f} ms", file=sys.stderr)
    print(*sorted(heart.stalls, key=lambda stall: -stall.gap_ms), sep="\n", file=sys.stderr)
    print(f"news: {rate[0]:.0f} objects a second", file=sys.stderr)
    return took_ms | {"stall": heart.longest_ms, "news": rate[0]}


def _stages(browsing: Browsing, took_ms: dict[str, float]) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "rest", lambda: spin(1)
    yield "wheel", lambda: browsing.wheel(_WHEEL_TURNS)
    yield "thumb", lambda: [browsing.thumb((stop * 7 % _THUMB_STOPS) / _THUMB_STOPS) for stop in range(_THUMB_STOPS)]
    yield "wheel in the middle", lambda: browsing.wheel(_WHEEL_TURNS)
    yield "sort by size", lambda: browsing.sort(Column.SIZE)
    yield "thumb by size", lambda: browsing.thumb(0.4)
    yield "sort by date", lambda: browsing.sort(Column.MODIFIED)
    yield "sort by name", browsing.sort_by_name
    yield "filter", lambda: took_ms.update(filter_news=browsing.filter("gir"))
    yield "select all", browsing.select_all
    yield "end", browsing.end
    yield "icons", lambda: browsing.session.actions[ActionId.ICONS].trigger()
    yield "details", lambda: browsing.session.actions[ActionId.DETAILS].trigger()
    yield "many folders", lambda: browsing.go(_FOLDERS)
    yield "back", lambda: browsing.go(_PLACE)
    yield "rest again", lambda: spin(2)


@contextmanager
def _news(window: Window, data_dir: Path) -> Iterator[list[float]]:
    """Write objects into the folder shown all the time, from a second thread: 200 a second, each told.

    As the transfer queue does, all that have come since the last commit go into one transaction: how many these are
    follows from what a commit takes on this disk.

    Yields:
        What will hold the objects that came in a second.
    """
    ended, rate = threading.Event(), [0.0]
    storage, context = window.session._side._workspace.storage, window.session._side._workspace.context

    def write() -> None:
        written, start_s = 0, time.monotonic()
        with tempfile.TemporaryDirectory(dir=data_dir.parent) as folder:
            source = Path(folder) / "news.txt"
            source.write_bytes(b"news")
            while not ended.wait(_REST_S):
                due = range(written, int((time.monotonic() - start_s) * _EVENTS_PER_S))
                names = [f"{FOLDER}emerald-new-{os.getpid()}-{number:07d}.txt" for number in due]
                storage.upload_many(BIG, [UploadItem(source, name) for name in names], context)
                written = due.stop
        rate[0] = written / (time.monotonic() - start_s)

    writer = threading.Thread(target=write, name="news")
    writer.start()
    try:
        yield rate
    finally:
        ended.set()
        writer.join()


@contextmanager
def _window(data_dir: Path) -> Iterator[Browsing]:
    """Open the real window, with rows painted, and close it again."""
    application = QApplication(sys.argv[:1])
    window = Window(application, Theme(application), FixedSecrets())
    window.shell.resize(1280, 800)
    window.open(data_dir)
    spin_until(lambda: window.session is not None)
    browsing = Browsing(window)
    spin_until(browsing.are_rows_there)
    yield browsing
    closed: list[bool] = []
    window.closed.connect(lambda: closed.append(True))
    window.shell.leave()
    spin_until(lambda: bool(closed))


if __name__ == "__main__":
    main(sys.argv[1:])
