"""Which folders were moved, told by the objects that were moved with them."""

from __future__ import annotations

from app.bridge.aftermath import FolderMove, ends_of, folder_moves
from engine.events import EventType
from engine.outbox import RecordedEvent


def moved(old: str, new: str, old_bucket: str = "1", bucket: str = "1") -> RecordedEvent:
    return RecordedEvent(1, EventType.OBJECT_MOVED, bucket, "photos", new, None, 0, old_bucket, "photos", old)


def folders(*events: RecordedEvent) -> list[tuple[str, str]]:
    return [(move.prefix, move.target) for move in folder_moves(events)]


def test_a_folder_is_what_is_above_the_part_that_stayed_the_same() -> None:
    assert folders(moved("a/x/1.txt", "b/x/1.txt")) == [("a/", "b/")]
    assert folders(moved("p/a/1.txt", "p/c/d/1.txt")) == [("p/a/", "p/c/d/")]
    assert folders(moved("a/", "b/")) == [("a/", "b/")]


def test_an_object_that_is_renamed_or_comes_from_or_to_the_top_moves_no_folder() -> None:
    assert folders(moved("a/1.txt", "a/2.txt"), moved("1.txt", "a/1.txt"), moved("a/1.txt", "1.txt")) == []
    assert folders(RecordedEvent(1, EventType.OBJECT_DELETED, "1", "photos", "a/1.txt", None, 0)) == []


def test_what_was_moved_on_is_where_it_came_to_last() -> None:
    steps = [FolderMove("1", "a/", "1", "b/"), FolderMove("1", "b/", "2", "c/"), FolderMove("1", "x/", "1", "y/")]
    assert [(move.prefix, move.target_id, move.target) for move in ends_of(steps)] == [
        ("a/", "2", "c/"), ("b/", "2", "c/"), ("x/", "1", "y/"),
    ]  # fmt: skip


def test_there_and_back_and_there_again_is_there() -> None:
    there, back = FolderMove("1", "a/", "1", "b/"), FolderMove("1", "b/", "1", "a/")
    assert [move.target for move in ends_of([there, back, there])] == ["b/", "b/", "b/"]
