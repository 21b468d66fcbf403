"""The tabs of the window: one table and one model, into which the tab that is shown is swapped.

A tab that is not shown costs a few values. What it stands on is followed all the same: a place that is renamed or
deleted is so in every tab. When somebody else looks, each is at the nearest place that they see, and comes back as it
was when they no longer do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.bridge.acting import Acting
from app.bridge.reading import Found, Reader
from app.controllers.navigation import Navigator
from app.history import History
from app.location import Location
from app.tabs import Tab

_CLOSED_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class _Own:
    """The tabs of the person at this computer, while they act as somebody."""

    tabs: tuple[Tab, ...]
    active: int
    closed: tuple[tuple[int, Tab], ...]

    def followed(self, old: Location, new: Location) -> _Own:
        closed = tuple((number, tab.followed(old, new)) for number, tab in self.closed)
        return replace(self, tabs=tuple(tab.followed(old, new) for tab in self.tabs), closed=closed)


class Tabs(QObject):
    """See the module.

    Signals:
        changed: Tabs came, went, moved, or are elsewhere now.
    """

    changed = Signal()

    def __init__(self, navigator: Navigator, reader: Reader, acting: Acting) -> None:
        """Args: what shows the present one; what looks whether the places of the others are there; who looks."""
        super().__init__(navigator)
        self._acting = acting
        self._navigator = navigator
        self._reader = reader
        self._tabs = [Tab()]
        self._active = 0
        self._closed: list[tuple[int, Tab]] = []
        self._own: _Own | None = None
        navigator.followed.connect(self._follow)
        navigator.lost.connect(self._lose)
        navigator.looked_anew.connect(self._look_anew)
        navigator.moved.connect(self.changed)

    @property
    def places(self) -> tuple[Location | None, ...]:
        """Return where the tabs are, in their order."""
        return tuple(self._navigator.place if i == self._active else tab.place for i, tab in enumerate(self._tabs))

    @property
    def active(self) -> int:
        """Return the number of the one that is shown."""
        return self._active

    @property
    def can_reopen(self) -> bool:
        """Return whether one was closed."""
        return bool(self._closed)

    def all(self) -> tuple[Tab, ...]:
        """Return all tabs, the one that is shown as it is now."""
        return tuple(self._navigator.tab if i == self._active else tab for i, tab in enumerate(self._tabs))

    def restore(self, tabs: tuple[Tab, ...], active: int) -> None:
        """Take over tabs that were remembered, before anything is shown.

        Args:
            tabs: One or more.
            active: Which is shown; its place is brought by `Navigator.start`.
        """
        self._tabs, self._active = list(tabs), active
        for number in self._others():
            self._check(number)
        self.changed.emit()

    def open(self, place: Location | None = None, *, show: bool = True) -> None:
        """Open a tab beside the one that is shown.

        Args:
            place: Where it is; where the window is when None.
            show: Go to it at once.
        """
        here = self._navigator.tab
        place = place or here.place
        view = here.view if place == here.place else None
        if view is None and here.view is not None and place is not None:
            view = replace(here.view, location=place, moment=None)
        self._insert(self._active + 1, Tab(_starting_at(place), view), show=show)

    def close(self, number: int | None = None) -> None:
        """Close a tab, or the one that is shown; the last one stays."""
        number = self._active if number is None else number
        if len(self._tabs) == 1 or not 0 <= number < len(self._tabs):
            return
        if number == self._active:
            self.show(number + 1 if number + 1 < len(self._tabs) else number - 1)
        self._closed = [*self._closed, (number, self._take_out(number))][-_CLOSED_MAX:]
        self.changed.emit()

    def close_others(self, number: int) -> None:
        """Close all tabs but one."""
        self.show(number)
        for other in reversed(self._others()):
            self.close(other)

    def reopen(self) -> None:
        """Open again what was closed last, where it was."""
        if self._closed:
            number, tab = self._closed.pop()
            self._insert(min(number, len(self._tabs)), tab, show=True)

    def show(self, number: int) -> None:
        """Show another tab."""
        if number == self._active or not 0 <= number < len(self._tabs):
            return
        self._tabs[self._active] = self._as_known(self._navigator.tab)
        self._active = number
        self._navigator.show_tab(self._tabs[number])
        self._check(number)
        self.changed.emit()

    def step(self, steps: int) -> None:
        """Show the tab so many to the right of this one, around the end."""
        self.show((self._active + steps) % len(self._tabs))

    def move(self, source: int, target: int) -> None:
        """Put a tab at another place in the order."""
        shown = self._tabs[self._active]
        self._tabs.insert(target, self._tabs.pop(source))
        self._active = next(i for i, tab in enumerate(self._tabs) if tab is shown)
        self.changed.emit()

    def _insert(self, number: int, tab: Tab, *, show: bool) -> None:
        self._tabs.insert(number, tab)
        self._active += number <= self._active
        if show:
            self.show(number)
        self.changed.emit()

    def _take_out(self, number: int) -> Tab:
        """Remove one that is not shown."""
        self._active -= number < self._active
        return self._tabs.pop(number)

    def _others(self) -> list[int]:
        return [number for number in range(len(self._tabs)) if number != self._active]

    def _follow(self, old: Location, new: Location) -> None:
        is_sought = self._navigator.place is None  # the shown one's place is still being looked for
        for number in (*self._others(), *([self._active] if is_sought else ())):
            self._tabs[number] = self._tabs[number].followed(old, new)
        self._closed = [(number, tab.followed(old, new)) for number, tab in self._closed]
        if self._own is not None:
            self._own = self._own.followed(old, new)
        self.changed.emit()

    def _lose(self, gone: Location) -> None:
        """Go up in the others, and close those that are nowhere then."""
        for number in reversed(self._others()):
            self._tabs[number] = self._tabs[number].left(gone)
            if self._tabs[number].place is None:
                self._take_out(number)
        closed = [(number, tab.left(gone)) for number, tab in self._closed]
        self._closed = [(number, tab) for number, tab in closed if tab.place is not None]
        self.changed.emit()

    def _look_anew(self, was: Tab) -> None:
        """Bring back one's own tabs as they were; of others, whoever looks now gets only where one is.

        Where one was may be hidden from them.
        """
        was = self._as_known(was)
        tabs = [was if i == self._active else tab for i, tab in enumerate(self._tabs)]
        own = self._own or _Own(tuple(tabs), self._active, tuple(self._closed))
        if self._acting.identity is None:
            self._own = None
            self._tabs, self._active, self._closed = list(own.tabs), own.active, list(own.closed)
            self._navigator.come_back_to(self._tabs[self._active])
        else:
            self._own = own
            self._tabs, self._closed = [Tab(_starting_at(tab.place)) for tab in tabs], []
        for number in self._others():
            self._check(number)

    def _as_known(self, shown: Tab) -> Tab:
        """Return the one that is shown; as it was remembered while its place is still being looked for."""
        return shown if shown.place is not None else self._tabs[self._active]

    def _check(self, number: int) -> None:
        """See whether a tab's place is still there; of the past nothing goes."""
        tab = self._tabs[number]
        place = tab.place
        if place is not None and (tab.view is None or tab.view.moment is None):
            self._reader.nearest(place, lambda found: self._checked(place, found))

    def _checked(self, place: Location, found: Found | None) -> None:
        there = None if found is None else found.place
        if there != place and place in self.places:
            self._navigator.leave(place.trail[0 if there is None else len(there.trail)])


def _starting_at(place: Location | None) -> History:
    return History() if place is None else History(place)
