"""How one gets about in an open workspace: tabs, path bar, history, wired together for `session`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, QTimer, Signal
from PySide6.QtWidgets import QToolButton

from app.action_set import Actions
from app.actions import ActionId as A
from app.bridge.engine_side import EngineSide
from app.controllers.escape import EscapeLadder, Rung
from app.controllers.favourites import Favourites
from app.controllers.keeping import OpenFolders, SessionKeeper
from app.controllers.moving import Moving
from app.controllers.navigation import Navigator
from app.controllers.overview import Overview
from app.controllers.panes import Panes, SideButtons
from app.controllers.path_bar import PathBar
from app.controllers.springs import Springs
from app.controllers.tabs import Tabs
from app.history import History
from app.i18n import translate
from app.location import Location
from app.menus import MISSING_MENU, PLACE_MENU, TAB_MENU, popup_menu
from app.models.folder_model import ROW_ROLE
from app.models.rows import Row
from app.models.tree_model import LOCATION_ROLE
from app.remembered import read_tabs, tabs_text
from app.session_parts import Controllers, Frame, Models, Views
from app.situation import Going
from app.tabs import Tab
from app.views.history_menus import HistoryMenu
from app.views.tab_clicks import TabClicks
from app.widgets.tab_strip import TabTitle


class Ways(QObject):
    """See the module.

    Signals:
        look_again_wanted: The commands must be up to date now.
        look_soon_wanted: What they are about changed.
    """

    look_again_wanted = Signal()
    look_soon_wanted = Signal()

    def __init__(
        self, frame: Frame, side: EngineSide, models: Models, views: Views, controllers: Controllers, actions: Actions
    ) -> None:
        """Args: what everything needs; the engine's side; what is shown; the views; what acts; the commands."""
        super().__init__(frame.shell)
        self._frame = frame
        self._views = views
        self._actions = actions
        self._acting = side.acting
        self._buckets = models.buckets
        self._navigator: Navigator = controllers.navigator
        self._moving: Moving = controllers.moving
        self.tabs = Tabs(self._navigator, side.reader, side.acting)
        PathBar(views.breadcrumb, self._navigator, side.reader, side.finder, models.buckets)
        self._pointed: Location | None = None
        self._unpoint = QTimer(self, singleShot=True, interval=0)
        self._unpoint.timeout.connect(lambda: self._point_at(None))
        self.favourites = Favourites(
            views.favourites, self._navigator, side.reader, models.buckets, frame.settings, frame.shell.toast
        )
        self.favourites.follow(side.relay)
        self.overview = Overview(
            frame.look, frame.shell, actions, self._navigator, self.tabs, self.favourites, models.buckets,
            self.look_again_wanted.emit,
        )  # fmt: skip
        self._open_folders = OpenFolders(views.tree, models.buckets, frame.settings, side.acting)
        SessionKeeper(self.remember, self).follow(
            self.tabs.changed, self._navigator.moved, models.rows.opened, views.tree.expanded, views.tree.collapsed
        )
        self.ladder = EscapeLadder(frame.shell)
        self.ladder.add(Rung.SELECTION, self._drop_selection)
        self.ladder.add(Rung.SEARCH, views.pane.filter.dismiss)
        parts = (
            views.toolbar, views.tabs, views.favourites, views.tree, views.pane, views.inspector, views.transfers,
            views.status,
        )  # fmt: skip
        self._panes = Panes(parts, frame.shell)
        SideButtons((views.pane.table.viewport(), views.tree.viewport(), views.pane), self._navigator)
        self._connect_tabs()
        self._connect_favourites()
        self._connect_drops()
        self._connect_history()

    @property
    def handlers(self) -> Mapping[A, Callable[[], None]]:
        """Return what the commands about going places do."""
        return {
            A.NEW_TAB: self.tabs.open,
            A.OPEN_IN_TAB: self._open_in_tab,
            A.OPEN_ENCLOSING: self._open_enclosing,
            A.CLOSE_TAB: self.tabs.close,
            A.CLOSE_OTHER_TABS: lambda: self.tabs.close_others(self.tabs.active),
            A.REOPEN_TAB: self.tabs.reopen,
            A.NEXT_TAB: partial(self.tabs.step, 1),
            A.PREVIOUS_TAB: partial(self.tabs.step, -1),
            A.FAVOURITE: self._toggle_favourite,
            A.REPOINT_FAVOURITE: self._repoint_favourite,
            A.NEXT_PANE: partial(self._panes.step, 1),
            A.PREVIOUS_PANE: partial(self._panes.step, -1),
            A.PALETTE: self.overview.open_palette,
            A.SHORTCUTS: self.overview.open_sheet,
        }

    def start(self) -> None:
        """Bring back the tabs that there were, or the place where somebody was last."""
        settings = self._frame.settings
        tabs, active = read_tabs(settings.tabs)
        if not tabs:
            place = Location.parse(settings.place)
            tabs = (Tab(History() if place is None else History(place)),)
        self.tabs.restore(tabs, active)
        self._navigator.start(tabs[active])

    def remember(self) -> None:
        """Keep the tabs, where somebody is, and what is open in the tree; not before what was kept last is back."""
        if self._acting.identity is not None or not self._is_back:
            return
        self._open_folders.remember()
        place = self._navigator.place
        self._frame.settings.place = place.text if place else ""
        self._frame.settings.tabs = tabs_text(self.tabs.all(), self.tabs.active)

    @property
    def _is_back(self) -> bool:
        return self._navigator.place is not None or (self._buckets.loaded and not self._buckets.buckets)

    def going(self) -> Going:
        """Return where one can go from here."""
        pinned = self._place_to_pin()
        is_favourite = pinned in self.favourites.places
        folder, missing = self._folder_meant(), self._missing_favourite()
        return Going(len(self.tabs.places), self.tabs.can_reopen, folder, pinned, is_favourite, missing)

    def _connect_tabs(self) -> None:
        strip, tabs = self._views.tabs, self.tabs
        strip.chosen.connect(tabs.show)
        strip.close_wanted.connect(tabs.close)
        strip.moved.connect(tabs.move)
        strip.new_wanted.connect(tabs.open)
        strip.menu_wanted.connect(self._tab_menu)
        strip.dropped.connect(self._dropped_on_tab)
        strip.bar.place_of = lambda number: tabs.places[number]
        tabs.changed.connect(self._show_tabs)
        self._navigator.keep_focus_in(strip.bar)
        table, tree = self._views.pane.table, self._views.tree
        rows = TabClicks(table.viewport(), self._row_place_at, with_ctrl=False)
        nodes = TabClicks(tree.viewport(), lambda point: tree.indexAt(point).data(LOCATION_ROLE), with_ctrl=True)
        for clicks in (rows, nodes):
            clicks.wanted.connect(self._open_behind)
        self._views.breadcrumb.tab_wanted.connect(self._open_behind)

    def _connect_favourites(self) -> None:
        panel = self._views.favourites
        for signal in (self.favourites.changed, panel.list.focus_changed):
            signal.connect(self.look_soon_wanted)
        panel.menu_wanted.connect(self._place_menu)
        panel.drop_hovering.connect(self._views.pane.announce_place)
        panel.drop_left.connect(self._views.pane.hide_announcement)
        panel.dropped.connect(lambda sources, place: self._moving.upload(place, sources))
        self._views.breadcrumb.menu_wanted.connect(self._place_menu)
        self._navigator.keep_focus_in(panel.list)
        TabClicks(panel.list.viewport(), panel.list.place_at, with_ctrl=True).wanted.connect(self._open_behind)

    def _connect_history(self) -> None:
        """Hang the places that were visited on the buttons that go there."""
        bar, go = self._views.toolbar, self._navigator
        ways = ((A.BACK, lambda: go.history.behind, go.back), (A.FORWARD, lambda: go.history.ahead, go.forward))
        for name, places, step in ways:
            button = bar.widgetForAction(self._actions[name])
            if isinstance(button, QToolButton):
                HistoryMenu(self._frame.look, button, places).chosen.connect(step)

    def _connect_drops(self) -> None:
        """Let drops on the path bar go where they hang, and folders of the table open below them."""
        crumbs, pane = self._views.breadcrumb, self._views.pane
        crumbs.drop_hovering.connect(pane.announce_place)
        crumbs.drop_left.connect(pane.hide_announcement)
        crumbs.dropped.connect(lambda sources, place: self._moving.upload(place, sources))
        Springs(pane.table, self._views.tree, self._navigator)

    def _drop_selection(self) -> bool:
        table = self._views.pane.table
        had = bool(table.ranges)
        table.clearSelection()
        return had

    def _show_tabs(self) -> None:
        titles = tuple(_title(place) for place in self.tabs.places)
        self._views.tabs.show_tabs(titles, self.tabs.active)

    def _tab_menu(self, number: int, position: QPoint) -> None:
        self.tabs.show(number)
        popup_menu(self._frame.shell, self._actions, TAB_MENU, position)

    def _dropped_on_tab(self, sources: list[Path], number: int) -> None:
        place = self.tabs.places[number]
        if place is not None:
            self._moving.upload(place, sources)

    def _open_behind(self, place: Location) -> None:
        self.tabs.open(place, show=False)

    def _open_in_tab(self) -> None:
        folder = self._folder_meant()
        if folder is not None:
            self.tabs.open(folder)

    def _open_enclosing(self) -> None:
        """Show the folder that the current row is in, with it selected."""
        row, here = self._views.pane.table.current_row(), self._views.pane.table.shown_place
        above = Location(row.bucket or here.bucket, row.path).parent if row is not None and here is not None else None
        if above is not None and row is not None:
            self._navigator.go(above, row.path)

    def _folder_meant(self) -> Location | None:
        node = self._pointed or self._views.favourites.focused_place() or self._views.tree.focused_place()
        return node or self._place_of(self._views.pane.table.currentIndex().data(ROW_ROLE))

    def _place_to_pin(self) -> Location | None:
        """Return the folder or bucket that is meant, where nothing is selected that the window is in."""
        table = self._views.pane.table
        pointed = self._pointed or self._views.favourites.focused_place() or self._views.tree.focused_place()
        if pointed is not None or not table.selected_count:
            return pointed or self._navigator.place
        return self._folder_meant() if table.selected_count == 1 else None

    def _toggle_favourite(self) -> None:
        place = self._place_to_pin()
        if place is not None:
            self.favourites.toggle(place)

    def _missing_favourite(self) -> Location | None:
        """Return the favourite that is meant, if it is not there."""
        place = self._pointed or self._views.favourites.focused_place()
        return place if place is not None and self.favourites.misses(place) else None

    def _repoint_favourite(self) -> None:
        place = self._missing_favourite()
        if place is not None:
            self.favourites.lead_here(place)

    def _place_menu(self, place: Location, position: QPoint) -> None:
        """Show what can be done with a place that is pointed at; it is what commands mean while the menu is open."""
        self._point_at(place)
        entries = MISSING_MENU if self.favourites.misses(place) else PLACE_MENU
        menu = popup_menu(self._frame.shell, self._actions, entries, position)
        menu.aboutToHide.connect(self._unpoint.start)  # a command that was chosen is run first

    def _point_at(self, place: Location | None) -> None:
        self._pointed = place
        self.look_again_wanted.emit()

    def _row_place_at(self, point: QPoint) -> Location | None:
        return self._place_of(self._views.pane.table.indexAt(point).data(ROW_ROLE))

    def _place_of(self, row: Row | None) -> Location | None:
        here = self._views.pane.table.shown_place
        return Location(row.bucket or here.bucket, row.path) if row and row.is_folder and here is not None else None


def _title(place: Location | None) -> TabTitle:
    if place is None:
        return TabTitle(translate("Ways", "No bucket"), translate("Ways", "No bucket"))
    return TabTitle(place.name or translate("Ways", "(no name)"), place.text.rstrip("/"))
