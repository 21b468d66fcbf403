"""An open workspace with everything of the bridge that speaks for it, made together and closed together."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.bridge.access import AccessBridge
from app.bridge.acting import Acting, ActingTasks
from app.bridge.aftermath import Aftermath
from app.bridge.alarms import AlarmBridge
from app.bridge.allowances import AllowanceBridge
from app.bridge.auditing import AuditBridge
from app.bridge.carrying import Carrier
from app.bridge.events import EventRelay
from app.bridge.exporting import Exporter
from app.bridge.finding import Finder
from app.bridge.labels import LabelBridge
from app.bridge.operations import Operations
from app.bridge.outside import OutsideBridge
from app.bridge.owners import Owners
from app.bridge.policies import PolicyBridge
from app.bridge.previews import Previewer
from app.bridge.reading import Reader
from app.bridge.renaming import Renamer
from app.bridge.reversals import Reverser
from app.bridge.serving import ServerBridge
from app.bridge.tasks import Tasks
from app.bridge.thumbnails import Thumbnails
from app.bridge.transfers import TransferBridge
from app.bridge.trash import TrashBridge
from app.bridge.versions import VersionsBridge
from app.i18n import translate
from app.leaving import Step, attempt
from app.models.rows import RowMaker
from engine.transfers import TransferQueue
from engine.workspace import Workspace

_OUTGOING = "outgoing"
_THUMBNAILS = "thumbnails"


class EngineSide:
    """The bridge to one workspace, used by the person at this computer, perhaps in the name of somebody else.

    Attributes:
        acting: In whose name.
        reader, operations, trash, versions, policies, exporter, previewer, labels, thumbnails: What reads and acts.
        carrier, reverser, renamer: What carries things to other places, takes changes back, renames many.
        transfers, server, relay: The queue, the server, and the news.
        access, audit: Users, tokens and keys; what was done and denied.
        allowances: Who may do what with an object.
        outside: What other programs do in the storage folder.
        alarms: What the store needs somebody for.
        finder: Lists folders for menus and while somebody types.
        owners: How the owners of objects are called.
        row_maker: Turns listings into rows.
    """

    def __init__(self, workspace: Workspace, tasks: Tasks, parent: QObject) -> None:
        """Args: the workspace, which the last of `endings` closes; the lanes; Qt's owner."""
        self._workspace = workspace
        self._tasks = tasks
        storage, own = workspace.storage, workspace.context
        self.acting = Acting(own, parent)
        lanes = ActingTasks(tasks, self.acting)
        self.relay = EventRelay(storage, tasks, parent)
        self.owners = Owners(workspace, self.acting, tasks, self.relay, parent)
        self.row_maker = RowMaker(self.owners.name_of)
        self.reader = Reader(storage, own, lanes, self.row_maker)
        self.finder = Finder(storage, lanes)
        self.policies = PolicyBridge(workspace, own, tasks)
        self.previewer = Previewer(storage, lanes)
        self.thumbnails = Thumbnails(storage, lanes, self.previewer.thumbnail, self.data_dir / _THUMBNAILS)
        self.operations = Operations(storage, lanes, self.policies, self.thumbnails.forget)
        self.trash = TrashBridge(storage, lanes, self.thumbnails.forget)
        self.carrier = Carrier(storage, lanes)
        self.reverser = Reverser(storage, lanes)
        self.renamer = Renamer(storage, lanes)
        self.exporter = Exporter(storage, lanes, self.data_dir / _OUTGOING)
        self.versions = VersionsBridge(storage, lanes, self.exporter)
        self.labels = LabelBridge(storage, lanes)
        self.transfers = TransferBridge(
            TransferQueue(storage, own, keep_out=(self.data_dir,)), self.acting, tasks, parent
        )
        self.server = ServerBridge(workspace, self.acting, tasks, parent)
        self.aftermath = Aftermath(storage, tasks, self.thumbnails, self.relay, parent)
        self.access = AccessBridge(workspace, tasks)
        self.allowances = AllowanceBridge(workspace, tasks)
        self.audit = AuditBridge(workspace, tasks)
        self.outside = OutsideBridge(storage, workspace.watcher, tasks, parent)
        self.alarms = AlarmBridge(workspace, parent)

    @property
    def data_dir(self) -> Path:
        """Return the workspace's folder."""
        return self._workspace.settings.data_dir

    @property
    def notice(self) -> str | None:
        """Return what a person must be told once about where keys are kept, if anything."""
        return self._workspace.secrets.notice

    @property
    def keys_in(self) -> str:
        """Return where signing keys are kept, for people."""
        if self._workspace.secrets.where == "keyring":
            return translate("EngineSide", "In the keyring of this computer")
        return translate("EngineSide", "In a file of the data folder that only you can read")

    def stop(self) -> None:
        """Begin nothing more and tell nothing more; at once, in the main thread."""
        for step in (
            self.relay.close,
            self.aftermath.close,
            self.outside.close,
            self.alarms.close,
            self.transfers.stop,
            self._tasks.stop,
        ):
            attempt(step)

    @property
    def endings(self) -> tuple[Step, ...]:
        """What is left to do after `stop`, in this order: each waits for something or touches the disk."""
        return (
            self.transfers.close,
            self.server.close,
            self.previewer.close,
            self._tasks.join,
            self.exporter.clear,
            self._workspace.close,
        )
