"""The viewer of the audit, on the real engine."""

from __future__ import annotations

import contextlib
import csv
import json
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from app.actions import ActionId
from app.audit_words import Names
from app.bridge.acting import Identity, visitor_name
from app.dialogs.audit_dialog import AuditDialog
from app.dialogs.keep_entries_dialog import KeepEntriesDialog
from app.models.audit import AuditColumn
from engine.access_types import AuditEntry, AuditFilter, AuditPage
from engine.audit.audit import Audit
from engine.context import Origin, RlsContext
from engine.errors import Cancelled, DiskFull, StorageError
from engine.workspace import Workspace
from tests.app.helpers import NOW, Desk
from tests.app.test_accessibility import unnamed

NET = Origin("req-1", "192.168.1.42")


@pytest.fixture
def workspace(desk: Desk) -> Workspace:
    return desk.session._side._workspace


@pytest.fixture
def told(desk: Desk, workspace: Workspace) -> Desk:
    """Return the window on a bucket where alice put something and a visitor tried to."""
    alice = workspace.users.context_of(workspace.users.add("alice", desk.me)).coming_from(NET)
    desk.bucket("photos")
    desk.adopt("owner-only")
    desk.storage.upload("photos", "trips/kite.png", b"1", alice)
    with contextlib.suppress(StorageError):
        desk.storage.upload("photos", "x.txt", b"1", RlsContext.anonymous().coming_from(NET))
    return desk


def opened(desk: Desk) -> AuditDialog:
    desk.session.actions[ActionId.AUDIT].trigger()
    dialog = desk.dialog(AuditDialog)
    desk.until(lambda: dialog.page is not dialog.reading)
    return dialog


def texts(dialog: AuditDialog, row: int) -> list[str]:
    return [str(dialog.model.index(row, column).data()) for column in AuditColumn]


def rows(dialog: AuditDialog) -> list[list[str]]:
    return [texts(dialog, row)[1:] for row in range(dialog.model.rowCount())]


def changes(desk: Desk, dialog: AuditDialog) -> None:
    """Show changes alone."""
    dialog.filters.group.setCurrentIndex(1)
    desk.until(lambda: dialog.model.wanted.operations != ())
    desk.until(lambda: all(row[2] != "List objects" for row in rows(dialog)))


def test_says_in_plain_words_who_did_what_and_what_was_denied(told: Desk) -> None:
    dialog = opened(told)
    changes(told, dialog)
    assert rows(dialog)[:2] == [
        ["A visitor", "anon", "Upload", "photos", "x.txt", "Denied", "192.168.1.42"],
        ["alice", "authenticated", "Upload", "photos", "trips/kite.png", "Done", "192.168.1.42"],
    ]
    assert ["You", "service_role", "Make a bucket", "photos", "", "Done", "This computer"] in rows(dialog)


def test_says_who_acted_as_somebody_and_finds_it_among_their_own(told: Desk, workspace: Workspace) -> None:
    alice = workspace.users.context_of(workspace.users.get("alice", told.me))
    acting = told.session._side.acting
    for identity in (Identity("alice", alice), Identity(visitor_name(), RlsContext.anonymous())):
        acting.begin(identity)
        told.session._side.operations.delete("photos", ["trips/kite.png"], None, lambda _: None)
    acting.stop()
    dialog = opened(told)
    filters = dialog.filters
    filters.path.setText("kite")
    filters.group.setCurrentIndex(4)
    told.until(lambda: [row[:2] for row in rows(dialog)] == [
        ["You, acting as a visitor", "anon"], ["You, acting as alice", "authenticated"],
    ])  # fmt: skip
    filters.who.setCurrentIndex(1)  # You
    told.until(lambda: dialog.model.wanted.user == workspace.owner_id)
    told.until(lambda: len(rows(dialog)) == 2)
    dialog.table.choose(1)
    assert dialog.detail.facts()["Who"] == "You, acting as alice"
    assert json.loads(dialog.detail.text.toPlainText())["acted_by"] == workspace.owner_id


