"""Fills an area with a look inside an object: asks, goes on where it is scrolled, and drops what came too late."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.bridge.previews import Previewer, Source
from app.i18n import translate
from app.previews.shapes import Inside, Picture, TextPart
from app.views.preview.area import PreviewArea
from engine.cancel import CancelToken


class PreviewFeed(QObject):
    """See the module.

    Signals:
        found: The look is there and about to be shown; carries the `Inside`.
        ended: Nothing is waited for any more: it is there, or cannot be read.
        moved: More frames of it have come; carries the `Inside` with them.
    """

    found = Signal(object)
    ended = Signal()
    moved = Signal(object)

    def __init__(self, area: PreviewArea, previewer: Previewer) -> None:
        """Args: what shows it; what looks."""
        super().__init__(area)
        self._area = area
        self._previewer = previewer
        self._source: Source | None = None
        self._is_waiting = False
        self._tokens: list[CancelToken] = []
        area.more_wanted.connect(self._more)
        area.range_wanted.connect(self._range)

    @property
    def source(self) -> Source | None:
        """Return what is shown, or about to be."""
        return self._source

    @property
    def known(self) -> tuple[Source, Inside] | None:
        """Return what is shown, and what of it, once it is."""
        if self._source is None or self._area.inside is None:
            return None
        return self._source, self._area.inside

    @property
    def is_waiting(self) -> bool:
        """Return whether a look is under way."""
        return self._is_waiting

    def show(self, source: Source, edge_px: int) -> None:
        """Look inside something and show it once that is done.

        Args:
            source: What.
            edge_px: Longest side of a picture that is wanted.
        """
        self.expect(source)
        ticket = self._previewer.preview(source, edge_px, self._show, lambda _: self._fail())
        self._tokens.append(ticket.token)

    def expect(self, source: Source) -> None:
        """Show nothing until `show_known` brings what somebody else looks at already."""
        self.clear()
        self._source = source
        self._is_waiting = True

    def show_known(self, source: Source, inside: Inside) -> None:
        """Show what was looked at before."""
        self.clear()
        self._source = source
        self._show(inside)

    def clear(self) -> None:
        """Show nothing, and wait for nothing."""
        for token in self._tokens:
            token.cancel()
        self._tokens.clear()
        self._source = None
        self._is_waiting = False
        self._area.show_nothing()

    def _show(self, inside: Inside) -> None:
        self._is_waiting = False
        self.found.emit(inside)
        self._area.show_inside(inside)
        self._begin_to_move(inside)
        self.ended.emit()

    def _begin_to_move(self, inside: Inside) -> None:
        """Ask for the further frames of a picture that moves, which is seen as it stands meanwhile."""
        picture, source = inside.body, self._source
        if source is None or not isinstance(picture, Picture) or not picture.moves or len(picture.frames) > 1:
            return

        def move(moving: Picture) -> None:
            whole = replace(inside, body=replace(moving, moves=True))
            self._area.animate(whole)
            self.moved.emit(whole)

        still = picture.frames[0].image
        edge_px = max(still.width(), still.height())
        self._keep(self._previewer.moving(source, edge_px, move, lambda _: None).token)

    def _fail(self) -> None:
        self._is_waiting = False
        self._area.show_nothing(translate("PreviewFeed", "It can't be read."))
        self.ended.emit()

    def _more(self, offset: int) -> None:
        if self._source is not None:
            self._keep(
                self._previewer.more(self._source, offset, self._area.codec, self._add_text, lambda _: None).token
            )

    def _add_text(self, part: TextPart) -> None:
        self._area.add_text(part)

    def _range(self, offset: int, count: int) -> None:
        if self._source is not None:
            add = partial(self._area.add_range, offset)
            self._keep(self._previewer.bytes_at(self._source, offset, count, add, lambda _: None).token)

    def _keep(self, token: CancelToken) -> None:
        self._tokens.append(token)
