"""The two lanes: order, answers in the main thread, cancelling, closing."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bridge.tasks import Tasks, Ticket
from engine.errors import Cancelled
from engine.types import Progress


@pytest.fixture
def failures() -> list[Exception]:
    return []


@pytest.fixture
def tasks(qapp: QApplication, failures: list[Exception]) -> Iterator[Tasks]:
    tasks = Tasks(failures.append, qapp)
    yield tasks
    tasks.close()


def fail(_: Ticket) -> None:
    raise ValueError("no")


def test_work_runs_elsewhere_and_answers_here(tasks: Tasks, qtbot: QtBot) -> None:
    seen: list[threading.Thread] = []
    tasks.read(lambda _: threading.current_thread(), lambda worker: seen.extend((worker, threading.current_thread())))
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen[0] is not threading.main_thread()
    assert seen[1] is threading.main_thread()


def test_mutations_run_in_the_order_asked_for(tasks: Tasks, qtbot: QtBot) -> None:
    begun, done = [], []
    for number in range(20):
        tasks.mutate(lambda _, number=number: begun.append(number), lambda _, number=number: done.append(number))
    qtbot.waitUntil(lambda: len(done) == 20)
    assert begun == done == list(range(20))


def test_a_read_does_not_wait_for_a_mutation(tasks: Tasks, qtbot: QtBot) -> None:
    gate = threading.Event()
    answers = []
    tasks.mutate(lambda _: gate.wait(10), lambda _: answers.append("mutation"))
    tasks.read(lambda _: None, lambda _: answers.append("read"))
    qtbot.waitUntil(lambda: answers == ["read"])
    gate.set()
    qtbot.waitUntil(lambda: answers == ["read", "mutation"])


def test_a_failure_goes_to_its_handler_or_to_the_presenter(
    tasks: Tasks, failures: list[Exception], qtbot: QtBot
) -> None:
    own: list[Exception] = []
    tasks.read(fail, lambda _: None, own.append)
    tasks.read(fail, lambda _: None)
    qtbot.waitUntil(lambda: len(own) == len(failures) == 1)


def test_a_cancelled_read_never_answers(tasks: Tasks, qtbot: QtBot) -> None:
    gate = threading.Event()
    answers = []
    ticket = tasks.read(lambda _: gate.wait(10), answers.append, answers.append)
    ticket.cancel()
    gate.set()
    tasks.read(lambda _: None, lambda _: answers.append("later"))
    qtbot.waitUntil(lambda: answers == ["later"])


def test_a_cancelled_mutation_tells_that_it_was(tasks: Tasks, failures: list[Exception], qtbot: QtBot) -> None:
    gate = threading.Event()

    def work(ticket: Ticket) -> None:
        gate.wait(10)
        ticket.token.raise_if_cancelled()

    ticket = tasks.mutate(work, lambda _: None, label="Deleting")
    assert [mutation.label for mutation in tasks.under_way] == ["Deleting"]
    ticket.cancel()
    gate.set()
    qtbot.waitUntil(lambda: len(failures) == 1)
    assert isinstance(failures[0], Cancelled)
    assert tasks.under_way == ()


def test_a_download_is_seen_and_keeps_no_copy_waiting(tasks: Tasks, failures: list[Exception], qtbot: QtBot) -> None:
    copied: list[None] = []

    def work(ticket: Ticket) -> None:
        while not ticket.token.cancelled:
            threading.Event().wait(0.001)
        ticket.token.raise_if_cancelled()

    ticket = tasks.download(work, lambda _: None, label="Downloading")
    assert [one.label for one in tasks.under_way] == ["Downloading"]
    tasks.export(lambda _: None, copied.append)
    qtbot.waitUntil(lambda: copied == [None])
    ticket.cancel()
    qtbot.waitUntil(lambda: tasks.under_way == ())
    assert isinstance(failures[0], Cancelled)


def test_an_answer_for_a_dead_owner_is_dropped(tasks: Tasks, qtbot: QtBot) -> None:
    owner = QObject()
    gate = threading.Event()
    answers = []
    tasks.read(lambda _: gate.wait(10), answers.append, owner=owner)
    owner.deleteLater()
    qtbot.wait(1)
    gate.set()
    tasks.read(lambda _: None, lambda _: answers.append("later"))
    qtbot.waitUntil(lambda: answers == ["later"])


def test_progress_is_there_to_be_looked_at(tasks: Tasks, qtbot: QtBot) -> None:
    done = []
    ticket = tasks.mutate(lambda ticket: ticket.report(Progress(5, 10)), done.append)
    qtbot.waitUntil(lambda: len(done) == 1)
    assert ticket.progress == Progress(5, 10)


def test_closing_cancels_joins_and_stays_silent(tasks: Tasks, qtbot: QtBot) -> None:
    answers = []
    begun = threading.Event()

    def work(ticket: Ticket) -> None:
        begun.set()
        while not ticket.token.cancelled:
            threading.Event().wait(0.001)

    tasks.read(work, answers.append, answers.append)
    assert begun.wait(10)
    tasks.close()
    tasks.read(lambda _: None, answers.append)
    qtbot.wait(1)
    assert answers == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("holdall-")]
