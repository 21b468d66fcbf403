"""One window for each data folder: a second start raises the first and ends.

The engine's window lock decides who is first, so a crash leaves nothing behind that would keep a person out. A local
socket, named after the folder, carries the wish to be raised, and the answer that it was. A window that is closing
holds the lock for a while longer but answers no more: whoever came second waits for its turn, and says so at last if
neither an answer nor the lock is to be had.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from app.i18n import translate
from app.leaving import LEAVE_S
from engine.errors import EnvironmentFault, StorageError
from engine.instance import WindowLock

WAIT_MS: Final = round((LEAVE_S + 4) * 1_000)
"""How long the other window may take to answer or to end: a little more than the longest that closing can take."""

_RAISE: Final = b"raise\n"
_RAISED: Final = b"ok\n"
_RETRY_MS: Final = 200
_PATIENCE_MS: Final = 700

_logger = logging.getLogger(__name__)


class SingleInstance(QObject):
    """See the module.

    Args:
        data_dir: The data folder.
        parent: Qt's owner.

    Signals:
        raise_wanted: Somebody started the program again.
        raised: After `ask`: the folder's window has come to the front.
        claimed: After `ask`: that window has ended, and this is the window of the folder now.
        waiting: After `ask`: there was no answer yet, so the other window is probably closing.
        refused: After `ask`: neither came about; carries the error that explains it.
    """

    raise_wanted = Signal()
    raised = Signal()
    claimed = Signal()
    waiting = Signal()
    refused = Signal(object)

    def __init__(self, data_dir: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = socket_name(data_dir)
        self._lock = WindowLock(data_dir)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._answer)
        self._socket = QLocalSocket(self)
        self._socket.connected.connect(lambda: self._socket.write(_RAISE))
        self._socket.readyRead.connect(self._heard)
        self._retry = QTimer(self, interval=_RETRY_MS)
        self._retry.timeout.connect(self._try)
        self._patience = QTimer(self, interval=_PATIENCE_MS, singleShot=True)
        self._patience.timeout.connect(self.waiting)
        self._deadline = QTimer(self, interval=WAIT_MS, singleShot=True)
        self._deadline.timeout.connect(self._give_up)

    def claim(self) -> bool:
        """Become the window of the folder, at once if at all.

        Returns:
            False if there is one already; `ask` it then.

        Raises:
            IoError: The folder can't be made or written.
        """
        if not self._lock.acquire():
            return False
        QLocalServer.removeServer(self._name)
        if not self._server.listen(self._name):
            _logger.warning("cannot listen for later starts: %s", self._server.errorString())
        return True

    def ask(self) -> None:
        """Ask the folder's window to come to the front, or take its place once it has ended; a signal tells which."""
        for timer in (self._retry, self._patience, self._deadline):
            timer.start()
        self._try()

    def withdraw(self) -> None:
        """Answer and ask no more, for this window is about to close: later starts wait for its end."""
        self._stop_asking()
        self._server.close()

    def release(self) -> None:
        """Stop being, or becoming, the window of the folder."""
        self.withdraw()
        self._lock.release()

    def _try(self) -> None:
        try:
            is_first = self.claim()
        except StorageError as error:
            self._refuse(error)
            return
        if is_first:
            self._stop_asking()
            self.claimed.emit()
        elif self._socket.state() is QLocalSocket.LocalSocketState.UnconnectedState:
            self._socket.connectToServer(self._name)

    def _heard(self) -> None:
        if bytes(self._socket.readAll().data()).startswith(_RAISED):
            self._stop_asking()
            self.raised.emit()

    def _give_up(self) -> None:
        self._refuse(
            EnvironmentFault(
                translate("SingleInstance", "Another Holdall has this folder open, but it neither answers nor ends"),
                hint=translate(
                    "SingleInstance", "End that program, for example in the system monitor, then try again."
                ),
            )
        )

    def _refuse(self, error: StorageError) -> None:
        self._stop_asking()
        self.refused.emit(error)

    def _stop_asking(self) -> None:
        for timer in (self._retry, self._patience, self._deadline):
            timer.stop()
        self._socket.abort()

    def _answer(self) -> None:
        while self._server.hasPendingConnections():
            connection = self._server.nextPendingConnection()
            connection.disconnected.connect(connection.deleteLater)
            self.raise_wanted.emit()
            connection.write(_RAISED)
            connection.disconnectFromServer()


def socket_name(data_dir: Path) -> str:
    """Return the socket's name for a data folder: short, and the same for every way to write its path."""
    digest = hashlib.sha256(str(data_dir.resolve()).encode("utf-8", "surrogateescape")).hexdigest()
    return f"holdall-{digest[:24]}"
