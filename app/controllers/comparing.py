"""Compares two contents of the object that the inspector shows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.bridge.previews import Previewer
from app.bridge.tasks import Ticket
from app.controllers.previewing import PreviewFeed
from app.i18n import translate
from app.look import Look
from app.views.version_list import VersionList
from engine.version_types import ObjectVersion

if TYPE_CHECKING:
    from app.dialogs.compare_dialog import CompareDialog
    from app.previews.comparing import Comparison

_EDGE_PX: Final = 900


class CompareControl(QObject):
    """See the module."""

    def __init__(self, look: Look, window: QWidget, view: VersionList, previewer: Previewer) -> None:
        """Args: look; the window; where versions are shown; what reads and compares."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._previewer = previewer
        self._ticket: Ticket | None = None
        view.compare_wanted.connect(self._open)

    def _open(self, before: ObjectVersion, versions: Sequence[ObjectVersion]) -> None:
        from app.dialogs.compare_dialog import CompareDialog  # when it is wanted: no start waits for a dialog

        dialog = CompareDialog(self._look, self._window, versions, before)
        feeds = [PreviewFeed(area, self._previewer) for area in dialog.areas]
        dialog.chosen.connect(partial(self._compare, dialog, feeds))
        dialog.finished.connect(lambda _: self._cancel())
        dialog.open()
        dialog.begin()

    def _compare(
        self, dialog: CompareDialog, feeds: Sequence[PreviewFeed], before: ObjectVersion, after: ObjectVersion
    ) -> None:
        self._cancel()
        sources = self._previewer.of_version(before), self._previewer.of_version(after)

        def show(comparison: Comparison) -> None:
            if not dialog.is_open:
                return
            for feed, source, inside in zip(feeds, sources, (comparison.before, comparison.after), strict=True):
                feed.show_known(source, inside)
            dialog.show_comparison(comparison)

        def fail(_: Exception) -> None:
            if dialog.is_open:
                dialog.show_failure(translate("CompareControl", "One of them can't be read."))

        self._ticket = self._previewer.compare(*sources, _EDGE_PX, show, fail)

    def _cancel(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
        self._ticket = None
