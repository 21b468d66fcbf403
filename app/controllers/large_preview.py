"""Opens the large preview of the current row, walks with it through the folder, and looks ahead.

A key that is held goes on faster than most files are looked into. A look that was begun is given a moment to end, and
is shown under its own name before the row that is wanted by then: so something is seen all the way.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from app import kinds
from app.bridge.acting import Acting
from app.bridge.previews import Previewer, Source
from app.controllers.navigation import Navigator
from app.controllers.page_turning import PageTurner
from app.controllers.previewing import PreviewFeed
from app.formats import number_text, size_text
from app.i18n import translate
from app.look import Look
from app.models.folder_model import FolderModel
from app.models.rows import Row
from app.previews.shapes import EmptyBody, Inside, Picture
from app.settings import WindowSettings
from app.views.folder_table import FolderTable
from engine.cancel import CancelToken

if TYPE_CHECKING:
    from app.views.preview.large import LargePreview

_CALM_MS: Final = 40
_PATIENCE_MS: Final = 250
"""How long a look goes on while another is wanted."""

_LONG_PATIENCE_MS: Final = 1_500
"""The same for the look after one that was given up: it waits until the decoder is there again."""

_EDGE_MAX_PX: Final = 2_400
_DETAIL_PX: Final = 5_000
_AHEAD_MAX_BYTES: Final = 24 * 1024 * 1024
_KEPT_MAX: Final = 6
_KEPT_MAX_BYTES: Final = 128 * 1024 * 1024

_Key = tuple[str, str, object]
_Place = tuple[Row | None, int]
"""A row and its number."""


class LargePreviewControl(QObject):
    """See the module."""

    def __init__(
        self, look: Look, window: QWidget, table: FolderTable, model: FolderModel, navigator: Navigator,
        previewer: Previewer, acting: Acting, settings: WindowSettings,
    ) -> None:  # fmt: skip
        """Args: look; window; where the current row is; what is shown; since when; what looks; for whom; memory."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._table = table
        self._model = model
        self._navigator = navigator
        self._previewer = previewer
        self._settings = settings
        self._known: dict[_Key, Inside] = {}
        self._ahead: dict[_Key, CancelToken] = {}
        self._details: list[CancelToken] = []
        self._turner = PageTurner(previewer, self._show_page)
        self._shown: _Key | None = None
        self._place: _Place = (None, -1)
        self._dialog: LargePreview | None = None
        self._feed: PreviewFeed | None = None
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._show)
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._show)
        table.selectionModel().currentRowChanged.connect(lambda *_: self._wake())
        for signal in (model.opened, model.refreshed, model.dataChanged, navigator.moved):
            signal.connect(lambda *_: self._wake())
        acting.changed.connect(self._forget)

    @property
    def dialog(self) -> LargePreview | None:
        """Return the preview if it is open."""
        return self._dialog if self._dialog is not None and self._dialog.isVisible() else None

    def toggle(self) -> None:
        """Open the preview of the current row, or close it."""
        if self.dialog is not None:
            self.dialog.close()
            return
        dialog = self._made()
        self._shown = None
        dialog.bring_up()
        self._show()

    def dismiss(self) -> bool:
        """Close the preview, and return whether it was open."""
        was_open = self.dialog is not None
        if was_open:
            self.toggle()
        return was_open

    def _made(self) -> LargePreview:
        """Return the preview, made the first time."""
        from app.views.preview.large import LargePreview  # when it is wanted: no start waits for a dialog

        if self._dialog is None:
            dialog = self._dialog = LargePreview(self._look, self._window)
            dialog.place_over(self._window, self._settings.preview_geometry)
            self._feed = PreviewFeed(dialog.area, self._previewer)
            self._feed.found.connect(self._found)
            self._feed.ended.connect(self._ended)
            self._feed.moved.connect(self._moved)
            dialog.step_wanted.connect(self._step)
            dialog.closed.connect(self._closed)
            dialog.open_wanted.connect(self._open)
            dialog.detail_wanted.connect(self._sharpen)
            dialog.page_wanted.connect(self._turn)
        return self._dialog

    def _wake(self) -> None:
        """Look at the current row soon, and not later because of what happens meanwhile."""
        if self.dialog is not None and not self._calm.isActive():
            self._calm.start()

    def _step(self, count: int) -> None:
        """Go to another row; the selection goes along."""
        number = self._table.currentIndex().row() + count
        if 0 <= number < self._model.rowCount():
            self._table.selectRow(number)
            self._table.setCurrentIndex(self._model.index(number, 0))

    def _open(self) -> None:
        row = self._table.current_row()
        if row is not None:
            self._navigator.open_row(row)

    def _closed(self) -> None:
        self._calm.stop()
        self._patience.stop()
        self._turner.stop()
        self._cancel_ahead()
        self._shown = None
        if self._dialog is not None:
            self._settings.preview_geometry = self._dialog.saveGeometry()
        if self._feed is not None:
            self._feed.clear()
        self._window.activateWindow()
        self._table.setFocus()

    def _forget(self) -> None:
        """Somebody else looks now: what was read with other eyes is theirs alone."""
        self._turner.stop()
        self._cancel_ahead()
        self._known.clear()
        self._shown = None
        if self._feed is not None:
            self._feed.clear()
        self._wake()

    def _show(self) -> None:
        dialog, feed = self.dialog, self._feed
        if dialog is None or feed is None:
            return
        row = self._table.current_row()
        key = None if row is None else self._key(row)
        place = row, self._table.currentIndex().row()
        self._tell(dialog, place)
        if (key is not None and key == self._shown) or (feed.is_waiting and self._patience.isActive()):
            return
        self._patience.setInterval(_LONG_PATIENCE_MS if feed.is_waiting else _PATIENCE_MS)
        self._shown, self._place = key, place
        self._turner.stop()
        if row is None or row.object is None:
            feed.clear()
            dialog.show_emblem(row.icon if row else "", row.tone if row else "")
            return
        dialog.show_emblem("", "")
        self._look_into(self._key(row), self._source(row), feed)

    def _look_into(self, key: _Key, source: Source, feed: PreviewFeed) -> None:
        """Show what is known of an object, or look into it."""
        known = self._known.get(key)
        if known is not None:
            feed.show_known(source, known)
            return
        if key in self._ahead:
            feed.expect(source)
        else:
            self._cancel_ahead()
            feed.show(source, self._edge_px())
        self._patience.start()

    def _tell(self, dialog: LargePreview, place: _Place) -> None:
        """Say what is shown, and where in the folder it is."""
        (row, number), count = place, self._model.rowCount()
        told = translate("LargePreview", "{number} of {count}")
        parts = [told.format(number=number_text(number + 1), count=number_text(count))] if row is not None else []
        if row is not None and row.object is not None:
            item = row.object
            parts = [kinds.type_text(item.mime_type, item.name), size_text(item.size_bytes), *parts]
        elif row is not None:
            parts = [translate("LargePreview", "Folder"), *parts]
        dialog.show_head(row.name if row else "", "  ·  ".join(parts), first=number <= 0, last=number >= count - 1)
        dialog.open_button.setEnabled(row is not None)

    def _found(self, inside: Inside) -> None:
        if self._shown is not None and self._feed is not None and self._feed.source is not None:
            self._keep(self._shown, inside)
        if self.dialog is not None:
            self._tell(self.dialog, self._place)
            self._show_facts(self.dialog, inside)

    def _show_facts(self, dialog: LargePreview, inside: Inside) -> None:
        """Show what is known of what can't be seen, such as a film."""
        row = self._place[0]
        if row is not None and isinstance(inside.body, EmptyBody):
            dialog.show_emblem(row.icon, row.tone, inside.facts, inside.body.text or inside.note)

    def _moved(self, inside: Inside) -> None:
        if self._shown is not None:
            self._keep(self._shown, inside)

    def _ended(self) -> None:
        """Go on: to the row that is wanted by now, or else to its neighbours."""
        self._patience.stop()
        row = self._table.current_row()
        if row is not None and self._key(row) != self._shown:
            self._wake()
        else:
            self._look_ahead()

    def _turn(self, count: int) -> None:
        """Show another page of the document."""
        feed, dialog = self._feed, self._dialog
        if feed is None or feed.source is None or dialog is None:
            return
        picture = dialog.area.picture.picture
        if picture is not None and self._turner.turn(feed.source, picture, count, self._edge_px()):
            self._cancel_ahead()

    def _show_page(self, picture: Picture) -> None:
        if self._dialog is not None:
            self._dialog.area.picture.show_picture(picture)

    def _sharpen(self) -> None:
        """Read the picture that is shown with more pixels, once."""
        feed, key = self._feed, self._shown
        if feed is None or feed.source is None or self._dialog is None:
            return
        picture = self._dialog.area.picture.picture
        if picture is None or picture.moves or picture.frames[0].image.width() >= _DETAIL_PX * 0.5:
            return

        def show(sharper: Picture) -> None:
            if self._shown == key and self._dialog is not None:
                self._dialog.area.picture.sharpen(sharper)

        def show_inside(inside: Inside) -> None:
            if isinstance(inside.body, Picture):
                show(inside.body)

        if picture.pages > 1:
            ticket = self._previewer.page(feed.source, picture.page, _DETAIL_PX, show, lambda _: None)
        else:
            ticket = self._previewer.preview(feed.source, _DETAIL_PX, show_inside, lambda _: None)
        self._details.append(ticket.token)

    def _look_ahead(self) -> None:
        """Look into the neighbours, so that the next key shows them at once."""
        self._cancel_ahead()
        number = self._table.currentIndex().row()
        if self.dialog is None:
            return
        for place in (number + 1, number - 1):
            row = self._model.row(place) if 0 <= place < self._model.rowCount() else None
            if row is None or row.object is None or row.object.size_bytes > _AHEAD_MAX_BYTES:
                continue
            key, source = self._key(row), self._source(row)
            if key not in self._known:
                known, unknown = partial(self._known_ahead, key, source), partial(self._unknown_ahead, key, source)
                self._ahead[key] = self._previewer.preview(source, self._edge_px(), known, unknown).token

    def _known_ahead(self, key: _Key, source: Source, inside: Inside) -> None:
        """Keep a look at a neighbour; it may be waited for by now."""
        self._ahead.pop(key, None)
        self._keep(key, inside)
        if self._is_expected(key) and self._feed is not None:
            self._feed.show_known(source, inside)

    def _unknown_ahead(self, key: _Key, source: Source, _error: Exception) -> None:
        """Try a neighbour again that could not be read, if it is waited for by now."""
        self._ahead.pop(key, None)
        if self._is_expected(key) and self._feed is not None:
            self._feed.show(source, self._edge_px())

    def _is_expected(self, key: _Key) -> bool:
        return key == self._shown and self._feed is not None and self._feed.is_waiting

    def _cancel_ahead(self) -> None:
        for token in (*self._ahead.values(), *self._details):
            token.cancel()
        self._ahead.clear()
        self._details.clear()

    def _keep(self, key: _Key, inside: Inside) -> None:
        """Remember a look, and forget the oldest ones beyond a few."""
        self._known.pop(key, None)
        self._known[key] = inside
        while len(self._known) > 1 and (
            len(self._known) > _KEPT_MAX or sum(map(_weight, self._known.values())) > _KEPT_MAX_BYTES
        ):
            del self._known[next(iter(self._known))]

    def _key(self, row: Row) -> _Key:
        return row.path, row.object.version if row.object else "", self._navigator.moment

    def _source(self, row: Row) -> Source:
        assert row.object is not None  # noqa: S101 - asked for objects alone
        return self._previewer.of_object(row.object, self._navigator.moment)

    def _edge_px(self) -> int:
        assert self._dialog is not None  # noqa: S101 - nothing is looked at without it
        edge = max(self._dialog.area.width(), self._dialog.area.height()) * self._dialog.devicePixelRatioF()
        return min(round(edge), _EDGE_MAX_PX)


def _weight(inside: Inside) -> int:
    """Return about how many bytes a look takes."""
    if isinstance(inside.body, Picture):
        return sum(int(frame.image.sizeInBytes()) for frame in inside.body.frames)
    return 2 * 1024 * 1024
