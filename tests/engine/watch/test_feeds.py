"""What is heard of changes, what is lost, and what cannot be watched."""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("inotify is Linux's", allow_module_level=True)

from watchdog.observers.inotify_c import InotifyConstants, InotifyEvent, InotifyFD

from engine.config import OutsideChanges
from engine.events import OutsideKind
from engine.ids import new_id
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext
from engine.watch.feeds import Feed, open_feed
from engine.watch.hints import Doubt, Hints, Settling
from engine.watch.inotify_feed import InotifyFeed
from engine.watch.observer_feed import ObserverFeed
from engine.watch.watcher import Watcher
from engine.workspace import Workspace
from tests.engine.watch.conftest import QUICK, Told, content_of, wait_until

Opener = Callable[[Path, Hints], Feed]
AT_ONCE = Settling(0.0, 0.0)


def inotify(root: Path, hints: Hints) -> Feed:
    return InotifyFeed(root, hints, lambda _: None)


@pytest.mark.parametrize("opener", [inotify, ObserverFeed])
def test_feeds_tell_of_everything_below_buckets(tmp_path: Path, opener: Opener) -> None:
    bucket = tmp_path / new_id()
    (bucket / "old").mkdir(parents=True)
    (bucket / "old/file").write_text("x")
    (tmp_path / ".staging").mkdir()
    hints = Hints(AT_ONCE)
    feed = opener(tmp_path, hints)
    heard: dict[str, Doubt] = {}

    def hears(path: str, doubt: Doubt) -> None:
        def has_heard() -> bool:
            for key, found in hints.take().keys.items():
                heard[key] = max(found, heard.get(key, Doubt.SEEN))
            return heard.get(f"{bucket.name}/{path}", Doubt.SEEN) >= doubt

        wait_until(has_heard)

    try:
        (bucket / "new").write_text("x")
        hears("new", Doubt.WRITTEN)
        (bucket / "a/b").mkdir(parents=True)
        (bucket / "a/b/c").write_text("x")
        hears("a/b/c", Doubt.MOVED)
        (bucket / "a/b/c").write_text("y")
        hears("a/b/c", Doubt.WRITTEN)
        (bucket / "old/file").rename(bucket / "old/other")
        hears("old/other", Doubt.MOVED)
        hears("old/file", Doubt.MOVED)
        (bucket / "old").rename(bucket / "renamed")
        hears("renamed/other", Doubt.MOVED)
        (bucket / "renamed/other").write_text("z")
        hears("renamed/other", Doubt.WRITTEN)
        (bucket / "renamed/other").unlink()
        (tmp_path / ".staging/x").write_text("own")
        late = tmp_path / new_id()
        late.mkdir()
        (late / "first").write_text("x")
        wait_until(lambda: f"{late.name}/first" in hints.take().keys)
        assert not [key for key in heard if ".staging" in key]
    finally:
        feed.close()
        feed.close()


def test_lost_hints_are_a_look_at_everything(
    storage: FileStorage, service: RlsContext, taking_in: Watcher, told: Told, folder: Path, workspace: Workspace
) -> None:
    for name in ("edited", "deleted", "kept"):
        storage.upload("photos", f"d/{name}.txt", name.encode(), service)
    time.sleep(0.5)
    taking_in._hints.take()
    capacity, taking_in._hints._capacity = taking_in._hints._capacity, 0
    (folder / "d/edited.txt").write_text("edited again")
    (folder / "d/deleted.txt").unlink()
    (folder / "d/new.txt").write_text("new")
    expected = {("added", "d/new.txt"), ("deleted", "d/deleted.txt"), ("edited", "d/edited.txt")}
    wait_until(lambda: {(one.what.value, one.path) for one in told.changes} == expected)
    taking_in._hints._capacity = capacity
    assert all(one.taken_in for one in told.changes)
    assert content_of(storage, "d/edited.txt", service) == b"edited again"


