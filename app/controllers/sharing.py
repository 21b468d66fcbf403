"""Signed links, public links, and the server that makes them work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QWidget

from app.bridge.operations import Operations
from app.bridge.serving import ServerBridge, ServerState, is_loopback, reachable_url
from app.controllers.targets import Target, Targets
from app.errors import ErrorPresenter, sentence
from app.i18n import translate
from app.look import Look
from app.settings import WindowSettings
from app.widgets.banner import Offer
from app.widgets.toast import Toast
from engine.errors import PortUnavailable
from engine.types import SignedUrl, StorageObject

if TYPE_CHECKING:
    from app.dialogs.link_dialog import LinkDialog
    from app.dialogs.server_dialog import ServerDialog


class Sharing(QObject):
    """Makes links on the address under which the server is, or would be, reached."""

    def __init__(
        self, look: Look, window: QWidget, targets: Targets, operations: Operations, server: ServerBridge,
        settings: WindowSettings, toast: Toast, errors: ErrorPresenter,
    ) -> None:  # fmt: skip
        """Args: look; the window; what is meant; what signs; the server; what is remembered; what tells."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._targets = targets
        self._operations = operations
        self._server = server
        self._settings = settings
        self._toast = toast
        self._errors = errors

    @property
    def base_url(self) -> str:
        """Return `http://host:port` of the server, or of the one that would be started now."""
        return (
            self._server.url
            or self._server.beside
            or reachable_url(self._settings.server_host, self._settings.server_port)
        )

    def copy_link(self) -> None:
        """Copy signed links to everything selected, with the usual life; one a line."""
        self._targets.resolve(self._sign_and_copy)

    def copy_public_link(self) -> None:
        """Copy the lasting address of an object in a public bucket."""
        self._targets.resolve(lambda target: self._copy(lambda: self._public_link(target.objects[0])))

    def share(self) -> None:
        """Open the dialog about one object's link."""
        self._targets.resolve(lambda target: self._open_link_dialog(target.objects[0]))

    def settings(self) -> None:
        """Open the dialog about the server."""
        from app.dialogs.server_dialog import ServerDialog  # when it is wanted: no start waits for a dialog

        dialog = ServerDialog(self._look, self._window, self._settings.server_host, self._settings.server_port)
        show = self._follow(dialog, lambda: dialog.show_state(self._server.state, self._server.url))
        dialog.start_wanted.connect(lambda host, port: self._start_with(host, port, dialog))
        dialog.stop_wanted.connect(self.stop)
        dialog.copy_wanted.connect(self._copy_address)
        show()
        dialog.open()

    def switch(self) -> None:
        """Start the server as it was last, or stop it."""
        if self._server.state is ServerState.ON:
            self.stop()
        else:
            self.start(self._tell_started)

    def start(self, then: Callable[[], None]) -> None:
        """Start the server as it was last.

        Args:
            then: Called when it answers.
        """
        self._server.start(self._settings.server_host, self._settings.server_port, then, self._not_started)

    def stop(self) -> None:
        """Stop the server."""
        self._server.stop(lambda: self._toast.say(translate("Sharing", "Server stopped"), kind="info"))

    def _sign_and_copy(self, target: Target) -> None:
        paths = [item.path for item in target.objects]
        self._operations.sign(
            target.bucket,
            paths,
            self._settings.link_expires_s,
            lambda signed: self._copy(lambda: "\n".join(link.absolute(self.base_url) for link in signed), len(signed)),
        )

    def _copy(self, link: Callable[[], str], count: int = 1) -> None:
        """Copy a link and say whether it works now; starting the server may change its address, so it can be remade."""
        self._server.look_beside(lambda: self._copy_now(link, count))

    def _copy_now(self, link: Callable[[], str], count: int) -> None:
        QGuiApplication.clipboard().setText(link())
        said = (
            translate("Sharing", "Link copied")
            if count == 1
            else translate("Sharing", "%Ln link(s) copied", None, count)
        )
        if self._server.answering:
            self._say_copied(said)
            return
        offer = Offer(translate("Sharing", "Start server"), lambda: self.start(lambda: self._copy(link, count)))
        hint = translate("Sharing", "{said}. The server is off, so it opens nothing yet").format(said=said)
        self._toast.say(hint, offer, "warning")

    def _say_copied(self, said: str) -> None:
        if self._server.local_only and self._server.url:
            offer = Offer(translate("Sharing", "Change…"), self.settings)
            self._toast.say(translate("Sharing", "{said}. It works on this computer only").format(said=said), offer)
        else:
            self._toast.say(said)

    def _public_link(self, item: StorageObject) -> str:
        path = quote(f"{item.bucket}/{item.path}", safe="/")
        return f"{self.base_url}/storage/v1/object/public/{path}"

    def _open_link_dialog(self, item: StorageObject) -> None:
        from app.dialogs.link_dialog import LinkDialog  # when it is wanted: no start waits for a dialog

        dialog = LinkDialog(self._look, self._window, item.name, self._settings.link_expires_s)
        show = self._follow(dialog, lambda: self._show_server(dialog))
        sign = _Signer(self._operations, item, dialog.show_link)
        dialog.link_wanted.connect(sign)
        dialog.copy_wanted.connect(self._copy_from_dialog)
        dialog.server_wanted.connect(lambda: self.start(show))
        dialog.server_settings_wanted.connect(self.settings)
        dialog.default_wanted.connect(self._remember_life)
        dialog.finished.connect(lambda _: sign.stop())
        self._server.look_beside(show)
        sign(dialog.expires_s)
        dialog.open()

    def _follow(self, dialog: QDialog, show: Callable[[], None]) -> Callable[[], None]:
        """Call `show` whenever the server changes, for as long as the dialog lives; return what does so."""

        def follow() -> None:
            if shiboken6.isValid(dialog):
                show()

        self._server.changed.connect(follow)
        dialog.finished.connect(lambda _: self._server.changed.disconnect(follow))
        return follow

    def _show_server(self, dialog: LinkDialog) -> None:
        running = self._server.answering
        local_only = self._server.local_only if running else is_loopback(self._settings.server_host)
        dialog.show_server(self.base_url, running=running, local_only=local_only and not self._server.beside)

    def _copy_from_dialog(self, link: str) -> None:
        QGuiApplication.clipboard().setText(link)
        self._toast.say(translate("Sharing", "Link copied"))

    def _copy_address(self, url: str) -> None:
        QGuiApplication.clipboard().setText(url)
        self._toast.say(translate("Sharing", "Address copied"))

    def _remember_life(self, expires_s: int) -> None:
        self._settings.link_expires_s = expires_s
        self._toast.say(translate("Sharing", "One-click links will live as long"))

    def _start_with(self, host: str, port: int, dialog: ServerDialog) -> None:
        self._settings.server_host = host
        self._settings.server_port = port

        def failed(error: Exception) -> None:
            if isinstance(error, PortUnavailable):
                dialog.refuse(sentence(error))
            else:
                self._errors.present(error)

        self._server.start(host, port, lambda: None, failed)

    def _tell_started(self) -> None:
        said = translate("Sharing", "Serving on {url}").format(url=self._server.url)
        self._toast.say(said, Offer(translate("Sharing", "Copy address"), lambda: self._copy_address(self._server.url)))

    def _not_started(self, error: Exception) -> None:
        self._errors.present(error, offer=Offer(translate("Sharing", "Server settings…"), self.settings))


class _Signer:
    """Signs one object again and again; only the newest wish is answered."""

    def __init__(self, operations: Operations, item: StorageObject, show: Callable[[SignedUrl], None]) -> None:
        self._operations = operations
        self._item = item
        self._show = show
        self._stop: Callable[[], None] = lambda: None

    def __call__(self, expires_s: int) -> None:
        """Ask for a link that lives so many seconds."""
        self._stop()
        ticket = self._operations.sign(
            self._item.bucket, [self._item.path], expires_s, lambda signed: self._show(signed[0])
        )
        self._stop = ticket.cancel

    def stop(self) -> None:
        """Forget the newest wish."""
        self._stop()
