"""Acting as somebody: who is asked for, the band that says so, and everything shown anew with their eyes."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.bridge.access import AccessBridge
from app.bridge.acting import Acting
from app.controllers.navigation import Navigator
from app.errors import ErrorPresenter
from app.look import Look
from app.models.tree_model import TreeModel
from app.views.acting_views import ActingBand, HiddenNote
from app.views.browser import BrowserPane
from app.views.shell import Shell


@dataclass(frozen=True, slots=True)
class ActingViews:
    """Where it shows.

    Attributes:
        band: Across the window.
        note: Below the tree.
        pane: What stands where there is nothing to see.
    """

    band: ActingBand
    note: HiddenNote
    pane: BrowserPane


class ActingControl(QObject):
    """See the module.

    Signals:
        users_wanted: The person wants to add somebody first.
    """

    users_wanted = Signal()

    def __init__(
        self, look: Look, shell: Shell, acting: Acting, access: AccessBridge, navigator: Navigator, tree: TreeModel,
        views: ActingViews, errors: ErrorPresenter,
    ) -> None:  # fmt: skip
        """Args: look; the window; who it is; who is known; what shows places; the buckets; the views; failures."""
        super().__init__(shell)
        self._look = look
        self._shell = shell
        self._acting = acting
        self._access = access
        self._navigator = navigator
        self._tree = tree
        self._views = views
        self._errors = errors
        acting.changed.connect(self._show)
        views.band.stop_wanted.connect(acting.stop)
        views.band.other_wanted.connect(self.ask)
        views.note.show_wanted.connect(self._show_hidden)
        tree.buckets_changed.connect(self._tell_hidden)

    def ask(self) -> None:
        """Ask whom to act as."""
        from app.dialogs.act_as_dialog import ActAsDialog  # when it is wanted: no start waits for a dialog

        dialog = ActAsDialog(self._look, self._shell, self._access.context_of)
        current = self._acting.identity
        self._access.users(
            lambda users: dialog.show_users(users, current), self._errors.in_dialog(dialog), owner=dialog
        )
        dialog.chosen.connect(self._acting.begin)
        dialog.users_wanted.connect(dialog.reject)
        dialog.users_wanted.connect(self.users_wanted)
        dialog.open()

    def stop(self) -> None:
        """Be the person at this computer again."""
        self._acting.stop()

    def _show(self) -> None:
        identity = self._acting.identity
        name, role = (identity.name, identity.context.role) if identity is not None else ("", "")
        self._views.band.show_identity(name, role)
        self._views.pane.look_as(name)
        self._navigator.look_anew()
        self._tell_hidden()

    def _show_hidden(self, shown: bool) -> None:
        self._tree.show_hidden(shown=shown)
        self._tell_hidden()

    def _tell_hidden(self) -> None:
        identity, tree = self._acting.identity, self._tree
        name = identity.name if identity is not None and tree.loaded else ""
        self._views.note.say(name, tree.hidden_count, tree.listed_count, shows=tree.shows_hidden)
