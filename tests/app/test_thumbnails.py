"""Thumbnails: made once, of the bytes they are of, for whoever may see them, and never too many."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from app.actions import ActionId
from app.bridge.acting import Identity
from app.bridge.thumbnails import Thumbnails, _sweep
from app.models import thumbs as module
from app.models.thumbs import Thumbs
from engine.context import RlsContext
from engine.errors import DatabaseLocked
from engine.types import StorageObject, UploadOptions
from tests.app.helpers import Desk, Load
from tests.app.previews.files import pdf
from tests.app.test_imaging import bomb, encoded


def made(desk: Desk, item: StorageObject) -> QImage | None:
    answers: list[QImage | None] = []
    desk.session._side.thumbnails.make(item, answers.append, lambda _: answers.append(None))
    desk.until(lambda: bool(answers))
    return answers[0]


@pytest.fixture
def thumbnails(desk: Desk) -> Thumbnails:
    desk.bucket("photos")
    return desk.session._side.thumbnails


def test_a_picture_has_one_and_the_disk_keeps_it(desk: Desk, thumbnails: Thumbnails) -> None:
    item = desk.put("a.png", encoded(800, 400))
    image = made(desk, item)
    assert image is not None
    assert (image.width(), image.height()) == (256, 128)
    assert thumbnails._path(item).stat().st_size > 0
    thumbnails._made = lambda *_: pytest.fail("made again")
    assert made(desk, item) is not None


def test_a_document_has_its_first_page(desk: Desk, thumbnails: Thumbnails) -> None:
    image = made(desk, desk.put("a.pdf", pdf("#0000ff")))
    assert image is not None
    assert max(image.width(), image.height()) == 256
    # JPEG keeps colours nearly
    assert image.pixelColor(image.width() // 2, image.height() // 2).blue() > 240
    assert made(desk, desk.put("broken.pdf", b"%PDF-1.7 and no more")) is None


def test_other_bytes_have_another_one(desk: Desk, thumbnails: Thumbnails) -> None:
    old = desk.put("a.png", encoded(800, 400))
    made(desk, old)
    new = desk.storage.upload("photos", "a.png", encoded(100, 200), desk.me, UploadOptions(replace=True))
    assert made(desk, old) is None
    image = made(desk, new)
    assert image is not None
    assert image.height() == 200


def test_what_is_gone_leaves_none_behind(desk: Desk, thumbnails: Thumbnails) -> None:
    item = desk.put("a.png", encoded(80, 40))
    made(desk, item)
    desk.storage.delete("photos", "a.png", desk.me)
    assert made(desk, item) is None
    assert not thumbnails._path(item).exists()


def kept(desk: Desk) -> list[str]:
    folder = desk.session._side.thumbnails._folder
    return [path.name for path in folder.rglob("*.thumb")] if folder.exists() else []


def test_what_is_deleted_for_good_leaves_none_on_the_disk(desk: Desk, thumbnails: Thumbnails) -> None:
    other = desk.storage.create_bucket("other", desk.me)
    for bucket in ("photos", other.name):
        made(desk, desk.storage.upload(bucket, "a.png", encoded(80, 40), desk.me))
    assert len(kept(desk)) == 2
    done = []

    desk.session._side.operations.delete("photos", ("a.png",), None, done.append)
    desk.until(lambda: bool(done))
    assert len(kept(desk)) == 1

    desk.session._side.operations.delete_bucket(other, None, done.append)
    desk.until(lambda: len(done) == 2)
    assert kept(desk) == []


def test_what_others_delete_leaves_none_either(desk: Desk, thumbnails: Thumbnails) -> None:
    desk.until(lambda: thumbnails.known_until() is not None)
    for name in ("a.png", "b.png"):
        made(desk, desk.storage.upload("photos", name, encoded(80, 40), desk.me))
    assert len(kept(desk)) == 2
    desk.storage.delete("photos", "a.png", desk.me, for_good=True)
    desk.until(lambda: len(kept(desk)) == 1)
    desk.storage.delete_trees("photos", ["b.png"], desk.me, for_good=True)
    desk.until(lambda: kept(desk) == [])


def test_nobody_knows_what_was_deleted_while_no_window_was_open_where_nothing_was_noted(
    desk: Desk, thumbnails: Thumbnails
) -> None:
    desk.until(lambda: thumbnails.known_until() is not None)
    earlier, seen = desk.put("a.png", encoded(80, 40)), desk.put("b.png", encoded(80, 40))
    made(desk, earlier)
    made(desk, seen)
    os.utime(thumbnails._path(earlier), (0, 0))
    (thumbnails._folder / "known-until").unlink()
    desk.put("c.txt")
    desk.until(lambda: thumbnails.known_until() is not None)
    assert kept(desk) == [thumbnails._path(seen).name]


def test_who_may_not_see_the_object_gets_none_that_others_made(desk: Desk, thumbnails: Thumbnails) -> None:
    item = desk.put("a.png", encoded(80, 40))
    assert made(desk, item) is not None
    desk.session._side.acting.begin(Identity("alice", RlsContext.user("a11ce000-0000-4000-8000-000000000001")))
    assert made(desk, item) is None


@pytest.mark.parametrize("content", [b"no picture", bomb(60_000, 60_000)], ids=["damaged", "a bomb"])
def test_what_cannot_be_shown_has_none(desk: Desk, thumbnails: Thumbnails, content: bytes) -> None:
    assert made(desk, desk.put("a.png", content)) is None


def test_the_icon_view_shows_them(desk: Desk, thumbnails: Thumbnails) -> None:
    item = desk.put("a.png", encoded(80, 40))
    desk.session.actions[ActionId.ICONS].trigger()
    desk.until(lambda: desk.views.pane.thumbs.image(item.version) is not None)


def test_the_least_used_go_first_and_the_old_in_any_case(tmp_path) -> None:
    now = time.time()
    for number in range(6):
        path = tmp_path / f"{number}.thumb"
        path.write_bytes(b"x" * 100)
        os.utime(path, (now - number * 1000, now - number * 1000))
    _sweep(tmp_path, kept_bytes=350, not_before_s=now - 1500)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.thumb", "1.thumb"]
    _sweep(tmp_path, kept_bytes=150, not_before_s=0)
    assert [path.name for path in tmp_path.iterdir()] == ["0.thumb"]


class Source:
    """Makes one when a test likes."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failing = False
        self.loads: dict[str, Load] = {}

    def may_have(self, item: StorageObject | None) -> bool:
        return item is not None

    def make(
        self, item: StorageObject, then: Callable[[QImage | None], None], otherwise: Callable[[Exception], None]
    ) -> Load:
        image = QImage(64, 64, QImage.Format.Format_RGB32)
        image.fill(QColor("teal"))
        self.asked.append(item.version)
        failing = self.failing
        self.loads[item.version] = Load(
            lambda: otherwise(DatabaseLocked("busy")) if failing else then(None if item.version == "none" else image)
        )
        return self.loads[item.version]


