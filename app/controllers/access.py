"""Users, tokens and keys: what the dialog about them asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.bridge.access import AccessBridge
from app.bridge.events import EventRelay
from app.bridge.tasks import Fail, Ticket
from app.errors import ErrorPresenter, sentence
from app.formats import full_time_text
from app.i18n import translate
from app.look import Look
from app.widgets.toast import Toast
from engine.access_types import IssuedToken, TokenInfo, User
from engine.errors import RequestFault

if TYPE_CHECKING:
    from app.dialogs.access_dialog import AccessDialog
    from app.dialogs.user_dialog import UserDialog

_SECRET_FORMS: Final = (
    "x-kde-passwordManagerHint",
    'application/x-qt-windows-mime;value="ExcludeClipboardContentFromMonitorProcessing"',
)
"""What tells programs that keep what was copied not to keep this: KDE's and others' on Linux, Windows' own."""


class AccessControl(QObject):
    """See the module."""

    _news = Signal()

    def __init__(self, look: Look, window: QWidget, access: AccessBridge, toast: Toast, errors: ErrorPresenter) -> None:
        """Args: look; the window; what reads and acts; what tells; where failures go."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._access = access
        self._toast = toast
        self._errors = errors
        self._reading: Ticket | None = None

    def follow(self, relay: EventRelay) -> None:
        """Keep an open dialog in step with what others change."""
        relay.everything_changed.connect(self._news)

    def open(self) -> None:
        """Show who is known here."""
        from app.dialogs.access_dialog import AccessDialog  # when it is wanted: no start waits for a dialog

        dialog = AccessDialog(self._look, self._window)
        dialog.add_wanted.connect(lambda: self._add(dialog))
        dialog.edit_wanted.connect(lambda user: self._edit(dialog, user))
        dialog.remove_wanted.connect(lambda user: self._remove(dialog, user))
        dialog.token_wanted.connect(lambda user: self._mint(dialog, user))
        dialog.revoke_wanted.connect(lambda token: self._revoke(dialog, token))
        dialog.revoke_all_wanted.connect(lambda user_id, who: self._revoke_all(dialog, user_id, who))
        dialog.keys_wanted.connect(lambda: self._replace_keys(dialog))
        dialog.copied.connect(self._copy)
        again = partial(self._load, dialog)
        self._news.connect(again)
        dialog.finished.connect(lambda _: self._news.disconnect(again))
        self._load(dialog)
        dialog.open()

    def _load(self, dialog: AccessDialog) -> None:
        """Read what there is, for the last who asks: an older answer would show what is no more."""
        if self._reading is not None:
            self._reading.cancel()
        self._reading = self._access.everything(dialog.show_known, self._errors.in_dialog(dialog), owner=dialog)

    def _done(self, dialog: AccessDialog, said: str) -> None:
        """Tell what was done, and show what there is now if the dialog is still there."""
        self._toast.say(said)
        if dialog.is_open:
            dialog.notice.say("")
            self._load(dialog)

    def _add(self, dialog: AccessDialog) -> None:
        from app.dialogs.user_dialog import UserDialog  # when it is wanted: no start waits for a dialog

        form = UserDialog(self._look, dialog)

        def added(user: User) -> None:
            form.finish()
            self._done(dialog, translate("AccessControl", "{who} is known here now").format(who=user.name))

        form.submitted.connect(lambda draft: self._access.add(draft, added, self._failed(form)))
        form.open()

    def _edit(self, dialog: AccessDialog, user: User) -> None:
        from app.dialogs.user_dialog import UserDialog  # when it is wanted: no start waits for a dialog

        form = UserDialog(self._look, dialog, user)

        def changed(user: User) -> None:
            form.finish()
            self._done(dialog, translate("AccessControl", "{who} changed").format(who=user.name))

        form.submitted.connect(lambda draft: self._access.change(user, draft, changed, self._failed(form)))
        form.open()

    def _failed(self, form: UserDialog) -> Fail:
        """Return what shows in a form why the engine did not agree: beside the field that it is about."""
        in_dialog = self._errors.in_dialog(form)

        def failed(error: Exception) -> None:
            if isinstance(error, RequestFault) and error.about and form.is_open:
                form.refuse_value(error.about, sentence(error))
            else:
                in_dialog(error)

        return failed

    def _remove(self, dialog: AccessDialog, user: User) -> None:
        title, verb = translate("AccessControl", "Remove this user?"), translate("AccessControl", "Remove user")
        ends = translate("AccessControl", "All their tokens end at once. What they own stays theirs, by their ID.")
        said = translate("AccessControl", "{who} removed").format(who=user.name)
        self._ask(
            dialog, title, user.name, user.id, verb, ends,
            lambda: self._access.remove(user, lambda _: self._done(dialog, said), self._errors.in_dialog(dialog)),
        )  # fmt: skip

    def _mint(self, dialog: AccessDialog, user: User | None) -> None:
        from app.dialogs.token_dialog import TokenDialog  # when it is wanted: no start waits for a dialog

        form = TokenDialog(self._look, dialog, dialog.known.users, user)

        def minted(issued: IssuedToken) -> None:
            if form.is_open:
                form.show_token(issued)
            self._done(dialog, translate("AccessControl", "Token made"))

        form.submitted.connect(lambda draft: self._access.mint(draft, minted, self._errors.in_dialog(form)))
        form.copied.connect(lambda token: self._copy(token, translate("AccessControl", "Token copied")))
        form.open()

    def _revoke(self, dialog: AccessDialog, token: TokenInfo) -> None:
        title, verb = translate("AccessControl", "Revoke this token?"), translate("AccessControl", "Revoke")
        ends = translate("AccessControl", "It ends at once. Whoever uses it has to get a new one.")
        holder = next((one.name for one in dialog.known.users if one.id == token.user_id), token.user_id or token.role)
        said = translate("AccessControl", "Token revoked")
        self._ask(
            dialog, title, holder, token.id, verb, ends,
            lambda: self._access.revoke(token, lambda _: self._done(dialog, said), self._errors.in_dialog(dialog)),
        )  # fmt: skip

    def _revoke_all(self, dialog: AccessDialog, user_id: str, who: str) -> None:
        title = translate("AccessControl", "End all tokens of this user?")
        verb = translate("AccessControl", "End tokens")
        ends = translate("AccessControl", "Whoever uses one of them has to get a new one.")

        def ended(count: int) -> None:
            self._done(dialog, translate("AccessControl", "%Ln token(s) of {who} ended", None, count).format(who=who))

        self._ask(
            dialog, title, who, user_id, verb, ends,
            lambda: self._access.revoke_all(user_id, ended, self._errors.in_dialog(dialog)),
        )  # fmt: skip

    def _replace_keys(self, dialog: AccessDialog) -> None:
        from app.dialogs.keys_dialog import KeysDialog  # when it is wanted: no start waits for a dialog

        form = KeysDialog(self._look, dialog)

        def replaced(overlap_s: int, until: datetime) -> None:
            form.finish()
            said = translate("AccessControl", "Keys replaced. The old ones count until {time}")
            ended = translate("AccessControl", "Keys replaced. The old ones have ended")
            self._done(dialog, (said if overlap_s else ended).format(time=full_time_text(until)))

        form.submitted.connect(
            lambda overlap_s: self._access.replace_keys(
                overlap_s, partial(replaced, overlap_s), self._errors.in_dialog(form)
            )
        )
        form.open()

    def _ask(
        self, dialog: AccessDialog, title: str, name: str, detail: str, verb: str, warning: str,
        act: Callable[[], object],
    ) -> None:  # fmt: skip
        from app.dialogs.delete_dialog import DeleteDialog  # when it is wanted: no start waits for a dialog

        asked = DeleteDialog(self._look, dialog, title, (name,), verb, warning)
        asked.show_text(detail if detail != name else "")
        asked.confirmed.connect(act)
        asked.open()

    def _copy(self, text: str, said: str) -> None:
        data = QMimeData()
        data.setText(text)
        for form in _SECRET_FORMS:
            data.setData(form, b"secret")
        QGuiApplication.clipboard().setMimeData(data)
        self._toast.say(said)
