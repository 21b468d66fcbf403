"""Searching beyond the folder by more than names."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QPushButton

from app.actions import ActionId
from app.bridge.searching import FoundPages
from app.location import Location
from app.models.rows import RowMaker
from app.models.searches import Age, Scope, Search, SizeRange
from app.models.sources import View
from engine.search_types import FileFamily
from engine.types import UploadOptions
from tests.app.helpers import Desk

TYPES = {"png": "image/png", "txt": "text/plain", "zip": "application/zip"}


def put(desk: Desk, path: str) -> None:
    desk.storage.upload("photos", path, b"x", desk.me, UploadOptions(mime_type=TYPES[path[-3:]]))


def filled(desk: Desk) -> Desk:
    """Store a picture and a text at the top, and a picture and an archive in a folder."""
    desk.bucket()
    for path in ("sunset.png", "notes.txt", "trip/beach.png", "trip/all.zip"):
        put(desk, path)
    desk.session.controllers.navigator.refresh()
    desk.until(lambda: len(desk.names) == 3)
    return desk


def search_bucket(desk: Desk) -> None:
    desk.session.actions[ActionId.SEARCH].trigger()
    choose(desk.views.pane.filter.scope, "The whole bucket")


def choose(box: QComboBox, text: str) -> None:
    box.setCurrentText(text)
    box.activated.emit(box.currentIndex())


def test_a_kind_of_file_is_found_without_any_words(desk: Desk) -> None:
    filled(desk)
    search_bucket(desk)
    bar = desk.views.pane.filter

    choose(bar.traits.family, "Images")

    desk.until(lambda: sorted(desk.names) == ["sunset.png", "trip/beach.png"])
    assert bar.count.text() == "2 found"
    put(desk, "trip/palm.png")
    put(desk, "trip/diary.txt")
    desk.until(lambda: bar.count.text() == "3 found")


def test_words_and_size_both_count_and_what_finds_nothing_says_why(desk: Desk) -> None:
    filled(desk)
    pane = desk.views.pane
    search_bucket(desk)
    choose(pane.filter.traits.size_range, "Over 100 MB")
    desk.until(lambda: pane.page is pane.nothing_matches)
    assert pane.nothing_matches.text.text() == "No object is of the kind, size and time chosen above."
    further = {button.accessibleName(): button for button in pane.nothing_matches.findChildren(QPushButton)}[
        "Search everywhere"
    ]
    assert further.isVisible()
    choose(pane.filter.scope, "All buckets")
    desk.until(further.isHidden)
    assert pane.page is pane.nothing_matches
    choose(pane.filter.scope, "The whole bucket")
    desk.until(further.isVisible)

    QTest.keyClicks(pane.filter.field, "png")
    choose(pane.filter.traits.size_range, "Under 1 MB")
    desk.until(lambda: sorted(desk.names) == ["sunset.png", "trip/beach.png"])

    choose(pane.filter.traits.family, "Archives")
    desk.until(lambda: pane.page is pane.nothing_matches)
    assert "typed in its name" in pane.nothing_matches.text.text()
    pane.clear_filter.trigger()
    desk.until(lambda: desk.names == ["trip", "notes.txt", "sunset.png"])
    assert pane.filter.traits.family.currentIndex() == 0


def test_choices_are_there_only_beyond_the_folder_and_end_with_it(desk: Desk) -> None:
    filled(desk)
    bar = desk.views.pane.filter
    desk.session.actions[ActionId.FILTER].trigger()
    assert not bar.traits.isVisible()

    choose(bar.scope, "This folder and below")
    assert bar.traits.isVisible()
    choose(bar.traits.age, "Today")
    desk.until(lambda: len(desk.names) == 4)
    choose(bar.scope, "This folder")
    desk.until(lambda: len(desk.names) == 3)
    choose(bar.scope, "The whole bucket")
    desk.until(lambda: len(desk.names) == 4)

    desk.session.controllers.navigator.go(Location("photos", "trip/"))
    desk.until(lambda: desk.names == ["all.zip", "beach.png"])
    assert not bar.isVisible()
    assert not bar.search.is_narrow


def test_putting_the_strip_away_ends_a_search_without_words(desk: Desk) -> None:
    filled(desk)
    bar = desk.views.pane.filter
    search_bucket(desk)
    choose(bar.traits.family, "Archives")
    desk.until(lambda: desk.names == ["trip/all.zip"])

    bar.close_button.click()

    desk.until(lambda: len(desk.names) == 3)


@pytest.mark.parametrize(
    ("age", "first"),
    [
        (Age.TODAY, date(2026, 3, 3)),
        (Age.WEEK, date(2026, 2, 25)),
        (Age.MONTH, date(2026, 2, 2)),
        (Age.YEAR, date(2026, 1, 1)),
    ],
)
def test_days_begin_at_midnight_here_and_today_is_one_of_them(age: Age, first: date) -> None:
    since = age.since(date(2026, 3, 3))

    assert since == datetime(first.year, first.month, first.day).astimezone()
    assert since is not None
    assert since.tzinfo is not None


def test_what_was_stored_earlier_is_not_of_today(desk: Desk) -> None:
    filled(desk)
    view = View(Location("photos"), search=Search(scope=Scope.BUCKET, age=Age.TODAY))
    today, later = date.today(), date.today() + timedelta(days=3)

    found = {
        day: FoundPages(desk.storage, RowMaker(), lambda day=day: day).count(view, desk.me) for day in (today, later)
    }

    assert (found[today].objects, found[later].objects) == (4, 0)


def test_sizes_have_no_gaps() -> None:
    assert SizeRange.SMALL.max_bytes == SizeRange.MEDIUM.min_bytes - 1
    assert SizeRange.MEDIUM.max_bytes == SizeRange.LARGE.min_bytes - 1


def test_kind_size_and_age_count_only_beyond_the_folder() -> None:
    assert not Search(family=FileFamily.IMAGES).is_narrow
    assert Search(scope=Scope.BELOW, family=FileFamily.IMAGES).is_beyond
