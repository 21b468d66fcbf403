"""The audit's table: pages as somebody scrolls, a bounded number of them in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.audit_words import GROUPS, Names, operation_words
from app.models import audit as audit_model
from app.models.audit import AuditColumn, AuditModel
from engine.access_types import AuditEntry, AuditFilter, AuditPage
from engine.audit.entries import Operation as JobOperation
from engine.context import Operation
from tests.app.helpers import Load

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
ROWS = 10


def entry(number: int) -> AuditEntry:
    return AuditEntry(number, NOW + timedelta(seconds=number), "me", Operation.OBJECT_UPLOAD, None, f"{number}.txt", {},
                      "me", "service_role", "photos")  # fmt: skip


class FakeAudit:
    """As many entries as wanted, answering at `deliver`."""

    def __init__(self, count: int) -> None:
        self.entries = [entry(number) for number in range(count, 0, -1)]
        self.pending: list[Load] = []
        self.asked: list[tuple[AuditFilter, int | None]] = []
        self.broken: Exception | None = None

    def page(
        self, wanted: AuditFilter, cursor: int | None, then: Callable[[AuditPage], None], otherwise=None, owner=None
    ) -> Load:
        self.asked.append((wanted, cursor))

        def answer() -> None:
            if self.broken is not None:
                otherwise(self.broken)
                return
            rest = [one for one in self.entries if cursor is None or one.id < cursor]
            then(AuditPage(tuple(rest[:ROWS]), rest[ROWS - 1].id if len(rest) > ROWS else None))

        load = Load(answer)
        self.pending.append(load)
        return load

    def deliver(self) -> None:
        while self.pending:
            self.pending.pop(0).deliver()


@pytest.fixture
def source() -> FakeAudit:
    return FakeAudit(35)


@pytest.fixture
def model(qapp: QApplication, source: FakeAudit) -> AuditModel:
    made = AuditModel(source, ROWS)
    made.call(Names("me"))
    made.open(AuditFilter())
    source.deliver()
    return made


def paths(model: AuditModel, *rows: int) -> list[str | None]:
    return [model.index(row, AuditColumn.PATH).data() for row in rows]


def scroll(model: AuditModel, source: FakeAudit) -> None:
    while model.canFetchMore(QModelIndex()):
        model.fetchMore(QModelIndex())
        source.deliver()


def test_the_newest_come_first_and_older_ones_as_somebody_scrolls(model: AuditModel, source: FakeAudit) -> None:
    assert model.rowCount() == ROWS
    assert paths(model, 0, 9) == ["35.txt", "26.txt"]
    model.fetchMore(QModelIndex())
    assert not model.canFetchMore(QModelIndex())  # one page at a time
    source.deliver()
    assert model.rowCount() == 2 * ROWS
    scroll(model, source)
    assert model.rowCount() == 35
    assert [cursor for _, cursor in source.asked] == [None, 26, 16, 6]
    assert not model.has_more


def test_pages_that_are_gone_are_read_again_where_they_began(
    qapp: QApplication, source: FakeAudit, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(audit_model, "_PAGES_MAX", 2)
    model = AuditModel(source, ROWS)
    model.open(AuditFilter())
    source.deliver()
    scroll(model, source)
    assert model.held_pages == 2
    source.entries.insert(0, entry(99))  # what is written meanwhile moves nothing
    assert paths(model, 12) == [None]
    qtbot.waitUntil(lambda: bool(source.pending))
    source.deliver()
    assert paths(model, 10, 12, 19) == ["25.txt", "23.txt", "16.txt"]
    assert model.held_pages == 2


def test_the_newest_that_are_gone_come_back_as_they_were(
    qapp: QApplication, source: FakeAudit, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(audit_model, "_PAGES_MAX", 2)
    model = AuditModel(source, ROWS)
    model.open(AuditFilter())
    source.deliver()
    scroll(model, source)
    source.entries.insert(0, entry(99))
    assert paths(model, 0) == [None]
    qtbot.waitUntil(lambda: (source.deliver(), paths(model, 0))[1] != [None])
    assert paths(model, 0, 9, 10) == ["35.txt", "26.txt", None]


def test_another_filter_drops_answers_to_the_one_before(model: AuditModel, source: FakeAudit) -> None:
    model.fetchMore(QModelIndex())
    late = source.pending[-1]
    model.open(AuditFilter(path="x"))
    late.deliver()
    assert model.rowCount() == ROWS
    source.entries = []
    source.deliver()
    assert model.rowCount() == 0
    assert model.wanted == AuditFilter(path="x")


def test_what_fails_is_told_and_can_be_tried_again(model: AuditModel, source: FakeAudit, qtbot: QtBot) -> None:
    source.broken = RuntimeError("no")
    model.fetchMore(QModelIndex())
    with qtbot.waitSignal(model.failed):
        source.deliver()
    assert model.rowCount() == ROWS
    source.broken = None
    scroll(model, source)
    assert model.rowCount() == 35


def test_the_model_keeps_its_promises_also_while_a_view_asks_for_more(qapp: QApplication, source: FakeAudit) -> None:
    model = AuditModel(source, ROWS)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.open(AuditFilter())
    source.deliver()
    scroll(model, source)
    assert [cursor for _, cursor in source.asked] == [None, 26, 16, 6]
    assert model.rowCount() == 35
    model.open(AuditFilter(path="x"))
    source.deliver()
    assert tester.model() is model


def test_every_operation_is_said_in_plain_words() -> None:
    for operation in (*Operation, *JobOperation):
        assert operation_words(operation) != operation
    assert operation_words("storage.of.a.later.program") == "storage.of.a.later.program"


def test_every_operation_is_in_a_group() -> None:
    named = [name for _, names in GROUPS[2:] for name in names]
    for operation in (*Operation, *JobOperation):
        assert any(operation == name or (name.endswith(".") and operation.startswith(name)) for name in named)
