"""The HTTP server of the open workspace, as the window sees it: off, starting, on, stopping."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QAbstractSocket, QHostAddress, QNetworkInterface

from app.bridge.acting import Acting, Attempt, Deed, Refused
from app.bridge.tasks import Fail, Tasks
from engine.instance import read_server
from engine.workspace import Workspace

if TYPE_CHECKING:
    from engine.server import StorageServer

LOOPBACK: Final = "127.0.0.1"
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - offered to a person, who is told what it means


class ServerState(StrEnum):
    """What the server is doing."""

    OFF = "off"
    STARTING = "starting"
    ON = "on"
    STOPPING = "stopping"


class ServerBridge(QObject):
    """Starts and stops the server in a worker; starting and stopping block until they are done.

    Signals:
        changed: State or address is new.
    """

    changed = Signal()

    def __init__(self, workspace: Workspace, acting: Acting, tasks: Tasks, parent: QObject | None = None) -> None:
        """Args: what is served, who it is, the lanes, Qt's owner."""
        super().__init__(parent)
        self._workspace = workspace
        self._acting = acting
        self._tasks = tasks
        self._server: StorageServer | None = None
        self._state = ServerState.OFF
        self._beside = ""

    @property
    def state(self) -> ServerState:
        """Return what the server is doing."""
        return self._state

    @property
    def host(self) -> str:
        """Return the address it listens on; empty while it is off."""
        return self._server.host if self._server else ""

    @property
    def url(self) -> str:
        """Return the address that others should use, `http://host:port`; empty while it is off."""
        if self._server is None or self._state is not ServerState.ON:
            return ""
        return reachable_url(self._server.host, self._server.port)

    @property
    def beside(self) -> str:
        """Return the address of a server that another process runs on this workspace, as `look_beside` found it."""
        return self._beside

    @property
    def answering(self) -> bool:
        """Return whether links work now, through this server or one beside it."""
        return bool(self.url or self._beside)

    @property
    def local_only(self) -> bool:
        """Return whether only this computer can reach it."""
        host = self.host or urlsplit(self._beside).hostname or ""
        return is_loopback(host)

    def look_beside(self, then: Callable[[], None]) -> None:
        """Find out whether another process serves this workspace, then call back; at once while this server is on."""
        if self._state is ServerState.ON:
            then()
            return
        data_dir = self._workspace.settings.data_dir
        self._tasks.read(lambda _: read_server(data_dir), lambda url: self._found_beside(url, then))

    def start(self, host: str, port: int, then: Callable[[], None], otherwise: Fail | None = None) -> None:
        """Start serving; does nothing unless the server is off.

        Args:
            host: Address to listen on.
            port: TCP port, 0 for any free one.
            then: Called when it answers.
            otherwise: Gets the failure; also while the window acts as somebody, who is not the one to decide that.
        """
        if self._state is not ServerState.OFF:
            return
        identity = self._acting.identity
        if identity is not None:
            (otherwise or self._tasks.fail)(Refused(identity, Attempt(Deed.SERVE, "")))
            return
        self._set(ServerState.STARTING)
        self._tasks.read(
            lambda _: import_module("engine.server"),  # a tenth of what the window's start would load
            lambda _: self._start(host, port, then, otherwise),
            lambda error: self._failed(error, otherwise),
        )

    def stop(self, then: Callable[[], None]) -> None:
        """Stop serving; does nothing unless the server is on.

        Args:
            then: Called when the port is free.
        """
        server = self._server
        if server is None or self._state is not ServerState.ON:
            return
        self._set(ServerState.STOPPING)
        self._tasks.read(lambda _: server.stop(), lambda _: self._stopped(then), self._not_stopped)

    def close(self) -> None:
        """Stop at once and wait; for the end of the program."""
        if self._server is not None:
            self._server.stop()
            self._server = None
            self._state = ServerState.OFF

    def _found_beside(self, url: str | None, then: Callable[[], None]) -> None:
        if url is None:
            self._beside = ""
        else:
            parts = urlsplit(url)
            self._beside = reachable_url(parts.hostname or LOOPBACK, parts.port or 0)
        then()

    def _start(self, host: str, port: int, then: Callable[[], None], otherwise: Fail | None) -> None:
        from engine.server import StorageServer

        server = self._server = StorageServer(self._workspace, host, port)
        self._tasks.read(
            lambda _: server.start(),
            lambda _: self._started(then),
            lambda error: self._failed(error, otherwise),
        )

    def _started(self, then: Callable[[], None]) -> None:
        self._set(ServerState.ON)
        then()

    def _stopped(self, then: Callable[[], None]) -> None:
        self._server = None
        self._set(ServerState.OFF)
        then()

    def _not_stopped(self, error: Exception) -> None:
        self._set(ServerState.ON)
        self._tasks.fail(error)

    def _failed(self, error: Exception, otherwise: Fail | None) -> None:
        self._server = None
        self._set(ServerState.OFF)
        if otherwise is not None:
            otherwise(error)

    def _set(self, state: ServerState) -> None:
        self._state = state
        self.changed.emit()


def is_loopback(host: str) -> bool:
    """Return whether an address reaches this computer alone."""
    return host == "localhost" or QHostAddress(host).isLoopback()


def lan_addresses() -> tuple[tuple[str, str], ...]:
    """Return the IPv4 addresses under which others on the network can reach this computer.

    Returns:
        Pairs of address and the name of its network interface.
    """
    found = []
    for interface in QNetworkInterface.allInterfaces():
        flags = interface.flags()
        if not flags & QNetworkInterface.InterfaceFlag.IsRunning or flags & QNetworkInterface.InterfaceFlag.IsLoopBack:
            continue
        for entry in interface.addressEntries():
            address = entry.ip()
            if address.protocol() == QAbstractSocket.NetworkLayerProtocol.IPv4Protocol and not address.isLinkLocal():
                found.append((address.toString(), interface.humanReadableName()))
    return tuple(found)


def reachable_url(host: str, port: int) -> str:
    """Return the address to give to others for a server that listens on `host`.

    Args:
        host: Address listened on; a wildcard is replaced by one that can be typed.
        port: TCP port.
    """
    if host == EVERYWHERE:
        host = next((address for address, _ in lan_addresses()), LOOPBACK)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