def test_the_chosen_entry_is_shown_in_full(told: Desk) -> None:
    dialog = opened(told)
    changes(told, dialog)
    dialog.table.choose(0)
    facts = dialog.detail.facts()
    assert facts["What"] == "Upload (storage.object.upload)"
    assert (facts["Result"], facts["Request"], facts["User ID"]) == ("Denied", "req-1", "—")
    assert json.loads(dialog.detail.text.toPlainText())["code"] == "AccessDenied"


def test_filters_narrow_what_is_shown(told: Desk, workspace: Workspace) -> None:
    dialog = opened(told)
    filters = dialog.filters
    filters.result.setCurrentIndex(2)
    told.until(lambda: [row[5] for row in rows(dialog)] == ["Denied"])
    assert filters.reset.isVisible()
    filters.reset.click()
    told.until(lambda: len(rows(dialog)) > 3)
    filters.who.setCurrentIndex(filters.who.findText("alice"))
    told.until(lambda: {row[0] for row in rows(dialog)} == {"alice"})
    filters.path.setText("no such path")
    told.until(lambda: dialog.page is dialog.nothing)
    assert dialog.nothing.title.text() == "No entry is like that"
    assert not dialog.export.isEnabled()
    filters.clear()
    filters.bucket.setCurrentIndex(filters.bucket.findText("photos"))
    filters.period.setCurrentIndex(1)
    told.until(lambda: {row[3] for row in rows(dialog)} == {"photos"})
    filters.period.setCurrentIndex(5)
    assert filters.since.isVisible()
    assert filters.wanted.until is not None
    told.until(lambda: dialog.model.wanted.until is not None)
    told.until(lambda: {row[3] for row in rows(dialog)} == {"photos"})  # until tomorrow: what was just done is in it


def test_filters_by_role_request_and_address_are_one_press_away(told: Desk) -> None:
    dialog = opened(told)
    filters = dialog.filters
    assert not filters.role.isVisible()
    filters.more.click()
    filters.role.setCurrentIndex(filters.role.findText("anon"))
    told.until(lambda: {row[1] for row in rows(dialog)} == {"anon"})
    filters.role.setEditText("authenticated")
    told.until(lambda: {row[1] for row in rows(dialog)} == {"authenticated"})
    filters.role.setCurrentIndex(0)
    filters.address.setText("192.168.")
    filters.request.setText("req-1")
    told.until(lambda: {row[6] for row in rows(dialog)} == {"192.168.1.42"})
    filters.more.click()  # what is not seen narrows nothing
    assert not filters.narrows
    told.until(lambda: "This computer" in {row[6] for row in rows(dialog)})


def test_older_entries_come_as_somebody_scrolls(told: Desk) -> None:
    for number in range(450):
        told.storage.upload("photos", f"many/{number}.txt", b"", told.me)
    dialog = opened(told)
    assert dialog.model.rowCount() == 200
    assert "scroll for older ones" in dialog._count.text()
    told.until(lambda: _scrolled(dialog) >= 450)
    assert "many/0.txt" in [row[4] for row in rows(dialog)]


def _scrolled(dialog: AuditDialog) -> int:
    dialog.table.scrollToBottom()
    return dialog.model.rowCount()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_is_shown_is_exported(told: Desk, tmp_path: Path, form: str) -> None:
    dialog = opened(told)
    changes(told, dialog)
    dialog.exports[form].trigger()
    chooser = told.dialog(QFileDialog)
    chooser.fileSelected.emit(str(tmp_path / "out"))
    chooser.filesSelected.emit([str(tmp_path / "out")])
    chooser.reject()
    told.until(lambda: "exported to out" in dialog.notice.text)
    text = (tmp_path / "out").read_text()
    found = list(csv.DictReader(text.splitlines())) if form == "csv" else [json.loads(x) for x in text.splitlines()]
    assert "trips/kite.png" in [row["path"] for row in found]
    assert "storage.object.list" not in [row["operation"] for row in found]


