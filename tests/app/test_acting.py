"""Acting as somebody: work keeps the name it was begun in, and what was read with other eyes is not shown."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bridge.acting import Acting, ActingTasks, Attempt, Deed, Identity, Refused, visitor_name
from app.bridge.tasks import Tasks
from app.bridge.transfers import TransferBridge
from engine.context import RlsContext
from engine.errors import Unauthorized
from engine.move_types import Move, Target
from engine.transfers import TransferQueue, UploadJob
from tests.engine.transfers.fakes import FakeStorage

OWN = RlsContext.service("owner")
ALICE = Identity("alice", RlsContext.user("a11ce"))


@pytest.fixture
def acting(qapp: QApplication) -> Acting:
    return Acting(OWN)


@pytest.fixture
def failures() -> list[Exception]:
    return []


@pytest.fixture
def lanes(acting: Acting, failures: list[Exception]) -> Iterator[ActingTasks]:
    tasks = Tasks(failures.append)
    yield ActingTasks(tasks, acting)
    tasks.close()


def test_the_window_begins_as_the_person_at_this_computer(acting: Acting) -> None:
    assert acting.identity is None
    assert acting.context == OWN


def test_whoever_it_is_at_the_call_goes_along_with_the_work(acting: Acting, lanes: ActingTasks, qtbot: QtBot) -> None:
    go = threading.Event()
    seen: list[RlsContext] = []
    lanes.mutate(lambda _, me: go.wait(30) and me, lambda _: None)
    acting.begin(ALICE)
    lanes.mutate(lambda _, me: me, seen.append)
    acting.stop()
    go.set()
    qtbot.waitUntil(lambda: seen == [ALICE.context])


def test_what_was_read_with_other_eyes_is_not_shown(acting: Acting, lanes: ActingTasks, qtbot: QtBot) -> None:
    go = threading.Event()
    seen: list[RlsContext] = []
    lanes.read(lambda _, me: go.wait(30) and me, seen.append)
    acting.begin(ALICE)
    go.set()
    lanes.read(lambda _, me: me, seen.append)
    qtbot.waitUntil(lambda: len(seen) > 0)
    qtbot.wait(50)
    assert seen == [ALICE.context]


def test_what_is_refused_says_who_may_not_do_what(
    acting: Acting, lanes: ActingTasks, failures: list[Exception], qtbot: QtBot
) -> None:
    acting.begin(ALICE)
    lanes.mutate(_refuse, lambda _: None, attempt=Attempt(Deed.DELETE, "photos", "a.txt"))
    qtbot.waitUntil(lambda: len(failures) == 1)
    assert isinstance(failures[0], Refused)
    assert str(failures[0]) == "alice may not delete this. Policies decide."
    assert failures[0].attempt == Attempt(Deed.DELETE, "photos", "a.txt")
    assert failures[0].attempt.deed.command == "DELETE"


def test_a_visitor_begins_a_sentence_with_a_capital() -> None:
    refused = Refused(Identity(visitor_name(), RlsContext.anonymous()), Attempt(Deed.ADD, "photos"))
    assert str(refused) == "A visitor may not put this here. Policies decide."


def test_nobody_is_named_while_nobody_is_acted_as(lanes: ActingTasks, failures: list[Exception], qtbot: QtBot) -> None:
    lanes.mutate(_refuse, lambda _: None, attempt=Attempt(Deed.DELETE, "photos", "a.txt"))
    qtbot.waitUntil(lambda: len(failures) == 1)
    assert type(failures[0]) is Unauthorized


def test_a_transfer_is_done_for_whoever_began_it(acting: Acting, tmp_path: Path, qtbot: QtBot) -> None:
    storage = _Remembering()
    queue = TransferQueue(storage, OWN)
    tasks = Tasks(lambda _: None)
    bridge = TransferBridge(queue, acting, tasks)
    (tmp_path / "a.txt").write_text("x")
    acting.begin(ALICE)
    bridge.upload("photos", "", [tmp_path / "a.txt"])
    acting.stop()  # what is queued already goes on as alice
    assert queue.wait_until_idle(30)
    bridge.upload("photos", "b/", [tmp_path / "a.txt"])
    assert queue.wait_until_idle(30)
    assert storage.callers == [ALICE.context, OWN]
    bridge.stop()
    bridge.close()
    tasks.close()


def test_a_job_that_names_nobody_is_done_for_whoever_the_queue_is_for(tmp_path: Path) -> None:
    storage = _Remembering()
    queue = TransferQueue(storage, OWN)
    (tmp_path / "a.txt").write_text("x")
    queue.submit(UploadJob("photos", "", (tmp_path / "a.txt",)))
    queue.close(cancel=False)
    assert storage.callers == [OWN]


class _Remembering(FakeStorage):
    """Remembers for whom files are stored."""

    def __init__(self) -> None:
        super().__init__()
        self.callers: list[RlsContext] = []

    def upload_many(self, bucket, items, context, *args, **kwargs):
        self.callers.append(context)
        return super().upload_many(bucket, items, context, *args, **kwargs)


def _refuse(*_: object) -> None:
    raise Unauthorized("new row violates row-level security policy")


@pytest.mark.parametrize(
    ("deed", "path", "target", "explained"),
    [
        (Deed.DELETE, "a.txt", None, True),
        (Deed.DELETE, "", None, False),
        (Deed.DELETE, "folder/", None, False),
        (Deed.ADD, "folder/", None, True),
        (Deed.MOVE, "a.txt", None, False),
        (Deed.MOVE, "a.txt", Target("b.txt", "other"), True),
        (Deed.RENAME, "a.txt", None, False),
        (Deed.RENAME, "a.txt", Target("b.txt"), True),
        (Deed.RENAME, "a/", Target("b/"), False),
        (Deed.COPY, "a.txt", Target("b.txt", "other"), True),
        (Deed.CHANGE_BUCKET, "", None, True),
        (Deed.DELETE_BUCKET, "", None, True),
        (Deed.MAKE_BUCKET, "", None, True),
    ],
)
def test_why_is_offered_where_the_one_object_decides(
    deed: Deed, path: str, target: Target | None, explained: bool
) -> None:
    refused = Refused(Identity("alice", RlsContext.user("a")), Attempt(deed, "photos", path, target))
    assert refused.is_explainable is explained


@pytest.mark.parametrize("paths", [["a"], ["a/"], ["a", "b"], [""]])
def test_what_is_about_several_objects_knows_them(paths: list[str]) -> None:
    identity = Identity("alice", RlsContext.user("a"))
    deleting = Attempt.with_all(Deed.DELETE, "photos", paths)
    moving = Attempt.of_moves(Deed.MOVE, "photos", [Move(path, f"x/{path}") for path in paths], "other", ["x/a"])
    assert Refused(identity, deleting).is_explainable
    assert Refused(identity, moving).is_explainable
    assert [move.source for move in deleting.among] == ([] if paths == ["a"] else paths)
    assert Attempt.of_moves(Deed.MOVE, "photos", [Move("a", "b")], "other") == Attempt(
        Deed.MOVE, "photos", "a", Target("b", "other")
    )
