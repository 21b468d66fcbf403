"""One tab as a value: where it is, how it got there, and how what it shows is sorted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from app.history import History
from app.location import Location
from app.models.sources import View


@dataclass(frozen=True, slots=True)
class Tab:
    """See the module.

    Attributes:
        history: Its places.
        view: What it shows of the present one, or None where it has not been there yet.
    """

    history: History = field(default_factory=History)
    view: View | None = None

    @property
    def place(self) -> Location | None:
        """Return where it is, or None without any bucket."""
        return self.history.current

    def followed(self, old: Location, new: Location) -> Tab:
        """Return the tab after a place was renamed or moved, its history changed with it."""
        self.history.follow(old, new)
        if self.view is None:
            return self
        return replace(self, view=replace(self.view, location=self.view.location.moved(old, new)))

    def left(self, gone: Location) -> Tab:
        """Return the tab after a place is gone, its history without it: at the place above, or nowhere."""
        was = self.place
        self.history.forget(gone)
        if was is not None and gone.contains(was) and gone.parent is not None:
            self.history.visit(gone.parent)
        return self

    def settled(self, there: Location) -> Tab:
        """Return the tab at the nearest place above that is still there; of the past nothing goes."""
        here = self.place
        if here is None or here == there or (self.view is not None and self.view.moment is not None):
            return self
        return self.left(here.trail[len(there.trail)])
