"""F2 on several rows: the dialog on one side, previews and the renaming on the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.bridge.renaming import Renamed, Renamer, Renaming
from app.bridge.tasks import Ticket
from app.controllers.following import moved_places
from app.controllers.navigation import Navigator
from app.controllers.targets import Target, Targets
from app.controllers.undo import Undo
from app.errors import ErrorPresenter
from app.i18n import translate
from app.look import Look
from app.widgets.toast import Toast

if TYPE_CHECKING:
    from app.renames import Recipe


class BatchRenaming(QObject):
    """See the module."""

    def __init__(
        self, look: Look, window: QWidget, navigator: Navigator, targets: Targets, renamer: Renamer, undo: Undo,
        toast: Toast, errors: ErrorPresenter, one: Callable[[], None],
    ) -> None:  # fmt: skip
        """Args: look; window; what goes along; targets; what renames; undo; what tells; failures; for one thing."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._navigator = navigator
        self._targets = targets
        self._renamer = renamer
        self._undo = undo
        self._toast = toast
        self._errors = errors
        self._one = one

    def rename(self) -> None:
        """Rename what is meant: one thing where it stands, several in a dialog."""

        def choose(target: Target) -> None:
            if target.place is not None or len(target.paths) == 1:
                self._one()
            else:
                self._ask(target)

        self._targets.resolve(choose)

    def _ask(self, target: Target) -> None:
        from app.dialogs.rename_dialog import RenameDialog  # when it is wanted: no start waits for a dialog
        from app.renames import BadRecipe, Item  # with the first batch that is renamed

        known = {stored.path: stored for stored in target.objects}
        items = tuple(
            Item(path, known[path].modified_at or known[path].updated_at, known[path].id)
            if path in known
            else Item(path)
            for path in target.paths
        )
        dialog = RenameDialog(self._look, self._window, len(items))
        previews: list[Ticket] = []
        failed = self._errors.in_dialog(dialog)

        def refused(error: Exception) -> None:
            if isinstance(error, BadRecipe) and dialog.is_open:
                dialog.refuse_recipe(str(error))
            else:
                failed(error)

        def look_no_more() -> None:
            for ticket in previews:
                ticket.cancel()

        def preview(recipe: Recipe) -> None:
            look_no_more()
            previews[:] = [self._renamer.preview(target.bucket, items, recipe, dialog.show_lines, refused)]

        era = self._undo.era

        def done(renamed: Renamed) -> None:
            dialog.finish()
            name = translate("BatchRenaming", "rename of %Ln item(s)", None, renamed.count)
            self._navigator.follow_places(moved_places(target.bucket, target.bucket, renamed.moves))
            self._navigator.select_when_there(*(move.target for move in renamed.moves), bucket=target.bucket)
            offer = self._undo.remember(name, renamed.reversal, era)
            self._toast.say(translate("BatchRenaming", "%Ln item(s) renamed", None, renamed.count), offer)

        dialog.recipe_changed.connect(preview)

        def submit(lines: Sequence[Renaming]) -> None:
            ticket = self._renamer.rename(target.bucket, lines, done, failed)
            dialog.rejected.connect(ticket.cancel)  # whoever calls it off while it is under way wants no new names

        dialog.submitted.connect(submit)
        dialog.finished.connect(lambda _: look_no_more())
        dialog.open()
