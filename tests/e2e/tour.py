"""A tour of browsing in the real window, with mouse and keyboard as a person has them.

Every step looks at what the window shows and fails if it is not what a person should see.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.e2e.accessibility import Node
from tests.e2e.main_job import Witness
from tests.e2e.window import Window

BUCKET: Final = "photos"
FOLDER: Final = "album"
HIDDEN: Final = "sunset.txt"
WORDS: Final = "The sun goes down behind the hills."
_IN_NAME_PX: Final = 120
_STEP_PX: Final = 15
"""Less than the height of a row."""


@dataclass
class Tour:
    """The whole tour of one folder.

    Attributes:
        window: On an empty data folder.
        work_dir: An empty folder.
        count: Objects in the folder that is browsed, from 40 to 99.
        witness: Told of each step.
    """

    window: Window
    work_dir: Path
    count: int = 60
    witness: Witness = field(default_factory=Witness)

    def play(self) -> None:
        """Do everything, from an empty workspace to a window that is closed."""
        self.fill()
        self.open()
        self.scroll()
        self.sort()
        self.filter()
        self.select_all()
        self.see_icons()
        self.search()
        self.preview()
        self.drag()
        self.undo()
        assert self.window.close() == 0
        self._tell("The window closed", "")

    def fill(self) -> None:
        """Store what is looked at: notes, each a byte longer than the one before, and a folder."""
        for number in range(self.count):
            (self.work_dir / _note(number)).write_text("x" * (number + 1))
        (self.work_dir / FOLDER).mkdir()
        (self.work_dir / FOLDER / HIDDEN).write_text(WORDS)
        self.window.run("mb", BUCKET)
        self.window.run("put", *sorted(self.work_dir.iterdir()), BUCKET)

    def open(self) -> None:
        """Open the window on the folder."""
        self.window.open()
        self.window.desktop.click(self.window.see("tree item", BUCKET).box)
        self._cell(_note(0))
        self._tell(f"A folder of {self.count + 1} things is open", "open")

    def scroll(self) -> None:
        """Go down with the wheel, to the end and back with keys."""
        desktop, first = self.window.desktop, self._cell(_note(0))
        desktop.click(first.box)
        self.window.until(lambda: self._is_below(_note(self.count // 2)), "rows further down are seen")
        self._tell("The wheel scrolls", "scrolled")
        desktop.keys("End")
        self.window.until(lambda: self._is_seen(_note(self.count - 1)), "the last row is seen")
        desktop.keys("Home")
        self.window.until(lambda: self._is_seen(FOLDER), "the first row is seen")

    def sort(self) -> None:
        """Put the largest first by clicks on the title of a column."""
        for order in ("ascending", "descending"):
            self.window.until(lambda order=order: self._is_sorted(order), f"the title says {order}", 60.0)
        self.window.until(lambda: self._is_seen(_note(self.count - 1)), "the largest is among the first rows")
        self._tell("The largest come first", "sorted")

    def filter(self) -> None:
        """Type a part of a name."""
        self.window.desktop.keys("ctrl+f")
        self.window.desktop.type('"NOTE 3"')
        self.window.see("label", f"10 of {self.count + 1}")
        self._tell("Letters leave ten rows", "filtered")
        self.window.desktop.keys("Escape", "Escape")
        self._cell(FOLDER)

    def select_all(self) -> None:
        """Select everything."""
        self.window.desktop.keys("ctrl+a")
        self.window.see("label", lambda text: text.startswith(f"{self.count + 1} selected"))
        self._tell("Everything is selected", "selected")
        self.window.desktop.keys("Escape")

    def see_icons(self) -> None:
        """Look at the same as icons, and go back to rows."""
        self.window.desktop.keys("ctrl+2")
        self.window.see("list item", FOLDER)
        self._tell("The folder is shown as icons", "icons")
        self.window.desktop.keys("ctrl+1")
        self._cell(FOLDER)

    def search(self) -> None:
        """Find something that lies further down."""
        self.window.desktop.keys("ctrl+shift+f")
        self.window.desktop.type("SUN")
        self._cell(HIDDEN)
        self.window.see("label", "1 found")
        self._tell("What lies in a folder was found", "searched")

    def preview(self) -> None:
        """Look at what was found in large, and put it away."""
        desktop = self.window.desktop
        desktop.keys("Down", "space")
        self.window.until(lambda: any(title.startswith(HIDDEN) for title in desktop.window_titles()), "it is in large")
        self.window.until(lambda: WORDS in self.window.see("text", "Text").text, "its words are seen")
        self._tell("It is shown in large", "previewed")
        desktop.keys("space")
        self.window.until(lambda: "Holdall" in desktop.active_title(), "the window has the keyboard again")
        desktop.keys("Escape", "Escape")
        self._cell(FOLDER)

    def drag(self) -> None:
        """Drag a row onto the folder."""
        name, target = _note(self.count - 9), self._cell(FOLDER).box.centre

        def hangs() -> bool:
            self.window.desktop.move((target[0] + time.monotonic_ns() % 9, target[1]))
            return self.window.find("label", lambda text: text.startswith("Move") and FOLDER in text) is not None

        def look() -> None:
            self.window.until(hangs, "words beside the pointer say what a drop does")
            self.witness.look("dragged")

        self.window.desktop.drag(self._cell(name).box.centre, target, before_drop=look)
        self._until_there(f"{FOLDER}/{name}")
        self._tell("A row was dragged into the folder", "dropped")

    def undo(self) -> None:
        """Take that back."""
        self.window.desktop.keys("ctrl+z")
        self._until_there(_note(self.count - 9))
        self.window.desktop.keys("alt+Up")  # the folder has opened, where the drag hung over it for long
        self._cell(_note(self.count - 9))
        self._tell("It is back where it was", "undone")

    def _is_sorted(self, order: str) -> bool:
        """Click on the title of a column, and return whether it says its order then: a double click turns nothing."""
        self.window.desktop.click(self.window.see("column header", lambda text: text.startswith("Size")).box)
        try:
            self.window.see("column header", f"Size, sorted {order}", timeout_s=5.0)
        except TimeoutError:
            return False
        return True

    def _until_there(self, path: str) -> None:
        def is_there() -> bool:
            return path in {row["path"] for row in self.window.ask("ls", "-r", BUCKET)}

        self.window.until(is_there, f"{path} is there")

    def _cell(self, name: str) -> Node:
        return self.window.see("cell", name)

    def _is_below(self, name: str) -> bool:
        """Return whether one more notch of the wheel brings a row into the window; how far that goes is Qt's to say."""
        self.window.desktop.wheel(1)
        return self._is_seen(name)

    def _is_seen(self, name: str) -> bool:
        """Return whether a row is inside the window: of a long table only what is at a point can be asked for."""
        table = self.window.see("table", "Folder contents")
        box = table.box
        nodes = (table.at(box.x + _IN_NAME_PX, y) for y in range(box.y, box.y + box.height, _STEP_PX))
        return any(node is not None and node.name == name for node in nodes)

    def _tell(self, sentence: str, picture: str) -> None:
        self.witness.tell(sentence)
        if picture:
            self.witness.look(picture)


def _note(number: int) -> str:
    return f"note {number:02}.txt"