def test_an_overflow_of_the_system_is_a_look_at_everything(
    storage: FileStorage,
    service: RlsContext,
    workspace: Workspace,
    bucket: Bucket,
    told: Told,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The system says that it lost events; folders that came meanwhile are watched from then on."""
    storage.upload("photos", "a.txt", b"a", service)
    feeds: list[InotifyFeed] = []

    def deaf_feed(root: Path, hints: Hints, limited: Callable[[str], None]) -> Feed:
        feed = InotifyFeed(root, hints, limited)
        feeds.append(feed)
        return feed

    watcher = Watcher(
        workspace.watcher._ground, workspace.settings.storage_dir, OutsideChanges.TAKE_IN, QUICK, deaf_feed
    )
    with monkeypatch.context() as deaf:
        deaf.setattr(InotifyFeed, "heard", lambda *_: None)
        watcher.start()
        assert watcher.ready.wait(20)
        (folder / "sub").mkdir()
        (folder / "sub/new.txt").write_text("unheard")
        (folder / "a.txt").write_text("changed unheard")
        told.nothing()
    overflow = InotifyEvent(-1, InotifyConstants.IN_Q_OVERFLOW, 0, b"")  # type: ignore[arg-type]
    feeds[0]._reader.handle_event(overflow)
    assert sorted(told.wait(2)) == [("added", "sub/new.txt", True), ("edited", "a.txt", True)]
    (folder / "sub/new.txt").write_text("heard again")
    told.wait(3)
    assert content_of(storage, "sub/new.txt", service) == b"heard again"
    watcher.close()


def test_a_system_without_watches_is_told_of_once(
    workspace: Workspace, bucket: Bucket, told: Told, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        (folder / f"f{number}").mkdir()
    real = InotifyFD.add_callback

    def add(self: InotifyFD, path: bytes, *rest: object) -> object:
        if os.path.basename(path.rstrip(b"/")).startswith(b"f"):  # noqa: PTH119 - bytes
            raise OSError(errno.ENOSPC, "inotify watch limit reached")
        return real(self, path, *rest)

    monkeypatch.setattr(InotifyFD, "add_callback", add)
    watcher = Watcher(workspace.watcher._ground, workspace.settings.storage_dir, OutsideChanges.TAKE_IN, QUICK)
    watcher.start()
    assert watcher.ready.wait(20)
    assert [one.what for one in told.changes] == [OutsideKind.UNSEEN]
    assert "max_user_watches" in told.changes[0].reason
    (folder / "top.txt").write_text("still heard")
    wait_until(lambda: len(told.changes) == 2)
    watcher.close()


def test_a_folder_that_cannot_be_watched_ends_the_watch_quietly(workspace: Workspace, caplog) -> None:
    def refuse(root: Path, hints: Hints, limited: Callable[[str], None]) -> Feed:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    watcher = Watcher(workspace.watcher._ground, workspace.settings.storage_dir, OutsideChanges.TAKE_IN, QUICK, refuse)
    watcher.start()
    wait_until(lambda: "hourly cleanup" in caplog.text)
    watcher.close()


def test_a_storage_folder_that_is_missing_leaves_nothing_behind(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with pytest.raises(OSError, match="No such file"):
        open_feed(tmp_path / "missing", Hints(), lambda _: None)
    assert set(threading.enumerate()) == before


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_hints_wait_until_it_is_quiet() -> None:
    clock = Clock()
    hints = Hints(Settling(1.0, 5.0), clock=clock)
    hints.add("a", Doubt.WRITTEN)
    hints.add("b", Doubt.WRITTEN, is_open=True)
    clock.now_s = 0.9
    hints.add("a", Doubt.MOVED)
    clock.now_s = 1.5
    assert hints.take().keys == {}
    clock.now_s = 1.9
    assert hints.take().keys == {"a": Doubt.WRITTEN}
    assert hints.take().keys == {}
    clock.now_s = 5.0
    assert hints.take().keys == {"b": Doubt.WRITTEN}


def test_hints_are_bounded() -> None:
    hints = Hints(AT_ONCE, capacity=3)
    for number in range(4):
        hints.add(str(number), Doubt.SEEN)
    due = hints.take()
    assert due.lost
    assert len(due.keys) <= 3
    assert not hints.take().lost


def test_what_was_lost_is_looked_at_when_it_is_quiet_and_in_any_case_some_time() -> None:
    """A file that is being written when hints are lost would be taken in by halves."""
    clock = Clock()
    hints = Hints(Settling(1.0, 5.0), clock=clock)
    hints.lose()
    assert not hints.take().lost
    clock.now_s = 0.9
    hints.lose()
    clock.now_s = 1.8
    assert not hints.take().lost
    clock.now_s = 1.9
    assert hints.take().lost
    assert not hints.take().lost
    for tenth in range(20, 135):
        clock.now_s = tenth / 10
        hints.lose()
    assert hints.take().lost
