"""Every model of the window keeps what Qt asks of models, with rows, without, and while rows come and go."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QAbstractItemModel
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

import app
from app.bridge.renaming import Renaming
from app.location import Location
from app.models.audit import AuditModel
from app.models.folder_model import FolderModel
from app.models.policies import PolicyModel
from app.models.preview_table import PreviewTable
from app.models.records import Cell, RecordModel
from app.models.renames import RenameModel
from app.models.sources import View
from app.models.trash import TrashModel
from app.models.tree_model import TreeModel
from app.policies import PolicyRow
from app.previews.shapes import TableBody
from app.renames import Item
from app.views.transfer_notes import NotesModel
from engine.access_types import AuditFilter, Policy, PolicyCommand, PolicySpec
from engine.permissions.rows import PolicyTable
from engine.types import StorageObject
from engine.version_types import Ending, ObjectVersion
from tests.app.helpers import FakeSource, make_bucket
from tests.app.test_audit_model import ROWS, FakeAudit
from tests.app.transfers.kit import NOTES

NOW = datetime(2026, 11, 27, tzinfo=UTC)
ELSEWHERE = {"TransfersModel"}
"""Those that are driven at length in a test of their own."""

Change = Callable[[], object]
Made = tuple[QAbstractItemModel, list[Change]]


def versions(count: int) -> tuple[ObjectVersion, ...]:
    info = StorageObject(
        "id", "bucket", "photos", "a/b.txt", 1, "text/plain", "", None, "no-cache", {}, "v", created_us=1, updated_us=1
    )
    return tuple(ObjectVersion(number, info, 1, 2, Ending.DELETED, True) for number in range(count))


def policies(count: int, *, enabled: bool = True) -> tuple[PolicyRow, ...]:
    spec = PolicySpec("name", PolicyTable.OBJECTS, PolicyCommand.SELECT, using="true")
    rows = [Policy(str(number), spec, "photos", enabled, NOW, NOW) for number in range(count)]
    return tuple(PolicyRow(row, "Everybody reads.") for row in rows)


def renamings(count: int, name: str = "new") -> tuple[Renaming, ...]:
    return tuple(Renaming(Item(f"{number}.txt"), f"{name} {number}") for number in range(count))


def trash() -> Made:
    model = TrashModel(30)
    return model, [lambda: model.show(versions(5)), lambda: model.show(()), lambda: model.show(versions(2))]


def policy_list() -> Made:
    model = PolicyModel()
    switched = policies(3, enabled=False)
    return model, [lambda: model.show(policies(3)), lambda: model.show(switched), lambda: model.show(policies(1))]


def records() -> Made:
    model: RecordModel[str] = RecordModel(("Name", "Role"), lambda name: (Cell(name), Cell("user", tone="muted")))
    return model, [lambda: model.show(["alice", "bob"]), lambda: model.show([]), lambda: model.show(["carol"])]


def renames() -> Made:
    model = RenameModel()
    other = renamings(4, "other")
    return model, [lambda: model.show(renamings(4)), lambda: model.show(other), lambda: model.show(renamings(1))]


def notes() -> Made:
    model = NotesModel(NOTES)
    return model, [lambda: model.show(NOTES[:1]), lambda: model.show(())]


def table() -> Made:
    model = PreviewTable()
    body = TableBody(("a", "b"), (("1", "2"), ("3", "4")), frozenset({1}))
    return model, [lambda: model.show_body(body), lambda: model.show_body(TableBody((), ()))]


def audit() -> Made:
    source = FakeAudit(3 * ROWS)
    model = AuditModel(source, ROWS)  # type: ignore[arg-type]
    return model, [lambda: model.open(AuditFilter()), source.deliver, lambda: model.open(AuditFilter()), source.deliver]


def folder() -> Made:
    source = FakeSource(["a", "b/", "c"])
    model = FolderModel(source)

    def fewer() -> None:
        source.names = ["c", "d"]
        model.refresh()

    return model, [lambda: model.open(View(Location("photos"))), source.deliver, fewer, source.deliver, model.clear]


def tree() -> Made:
    source = FakeSource()
    source.buckets_shown = [make_bucket("docs"), make_bucket("photos")]
    source.folders = {"photos/": ["2023", "2024"]}
    model = TreeModel(source)

    def fewer() -> None:
        source.buckets_shown = source.buckets_shown[1:]
        source.folders = {"photos/": ["2024", "2025"]}
        model.reload_all()

    reach = lambda: model.reach(Location("photos", "2024/"), lambda: None)  # noqa: E731 - a step like the others
    return model, [model.reload_buckets, source.deliver, reach, source.deliver, fewer, source.deliver]


MAKERS = (trash, policy_list, records, renames, notes, table, audit, folder, tree)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_model_is_sound_at_every_step(qapp: QApplication, qtmodeltester, make: Callable[[], Made]) -> None:
    model, steps = make()
    watcher = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    qtmodeltester.check(model, force_py=True)  # goes on watching
    for step in steps:
        step()
    del watcher
    model.deleteLater()


def test_no_model_is_left_out(qapp: QApplication) -> None:
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if ".decoder" not in module.name:
            importlib.import_module(module.name)
    driven = {type(make()[0]).__name__ for make in MAKERS} | ELSEWHERE

    def below(kind: type) -> set[type]:
        return {one for child in kind.__subclasses__() for one in {child, *below(child)}}

    ours = {kind.__name__ for kind in below(QAbstractItemModel) if kind.__module__.startswith("app.")}
    assert ours - driven == set()
