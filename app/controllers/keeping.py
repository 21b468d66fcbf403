"""Keeps the session as it changes, so that a window that ends in the middle of something comes back all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer, SignalInstance

from app.bridge.acting import Acting
from app.location import Location
from app.models.tree_model import TreeModel
from app.remembered import places_text, read_places
from app.settings import WindowSettings
from app.views.folder_tree import FolderTree

_CALM_MS: Final = 1_500
"""How long changes are gathered before they are kept."""


class SessionKeeper(QObject):
    """Has the session remembered a moment after it changed; however much changes meanwhile, that is done once."""

    def __init__(self, remember: Callable[[], None], parent: QObject) -> None:
        """Args: what remembers; Qt's owner."""
        super().__init__(parent)
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(remember)

    def follow(self, *signals: SignalInstance) -> None:
        """Keep what is there after any of these."""
        for signal in signals:
            signal.connect(self._note)

    def _note(self, *_: object) -> None:
        if not self._calm.isActive():
            self._calm.start()


class OpenFolders(QObject):
    """The nodes of the tree that are open: remembered, and opened again once their buckets are known.

    What is seen in somebody's name is not remembered; what was open before comes back afterwards.
    """

    def __init__(self, tree: FolderTree, model: TreeModel, settings: WindowSettings, acting: Acting) -> None:
        """Args: the tree; what it shows; what is remembered; who looks."""
        super().__init__(tree)
        self._tree = tree
        self._model = model
        self._settings = settings
        self._acting = acting
        self._has_begun = self._has_ended = False
        model.buckets_changed.connect(self._bring_back)
        acting.changed.connect(self._begin_anew)

    @property
    def are_back(self) -> bool:
        """Return whether all that were open last are open, as far as they are still there; once they are, they were."""
        self._has_ended = self._has_ended or (self._has_begun and not self._model.is_reaching)
        return self._has_ended

    def remember(self) -> None:
        """Keep which nodes are open; not before those that were open last are back."""
        if self.are_back:
            self._settings.open_folders = places_text(self._tree.open_places())

    def _begin_anew(self) -> None:
        self._has_begun = self._has_ended = False

    def _bring_back(self) -> None:
        """Open what was open, from the top down; what is no longer there is left out."""
        if self._has_begun or self._acting.identity is not None or not self._model.buckets:
            return
        self._has_begun = True
        for place in sorted(read_places(self._settings.open_folders), key=lambda one: len(one.trail)):
            self._open(place)

    def _open(self, place: Location) -> None:
        self._model.reach(place, lambda: self._tree.expand(self._model.index_of(place)))
