"""The area that shows a look inside an object, whatever its shape, and switches to its source."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from app.i18n import translate
from app.look import Look, label
from app.previews.shapes import Body, EmptyBody, HexBody, Inside, Picture, RichBody, TableBody, TextBody, TextPart
from app.views.preview.hex_page import HexPage
from app.views.preview.pages import RichPage, TablePage
from app.views.preview.picture_page import PicturePage
from app.views.preview.text_page import TextPage

_COMPACT_MOST_PX: Final = 220
_TABLE_PX: Final = 180


class PreviewArea(QWidget):
    """See the module. A compact one is only as high as what it shows needs, within bounds.

    Signals:
        more_wanted: Carries where the text goes on.
        range_wanted: Carries offset and count of bytes.
        changed: Something else is shown.
    """

    more_wanted = Signal(object)
    range_wanted = Signal(object, int)
    changed = Signal()

    def __init__(self, look: Look, *, compact: bool) -> None:
        """Args: look; whether it stands in the inspector."""
        super().__init__()
        self._look = look
        self._compact = compact
        self._inside: Inside | None = None
        self.picture = PicturePage(look, zooms=not compact)
        self.text = TextPage(look, numbered=not compact)
        self.rich = RichPage(look)
        self.table = TablePage(look)
        self.bytes = HexPage(look)
        self.words = label(tone="muted", wrap=True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note = label(size="caption", tone="muted", wrap=True)
        self.switch = self._made_switch()
        self._holder = QWidget()
        self._stack = QStackedLayout(self._holder)
        for page in (self.picture, self.text, self.rich, self.table, self.bytes, self.words):
            page.setMinimumWidth(1)
            page.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            self._stack.addWidget(page)
        self._lay_out()
        if compact:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.text.more_wanted.connect(self.more_wanted)
        self.text.cut_off.connect(self._tell_cut)
        self.bytes.range_wanted.connect(self.range_wanted)
        self.show_nothing()

    @property
    def inside(self) -> Inside | None:
        """Return what is shown, or None for nothing."""
        return self._inside

    @property
    def page(self) -> QWidget | None:
        """Return the page that is seen, or None where nothing is."""
        return self._stack.currentWidget() if not self._holder.isHidden() else None

    @property
    def codec(self) -> str:
        """Return the encoding of the text that is shown."""
        body = self._body()
        return body.codec if isinstance(body, TextBody) else "utf-8"

    def show_nothing(self, text: str = "") -> None:
        """Show nothing, or a word about why."""
        self._inside = None
        self.picture.show_picture(None)
        self.words.setText(text)
        self._stack.setCurrentWidget(self.words)
        self._holder.setVisible(bool(text) or not self._compact)
        self.note.hide()
        self.switch.hide()
        if self._compact:
            self.setVisible(bool(text))
        self._fit()
        self.changed.emit()

    def show_inside(self, inside: Inside) -> None:
        """Show a look inside an object."""
        self._inside = inside
        self.switch.setChecked(False)
        self.switch.setVisible(inside.source is not None)
        self.note.setText(inside.note)
        self.note.setVisible(bool(inside.note))
        self._show_body()

    def animate(self, inside: Inside) -> None:
        """Show the same picture with more frames, where and as large as it is."""
        self._inside = inside
        if isinstance(inside.body, Picture):
            self.picture.sharpen(inside.body)

    def add_text(self, part: TextPart) -> None:
        """Go on with the text that is shown."""
        self.text.add(part)

    def add_range(self, offset: int, data: bytes) -> None:
        """Take bytes that were asked for."""
        self.bytes.add(offset, data)

    def resizeEvent(self, event: object) -> None:
        """Qt's hook: a picture needs another height at another width."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit()

    def _made_switch(self) -> QToolButton:
        button = self._look.tool_button("code", translate("PreviewArea", "Show the source"))
        button.setCheckable(True)
        button.toggled.connect(lambda _: self._show_body())
        button.setProperty("place", "inline")
        return button

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self._look.theme.space("xs"))
        column.addWidget(self._holder, 1)
        row = QHBoxLayout()
        row.setSpacing(self._look.theme.space("xs"))
        row.addWidget(self.note, 1)
        row.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        column.addLayout(row)

    def _tell_cut(self) -> None:
        said = translate("PreviewArea", "The rest is not shown here. Open it to read on.")
        self.note.setText(f"{self._inside.note if self._inside else ''} {said}".strip())
        self.note.show()

    def _body(self) -> Body | None:
        if self._inside is None:
            return None
        return self._inside.source if self.switch.isChecked() and self._inside.source else self._inside.body

    def _show_body(self) -> None:
        body = self._body()
        if body is None:
            return
        is_empty = isinstance(body, EmptyBody) and not body.text and self._compact
        self._holder.setVisible(not is_empty)
        if self._compact:
            self.setVisible(not is_empty or bool(self._inside and self._inside.note))
        self._stack.setCurrentWidget(self._filled(body))
        self.picture.show_picture(body if isinstance(body, Picture) else None)
        self._fit()
        self.changed.emit()

    def _filled(self, body: Body) -> QWidget:
        """Return the page for a shape, filled with it."""
        page: QWidget
        match body:
            case Picture():
                page = self.picture
            case TextBody():
                page = self.text
                self.text.show_body(body)
            case RichBody():
                page = self.rich
                self.rich.show_body(body)
            case TableBody():
                page = self.table
                self.table.show_body(body)
            case HexBody():
                page = self.bytes
                self.bytes.show_body(body)
            case EmptyBody():
                page = self.words
                self.words.setText(body.text)
        return page

    def _fit(self) -> None:
        """Make a compact one as high as it needs to be."""
        if not self._compact:
            return
        page, height = self._stack.currentWidget(), _TABLE_PX
        if page is self.picture:
            height = self.picture.height_for(max(self.width(), 1), _COMPACT_MOST_PX)
        elif page is self.text:
            height = self.text.height_for_lines(_COMPACT_MOST_PX)
        elif page is self.bytes:
            height = self.bytes.height_for_rows(_COMPACT_MOST_PX)
        elif page is self.words:
            height = self.words.heightForWidth(max(self.width(), 1))
        if self._holder.height() != height or self._holder.minimumHeight() != height:
            self._holder.setFixedHeight(max(height, 1))
