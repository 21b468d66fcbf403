"""The path at the top: a button for each folder, and a text field when somebody wants to type."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QToolTip,
    QWidget,
)

from app.i18n import translate
from app.location import Location
from app.look import Look, restyle
from app.widgets.glyph import Glyph
from engine.types import Bucket

_STEP_CHARS_MAX = 32


class Breadcrumb(QFrame):
    """Shows a place; folders that don't fit go into a menu at the left.

    Signals:
        chosen: A step was pressed; carries its `Location`.
        typed: A path was entered; carries the text.
        left: Escape ended the typing.
        tab_wanted: A step was clicked in the way that means a tab of its own; carries its `Location`.
    """

    chosen = Signal(object)
    typed = Signal(str)
    left = Signal()
    tab_wanted = Signal(object)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        """Args: look, and Qt's owner."""
        super().__init__(parent)
        self._look = look
        self._place: Location | None = None
        self._steps: list[QWidget] = []
        self._more = QToolButton()
        self.setProperty("place", "pathbar")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(look.theme.size("control") + 2)
        self.setMinimumWidth(160)
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(1, 1, 1, 1)
        self._bar = QWidget()
        self._row = QHBoxLayout(self._bar)
        self._row.setContentsMargins(look.theme.space("xs"), 0, look.theme.space("xs"), 0)
        self._row.setSpacing(0)
        self._row.addWidget(self._more)
        self._badge = QLabel()
        self._badge.setProperty("place", "badge")
        self._badge.hide()
        self._edit = QLineEdit()
        self._edit.setProperty("place", "path")
        self._edit.setAccessibleName(translate("Breadcrumb", "Path"))
        self._edit.setPlaceholderText(translate("Breadcrumb", "bucket/folder/…"))
        self._edit.returnPressed.connect(lambda: self.typed.emit(self._edit.text()))
        self._edit.textEdited.connect(lambda _: restyle(self._edit, invalid=False))
        self._edit.installEventFilter(self)
        self._stack.addWidget(self._bar)
        self._stack.addWidget(self._edit)
        self.setToolTip(translate("Breadcrumb", "Click beside the path, or press Ctrl+L, to type one"))

    @property
    def editing(self) -> bool:
        """Return whether the text field is shown."""
        return self._stack.currentWidget() is self._edit

    def show_place(self, place: Location | None) -> None:
        """Show where the window is, as buttons."""
        self._place = place
        self._stack.setCurrentWidget(self._bar)
        self._rebuild()

    def show_access(self, bucket: Bucket | None) -> None:
        """Say at the right end who may read the bucket.

        Args:
            bucket: The one shown, or None.
        """
        self._badge.setVisible(bucket is not None)
        if bucket is not None:
            public = bucket.public
            self._badge.setText(translate("Breadcrumb", "Public") if public else translate("Breadcrumb", "Private"))
            self._badge.setToolTip(
                translate("Breadcrumb", "Anybody with the address can read these objects")
                if public
                else translate("Breadcrumb", "Only you, and people with a signed link, can read these objects")
            )
            restyle(self._badge, tone="public" if public else "private")

    def edit(self) -> None:
        """Turn into a text field with everything selected."""
        restyle(self._edit, invalid=False)
        self._edit.setText(self._place.text if self._place else "")
        self._stack.setCurrentWidget(self._edit)
        self._edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._edit.selectAll()

    def refuse(self, reason: str) -> None:
        """Say beside the field why the path that was typed leads nowhere."""
        restyle(self._edit, invalid=True)
        QToolTip.showText(self._edit.mapToGlobal(QPoint(0, self._edit.height())), reason, self._edit)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook: Escape, or leaving the field, brings the buttons back."""
        left = event.type() == QEvent.Type.FocusOut and not self._edit.hasFocus()
        escaped = (
            isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape
        )
        if self.editing and (left or escaped):
            self._stack.setCurrentWidget(self._bar)
            if escaped:
                self.left.emit()
            return escaped
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: a click beside the buttons is a wish to type."""
        if self._place is not None and not self.editing:
            self.edit()
        super().mousePressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook: another number of steps may fit."""
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Qt's hook: long paths must not widen the window."""
        return QSize(160, self._look.theme.size("control") + 2)

    def sizeHint(self) -> QSize:
        """Qt's hook: take what is left."""
        return QSize(420, self._look.theme.size("control") + 2)

    def _rebuild(self) -> None:
        while self._row.count():
            item = self._row.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None and widget is not self._badge:
                widget.hide()
                widget.deleteLater()
        self._steps = []
        trail = self._place.trail if self._place else ()
        self._more = self._look.tool_button("dots-three", translate("Breadcrumb", "Folders above"), self._bar)
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._row.addWidget(self._more)
        for i, place in enumerate(trail):
            step = self._step(place, first=i == 0, last=i == len(trail) - 1)
            self._steps.append(step)
            self._row.addWidget(step)
        self._row.addStretch()
        self._row.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignVCenter)
        self._fit()

    def _step(self, place: Location, *, first: bool, last: bool) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        button = QToolButton()
        name = place.name or translate("Breadcrumb", "(no name)")
        shown = name if len(name) <= _STEP_CHARS_MAX else f"{name[: _STEP_CHARS_MAX - 1]}…"
        button.setText(shown.replace("&", "&&"))
        button.setAccessibleName(translate("Breadcrumb", "Go to {name}").format(name=name))
        button.setToolTip(place.text)
        if first:
            button.setText(f" {button.text()}")
            button.setIcon(self._look.icons.icon("archive-fill", "accent"))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        if last:
            button.setFont(self._look.theme.font("body", bold=True))
        button.clicked.connect(lambda: self.chosen.emit(place))
        if not first:
            row.addWidget(Glyph(self._look, "caret-right-bold", "faint", 10))
        row.addWidget(button)
        return holder

    def _fit(self) -> None:
        """Hide steps from the left until the rest fits; the last one always stays."""
        badge = self._badge.sizeHint().width() if self._badge.isVisibleTo(self._bar) else 0
        room = self.width() - self._look.theme.space("xl") - badge
        widths = [step.sizeHint().width() for step in self._steps]
        hidden = 0
        while hidden < len(widths) - 1 and sum(widths[hidden:]) + (40 if hidden else 0) > room:
            hidden += 1
        for i, step in enumerate(self._steps):
            step.setVisible(i >= hidden)
        self._more.setVisible(hidden > 0)
        if self._place is not None:
            self._fill_menu(self._place.trail[:hidden])

    def _fill_menu(self, places: tuple[Location, ...]) -> None:
        menu = QMenu(self._more)
        for place in reversed(places):
            action = menu.addAction(self._look.icons.icon("folder-fill", "kind_folder"), place.name.replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, place=place: self.chosen.emit(place))
        old = self._more.menu()
        self._more.setMenu(menu)
        if old is not None:
            old.deleteLater()
