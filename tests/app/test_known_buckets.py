"""Readings of the list of buckets lead the window along with buckets, and never away from one that is there."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from app.controllers.known_buckets import KnownBuckets
from app.location import Location
from app.models.tree_model import TreeModel
from tests.app.helpers import Desk, FakeSource, make_bucket


@pytest.fixture
def source() -> FakeSource:
    source = FakeSource()
    source.buckets_shown = [make_bucket("docs", number=1), make_bucket("photos", number=2)]
    return source


@pytest.fixture
def model(source: FakeSource, qapp: QApplication) -> TreeModel:
    return TreeModel(source, qapp)


def read(model: TreeModel, source: FakeSource) -> None:
    model.reload_buckets()
    source.deliver()


def test_renamed_and_gone_buckets_are_told_once(model: TreeModel, source: FakeSource) -> None:
    known = KnownBuckets(model)
    read(model, source)
    assert known.changes() == ([], [])
    source.buckets_shown = [make_bucket("pictures", number=2)]
    read(model, source)
    assert known.changes() == ([(Location("photos"), Location("pictures"))], [Location("docs")])
    assert known.changes() == ([], [])


def test_a_name_that_another_bucket_took_is_not_gone(model: TreeModel, source: FakeSource) -> None:
    known = KnownBuckets(model)
    read(model, source)
    known.changes()
    source.buckets_shown = [make_bucket("docs", number=2)]
    read(model, source)
    assert known.changes() == ([(Location("photos"), Location("docs"))], [])


def test_a_bucket_is_missed_only_by_a_reading_begun_since_the_window_went_there(
    model: TreeModel, source: FakeSource
) -> None:
    known = KnownBuckets(model)
    model.reload_buckets()
    known.went()
    source.deliver()
    assert not known.misses("new")
    assert model.asked == 2, "it is read again"
    source.deliver()
    assert known.misses("new")
    assert not known.misses("docs")


def test_whoever_goes_into_a_new_bucket_stays_there_though_an_older_list_comes_in(desk: Desk) -> None:
    desk.bucket("aaa")
    model, navigator = desk.tree.model(), desk.session.controllers.navigator
    before, asked = model._roots, model.asked
    desk.storage.create_bucket("new", desk.me)
    navigator.go(Location("new"))
    model._take_buckets(asked, before)  # as a reading does that was begun before
    assert navigator.place == Location("new")
    desk.until(lambda: model.knows("new"))
    assert navigator.place == Location("new")


def test_a_bucket_that_never_was_is_left(desk: Desk) -> None:
    desk.bucket("aaa")
    navigator = desk.session.controllers.navigator
    navigator.go(Location("never"))
    navigator.refresh()
    desk.until(lambda: navigator.place == Location("aaa"))


def test_two_buckets_that_swap_their_names_are_followed(desk: Desk) -> None:
    desk.bucket("one")
    desk.bucket("two")
    navigator, model = desk.session.controllers.navigator, desk.tree.model()
    mine = model.bucket("two").id
    for old, new in (("two", "between"), ("one", "two"), ("between", "one")):
        desk.storage.rename_bucket(old, new, desk.me)
    desk.until(lambda: model.names.get(mine) == "one")
    assert navigator.place == Location("one")


def test_an_open_bucket_that_was_renamed_is_no_failure(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After news of another process all is read again under the names that were known so far."""
    desk.bucket("bbb")
    desk.put("open/x", bucket="bbb")
    desk.go("bbb", "open/")
    model, navigator = desk.tree.model(), desk.session.controllers.navigator
    desk.until(lambda: model.index_of(Location("bbb", "open/")).isValid())
    told, failed = [], []
    monkeypatch.setattr(navigator._errors, "present", lambda error, **_: told.append(str(error)))
    model.failed.connect(failed.append)
    desk.storage.rename_bucket("bbb", "ccc", desk.me)
    navigator.refresh()
    desk.until(lambda: bool(failed) and navigator.place == Location("ccc", "open/"))
    assert told == []
