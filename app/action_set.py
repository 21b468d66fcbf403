"""The commands of the action table as QActions: made once, wired once, enabled by the situation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from app.actions import ActionId, Spec
from app.actions_content import CONTENT_SPECS
from app.actions_going import GOING_SPECS
from app.actions_window import WINDOW_SPECS
from app.i18n import translate
from app.icons import Icons
from app.situation import Situation
from engine.types import Bucket

SPECS: Final[tuple[Spec, ...]] = (*CONTENT_SPECS, *GOING_SPECS, *WINDOW_SPECS)
"""Every command once."""


class Actions(QObject):
    """The commands as QActions that the window owns."""

    def __init__(self, window: QWidget, icons: Icons) -> None:
        """Make them all, disabled until the first `update`.

        Args:
            window: Where shortcuts work.
            icons: Gives the glyphs.
        """
        super().__init__(window)
        self._specs = {spec.id: spec for spec in SPECS}
        self._groups: dict[str, QActionGroup] = {}
        self._actions = {spec.id: self._make(spec, window, icons) for spec in SPECS}

    def __getitem__(self, name: ActionId) -> QAction:
        """Return the QAction of a command."""
        return self._actions[name]

    def all(self) -> Iterable[QAction]:
        """Return every action, in the order of the table."""
        return self._actions.values()

    def connect_all(self, handlers: Mapping[ActionId, Callable[[], None]]) -> None:
        """Wire the commands.

        Args:
            handlers: One for each command.

        Raises:
            KeyError: A command has no handler.
        """
        for name, action in self._actions.items():
            handler = handlers[name]
            action.triggered.connect(lambda _checked=False, handler=handler: handler())

    def update(self, now: Situation) -> None:
        """Enable what makes sense, and call it what it is."""
        for name, action in self._actions.items():
            spec = self._specs[name]
            action.setEnabled(spec.enabled(now))
            if spec.otherwise is not None:
                holds = spec.otherwise.holds(now)
                _name(action, *((spec.otherwise.text, spec.otherwise.tip) if holds else (spec.text, spec.tip)))
            elif spec.of_bucket:
                _name(action, spec.text, spec.tip)
                action.setText(_named(action.text(), now.target_bucket if now.in_search else None))

    def _make(self, spec: Spec, window: QWidget, icons: Icons) -> QAction:
        action = QAction(icons.icon(spec.glyph), "", window)
        action.setShortcuts([QKeySequence(keys) for keys in spec.keys])
        _name(action, spec.text, spec.tip)
        action.setProperty("glyph", spec.glyph)
        action.setCheckable(spec.checkable)
        action.setAutoRepeat(False)  # a key held down a moment too long deletes one thing, not all that follow it
        action.setObjectName(spec.id)
        if spec.group:
            group = self._groups.setdefault(spec.group, QActionGroup(self))
            group.addAction(action)
        window.addAction(action)
        return action


def _named(text: str, bucket: Bucket | None) -> str:
    return text if bucket is None else f"{text} ({bucket.name.replace('&', '&&')})"


def _name(action: QAction, text: str, tip: str) -> None:
    """Give an action its text and, with its keys, its tool tip."""
    said = translate("Actions", tip)
    shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setText(translate("Actions", text))
    action.setToolTip(f"{said} ({shown})" if shown else said)
