"""Turning the pages of a document: however quickly they are turned, pages are seen, and in the end the right one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from app.bridge.previews import Previewer, Source
from app.bridge.tasks import Ticket
from app.previews.shapes import Picture


class PageTurner:
    """Draws one page at a time, and after it the one that is wanted by then: none in between, and none in vain.

    A page that cannot be drawn is passed: turning goes on from it, though another is still shown.
    """

    def __init__(self, previewer: Previewer, show: Callable[[Picture], None]) -> None:
        """Args: what draws pages; what shows them."""
        self._previewer = previewer
        self._show = show
        self._ticket: Ticket | None = None
        self._wanted: int | None = None

    def turn(self, source: Source, picture: Picture, count: int, edge_px: int) -> bool:
        """Go on by some pages, from the one that is wanted already if that is another than is shown.

        Args:
            source: The document.
            picture: The page that is shown.
            count: How many pages on; negative ones back.
            edge_px: How large.

        Returns:
            Whether there is a page to go to.
        """
        now = picture.page if self._wanted is None else self._wanted
        number = min(max(now + count, 0), picture.pages - 1)
        if number == now:
            return False
        self._wanted = number
        if self._ticket is None:
            self._draw(source, number, edge_px)
        return True

    def stop(self) -> None:
        """Want no page any more: something else is shown."""
        if self._ticket is not None:
            self._ticket.token.cancel()
        self._ticket = self._wanted = None

    def _draw(self, source: Source, number: int, edge_px: int) -> None:
        drawn = partial(self._drawn, source, edge_px)
        failed = partial(self._failed, source, number, edge_px)
        self._ticket = self._previewer.page(source, number, edge_px, drawn, failed)

    def _drawn(self, source: Source, edge_px: int, picture: Picture) -> None:
        wanted, self._ticket = self._wanted, None
        self._show(picture)
        if wanted is not None and wanted != picture.page:
            self._draw(source, wanted, edge_px)
        else:
            self._wanted = None

    def _failed(self, source: Source, number: int, edge_px: int, _error: Exception) -> None:
        self._ticket = None
        if self._wanted is not None and self._wanted != number:
            self._draw(source, self._wanted, edge_px)