def test_an_export_can_be_stopped(told: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(self: Audit, wanted, target, form, context, progress, cancel) -> int:
        while not cancel.cancelled:
            time.sleep(0.01)
        raise Cancelled("stopped")

    monkeypatch.setattr(Audit, "export", slow)
    dialog = opened(told)
    told.session.controllers.audit._export(dialog, AuditFilter(), tmp_path / "out", "csv")
    assert dialog.strip.isVisible()
    assert not dialog.export.isEnabled()
    dialog.strip.cancel.click()
    told.until(lambda: not dialog.strip.isVisible())
    assert dialog.notice.text == ""
    assert dialog.export.isEnabled()


def test_the_chain_is_checked(told: Desk) -> None:
    dialog = opened(told)
    dialog.verify.click()
    told.until(lambda: dialog.notice.text.startswith("As it was written"))
    assert dialog.verify.isEnabled()


def test_a_broken_chain_is_told_with_the_entry_where_it_breaks(told: Desk, workspace: Workspace) -> None:
    workspace.audit.flush()
    _tamper(workspace)
    dialog = opened(told)
    dialog.verify.click()
    told.until(lambda: dialog.notice.text.startswith("The audit was changed"))
    assert "entry " in dialog.notice.text


def _tamper(workspace: Workspace) -> None:
    """Change an entry as somebody does who has the database's file."""
    path = workspace.settings.database_path
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'storage_audit'"
        ).fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE storage_audit SET path = 'forged' WHERE id = (SELECT min(id) + 1 FROM storage_audit)")


def test_how_long_entries_are_kept_is_changed_and_a_loss_is_announced(told: Desk, workspace: Workspace) -> None:
    dialog = opened(told)
    assert dialog.keep.text() == "Kept for 365 days…"
    dialog.keep.click()
    form = told.dialog(KeepEntriesDialog)
    assert not form.save.isEnabled()
    form.days.setValue(30)
    assert "older than 30 days" in form._loss.text()
    form.save.click()
    told.until(lambda: dialog.keep.text() == "Kept for 30 days…")
    assert workspace.audit.retention_days(told.me) == 30


def test_what_cannot_be_read_is_told_in_the_viewer_which_goes_on(told: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> AuditPage:
        raise DiskFull("The disk is full")

    monkeypatch.setattr(Audit, "page", full)
    dialog = opened(told)
    told.until(lambda: "disk is full" in dialog.notice.text)
    monkeypatch.undo()
    dialog.again.click()
    told.until(lambda: dialog.model.rowCount() > 0)
    assert dialog.notice.text == ""


def test_a_viewer_that_is_closed_while_it_reads_is_left_alone(told: Desk) -> None:
    told.session.actions[ActionId.AUDIT].trigger()
    dialog = told.dialog(AuditDialog)
    dialog.reject()
    told.qtbot.wait(200)
    dialog = opened(told)
    dialog.verify.click()
    dialog.reject()
    told.qtbot.wait(200)


def test_every_control_has_a_name(told: Desk) -> None:
    dialog = opened(told)
    dialog.filters.period.setCurrentIndex(5)
    assert unnamed(dialog) == []


def test_a_page_that_can_not_be_read_does_not_end_what_goes_on(told: Desk) -> None:
    dialog = opened(told)
    running = told.session._side.audit.verify(lambda _: None, owner=dialog)
    dialog.begin_work(running, "Checking")
    dialog.model.failed.emit(DiskFull("no"))
    assert dialog.strip.busy
    dialog.end_work()


def test_what_is_asked_for_stays_when_people_and_buckets_are_read_again(told: Desk, workspace: Workspace) -> None:
    workspace.users.add("You", told.me)
    dialog = opened(told)
    filters = dialog.filters
    filters.who.setEditText("a11c")
    filters.bucket.setCurrentIndex(filters.bucket.findText("photos"))
    names = dialog.model._names
    filters.offer(names, ["others"])
    assert (filters.wanted.user, filters.wanted.bucket) == ("a11c", "photos")
    filters.offer(names, ["others", "photos"])
    assert (filters.wanted.bucket, filters.bucket.count()) == ("photos", 3)
    other = [number for number in range(filters.who.count()) if filters.who.itemText(number) == "You"][1]
    filters.who.setCurrentIndex(other)
    assert filters.wanted.user == workspace.users.get("You", told.me).id


def test_what_the_service_key_does_is_no_work_of_holdall() -> None:
    entry = AuditEntry(1, NOW, "service_role", "audit.exported", None, "", {})
    assert Names("me").who(entry) == "service_role"
    assert Names("me").who(replace(entry, actor="retention")) == "Holdall (retention)"
