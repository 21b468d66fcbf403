"""One window for each data folder: a second start raises the first and ends.

The engine's window lock decides who is first, so a crash leaves nothing behind that would keep a person out. A local
socket, named after the folder, carries the wish to be raised.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from engine.instance import WindowLock

_RAISE: Final = b"raise\n"
_CONNECT_MS: Final = 1_000

_logger = logging.getLogger(__name__)


class SingleInstance(QObject):
    """See the module.

    Signals:
        raise_wanted: Somebody started the program again.
    """

    raise_wanted = Signal()

    def __init__(self, data_dir: Path, parent: QObject | None = None) -> None:
        """Args: the data folder, Qt's owner."""
        super().__init__(parent)
        self._name = socket_name(data_dir)
        self._lock = WindowLock(data_dir)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._answer)

    def claim(self) -> bool:
        """Become the window of the folder.

        Returns:
            False if there is one already; it has been asked to come to the front.

        Raises:
            IoError: The folder can't be made or written.
        """
        if not self._lock.acquire():
            self._ask_first()
            return False
        QLocalServer.removeServer(self._name)
        if not self._server.listen(self._name):
            _logger.warning("cannot listen for later starts: %s", self._server.errorString())
        return True

    def release(self) -> None:
        """Stop being the window of the folder."""
        self._server.close()
        self._lock.release()

    def _ask_first(self) -> None:
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if socket.waitForConnected(_CONNECT_MS):
            socket.write(_RAISE)
            socket.waitForBytesWritten(_CONNECT_MS)
            socket.disconnectFromServer()

    def _answer(self) -> None:
        while self._server.hasPendingConnections():
            connection = self._server.nextPendingConnection()
            connection.disconnected.connect(connection.deleteLater)
            self.raise_wanted.emit()


def socket_name(data_dir: Path) -> str:
    """Return the socket's name for a data folder: short, and the same for every way to write its path."""
    digest = hashlib.sha256(str(data_dir.resolve()).encode("utf-8", "surrogateescape")).hexdigest()
    return f"holdall-{digest[:24]}"
