"""What the inspector changes and checks: what is said about objects, and whether their bytes are what they were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from PySide6.QtCore import QObject, QTimer

from app.bridge.labels import LabelBridge, cache_problem, mime_problem
from app.bridge.previews import Previewer
from app.bridge.relabelling import Relabelling, said_before
from app.bridge.tasks import Ticket
from app.controllers.navigation import Navigator
from app.controllers.undo import Undo
from app.errors import ErrorPresenter
from app.formats import size_text
from app.i18n import translate
from app.views.inspector import Inspector
from app.widgets.editable_fact import EditableFact
from app.widgets.toast import Toast
from engine.errors import BytesMissing, Cancelled, ObjectChanged, StorageError
from engine.types import LabelChanges, StorageObject

_NEWS_MS: Final = 100


class LabelControl(QObject):
    """See the module."""

    def __init__(
        self, inspector: Inspector, labels: LabelBridge, previewer: Previewer, navigator: Navigator, undo: Undo,
        toast: Toast, errors: ErrorPresenter,
    ) -> None:  # fmt: skip
        """Args: the panel; what changes and reads; when it is looked at; undo; what tells; where other failures go."""
        super().__init__(inspector)
        self._inspector = inspector
        self._labels = labels
        self._previewer = previewer
        self._navigator = navigator
        self._undo = undo
        self._toast = toast
        self._errors = errors
        self._verifying: Ticket | None = None
        self._news = QTimer(self, interval=_NEWS_MS)
        self._news.timeout.connect(self._tell_progress)
        inspector.type_wanted.connect(self._change_type)
        inspector.cache_wanted.connect(self._change_cache)
        inspector.metadata.changed.connect(self._change_metadata)
        inspector.verify_wanted.connect(self._verify)
        inspector.verify_ended.connect(self._stop)

    def _change_type(self, text: str, fact: EditableFact) -> None:
        problem = mime_problem(text)
        if problem:
            fact.refuse(problem)
        else:
            said, name = translate("LabelControl", "Type changed"), translate("LabelControl", "change of type")
            self._change(LabelChanges(mime_type=text), fact, said, name)

    def _change_cache(self, text: str, fact: EditableFact) -> None:
        problem = cache_problem(text)
        if problem:
            fact.refuse(problem)
        else:
            said = translate("LabelControl", "Cache rule changed")
            self._change(
                LabelChanges(cache_control=text), fact, said, translate("LabelControl", "change of cache rule")
            )

    def _change_metadata(self, metadata: dict[str, object], fact: EditableFact | None) -> None:
        said, name = translate("LabelControl", "Metadata changed"), translate("LabelControl", "change of metadata")
        self._change(LabelChanges(user_metadata=metadata), fact, said, name)

    def _change(self, changes: LabelChanges, fact: EditableFact | None, said: str, name: str) -> None:
        """Say something else, and offer to take it back; `name` is what it was in the middle of a sentence."""
        items, era = self._inspector.items, self._undo.era

        def changed(now: Sequence[StorageObject]) -> None:
            if self._inspector.items == items:
                self._inspector.finish_editing()
                self._inspector.take_labelled(now)
            reversal = Relabelling(now[0].bucket, said_before(items, now, changes))
            self._toast.say(said, self._undo.remember(name, reversal, era))

        def refused(error: Exception) -> None:
            reason = _reason(error)
            if self._inspector.items != items:
                self._errors.present(error)
            elif fact is None or not reason or not self._inspector.is_editing:
                self._inspector.finish_editing()
                self._errors.present(error)
            else:
                fact.refuse(reason)

        if items:
            self._labels.change(items, changes, changed, refused)

    def _verify(self) -> None:
        item = self._inspector.item
        if item is None:
            return
        moment: datetime | None = self._navigator.moment
        source = self._previewer.of_object(item, moment)
        self._inspector.tell_checksum(translate("LabelControl", "Reading…"), running=True)
        self._verifying = self._labels.verify(source, self._tell_verdict, self._tell_failure)
        self._news.start()

    def _stop(self) -> None:
        if self._verifying is not None:
            self._verifying.cancel()
        self._verifying = None
        self._news.stop()
        self._inspector.tell_checksum("")

    def _tell_progress(self) -> None:
        progress = self._verifying.progress if self._verifying is not None else None
        if progress is not None:
            text = translate("LabelControl", "Reading… {done} of {total}")
            done, total = size_text(progress.done_bytes), size_text(progress.total_bytes or 0)
            self._inspector.tell_checksum(text.format(done=done, total=total), running=True)

    def _tell_verdict(self, is_sound: bool) -> None:
        self._end()
        if is_sound:
            self._inspector.tell_checksum(
                translate("LabelControl", "The stored bytes are what they should be."), "success"
            )
        else:
            text = translate("LabelControl", "The stored bytes are damaged: their checksum is another.")
            self._inspector.tell_checksum(text, "danger")

    def _tell_failure(self, error: Exception) -> None:
        self._end()
        if isinstance(error, Cancelled):
            return
        text = _reason(error) or translate("LabelControl", "It can't be read.")
        if isinstance(error, BytesMissing):
            text = translate("LabelControl", "The stored bytes are missing.")
        self._inspector.tell_checksum(text, "danger")

    def _end(self) -> None:
        self._verifying = None
        self._news.stop()


def _reason(error: Exception) -> str:
    """Return why something was refused, beside its field; nothing for what is no answer to it."""
    if isinstance(error, ObjectChanged):
        return translate("LabelControl", "Somebody else changed it meanwhile. Press Escape to see it as it is now.")
    return error.message if isinstance(error, StorageError) else ""