class Item:
    """As much of an object as matters."""

    def __init__(self, version: str) -> None:
        self.version = version


def test_what_was_scrolled_away_is_no_longer_made(qapp: QApplication) -> None:
    source = Source()
    thumbs = Thumbs(source)
    thumbs.want([Item("a"), Item("b")])
    thumbs._load()
    thumbs.want([Item("b"), Item("c")])
    thumbs._load()
    assert source.asked == ["a", "b", "c"]
    assert source.loads["a"].cancelled
    assert not source.loads["b"].cancelled


def test_what_failed_once_is_asked_for_again(qapp: QApplication) -> None:
    source = Source()
    thumbs = Thumbs(source)
    source.failing = True
    thumbs.want([Item("a")])
    thumbs._load()
    source.loads["a"].deliver()
    source.failing = False
    thumbs.want([Item("a")])
    thumbs._load()
    source.loads["a"].deliver()
    assert thumbs.image("a") is not None


def test_what_fails_again_and_again_is_given_up(qapp: QApplication) -> None:
    source = Source()
    thumbs = Thumbs(source)
    source.failing = True
    for _ in range(5):
        thumbs.want([Item("a")])
        thumbs._load()
        source.loads["a"].deliver()
    assert source.asked == ["a"] * 3


def test_strangers_pictures_are_decoded_in_another_process(
    desk: Desk, thumbnails: Thumbnails, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = desk.put("a.png", encoded(80, 40))
    monkeypatch.setattr("app.imaging.QImageReader", lambda *_: pytest.fail("decoded here"))
    assert made(desk, item) is not None


def test_few_are_held_and_failures_are_not_tried_again(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_HELD_BYTES", 2 * 64 * 64 * 4)
    source = Source()
    thumbs = Thumbs(source)
    for version in ("none", "a", "b", "c"):
        thumbs.want([Item(version)])
        thumbs._load()
        source.loads[version].deliver()
    assert [thumbs.image(version) is not None for version in ("a", "b", "c")] == [False, True, True]
    thumbs.want([Item("none")])
    thumbs._load()
    assert source.asked == ["none", "a", "b", "c"]
    thumbs.clear()
    assert thumbs.image("c") is None
