"""What became of wishes to delete, in one sentence with one button that takes all of it back."""

from __future__ import annotations

from collections.abc import Sequence

from app.bridge.operations import Removal
from app.bridge.reversals import Reversal
from app.bridge.several import Several
from app.bridge.trashings import Untrashing
from app.controllers.undo import Undo
from app.errors import ErrorPresenter
from app.formats import count_text
from app.i18n import translate
from app.widgets.banner import Offer
from app.widgets.toast import Toast
from engine.errors import Cancelled


class RemovalTeller:
    """See the module."""

    def __init__(self, toast: Toast, undo: Undo, errors: ErrorPresenter) -> None:
        """Args: what says it; what takes it back; what explains why something stayed."""
        self._toast = toast
        self._undo = undo
        self._errors = errors

    def tell(self, removals: Sequence[Removal], era: int) -> None:
        """Say what was deleted.

        Args:
            removals: What became of it, of each bucket one.
            era: `Undo.era` when it was begun.
        """
        objects = sum(removal.objects for removal in removals)
        left = any(removal.refused or removal.kept for removal in removals)
        if not objects and not left and any(removal.ended for removal in removals):
            return
        said = translate("Editing", "{what} deleted")
        if any(removal.trashed for removal in removals):
            said = translate("Editing", "{what} moved to the trash")
        if any(isinstance(removal.ended, Cancelled) for removal in removals):
            said = translate("Editing", "Stopped: {what} deleted for good")
            if any(removal.trashed for removal in removals):
                said = translate("Editing", "Stopped: {what} moved to the trash")
        self.say(said.format(what=count_text(objects)), removals, era)

    def say(self, said: str, removals: Sequence[Removal], era: int) -> None:
        """Say something of what was done and, if so, that what nobody was asked about stayed."""
        undo = None
        back = tuple(Untrashing(removal.trashed) for removal in removals if removal.trashed is not None)
        if back:
            what = count_text(sum(removal.objects for removal in removals))
            name = translate("Editing", "move of {what} to the trash").format(what=what)
            undo = self._undo.remember(name, _one(back), era)
        refused, kept = sum(removal.refused for removal in removals), sum(removal.kept for removal in removals)
        if refused:
            rest = translate("Editing", "{said}; policies do not let these be deleted: {what}")
            said = rest.format(said=said, what=count_text(refused))
            self._toast.say(said, undo, kind="warning", besides=self._why(removals))
        elif kept:
            text = translate("Editing", "{said}; kept what arrived since: {what}")
            self._toast.say(text.format(said=said, what=count_text(kept)), undo, kind="info")
        else:
            self._toast.say(said, undo)

    def _why(self, removals: Sequence[Removal]) -> Offer | None:
        """Return the button that explains the first that was refused, where somebody is acted as."""
        refusals = (removal.refusal for removal in removals if removal.refusal is not None)
        first = next(refusals, None)
        return None if first is None else self._errors.why_of(first)


def _one(back: Sequence[Reversal]) -> Reversal:
    return back[0] if len(back) == 1 else Several(tuple(back))
