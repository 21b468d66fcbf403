"""The views and controllers of an open workspace: made here, wired together by `session`."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QToolBar, QVBoxLayout, QWidget

from app.action_set import Actions
from app.actions import ActionId
from app.bridge.engine_side import EngineSide
from app.bridge.names import bucket_name_problem, name_problem
from app.bridge.tasks import Tasks
from app.controllers.access import AccessControl
from app.controllers.access_testing import AccessTesting
from app.controllers.acting import ActingControl, ActingViews
from app.controllers.auditing import AuditControl
from app.controllers.batch_renaming import BatchRenaming
from app.controllers.carrying import Carrying
from app.controllers.editing import Editing
from app.controllers.filtering import FilterControl
from app.controllers.folder_sizes import FolderSizes
from app.controllers.moving import Moving
from app.controllers.navigation import Navigator
from app.controllers.policies import PolicyControl
from app.controllers.sharing import Sharing
from app.controllers.targets import Targets
from app.controllers.time_travel import TimeTravel
from app.controllers.trash import TrashControl
from app.controllers.undo import Undo
from app.errors import ErrorPresenter
from app.look import Look
from app.menus import build_toolbar
from app.models.folder_model import FolderModel
from app.models.tree_model import TreeModel
from app.settings import WindowSettings
from app.views.acting_views import ActingBand, HiddenNote
from app.views.browser import BrowserPane
from app.views.favourites_panel import FavouritesPanel
from app.views.folder_tree import FolderTree
from app.views.hold import Hold
from app.views.inspector import Inspector
from app.views.shell import Shell
from app.views.status_bar import StatusBar
from app.views.transfers_panel import TransfersPanel
from app.views.workbench import Workbench
from app.widgets.breadcrumb import Breadcrumb
from app.widgets.tab_strip import TabStrip
from app.widgets.transfer_status import TransferStatus


@dataclass(frozen=True, slots=True)
class Frame:
    """What everything that is seen needs.

    Attributes:
        shell: The window.
        look: Theme and icons.
        settings: What is remembered.
        errors: Where failures go.
        tasks: The lanes.
    """

    shell: Shell
    look: Look
    settings: WindowSettings
    errors: ErrorPresenter
    tasks: Tasks


@dataclass(frozen=True, slots=True)
class Models:
    """What is shown: the folder's rows, and the tree of buckets."""

    rows: FolderModel
    buckets: TreeModel


@dataclass(frozen=True, slots=True)
class Views:
    """What is seen."""

    pane: BrowserPane
    tree: FolderTree
    breadcrumb: Breadcrumb
    inspector: Inspector
    transfers: TransfersPanel
    status: StatusBar
    bench: Workbench
    toolbar: QToolBar
    acting: ActingBand
    hidden: HiddenNote
    hold: Hold
    tabs: TabStrip
    favourites: FavouritesPanel


@dataclass(frozen=True, slots=True)
class Controllers:
    """What acts."""

    navigator: Navigator
    targets: Targets
    editing: Editing
    moving: Moving
    undo: Undo
    carrying: Carrying
    renaming: BatchRenaming
    sizes: FolderSizes
    sharing: Sharing
    trash: TrashControl
    time: TimeTravel
    filter: FilterControl
    policies: PolicyControl
    testing: AccessTesting
    acting: ActingControl
    access: AccessControl
    audit: AuditControl


def make_views(frame: Frame, side: EngineSide, models: Models, actions: Actions) -> Views:
    """Make what is seen."""
    look = frame.look
    hold = Hold(frame.shell)
    pane = BrowserPane(look, models.rows, actions, name_problem, side.thumbnails, hold)
    tree = FolderTree(look, models.buckets, (bucket_name_problem, name_problem), hold)
    breadcrumb = Breadcrumb(look, hold)
    inspector = Inspector(look)
    transfers = TransfersPanel(side.transfers, look)
    status = StatusBar(look, frame.tasks)
    transfer_status = TransferStatus(side.transfers, look)
    transfer_status.clicked.connect(actions[ActionId.TRANSFERS].trigger)
    status.add(transfer_status)
    hidden = HiddenNote(look)
    tabs = TabStrip(look, hold)
    favourites = FavouritesPanel(look, hold)
    bench = Workbench(look, tree, _one_below_the_other(tabs, pane), inspector, transfers, (favourites, hidden))
    toolbar = build_toolbar(actions, breadcrumb, look)
    return Views(
        pane,
        tree,
        breadcrumb,
        inspector,
        transfers,
        status,
        bench,
        toolbar,
        ActingBand(look),
        hidden,
        hold,
        tabs,
        favourites,
    )


def _one_below_the_other(*parts: QWidget) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for part in parts:
        column.addWidget(part)
    column.setStretchFactor(parts[-1], 1)
    return holder


def make_controllers(frame: Frame, side: EngineSide, models: Models, views: Views) -> Controllers:
    """Make what acts."""
    look, shell, settings, errors = frame.look, frame.shell, frame.settings, frame.errors
    table, tree, toast = views.pane.table, views.tree, shell.toast
    navigator = Navigator(side.reader, (models.rows, models.buckets), views.pane, tree, views.breadcrumb, errors)
    targets = Targets(side.reader, models.rows, table, tree, toast)
    undo = Undo(look, shell, side.reverser, side.acting, navigator, toast, errors)
    moving = Moving(
        look, shell, navigator, targets, side.transfers, side.exporter, side.operations, table, settings, toast, errors,
    )  # fmt: skip
    editing = Editing(look, shell, navigator, targets, side.reader, side.operations, undo, (table, tree), toast, errors)
    testing = AccessTesting(look, shell, side.policies, targets, errors)
    return Controllers(
        navigator=navigator,
        targets=targets,
        editing=editing,
        sizes=FolderSizes(side.reader, side.acting, shell),
        renaming=BatchRenaming(look, shell, navigator, targets, side.renamer, undo, toast, errors, editing.rename),
        moving=moving,
        undo=undo,
        carrying=Carrying(
            look, shell, navigator, targets, side.reader, side.carrier, side.exporter, moving, table, views.hold, undo,
            toast, errors,
        ),
        sharing=Sharing(look, shell, targets, side.operations, side.server, settings, toast, errors),
        trash=TrashControl(look, shell, side.trash, toast, errors),
        acting=ActingControl(
            look, shell, side.acting, side.access, navigator, models.buckets,
            ActingViews(views.acting, views.hidden, views.pane), errors,
        ),
        access=AccessControl(look, shell, side.access, toast, errors),
        audit=AuditControl(look, shell, side.audit, settings, toast, errors),
        time=TimeTravel(look, shell, navigator, targets, side.reader, side.exporter, views.pane.past, settings, toast),
        filter=FilterControl(navigator, models.rows, views.pane, side.reader),
        policies=PolicyControl(look, shell, side.policies, testing, QGuiApplication.clipboard(), errors),
        testing=testing,
    )  # fmt: skip
