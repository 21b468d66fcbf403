"""Undo and redo: what was done last, by name, and what takes it back.

A bounded stack, in memory alone. It belongs to whoever acts: when that changes it is emptied. Nothing is taken back
over what somebody changed meanwhile; what could not be taken back is said, and forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.action_set import Actions
from app.actions import ActionId
from app.bridge.acting import Acting
from app.bridge.pinned import pinned
from app.bridge.reversals import WEIGHT_MAX, Reversal, Reversed, Reverser
from app.bridge.trashings import Uncopying
from app.controllers.following import moved_places
from app.controllers.navigation import Navigator
from app.controllers.telling import tell_restored
from app.errors import ErrorPresenter
from app.i18n import translate
from app.look import Look
from app.widgets.banner import Offer
from app.widgets.toast import Toast
from engine.errors import Cancelled, Conflict, NotFound, ObjectChanged, RequestFault, StorageError, WouldBeLost
from engine.paths import parent_of
from engine.types import TreeSize

_STEPS_MAX: Final = 50


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One thing that was done.

    Attributes:
        name: What it was, in the middle of a sentence: "move of 3 items".
        reversal: What takes it back.
    """

    name: str
    reversal: Reversal


class Undo(QObject):
    """See the module.

    Signals:
        changed: There is something else to undo or redo.
    """

    changed = Signal()

    def __init__(
        self, look: Look, window: QWidget, reverser: Reverser, acting: Acting, navigator: Navigator, toast: Toast,
        errors: ErrorPresenter,
    ) -> None:  # fmt: skip
        """Args: look; window; what runs it; whose it is; what shows it; what tells; where failures go."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._reverser = reverser
        self._navigator = navigator
        self._toast = toast
        self._errors = errors
        self._done: list[Entry] = []
        self._undone: list[Entry] = []
        self._is_busy = False
        self._times = 0
        acting.changed.connect(self.clear)

    @property
    def undo_name(self) -> str:
        """Return what would be undone, or nothing."""
        return self._done[-1].name if self._done and not self._is_busy else ""

    @property
    def redo_name(self) -> str:
        """Return what would be done again, or nothing."""
        return self._undone[-1].name if self._undone and not self._is_busy else ""

    def dress(self, actions: Actions) -> None:
        """Let the two commands say what they are about, now and from now on."""

        def name() -> None:
            undo, redo = actions[ActionId.UNDO], actions[ActionId.REDO]
            undo.setText(_named(translate("Undo", "&Undo"), self.undo_name))
            redo.setText(_named(translate("Undo", "&Redo"), self.redo_name))
            undo.setEnabled(bool(self.undo_name))
            redo.setEnabled(bool(self.redo_name))

        self.changed.connect(name)
        name()

    @property
    def era(self) -> int:
        """Return a number that is another one once somebody else acts: what is begun now belongs to it."""
        return self._times

    def remember(self, name: str, reversal: Reversal | None, era: int | None = None) -> Offer | None:
        """Remember what was done, and return the button that takes just this back.

        Args:
            name: What it was, in the middle of a sentence.
            reversal: What takes it back; None for what cannot be.
            era: `era` when it was begun: what was begun in another name is not for who acts now to take back.
        """
        if era is not None and era != self._times:
            return None
        if reversal is None or reversal.weight > WEIGHT_MAX:
            self._undone.clear()  # what was taken back before came before this
            self.changed.emit()
            return None
        entry = Entry(name, pinned(reversal, self._navigator.bucket_id))
        self._done.append(entry)
        self._undone.clear()
        self._bound()
        self.changed.emit()
        return Offer(translate("Undo", "Undo"), partial(self._take_back, entry))

    def undo(self) -> None:
        """Take back what was done last."""
        if self.undo_name:
            self._take_back(self._done[-1])

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self.redo_name:
            entry = self._undone.pop()
            self._run(entry, entry.reversal, self._undone, self._done, translate("Undo", "Done again: {what}"))

    def clear(self) -> None:
        """Forget everything: somebody else acts now."""
        self._times += 1
        self._is_busy = False
        self._done.clear()
        self._undone.clear()
        self.changed.emit()

    def _take_back(self, entry: Entry) -> None:
        """Take one thing back, if it still can be."""
        if entry in self._done and not self._is_busy:
            self._done.remove(entry)
            self._run(entry, entry.reversal, self._done, self._undone, translate("Undo", "Undone: {what}"))

    def _run(self, entry: Entry, reversal: Reversal, own: list[Entry], other: list[Entry], said: str) -> None:
        self._is_busy = True
        self.changed.emit()
        times = self._times
        label = said.format(what=entry.name)

        def ended() -> bool:
            self._is_busy = self._is_busy and times != self._times
            return times == self._times

        def done(result: Reversed) -> None:
            if ended():
                self._keep(entry.name, result, own, other)
            self.changed.emit()
            if result.restored is not None:
                tell_restored(self._toast, result.restored)
            else:
                self._tell(label, result)
            self._show(reversal, result)

        def failed(error: Exception) -> None:
            if ended() and (isinstance(error, Cancelled) or not isinstance(error, RequestFault)):
                own.append(entry)  # it can be tried again
            self.changed.emit()
            if isinstance(error, WouldBeLost) and isinstance(reversal, Uncopying):
                self._ask(entry, reversal, own, other, said)
            else:
                self._refuse(entry, error, again=own is self._undone)

        self._reverser.run(reversal, label, done, failed)

    def _keep(self, name: str, result: Reversed, own: list[Entry], other: list[Entry]) -> None:
        """Remember what takes it back again, and what of it can be tried once more."""
        if result.is_final:
            other.clear()  # these came after it
        if result.back is not None:
            other.append(Entry(name, result.back))
        if result.rest is not None:
            own.append(Entry(name, result.rest))
        self._bound()

    def _ask(self, entry: Entry, reversal: Uncopying, own: list[Entry], other: list[Entry], said: str) -> None:
        """Where there is no trash, ask before copies are deleted for good: by now they may be the only ones."""
        from app.dialogs.delete_dialog import DeleteDialog  # when it is wanted: no start waits for a dialog

        title = translate("Undo", "Delete the copies for good?")
        names = tuple(made.path.rstrip("/").rpartition("/")[2] for made in reversal.made[:3])
        dialog = DeleteDialog(self._look, self._window, title, names, translate("Undo", "Delete for good"))
        dialog.show_size(TreeSize(reversal.objects, reversal.size_bytes))
        dialog.confirmed.connect(lambda: self._run(entry, replace(reversal, for_good=True), own, other, said))
        dialog.open()

    def _tell(self, said: str, result: Reversed) -> None:
        if result.failure is not None:
            self._errors.present(result.failure)
            said = translate("Undo", "{said}, but not all of it: the rest can be tried again").format(said=said)
        if result.left:
            rest = translate("Undo", "{said}; left as it is, because it has changed since: %Ln item(s)", None,
                             result.left)  # fmt: skip
            self._toast.say(rest.format(said=said), kind="warning")
        elif result.failure is not None:
            self._toast.say(said, kind="warning")
        else:
            self._toast.say(said)

    def _refuse(self, entry: Entry, error: Exception, *, again: bool) -> None:
        """Say why something stays as it is; changes by others are no failures."""
        if not isinstance(error, StorageError) or isinstance(error, Cancelled):
            self._errors.present(error)
            return
        if not isinstance(error, NotFound | Conflict):
            self._errors.present(error)
            return
        if isinstance(error, NotFound):
            why = translate("Undo", "{said}. “{path}” is no longer there, or has been replaced.")
        elif isinstance(error, ObjectChanged):
            why = translate("Undo", "{said}. “{path}” has been changed since.")
        else:
            why = translate("Undo", "{said}. Something else is at “{path}” now.")
        not_done = translate("Undo", "Not undone: {what}")
        if again:
            not_done = translate("Undo", "Not done again: {what}")
        self._toast.say(why.format(said=not_done.format(what=entry.name), path=error.path or ""), kind="warning")

    def _show(self, reversal: Reversal, result: Reversed) -> None:
        """Go along with folders, and select what came back where the window shows its place."""
        name = self._navigator.bucket_name
        self._navigator.follow_places(moved_places(name(reversal.bucket), name(reversal.shows_in), result.moved))
        here = self._navigator.place
        if here is None or not result.shows:
            return
        seen = [path for path in result.shows if parent_of(path.rstrip("/")) == here.prefix]
        if seen and self._navigator.bucket_id(here.bucket) == reversal.shows_in:
            self._navigator.select_when_there(*seen, bucket=here.bucket)

    def _bound(self) -> None:
        """Forget the oldest where there are many, or they name very many things."""
        for stack in (self._done, self._undone):
            del stack[:-_STEPS_MAX]
            while sum(entry.reversal.weight for entry in stack) > WEIGHT_MAX and len(stack) > 1:
                del stack[0]


def _named(word: str, name: str) -> str:
    return f"{word} {name}" if name else word
