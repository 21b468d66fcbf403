"""What else one looks for beside a name: kind of file, size, age. Three drop-downs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from app.i18n import translate
from app.look import Look
from app.models.searches import Age, Search, SizeRange
from engine.search_types import FileFamily

_FAMILIES: Final = (None, *FileFamily)
_SIZES: Final = tuple(SizeRange)
_AGES: Final = tuple(Age)


class SearchTraits(QWidget):
    """See the module.

    Signals:
        chosen: Somebody chose something else.
    """

    chosen = Signal()

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.theme.space("s"))
        self.family = _choice(translate("SearchTraits", "Kind of file"), _family_texts())
        self.size_range = _choice(translate("SearchTraits", "Size"), _size_texts())
        self.age = _choice(translate("SearchTraits", "When it was stored"), _age_texts())
        for box in (self.family, self.size_range, self.age):
            row.addWidget(box)
            box.activated.connect(self.chosen)
        row.addStretch(1)

    def added_to(self, search: Search) -> Search:
        """Return a search with what is chosen here."""
        return replace(
            search,
            family=_FAMILIES[self.family.currentIndex()],
            size=_SIZES[self.size_range.currentIndex()],
            age=_AGES[self.age.currentIndex()],
        )

    def show_of(self, search: Search) -> None:
        """Choose what a search asks for, without telling anybody."""
        self.family.setCurrentIndex(_FAMILIES.index(search.family))
        self.size_range.setCurrentIndex(_SIZES.index(search.size))
        self.age.setCurrentIndex(_AGES.index(search.age))


def no_match_text(search: Search) -> str:
    """Return the sentence for a search that finds nothing."""
    if not search.has_traits:
        return translate("SearchTraits", "No name has all of what you typed.")
    if not search.text:
        return translate("SearchTraits", "No object is of the kind, size and time chosen above.")
    return translate(
        "SearchTraits", "No object of the kind, size and time chosen above has all of what you typed in its name."
    )


def _choice(name: str, texts: tuple[str, ...]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.addItems(texts)
    return box


def _family_texts() -> tuple[str, ...]:
    texts = {
        FileFamily.IMAGES: translate("SearchTraits", "Images"),
        FileFamily.DOCUMENTS: translate("SearchTraits", "Documents"),
        FileFamily.AUDIO: translate("SearchTraits", "Sound"),
        FileFamily.VIDEO: translate("SearchTraits", "Films"),
        FileFamily.ARCHIVES: translate("SearchTraits", "Archives"),
    }
    return (translate("SearchTraits", "Any kind"), *(texts[family] for family in FileFamily))


def _size_texts() -> tuple[str, ...]:
    return (
        translate("SearchTraits", "Any size"),
        translate("SearchTraits", "Under 1 MB"),
        translate("SearchTraits", "1 to 100 MB"),
        translate("SearchTraits", "Over 100 MB"),
    )


def _age_texts() -> tuple[str, ...]:
    return (
        translate("SearchTraits", "Any time"),
        translate("SearchTraits", "Today"),
        translate("SearchTraits", "Last 7 days"),
        translate("SearchTraits", "Last 30 days"),
        translate("SearchTraits", "This year"),
    )
