"""What is typed and chosen in the path bar."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.bridge.reading import Found, Reader
from app.controllers.navigation import Navigator
from app.i18n import translate
from app.location import Location
from app.widgets.breadcrumb import Breadcrumb


class PathBar(QObject):
    """See the module."""

    def __init__(self, breadcrumb: Breadcrumb, navigator: Navigator, reader: Reader) -> None:
        """Args: the path bar; what goes there; what finds places."""
        super().__init__(breadcrumb)
        self._breadcrumb = breadcrumb
        self._navigator = navigator
        self._reader = reader
        breadcrumb.typed.connect(self.go_to_text)

    def go_to_text(self, text: str) -> None:
        """Go where a person typed, or say beside the field why not."""
        place = Location.parse(text)
        if place is None:
            self._breadcrumb.refuse(translate("PathBar", "Type the name of a bucket, then its folders."))
            return
        self._reader.locate(place, lambda found: self._typed(text, found))

    def _typed(self, text: str, found: Found | None) -> None:
        if found is None:
            self._breadcrumb.refuse(translate("PathBar", "There is no “{path}”.").format(path=text.strip()))
        else:
            self._navigator.go(found.place, found.path)
