"""One open workspace in one window: everything that lives as long as it is open, wired together and taken apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication

from app.action_set import Actions
from app.actions import ActionId as A
from app.bridge.engine_side import EngineSide
from app.bridge.serving import ServerState
from app.bridge.tasks import Tasks
from app.bucket_looks import BucketLooks
from app.controllers.alarms import AlarmControl
from app.controllers.comparing import CompareControl
from app.controllers.escape import Rung
from app.controllers.labelling import LabelControl
from app.controllers.large_preview import LargePreviewControl
from app.controllers.outside import OutsideControl
from app.controllers.tracking import InspectorFeed, Tracker
from app.controllers.versions import VersionControl
from app.controllers.viewing import Viewing
from app.errors import ErrorPresenter
from app.i18n import translate
from app.leaving import Step
from app.location import Location
from app.look import Look
from app.menus import (
    FOLDER_MENU,
    OBJECT_MENU,
    TREE_BUCKET_MENU,
    TREE_FOLDER_MENU,
    TREE_MENU,
    Entries,
    fill_menu_bar,
    popup_menu,
)
from app.models.folder_model import FolderModel
from app.models.rows import Row
from app.models.tree_model import TreeModel
from app.session_parts import Frame, Models, make_controllers, make_views
from app.session_ways import Ways
from app.settings import WindowSettings
from app.theme import ThemeMode
from app.views.conflict_prompter import ConflictPrompter
from app.views.outside_menu import OutsideMenu
from app.views.shell import Shell
from app.widgets.drag_tip import DragTip
from engine.transfers import JobSnapshot
from engine.types import Bucket

_THEMES = {
    A.THEME_SYSTEM: ThemeMode.SYSTEM,
    A.THEME_LIGHT: ThemeMode.LIGHT,
    A.THEME_DARK: ThemeMode.DARK,
}


class Session(QObject):
    """See the module.

    Signals:
        quit_wanted: The person chose to quit.
    """

    quit_wanted = Signal()

    def __init__(
        self, shell: Shell, look: Look, settings: WindowSettings, errors: ErrorPresenter, tasks: Tasks, side: EngineSide
    ) -> None:
        """Args: the window; look; what is remembered; where errors go; the lanes; the engine's side of the bridge."""
        super().__init__(shell)
        self._shell = shell
        self._look = look
        self._settings = settings
        self._errors = errors
        self._tasks = tasks
        self._side = side
        self._opened_for_transfers = False
        self.actions = Actions(shell, look.icons)
        self._rows = FolderModel(side.reader, self)
        self._buckets = TreeModel(side.reader, self)
        frame, models = Frame(shell, look, settings, errors, tasks), Models(self._rows, self._buckets)
        self.views = make_views(frame, side, models, self.actions)
        self.controllers = make_controllers(frame, side, models, self.views)
        self._ways = Ways(frame, side, models, self.views, self.controllers, self.actions)
        self._tracker = Tracker(
            self.controllers.navigator, self._rows, self.views.pane, self.views.tree,
            self.actions, self.views.status, QGuiApplication.clipboard(),
            side.acting, self.views.hold, self.controllers.undo, self._ways.going,
        )  # fmt: skip
        self._ways.tabs.changed.connect(self._tracker.update_soon)
        self._ways.look_again_wanted.connect(self._tracker.update)
        self._ways.look_soon_wanted.connect(self._tracker.update_soon)
        self._feed = InspectorFeed(
            self.views.inspector, self.views.pane, self._rows, side.reader, side.previewer, side.versions,
            self.controllers.navigator, side.row_maker, side.acting, side.allowances,
        )  # fmt: skip
        self._version_control = VersionControl(
            look, shell, side.versions, self.views.inspector.versions, settings, shell.toast, errors,
        )  # fmt: skip
        self._version_control.changed.connect(self._feed.look_again)
        side.acting.changed.connect(self._feed.forget)
        side.acting.changed.connect(self.controllers.carrying.let_go)
        self._viewing = Viewing(
            self.controllers.navigator, self.views.pane, self.actions, BucketLooks(settings), side.acting
        )
        self.large = LargePreviewControl(
            look, shell, self.views.pane.table, self._rows, self.controllers.navigator, side.previewer, side.acting,
            settings,
        )  # fmt: skip
        self._ways.ladder.add(Rung.PREVIEW, self.large.dismiss)
        CompareControl(look, shell, self.views.inspector.versions, side.previewer)
        LabelControl(
            self.views.inspector, side.labels, side.previewer, self.controllers.navigator, self.controllers.undo,
            shell.toast, errors,
        )  # fmt: skip
        self._alarms = AlarmControl(side.alarms, self.views.status, shell.toast, self)
        self._prompter = ConflictPrompter(side.transfers, look, shell)
        self.actions.connect_all(self._handlers())
        self._connect_views()
        self._connect_engine()
        self._dress_shell()

    def start(self) -> None:
        """Show the page and load what it shows."""
        self._shell.show_page(self.views.bench)
        self._tracker.update()
        self._ways.start()

    def ask_to_close(self, close: Callable[[], None]) -> None:
        """Close, after asking if something would be cut short.

        Args:
            close: Called when the window may go.
        """
        from app.dialogs.quit_dialog import QuitDialog  # when it is wanted: no start waits for a dialog

        if not self._side.transfers.active and not self._tasks.under_way:
            close()
            return
        dialog = QuitDialog(self._look, self._shell)
        dialog.confirmed.connect(close)
        dialog.open()

    def remember(self) -> None:
        """Keep how the window looks and where it is."""
        self._ways.remember()
        self._settings.panels = " ".join(
            str(name) for name in (A.INSPECTOR, A.TRANSFERS, A.FOLDER_SIZES) if self.actions[name].isChecked()
        )
        self._settings.columns = self.views.pane.table.columns_state()
        self._viewing.remember()
        self._settings.splitter, self._settings.rows = self.views.bench.state()

    def stop(self) -> None:
        """Begin nothing more and tell nothing more; at once."""
        self._side.stop()

    @property
    def endings(self) -> tuple[Step, ...]:
        """What is left to do after `stop`, in this order and off the main thread; the workspace is closed with it."""
        return self._side.endings

    def _handlers(self) -> Mapping[A, Callable[[], None]]:
        go, edit, move, share = (
            self.controllers.navigator, self.controllers.editing, self.controllers.moving, self.controllers.sharing,
        )  # fmt: skip
        table = self.views.pane.table
        return {
            A.NEW_BUCKET: edit.new_bucket,
            A.NEW_FOLDER: edit.new_folder,
            A.UPLOAD_FILES: move.upload_files,
            A.UPLOAD_FOLDER: move.upload_folder,
            A.DOWNLOAD: self._download,
            A.QUIT: self.quit_wanted.emit,
            A.UNDO: self.controllers.undo.undo,
            A.REDO: self.controllers.undo.redo,
            A.CUT: self.controllers.carrying.cut,
            A.COPY: self.controllers.carrying.copy,
            A.PASTE: self.controllers.carrying.paste,
            A.DUPLICATE: self.controllers.carrying.duplicate,
            A.RENAME: self.controllers.renaming.rename,
            A.DELETE: edit.delete,
            A.DELETE_FOR_GOOD: edit.delete_for_good,
            A.SELECT_ALL: partial(self._in_table, table.selectAll),
            A.INVERT_SELECTION: partial(self._in_table, table.invert_selection),
            A.FILTER: self.controllers.filter.begin,
            A.SEARCH: self.controllers.filter.search,
            A.BACK: go.back,
            A.FORWARD: go.forward,
            A.UP: go.up,
            A.EDIT_PATH: self.views.breadcrumb.edit,
            A.REFRESH: go.refresh,
            A.OPEN: self._open,
            A.PREVIEW: self.large.toggle,
            A.COPY_LINK: share.copy_link,
            A.LINK_DIALOG: share.share,
            A.COPY_PUBLIC_LINK: share.copy_public_link,
            A.PROPERTIES: self._show_properties,
            A.BUCKET_PROPERTIES: lambda: self._with_bucket(edit.bucket_settings),
            A.TRASH: lambda: self._with_bucket(self.controllers.trash.open),
            A.POLICIES: lambda: self._with_bucket(self.controllers.policies.open),
            A.ALL_POLICIES: lambda: self.controllers.policies.open(None),
            A.TEST_ACCESS: self._test_access,
            A.AS_IT_WAS: lambda: self._with_bucket(self.controllers.time.ask),
            A.EMPTY_BUCKET: lambda: self._with_bucket(edit.empty_bucket),
            A.DELETE_BUCKET: lambda: self._with_bucket(edit.delete_bucket),
            A.USERS: self.controllers.access.open,
            A.AUDIT: self.controllers.audit.open,
            A.ACT_AS: self.controllers.acting.ask,
            A.STOP_ACTING: self.controllers.acting.stop,
            **self._viewing.handlers,
            A.INSPECTOR: lambda: self._show_inspector(self.actions[A.INSPECTOR].isChecked()),
            A.TRANSFERS: lambda: self._show_transfers(self.actions[A.TRANSFERS].isChecked()),
            A.FOLDER_SIZES: lambda: self.controllers.sizes.show(self.actions[A.FOLDER_SIZES].isChecked()),
            **{name: partial(self._choose_theme, mode) for name, mode in _THEMES.items()},
            A.SERVER: share.settings,
            A.SERVER_SWITCH: share.switch,
            A.LOG: self._alarms.show_log,
            A.ABOUT: self._about,
            **self._ways.handlers,
        }

    def _connect_views(self) -> None:
        views, edit, move = self.views, self.controllers.editing, self.controllers.moving
        table = views.pane.table
        self._rows.rename_wanted.connect(edit.rename_row)
        self._buckets.rename_wanted.connect(edit.rename_place)
        views.pane.dropped.connect(move.dropped)
        views.tree.drop_hovering.connect(views.pane.announce_place)
        views.tree.drop_left.connect(views.pane.hide_announcement)
        views.tree.dropped.connect(lambda sources, place: move.upload(place, sources))
        table.drag_wanted.connect(self.controllers.carrying.drag)
        views.hold.said.connect(DragTip(self._look, self._shell).say)
        self.controllers.undo.dress(self.actions)
        table.size_folders(self.controllers.sizes.text)
        self.controllers.sizes.changed.connect(table.viewport().update)
        table.menu_wanted.connect(self._table_menu)
        # Space presses buttons and types blanks everywhere else
        self.actions[A.PREVIEW].setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        for view in (table, views.pane.icons):
            view.addAction(self.actions[A.PREVIEW])
        views.tree.menu_wanted.connect(self._tree_menu)
        views.bench.new_bucket_wanted.connect(self.actions[A.NEW_BUCKET].trigger)
        views.status.server_clicked.connect(self.actions[A.SERVER].trigger)
        views.inspector.closed.connect(partial(self._show_inspector, False))
        views.inspector.checksum_copied.connect(self._copy_checksum)
        views.transfers.collapse_wanted.connect(partial(self._show_transfers, False))
        views.transfers.place_wanted.connect(self._show_upload)
        self.controllers.navigator.object_opened.connect(self._open_object)
        self.controllers.navigator.moved.connect(self._show_where)

    def _connect_engine(self) -> None:
        side = self._side
        self.controllers.navigator.follow(side.relay)
        self.controllers.trash.follow(side.relay)
        self.controllers.sizes.follow(side.relay)
        self.controllers.policies.follow(side.relay)
        self.controllers.testing.follow(side.relay)
        self.controllers.access.follow(side.relay)
        side.owners.changed.connect(self._rows.refresh)
        self._errors.explain_with(self.controllers.testing.explain)
        side.transfers.reason_wanted.connect(self.controllers.testing.explain)
        self.controllers.acting.users_wanted.connect(self.controllers.access.open)
        side.server.changed.connect(self._show_server)
        side.transfers.summary_changed.connect(lambda _: self._transfers_began())

    def _dress_shell(self) -> None:
        outside = OutsideMenu(self._look, self._shell)
        fill_menu_bar(self._shell.menuBar(), self.actions, outside)
        OutsideControl(self._side.outside, outside, self._shell.toast, self._errors, self)
        acting = self._side.acting
        acting.changed.connect(lambda: outside.setEnabled(acting.identity is None))
        self._shell.addToolBar(self.views.acting)
        self._shell.addToolBarBreak()
        self._shell.addToolBar(self.views.toolbar)
        self._shell.setStatusBar(self.views.status)
        self.views.bench.restore(self._settings.splitter, self._settings.rows)
        self.views.pane.table.restore_columns(self._settings.columns)
        shown = self._settings.panels.split()
        self._show_inspector(shown=A.INSPECTOR in shown)
        self._show_transfers(shown=A.TRANSFERS in shown)
        self.actions[A.FOLDER_SIZES].setChecked(A.FOLDER_SIZES in shown)
        self.controllers.sizes.show(A.FOLDER_SIZES in shown)
        mode = self._look.theme.mode
        self.actions[next(name for name, theme in _THEMES.items() if theme is mode)].setChecked(True)

    def _open(self) -> None:
        place = self.views.tree.focused_place()
        row = self.views.pane.table.current_row()
        if place is not None:
            self.controllers.navigator.go(place)
        elif row is not None:
            self.controllers.navigator.open_row(row)

    def _open_object(self, row: Row) -> None:
        """Open an object, as it was if that is what is shown."""
        moment = self.controllers.navigator.moment
        self.controllers.moving.open_object(row, moment)

    def _download(self) -> None:
        past = self.controllers.navigator.moment is not None
        (self.controllers.time if past else self.controllers.moving).download()

    def _in_table(self, act: Callable[[], None]) -> None:
        """Act on the table and give it the keyboard: what is selected there is what the next action is about."""
        self.views.pane.table.setFocus()
        act()

    def _show_properties(self) -> None:
        place = self.views.tree.focused_place()
        if place is not None and not place.prefix:
            self._with_bucket(self.controllers.editing.bucket_settings)
        else:
            self._show_inspector(shown=True)

    def _show_where(self) -> None:
        place = self.controllers.navigator.place
        self.views.breadcrumb.show_access(self.controllers.navigator.bucket)
        parts = [place.text.rstrip("/")] if place else []
        identity = self._side.acting.identity
        if identity is not None:
            parts.insert(0, translate("Session", "Acting as {who}").format(who=identity.name))
        self._shell.setWindowTitle(" – ".join([*parts, "Holdall"]))

    def _with_bucket(self, act: Callable[[Bucket], None]) -> None:
        bucket = self._tracker.situation().target_bucket
        if bucket is not None:
            act(bucket)

    def _test_access(self) -> None:
        """Open the tester on what is selected, where that is in another bucket in that one."""
        now = self._tracker.situation()
        bucket = now.node_bucket or now.object_bucket
        if bucket is not None:
            self.controllers.testing.open(bucket)

    def _show_inspector(self, shown: bool) -> None:
        self.views.inspector.setVisible(shown)
        self.actions[A.INSPECTOR].setChecked(shown)
        self._feed.wake()

    def _show_transfers(self, shown: bool) -> None:
        self.views.transfers.setVisible(shown)
        self.actions[A.TRANSFERS].setChecked(shown)

    def _transfers_began(self) -> None:
        """Open the panel for the first transfer; whoever puts it away is not bothered again."""
        if self._side.transfers.active and not self._opened_for_transfers:
            self._opened_for_transfers = True
            self._show_transfers(shown=True)

    def _show_upload(self, job: JobSnapshot) -> None:
        self.controllers.navigator.go(Location(job.bucket, job.prefix))

    def _choose_theme(self, mode: ThemeMode) -> None:
        self._look.theme.set_mode(mode)
        self._settings.theme = mode

    def _about(self) -> None:
        from app.dialogs.about_dialog import AboutDialog  # when it is wanted: no start waits for a dialog

        AboutDialog(self._look, self._shell, self._side.data_dir, self._side.keys_in).open()

    def _copy_checksum(self, checksum: str) -> None:
        QGuiApplication.clipboard().setText(checksum)
        self._shell.toast.say(translate("Session", "Checksum copied"))

    def _table_menu(self, position: QPoint) -> None:
        self._tracker.update()
        entries = OBJECT_MENU if self.views.pane.table.selected_count else FOLDER_MENU
        popup_menu(self._shell, self.actions, entries, position)

    def _tree_menu(self, position: QPoint) -> None:
        self._tracker.update()
        now = self._tracker.situation()
        entries: Entries = TREE_MENU
        if now.tree_bucket is not None:
            entries = TREE_BUCKET_MENU
        elif now.in_tree is not None:
            entries = TREE_FOLDER_MENU
        popup_menu(self._shell, self.actions, entries, position)

    def _show_server(self) -> None:
        server = self._side.server
        self.views.status.show_server(server.state, server.url, local_only=server.local_only)
        self.actions[A.SERVER_SWITCH].setChecked(server.state in (ServerState.ON, ServerState.STARTING))
