"""`StorageServer`: the HTTP server of a workspace, started and stopped from any thread, as often as one likes."""

from __future__ import annotations

import threading
from typing import Final

from engine.images import Painter
from engine.instance import ServerRecord
from engine.server import bounds
from engine.server.app import StorageApp
from engine.server.bucket_routes import BucketRoutes
from engine.server.document_routes import DocumentRoutes
from engine.server.downloads import Downloads
from engine.server.event_feed import EventFeed
from engine.server.event_routes import EventRoutes
from engine.server.gatekeeper import Gatekeeper
from engine.server.identity import Identity
from engine.server.link_routes import LinkRoutes
from engine.server.listing_routes import ListingRoutes
from engine.server.open_objects import OpenObjects
from engine.server.openings import Openings
from engine.server.pictures import PaintingWorkers, Pictures
from engine.server.read_routes import ReadRoutes
from engine.server.refusals import Refusals
from engine.server.render_routes import RenderRoutes
from engine.server.request_log import RequestListener, RequestLog, RequestRecord
from engine.server.routing import Router
from engine.server.runner import ServerRun
from engine.server.sockets import listen, make_room, url_of
from engine.server.status_routes import StatusRoutes
from engine.server.tus_finishing import Finishings
from engine.server.tus_routes import TusRoutes
from engine.server.upload_routes import UploadRoutes
from engine.server.uploads import Uploads
from engine.server.watch_routes import WatchRoutes
from engine.server.workers import Workers
from engine.server.write_routes import WriteRoutes
from engine.workspace import Workspace

STOP_TIMEOUT_S: Final = 2.5
"""How long stopping takes at most, in seconds."""


class StorageServer:
    """Serves a workspace over HTTP in a thread of its own.

    All methods may be called from any thread. Nothing happens in the caller's thread but waiting; no signal handler
    is installed.

    Args:
        workspace: What is served; it must stay open until `stop` has returned.
        host: Address or name to bind.
        port: TCP port, 0 for any free one.
        on_request: Called in the server's thread after each request; must return at once.
    """

    def __init__(
        self,
        workspace: Workspace,
        host: str = "127.0.0.1",
        port: int = 0,
        on_request: RequestListener | None = None,
    ) -> None:
        self._workspace = workspace
        self._host = host
        self._wanted_port = port
        self._port = port
        self._log = RequestLog(workspace.log, on_request)
        self._lock = threading.Lock()
        self._run: ServerRun | None = None
        self._record: ServerRecord | None = None

    @property
    def host(self) -> str:
        """Return the address that the server binds."""
        return self._host

    @property
    def port(self) -> int:
        """Return the port that the server listens on; before its first start, the one asked for."""
        return self._port

    @property
    def url(self) -> str:
        """Return the address to open, `http://host:port`."""
        return url_of(self._host, self._port)

    @property
    def running(self) -> bool:
        """Return whether requests are being answered."""
        run = self._run
        return run is not None and run.alive

    def recent_requests(self) -> tuple[RequestRecord, ...]:
        """Return the last requests, oldest first; at most `bounds.RECENT_REQUESTS_MAX`."""
        return self._log.recent()

    def start(self) -> None:
        """Start serving; returns when the server answers. Does nothing while it runs.

        Raises:
            PortUnavailable: The address cannot be listened on; the hint says what to do.
        """
        with self._lock:
            if self.running:
                return
            make_room()
            listener = listen(self._host, self._wanted_port)
            self._port = listener.getsockname()[1]
            readers, writers = Workers(bounds.READER_THREADS), Workers(bounds.WRITER_THREADS)
            scans = self._workspace.settings.clamd is not None
            commits = Workers(bounds.SCAN_THREADS) if scans else writers
            openers = Workers(bounds.OPENER_THREADS)
            objects = OpenObjects(self._workspace.storage, Openings(openers, readers))
            feed, painters = EventFeed(self._workspace.storage, readers), PaintingWorkers(Painter())
            finishings = Finishings(self._workspace.storage.resumable, writers, commits)
            app = self._app(readers, writers, commits, objects, feed, painters, finishings)
            pools = dict.fromkeys((painters, openers, readers, writers, commits))
            run = ServerRun(app, listener, pools, objects, feed, finishings)
            run.start()
            self._run = run
            self._record = ServerRecord.publish(self._workspace.settings.data_dir, self.url)

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Stop serving. Answers in flight get half the time, then they are cut; uploads cut short leave nothing.

        Does nothing when the server does not run. The port is free afterwards.

        Args:
            timeout_s: Upper bound of the whole.
        """
        with self._lock:
            if self._record is not None:
                self._record.withdraw(self._workspace.settings.data_dir)
                self._record = None
            if self._run is not None:
                self._run.stop(timeout_s)
                self._run = None

    def _app(
        self,
        readers: Workers,
        writers: Workers,
        commits: Workers,
        objects: OpenObjects,
        feed: EventFeed,
        painters: PaintingWorkers,
        finishings: Finishings,
    ) -> StorageApp:
        storage, signer = self._workspace.storage, self._workspace.signer
        identity, refusals = Identity(self._workspace.verifier), Refusals(storage)
        families = (
            StatusRoutes(),
            WatchRoutes(self._workspace.meters, self._workspace.alarms, identity, readers),
            BucketRoutes(storage, identity, readers, writers),
            ReadRoutes(storage, signer, identity, readers, objects, Downloads(readers)),
            UploadRoutes(storage, signer, identity, writers, Uploads(writers, commits)),
            TusRoutes(storage, signer, identity, writers, commits, finishings, refusals),
            WriteRoutes(storage, identity, writers, commits),
            ListingRoutes(storage, identity, readers),
            LinkRoutes(storage, signer, identity, readers, self.url),
            EventRoutes(storage, identity, readers, feed),
            RenderRoutes(signer, identity, objects, Pictures(painters)),
        )
        described = DocumentRoutes(route for family in families for route in family.routes())
        return StorageApp(Router(described.routes()), Gatekeeper(self._host), self._log, refusals)
