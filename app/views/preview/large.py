"""The large preview: a window of its own over the main one, which keys walk through the folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.formats import number_text
from app.i18n import translate
from app.look import Look, announce, label
from app.previews.shapes import Fact, Picture
from app.views.preview.area import PreviewArea
from app.views.preview.emblem import Emblem
from app.widgets.elided_label import ElidedLabel

_SHARE: Final = 0.86
_LEAST: Final = QSize(480, 360)


class LargePreview(QDialog):
    """See the module. It decides nothing: what it shows is given to it.

    Signals:
        step_wanted: Carries how many rows on; -1 is the one before.
        open_wanted: The object is to be opened with its program.
        closed: The person closed it.
        detail_wanted: The picture is shown larger than it was read.
        page_wanted: Carries how many pages on; -1 is the one before.
    """

    step_wanted = Signal(int)
    open_wanted = Signal()
    closed = Signal()
    detail_wanted = Signal()
    page_wanted = Signal(int)

    def __init__(self, look: Look, window: QWidget) -> None:
        """Args: look; the window that it belongs to."""
        super().__init__(window)
        self._look = look
        self.setObjectName("large-preview")
        self.setAccessibleName(translate("LargePreview", "Preview"))
        self.setMinimumSize(_LEAST)
        self.setModal(False)
        self.area = PreviewArea(look, compact=False)
        self._name = ElidedLabel("", "")
        self._name.setProperty("textSize", "title")
        self._about = label(tone="muted", size="caption")
        self._turnings: list[QShortcut] = []
        self._zoom = label(tone="muted", size="caption")
        self._zoom.setMinimumWidth(self.fontMetrics().horizontalAdvance("1000 %"))
        self._zoom.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.emblem = Emblem(look)
        self.previous = self._button("caret-left", translate("LargePreview", "Previous (Left)"))
        self.next = self._button("caret-right", translate("LargePreview", "Next (Right)"))
        self.smaller = self._button("magnifying-glass-minus", translate("LargePreview", "Smaller (Ctrl+-)"))
        self.larger = self._button("magnifying-glass-plus", translate("LargePreview", "Larger (Ctrl++)"))
        self.size_switch = self._button("arrows-in", translate("LargePreview", "Actual size or fitted (Ctrl+0)"))
        self.page_back = self._button("caret-up", translate("LargePreview", "Page before (Page up)"))
        self.page_on = self._button("caret-down", translate("LargePreview", "Next page (Page down)"))
        self._page = label(tone="muted", size="caption")
        self.open_button = self._button("arrow-square-out", translate("LargePreview", "Open with its program"))
        self.close_button = self._button("x", translate("LargePreview", "Close (Space)"))
        self._lay_out()
        self._connect()
        self._bind_keys()

    def place_over(self, window: QWidget, remembered: QByteArray) -> None:
        """Go where it was last, or into the middle of a window."""
        if not self.restoreGeometry(remembered):
            self.resize((window.size() * _SHARE).expandedTo(_LEAST))
            self.move(window.frameGeometry().center() - self.rect().center())

    def bring_up(self) -> None:
        """Show it above the window and give it the keyboard."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.area.setFocus()

    def show_head(self, name: str, about: str, *, first: bool, last: bool) -> None:
        """Say what is shown.

        Args:
            name: What it is called.
            about: Kind, size and the like.
            first: There is none before it.
            last: There is none after it.
        """
        self._name.show_text(name)
        self._about.setText(about)
        self.setWindowTitle(name or translate("LargePreview", "Preview"))
        self.setAccessibleDescription(f"{name}, {about}")
        self.area.setAccessibleName(name)
        announce(self, f"{name}, {about}")
        self.previous.setEnabled(not first)
        self.next.setEnabled(not last)

    def show_emblem(self, icon: str, tone: str, facts: Sequence[Fact] = (), text: str = "") -> None:
        """Show a large glyph with facts and a sentence instead of a look inside, or that look again for no glyph."""
        if icon:
            self.emblem.show_kind(icon, tone, facts, text)
        shown, hidden = (self.emblem, self.area) if icon else (self.area, self.emblem)
        focused = QApplication.focusWidget()
        shown.show()
        if focused is not None and (focused is hidden or hidden.isAncestorOf(focused)):
            shown.setFocus()  # else a button would have the keyboard, and the next Space press it
        hidden.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook: what is fitted has another zoom."""
        super().resizeEvent(event)
        self._tell_zoom()

    def _button(self, icon: str, name: str) -> QToolButton:
        button = self._look.tool_button(icon, name, self)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _lay_out(self) -> None:
        space = self._look.theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space("l"), space("m"), space("l"), space("l"))
        column.setSpacing(space("m"))
        row = QHBoxLayout()
        row.setSpacing(space("xs"))
        row.addWidget(self.previous)
        row.addWidget(self.next)
        row.addSpacing(space("s"))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._name)
        words.addWidget(self._about)
        row.addLayout(words, 1)
        for part in (self.page_back, self._page, self.page_on, self.smaller, self._zoom, self.larger, self.size_switch):
            row.addWidget(part)
        row.addSpacing(space("s"))
        row.addWidget(self.open_button)
        row.addWidget(self.close_button)
        column.addLayout(row)
        column.addWidget(self.area, 1)
        column.addWidget(self.emblem, 1)
        self.emblem.hide()

    def _connect(self) -> None:
        picture = self.area.picture
        self.previous.clicked.connect(lambda: self.step_wanted.emit(-1))
        self.next.clicked.connect(lambda: self.step_wanted.emit(1))
        self.smaller.clicked.connect(picture.zoom_out)
        self.larger.clicked.connect(picture.zoom_in)
        self.size_switch.clicked.connect(self._switch_size)
        self.page_back.clicked.connect(lambda: self.page_wanted.emit(-1))
        self.page_on.clicked.connect(lambda: self.page_wanted.emit(1))
        self.open_button.clicked.connect(self.open_wanted)
        self.close_button.clicked.connect(self.close)
        self.finished.connect(lambda _: self.closed.emit())
        picture.zoomed.connect(self._tell_zoom)
        self.area.changed.connect(self._tell_zoom)

    def _bind_keys(self) -> None:
        picture, key = self.area.picture, Qt.Key
        for keys, act in (
            ((key.Key_Left, key.Key_Up), lambda: self.step_wanted.emit(-1)),
            ((key.Key_Right, key.Key_Down), lambda: self.step_wanted.emit(1)),
            ((key.Key_Space,), self._press_or_close),
            (("Ctrl++", "Ctrl+="), picture.zoom_in),
            (("Ctrl+-",), picture.zoom_out),
            (("Ctrl+0",), self._switch_size),
        ):
            for one in keys:
                QShortcut(QKeySequence(one), self).activated.connect(act)
        for one, button in ((key.Key_PageUp, self.page_back), (key.Key_PageDown, self.page_on)):
            turning = QShortcut(QKeySequence(one), self)  # texts need these keys, so only pages take them
            turning.activated.connect(button.click)
            self._turnings.append(turning)

    def _press_or_close(self) -> None:
        """Close, but for a button that has the keyboard: there Space presses, as everywhere."""
        focused = QApplication.focusWidget()
        if isinstance(focused, QAbstractButton) and self.isAncestorOf(focused):
            focused.click()
        else:
            self.close()

    def _switch_size(self) -> None:
        picture = self.area.picture
        if picture.is_fitted:
            picture.show_actual()
        else:
            picture.fit()

    def _tell_page(self, picture: Picture | None) -> None:
        """Say which page is shown, where there are several."""
        has_pages = picture is not None and picture.pages > 1
        for part in (self.page_back, self._page, self.page_on):
            part.setVisible(has_pages)
        for turning in self._turnings:
            turning.setEnabled(has_pages)
        if picture is None or not has_pages:
            return
        self.page_back.setEnabled(picture.page > 0)
        self.page_on.setEnabled(picture.page < picture.pages - 1)
        text = translate("LargePreview", "Page {number} of {count}")
        self._page.setText(text.format(number=number_text(picture.page + 1), count=number_text(picture.pages)))

    def _tell_zoom(self) -> None:
        picture = self.area.picture
        is_picture = picture.picture is not None and self.area.page is picture
        self._tell_page(picture.picture if is_picture else None)
        for part in (self.smaller, self._zoom, self.larger, self.size_switch):
            part.setVisible(is_picture)
        if picture.picture is None or not is_picture:
            return
        self._zoom.setText(f"{round(picture.zoom * 100)} %")
        read = picture.picture.frames[0].image.width()
        if read < picture.picture.size.width() and picture.zoom * picture.picture.size.width() > read * 1.1:
            self.detail_wanted.emit()
