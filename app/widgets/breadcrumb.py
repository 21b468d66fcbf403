"""The path bar: the place as buttons that go there, with menus of what lies beside each, or as a text to type."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QWidget,
)

from app.i18n import translate
from app.location import Location
from app.look import Look, restyle
from app.views.hold import Hold
from app.widgets.crumb import Crumb, separator
from app.widgets.path_edit import PathEdit
from app.widgets.spring import Spring
from engine.types import Bucket

_MORE_PX = 40


class Breadcrumb(QFrame):
    """Shows a place; folders in the middle that don't fit go into a menu. The arrow keys go along the parts.

    Signals:
        chosen: A step was pressed; carries its `Location`.
        typed: A path was entered; carries the text.
        left: Escape ended the typing.
        ended: It ended, by whatever.
        tab_wanted: A step was clicked in the way that means a tab of its own; carries its `Location`.
        menu_wanted: The context menu of a step; carries its `Location` and the global position.
        places_wanted: A menu of places opens; carries the `PlacesMenu`.
        completions_wanted: Somebody types; carries the text.
        drop_hovering: Something that is dragged hangs over a step; carries its `Location`.
        drop_left: It went away.
        dropped: Carries a list of `Path` and the `Location`.
    """

    chosen = Signal(object)
    typed = Signal(str)
    left = Signal()
    ended = Signal()
    tab_wanted = Signal(object)
    menu_wanted = Signal(object, QPoint)
    places_wanted = Signal(object)
    completions_wanted = Signal(str)
    drop_hovering = Signal(object)
    drop_left = Signal()
    dropped = Signal(list, object)

    def __init__(self, look: Look, hold: Hold | None = None, parent: QWidget | None = None) -> None:
        """Args: look; what is in hand; Qt's owner."""
        super().__init__(parent)
        self._hold = hold or Hold(self)
        self._look = look
        self._place: Location | None = None
        self._steps: list[QWidget] = []
        self._crumbs: list[Crumb] = []
        self._over: Crumb | None = None
        self._spring = Spring(self)
        self._spring.pulsed.connect(self._pulse)
        self._spring.sprung.connect(lambda place: self.chosen.emit(place))
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
        self._edit = PathEdit()
        self._edit.returnPressed.connect(lambda: self.typed.emit(self._edit.text()))
        self._edit.completions_wanted.connect(self.completions_wanted)
        self._edit.left.connect(self._end_typing)
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
        if self.editing:
            self._end_typing(escaped=False)
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
                else translate(
                    "Breadcrumb", "Besides you, only those whom a policy lets, and people with a signed link, can read"
                )
            )
            restyle(self._badge, tone="public" if public else "private")

    def edit(self) -> None:
        """Turn into a text field with everything selected."""
        self._stack.setCurrentWidget(self._edit)
        self._edit.begin(self._place.text if self._place else "")

    def refuse(self, reason: str) -> None:
        """Say beside the field why the path that was typed leads nowhere."""
        self._edit.refuse(reason)

    def offer(self, text: str, places: tuple[Location, ...]) -> None:
        """Show what a text that somebody types may go on with."""
        self._edit.offer(text, [place.text for place in places])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook: the arrow keys go from part to part, and down into the menu beside one."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and isinstance(watched, QToolButton):
            buttons = [button for button in self._bar.findChildren(QToolButton) if button.isVisible()]
            step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
            if step and watched in buttons:
                target = min(max(self._in_order(buttons).index(watched) + step, 0), len(buttons) - 1)
                self._in_order(buttons)[target].setFocus(Qt.FocusReason.TabFocusReason)
                return True
            if event.key() == Qt.Key.Key_Down and watched.menu() is not None:
                watched.showMenu()
                return True
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

    def _end_typing(self, escaped: bool) -> None:
        if self.editing:
            self._stack.setCurrentWidget(self._bar)
            self.ended.emit()
            if escaped:
                self.left.emit()

    def _in_order(self, buttons: list[QToolButton]) -> list[QToolButton]:
        return sorted(buttons, key=lambda button: button.mapTo(self, button.rect().topLeft()).x())

    def _rebuild(self) -> None:
        self._hover(None)
        while self._row.count():
            item = self._row.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None and widget is not self._badge:
                widget.hide()
                widget.deleteLater()
        trail = self._place.trail if self._place else ()
        self._crumbs = [self._crumb(place, last=place == self._place) for place in trail]
        self._steps = [self._step(crumb) for crumb in self._crumbs]
        self._more = self._look.tool_button("dots-three", translate("Breadcrumb", "Folders between"), self._bar)
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._more.installEventFilter(self)
        for widget in (*self._steps[:1], self._more, *self._steps[1:]):
            self._row.addWidget(widget)
        self._row.addStretch()
        self._row.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignVCenter)
        self._fit()

    def _crumb(self, place: Location, *, last: bool) -> Crumb:
        crumb = Crumb(self._look, place, self._hold, last=last)
        crumb.clicked.connect(lambda: self.chosen.emit(place))
        crumb.tab_wanted.connect(lambda: self.tab_wanted.emit(place))
        crumb.menu_wanted.connect(lambda position: self.menu_wanted.emit(place, position))
        crumb.hovering.connect(lambda ours: self._hover(crumb, ours=ours))
        crumb.left.connect(lambda: self._hover(None))
        crumb.dropped.connect(lambda sources: self.dropped.emit(sources, place))
        crumb.installEventFilter(self)
        return crumb

    def _step(self, crumb: Crumb) -> QWidget:
        """Return a part with the menu before it."""
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        button, menu = separator(self._look, crumb.place.parent, crumb.place)
        menu.wanted.connect(lambda: self.places_wanted.emit(menu))
        menu.chosen.connect(self.chosen)
        button.installEventFilter(self)
        row.addWidget(button)
        row.addWidget(crumb)
        return holder

    def _hover(self, crumb: Crumb | None, *, ours: bool = False) -> None:
        if self._over is not None:
            self._over.mark(lit=False)
            self.drop_left.emit()
        self._over = crumb
        self._spring.hover(None if crumb is None or crumb.place == self._place else crumb.place)
        if crumb is not None:
            crumb.mark(lit=True)
            if not ours:
                self.drop_hovering.emit(crumb.place)

    def _pulse(self, lit: bool) -> None:
        if self._over is not None:
            self._over.mark(lit=lit)

    def _fit(self) -> None:
        """Hide steps after the first until the rest fits, then that too; the last one always stays."""
        badge = self._badge.sizeHint().width() if self._badge.isVisibleTo(self._bar) else 0
        room = self.width() - self._look.theme.space("xl") - badge
        widths = [step.sizeHint().width() for step in self._steps]
        order = [*range(1, len(widths) - 1), 0] if len(widths) > 1 else []
        hidden: list[int] = []
        while order and sum(widths) - sum(widths[i] for i in hidden) + (_MORE_PX if hidden else 0) > room:
            hidden.append(order.pop(0))
        for i, step in enumerate(self._steps):
            step.setVisible(i not in hidden)
        self._more.setVisible(bool(hidden))
        self._fill_menu(tuple(self._crumbs[i].place for i in sorted(hidden)))

    def _fill_menu(self, places: tuple[Location, ...]) -> None:
        menu = QMenu(self._more)
        for place in places:
            glyph, tone = ("folder-fill", "kind_folder") if place.prefix else ("archive-fill", "accent")
            action = menu.addAction(self._look.icons.icon(glyph, tone), place.name.replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, place=place: self.chosen.emit(place))
        old = self._more.menu()
        self._more.setMenu(menu)
        if old is not None:
            old.deleteLater()
