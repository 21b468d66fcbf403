"""A menu of places that is read when it opens: the folders beside one, or all buckets."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.i18n import translate
from app.location import Location
from app.look import Look

PLACES_MAX: Final = 40
"""More would not fit on a screen; the rest is seen in the folder itself."""


class PlacesMenu(QMenu):
    """See the module.

    Signals:
        wanted: It opens and needs `offer`.
        chosen: Carries the `Location`.
    """

    wanted = Signal()
    chosen = Signal(object)

    def __init__(self, look: Look, above: Location | None, current: Location, parent: QWidget) -> None:
        """Args: look; whose folders are listed, None for the buckets; which of them is shown; Qt's owner."""
        super().__init__(parent)
        self._look = look
        self.above = above
        self._current = current
        self._is_open = False
        self.aboutToShow.connect(self._open)
        self.aboutToHide.connect(self._close)

    def offer(self, places: tuple[Location, ...], *, has_more: bool) -> None:
        """Show what there is, as long as the menu is open.

        Args:
            places: In their order, at most `PLACES_MAX`.
            has_more: Whether there are others.
        """
        if not self._is_open:
            return
        self.clear()
        if self._current not in places:
            self._add(self._current)
            self.addSeparator()
        for place in places:
            self._add(place)
        if has_more and self.above is not None:
            self.addSeparator()
            more = self.addAction(translate("PlacesMenu", "More…"))
            more.triggered.connect(lambda: self.chosen.emit(self.above))

    def _open(self) -> None:
        self._is_open = True
        self.clear()
        self.addAction(translate("PlacesMenu", "Reading…")).setEnabled(False)
        self.wanted.emit()

    def _close(self) -> None:
        self._is_open = False

    def _add(self, place: Location) -> None:
        glyph, tone = ("folder-fill", "kind_folder") if place.prefix else ("archive-fill", "accent")
        name = place.name or translate("PlacesMenu", "(no name)")
        action = self.addAction(self._look.icons.icon(glyph, tone), name.replace("&", "&&"))
        action.triggered.connect(lambda: self.chosen.emit(place))
        if place == self._current:
            action.setFont(self._look.theme.font("body", bold=True))
            self.setActiveAction(action)
