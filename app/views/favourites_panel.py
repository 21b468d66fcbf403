"""The section above the tree: pinned places to go to, hidden while there are none."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.favourites import Favourite
from app.i18n import translate
from app.location import Location
from app.look import Look, label
from app.views.favourites_list import FavouritesList
from app.views.hold import Hold


class FavouritesPanel(QWidget):
    """See the module. It shows what it is told.

    Signals:
        place_chosen: A row was clicked or entered; carries its `Location`.
        put_wanted: A place shall be pinned, or moved among them; carries the `Location` and the number of a row.
        remove_wanted: A row shall go; carries its `Location`.
        menu_wanted: Carries the `Location` of a row and the global position.
        drop_hovering: Files hang over a row; carries its `Location`.
        drop_left: They went away.
        dropped: Carries a list of `Path` and the `Location`.
    """

    place_chosen = Signal(object)
    put_wanted = Signal(object, int)
    remove_wanted = Signal(object)
    menu_wanted = Signal(object, QPoint)
    drop_hovering = Signal(object)
    drop_left = Signal()
    dropped = Signal(list, object)

    def __init__(self, look: Look, hold: Hold) -> None:
        """Args: look; what is in hand."""
        super().__init__()
        space = look.theme.space
        self.list = FavouritesList(look, hold)
        self.list.place_chosen.connect(self.place_chosen)
        self.list.put_wanted.connect(self.put_wanted)
        self.list.remove_wanted.connect(self.remove_wanted)
        self.list.menu_wanted.connect(self.menu_wanted)
        self.list.drop_hovering.connect(self.drop_hovering)
        self.list.drop_left.connect(self.drop_left)
        self.list.dropped.connect(self.dropped)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, space("xs"), 0, space("s"))
        column.setSpacing(space("xs"))
        head = QHBoxLayout()
        head.setContentsMargins(space("l"), 0, space("s"), 0)
        head.addWidget(label(translate("FavouritesPanel", "Favourites"), size="section"))
        column.addLayout(head)
        column.addWidget(self.list)
        self.hide()

    def show_places(self, favourites: tuple[Favourite, ...]) -> None:
        """Show these, in their order."""
        self.list.show_places(favourites)
        self.setVisible(bool(favourites))

    def show_place(self, place: Location | None) -> None:
        """Mark the place that the window shows, if it is among them."""
        self.list.show_place(place)

    def focused_place(self) -> Location | None:
        """Return the row that has the keyboard, or None while the list has not."""
        return self.list.current_place if self.list.hasFocus() else None
