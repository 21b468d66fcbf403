"""Policies in the real window, on the real engine: from the menu to what others may do afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPushButton

from app.actions import ActionId
from app.bridge.acting import Identity
from app.bridge.allowances import AllowanceBridge
from app.bridge.tasks import Ticket
from app.controllers.policies import PolicyControl
from app.dialogs.access_tester import AccessTester
from app.dialogs.bucket_dialog import BucketDialog
from app.dialogs.bug_dialog import BugDialog
from app.dialogs.delete_dialog import DeleteDialog
from app.dialogs.paste_sql_dialog import PasteSqlDialog
from app.dialogs.policies_dialog import PoliciesDialog
from app.dialogs.policy_editor import PolicyEditor
from app.dialogs.template_dialog import TemplateDialog
from app.location import Location
from app.menus import FOLDER_MENU, TREE_BUCKET_MENU, TREE_FOLDER_MENU, TREE_MENU
from app.policies import Allowances, PolicyRow
from engine.access_types import Policy, PolicyCommand, PolicySpec
from engine.context import RlsContext
from engine.errors import DatabaseLocked, DiskFull, StorageError
from engine.permissions import language
from engine.permissions.rows import PolicyTable
from engine.types import StorageObject
from tests.app.helpers import NOW, Desk, Load, make_bucket
from tests.app.test_accessibility import unnamed

ANNA = RlsContext.user("anna")
READ = PolicySpec("Read", PolicyTable.OBJECTS, PolicyCommand.SELECT, using="true")
SQL = """-- from another project
create policy "Members read" on storage.objects for select to authenticated using (bucket_id = 'photos');
create policy "Members add" on storage.objects for insert to authenticated with check (bucket_id = 'photos');
"""


@pytest.fixture
def pol_desk(desk: Desk) -> Desk:
    """Return the window on a bucket with one object."""
    desk.bucket("photos")
    desk.put("notes.txt")
    return desk


def opened(desk: Desk, rows: int = 0) -> PoliciesDialog:
    desk.session._tracker.update()
    desk.session.actions[ActionId.POLICIES].trigger()
    dialog = desk.dialog(PoliciesDialog)
    desk.until(lambda: shown(dialog) == rows)
    return dialog


def shown(dialog: PoliciesDialog) -> int:
    return dialog.list.model().rowCount()


def kept(desk: Desk) -> list[Policy]:
    return list(desk.storage.policies.list(desk.me))


def gone(desk: Desk, kind: type[QDialog]) -> None:
    desk.until(lambda: not any(dialog.isVisible() for dialog in desk.shell.findChildren(kind)))


def names_seen(desk: Desk, who: RlsContext, bucket: str = "photos") -> list[str]:
    return [item.path for item in desk.storage.walk(bucket, "", who)]


def test_the_menus_of_a_bucket_lead_there() -> None:
    assert ActionId.POLICIES in TREE_BUCKET_MENU
    assert ActionId.POLICIES in FOLDER_MENU


def test_a_template_lets_others_in(pol_desk: Desk) -> None:
    desk = pol_desk
    assert names_seen(desk, ANNA) == []
    dialog = opened(desk)
    assert not dialog.new.isVisible()  # the button is in the middle, where the list will be
    next(part for part in dialog.nothing.findChildren(QPushButton)).click()
    templates = desk.dialog(TemplateDialog)
    rows = [templates.list.item(row).text() for row in range(templates.list.count())]
    templates.list.setCurrentRow(rows.index("Signed-in read"))
    desk.until(lambda: "create policy" in templates.preview.text and templates.use.isEnabled())
    templates.use.click()
    desk.until(lambda: shown(dialog) == 1)
    assert names_seen(desk, ANNA) == ["notes.txt"]
    assert dialog.said.text() == "1 policy added"
    assert "Signed-in users may read" in str(dialog.list.model().index(0).data(Qt.ItemDataRole.AccessibleTextRole))


def test_a_template_that_is_filled_in_wrongly_says_so_beside_the_field(pol_desk: Desk) -> None:
    desk = pol_desk
    dialog = opened(desk)
    dialog.new_wanted.emit()
    templates = desk.dialog(TemplateDialog)
    rows = [templates.list.item(row).text() for row in range(templates.list.count())]
    templates.list.setCurrentRow(rows.index("File types"))
    templates.value.setText("*.jpg; drop table")
    desk.until(lambda: "jpg, png" in templates.value_field.problem)
    assert not templates.use.isEnabled()
    templates.value.setText("jpg, png")
    desk.until(lambda: "'jpg', 'png'" in templates.preview.text)
    assert not templates.value_field.problem


def test_an_own_policy_is_written_judged_and_kept(pol_desk: Desk) -> None:
    desk = pol_desk
    dialog = opened(desk)
    dialog.new_wanted.emit()
    templates = desk.dialog(TemplateDialog)
    templates.list.setCurrentRow(templates.list.count() - 1)
    templates.use.click()
    editor = desk.dialog(PolicyEditor)
    editor.form.name.setText("Notes are open")
    editor.form.who.setCurrentIndex(editor.form.who.findData("public"))
    editor.form.using.edit.setPlainText("nme = 'notes.txt'")
    desk.until(lambda: "Line 1, column 1" in editor.form.using.problem)
    assert editor.form.using.edit.extraSelections()[0].cursor.selectedText() == "nme"
    assert not editor.save.isEnabled()
    editor.form.using.edit.setPlainText("name = 'notes.txt'")
    desk.until(lambda: editor.meaning.text.startswith("Anyone may read"))
    editor.save.click()
    gone(desk, PolicyEditor)
    desk.until(lambda: shown(dialog) == 1)
    [policy] = kept(desk)
    assert (policy.bucket, policy.spec.name) == ("photos", "Notes are open")
    assert names_seen(desk, RlsContext.anonymous()) == ["notes.txt"]


def test_a_name_that_is_taken_is_refused_beside_it(pol_desk: Desk) -> None:
    desk = pol_desk
    desk.storage.policies.create(READ, desk.me, bucket="photos")
    dialog = opened(desk, 1)
    dialog.list.opened.emit()
    desk.dialog(PolicyEditor).reject()
    dialog.new_wanted.emit()
    templates = desk.dialog(TemplateDialog)
    templates.list.setCurrentRow(templates.list.count() - 1)
    templates.use.click()
    editor = desk.dialog(PolicyEditor)
    editor.form.name.setText("Read")
    editor.form.using.edit.setPlainText("false")
    editor.save.click()
    desk.until(lambda: "already exists" in editor.form.name_field.problem)
    assert editor.save.isEnabled()


def test_a_policy_is_changed_and_stays_with_its_bucket(pol_desk: Desk) -> None:
    desk = pol_desk
    desk.storage.policies.create(READ, desk.me, bucket="photos")
    dialog = opened(desk, 1)
    dialog.edit.click()
    editor = desk.dialog(PolicyEditor)
    assert editor.form.using.text == "true"
    editor.form.using.edit.setPlainText("name <> 'notes.txt'")
    editor.save.click()
    gone(desk, PolicyEditor)
    assert names_seen(desk, ANNA) == []
    assert [(policy.bucket, policy.spec.name) for policy in kept(desk)] == [("photos", "Read")]


def test_the_switch_counts_at_once(pol_desk: Desk) -> None:
    desk = pol_desk
    desk.storage.policies.create(READ, desk.me, bucket="photos")
    dialog = opened(desk, 1)
    rect = dialog.list.visualRect(dialog.list.model().index(0))
    desk.qtbot.mouseClick(dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.topLeft() + QPoint(28, 22))
    desk.until(lambda: dialog.said.text() == "“Read” is off")
    assert names_seen(desk, ANNA) == []
    desk.until(lambda: "off" in str(dialog.list.model().index(0).data(Qt.ItemDataRole.AccessibleTextRole)))
    desk.qtbot.keyClick(dialog.list, Qt.Key.Key_Space)
    desk.until(lambda: dialog.said.text() == "“Read” is on")
    assert names_seen(desk, ANNA) == ["notes.txt"]


def test_deleting_asks_with_the_safe_answer_first(pol_desk: Desk) -> None:
    desk = pol_desk
    desk.storage.policies.create(READ, desk.me, bucket="photos")
    dialog = opened(desk, 1)
    desk.qtbot.keyClick(dialog.list, Qt.Key.Key_Delete)
    asked = desk.dialog(DeleteDialog)
    assert asked.cancel.isDefault()
    assert "can't use the bucket any more" in asked.summary
    asked.reject()
    assert len(kept(desk)) == 1
    dialog.delete.click()
    desk.dialog(DeleteDialog).confirm.click()
    desk.until(lambda: shown(dialog) == 0)
    assert kept(desk) == []
    assert dialog.nothing.isVisible()


def test_what_was_deleted_comes_back_by_one_button(pol_desk: Desk) -> None:
    desk = pol_desk
    desk.storage.policies.create(READ, desk.me, bucket="photos")
    off = desk.storage.policies.create(replace(READ, name="Off"), desk.me, bucket="photos")
    desk.storage.policies.set_enabled(off.id, False, desk.me)
    before = kept(desk)
    dialog = opened(desk, 2)
    assert not dialog.undo.isVisible()
    dialog.list.selectAll()
    dialog.delete.click()
    desk.dialog(DeleteDialog).confirm.click()
    desk.until(lambda: dialog.undo.isVisible())
    desk.until(lambda: shown(dialog) == 0)
    dialog.undo.click()
    desk.until(lambda: shown(dialog) == 2)
    assert [(one.id, one.spec, one.enabled) for one in kept(desk)] == [
        (one.id, one.spec, one.enabled) for one in before
    ]
    assert not dialog.undo.isVisible()


def test_what_could_not_be_brought_back_is_offered_again_and_outlives_other_news(
    pol_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = pol_desk
    desk.storage.policies.create(READ, desk.me, bucket="photos")
    dialog = opened(desk, 1)
    dialog.list.selectAll()
    dialog.delete.click()
    desk.dialog(DeleteDialog).confirm.click()
    desk.until(lambda: dialog.undo.isVisible() and shown(dialog) == 0)
    dialog.say("Something else")
    bridge = desk.session.controllers.policies._policies
    with monkeypatch.context() as broken:
        broken.setattr(bridge, "put_back", lambda *args: args[2](DatabaseLocked("locked")))
        dialog.undo.click()
    assert dialog.undo.isVisible()
    dialog.undo.click()
    desk.until(lambda: shown(dialog) == 1)
    assert not dialog.undo.isVisible()


def test_what_comes_back_is_said_on_the_button_and_the_last_deletion_comes_first(
    pol_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = pol_desk
    for name in ("a", "b", "c"):
        desk.storage.policies.create(replace(READ, name=name), desk.me, bucket="photos")
    dialog = opened(desk, 3)
    delete_rows(desk, dialog, 0, 1, left=1)
    assert dialog.undo.text() == "&Bring 2 policies back"
    dialog.say("Something else")
    bridge = desk.session.controllers.policies._policies
    failures: list[Callable[[Exception], None]] = []
    with monkeypatch.context() as held:
        held.setattr(bridge, "put_back", lambda _policies, _then, otherwise: failures.append(otherwise))
        dialog.undo.click()
    assert not dialog.undo.isVisible()
    delete_rows(desk, dialog, 0, left=0)
    assert dialog.undo.text() == "&Bring 1 policy back"
    failures[0](DatabaseLocked("locked"))  # later than the deletion that came after it
    assert dialog.undo.text() == "&Bring 1 policy back"
    dialog.undo.click()
    desk.until(lambda: [one.spec.name for one in kept(desk)] == ["c"])
    assert dialog.undo.text() == "&Bring 2 policies back"
    dialog.undo.click()
    desk.until(lambda: shown(dialog) == 3)
    assert not dialog.undo.isVisible()


def delete_rows(desk: Desk, dialog: PoliciesDialog, *rows: int, left: int) -> None:
    dialog.list._choose(rows)
    dialog.delete.click()
    desk.dialog(DeleteDialog).confirm.click()
    desk.until(lambda: shown(dialog) == left)
    gone(desk, DeleteDialog)


def test_what_is_off_stays_off_where_its_sql_goes(pol_desk: Desk) -> None:
    desk = pol_desk
    desk.storage.policies.create(READ, desk.me, bucket="photos")
    off = desk.storage.policies.create(replace(READ, name="Off", using="name =\n'x'"), desk.me, bucket="photos")
    desk.storage.policies.set_enabled(off.id, False, desk.me)
    dialog = opened(desk, 2)
    dialog.list.selectAll()
    dialog.copy.click()
    desk.until(lambda: dialog.said.text() == "2 policies copied as SQL")
    copied = QGuiApplication.clipboard().text()
    assert "-- switched off" in copied
    assert [statement.spec.name for statement in language.statements(copied)] == ["Read"]


def test_what_is_pasted_for_another_bucket_or_one_that_is_not_there_is_said(pol_desk: Desk) -> None:
    desk = pol_desk
    desk.storage.create_bucket("other", desk.me)
    dialog = opened(desk)
    dialog.paste.click()
    pasted = desk.dialog(PasteSqlDialog)
    pasted.field.edit.setPlainText(SQL)
    desk.until(lambda: pasted.meaning.text.startswith("Adds “Members"))
    assert not pasted.notes.isVisible()
    pasted.field.edit.setPlainText(SQL.replace("'photos'", "'fotos'", 1).replace("'photos'", "'other'"))
    desk.until(pasted.notes.isVisible)
    missing, elsewhere = pasted.notes.text().splitlines()
    assert missing.startswith("There is no bucket fotos here")
    assert elsewhere.startswith("Some are for the bucket other")


def test_policies_go_out_as_sql_and_come_back(pol_desk: Desk) -> None:
    desk = pol_desk
    desk.storage.policies.apply(SQL, desk.me)
    dialog = opened(desk, 2)
    dialog.list.selectAll()
    dialog.copy.click()
    desk.until(lambda: dialog.said.text() == "2 policies copied as SQL")
    copied = QGuiApplication.clipboard().text()
    assert copied.count("create policy") == 2
    assert "bucket_id = 'photos'" in copied
    for policy in kept(desk):
        desk.storage.policies.delete(policy.id, desk.me)
    dialog.paste.click()
    pasted = desk.dialog(PasteSqlDialog)
    assert pasted.field.edit.text == copied
    desk.until(lambda: pasted.meaning.text.startswith("Adds “Members"))
    pasted.apply.click()
    gone(desk, PasteSqlDialog)
    assert {(policy.bucket, policy.spec.name) for policy in kept(desk)} == {
        ("photos", "Members read"),
        ("photos", "Members add"),
    }


def test_a_mistake_in_the_sql_is_shown_at_its_place_and_nothing_is_taken(pol_desk: Desk) -> None:
    desk = pol_desk
    QGuiApplication.clipboard().setText("some words that are no SQL")
    dialog = opened(desk)
    dialog.paste.click()
    pasted = desk.dialog(PasteSqlDialog)
    assert pasted.field.edit.text == ""
    pasted.field.edit.setPlainText(SQL.replace("with check (bucket_id = 'photos')", "with check (bukket = 1)"))
    desk.until(lambda: pasted.field.problem.startswith("Line 3, column "))
    assert pasted.field.edit.extraSelections()[0].cursor.selectedText() == "bukket"
    assert not pasted.apply.isEnabled()
    assert kept(desk) == []


def test_what_can_not_be_taken_as_a_whole_is_not_taken_at_all(pol_desk: Desk) -> None:
    desk = pol_desk
    desk.storage.policies.create(PolicySpec("Members add", READ.table, READ.command, using="true"), desk.me)
    dialog = opened(desk, 1)
    dialog.paste.click()
    pasted = desk.dialog(PasteSqlDialog)
    pasted.field.edit.setPlainText(SQL)
    pasted.apply.click()
    desk.until(lambda: "already exists" in pasted.field.problem)
    assert len(kept(desk)) == 1


def test_policies_of_all_buckets_are_marked(pol_desk: Desk) -> None:
    desk = pol_desk
    desk.storage.policies.create(READ, desk.me)
    desk.bucket("other")
    desk.storage.policies.create(PolicySpec("Elsewhere", READ.table, READ.command, using="true"), desk.me, "other")
    desk.go("photos")
    dialog = opened(desk, 1)
    assert "All buckets" in str(dialog.list.model().index(0).data(Qt.ItemDataRole.AccessibleTextRole))


def test_the_list_follows_changes_from_outside(pol_desk: Desk) -> None:
    desk = pol_desk
    dialog = opened(desk)
    desk.storage.policies.create(READ, desk.me, bucket="photos")
    desk.storage.create_bucket("news", desk.me)
    desk.until(lambda: shown(dialog) == 1)


def test_the_tester_says_who_may_and_why(pol_desk: Desk) -> None:
    desk = pol_desk
    own = PolicySpec("Own", READ.table, READ.command, ("authenticated",), "owner_id = (select auth.uid())::text")
    desk.storage.policies.create(own, desk.me, bucket="photos")
    desk.select("notes.txt")
    desk.session.actions[ActionId.TEST_ACCESS].trigger()
    tester = desk.dialog(AccessTester)
    assert tester.form.path.text() == "notes.txt"
    desk.until(lambda: tester.answer.verdict.text() == "Denied")
    assert [card.outcome for card in tester.answer.verdicts] == ["Only for: Read, Signed-in users"]
    tester.form.who.setCurrentIndex(1)
    tester.form.user_id.setText("anna")
    desk.until(lambda: [card.outcome for card in tester.answer.verdicts] == ["Does not let in"])
    [card] = tester.answer.verdicts
    assert card.code is not None
    assert card.code.marks
    tester.form.user_id.setText(desk.me.user_id or "")
    desk.until(lambda: tester.answer.verdict.text() == "Allowed")
    assert "Own" in tester.answer.reason.text()


def test_the_tester_knows_of_buckets_and_of_operations(pol_desk: Desk) -> None:
    desk = pol_desk
    seen = PolicySpec("Seen", PolicyTable.BUCKETS, PolicyCommand.SELECT, using="name = 'photos'")
    listed = replace(READ, using="storage.allow_only_operation('object.list_v2')")
    desk.storage.policies.create(seen, desk.me)
    desk.storage.policies.create(listed, desk.me, bucket="photos")
    desk.select("notes.txt")
    desk.session.actions[ActionId.TEST_ACCESS].trigger()
    tester = desk.dialog(AccessTester)
    desk.until(lambda: tester.answer.verdict.text() == "Denied")
    tester.form.operation.setCurrentIndex(tester.form.operation.findData("storage.object.list_v2"))
    desk.until(lambda: tester.answer.verdict.text() == "Allowed")
    tester.form.about.setCurrentIndex(1)
    desk.until(lambda: "Seen" in tester.answer.reason.text())
    tester.form.commands.button(3).click()
    desk.until(lambda: tester.answer.verdict.text() == "Denied")


def test_the_tester_knows_the_users(pol_desk: Desk) -> None:
    desk = pol_desk
    workspace = desk.session._side._workspace
    anna = workspace.users.add("anna", desk.me)
    desk.session._tracker.update()
    desk.session.actions[ActionId.TEST_ACCESS].trigger()
    tester = desk.dialog(AccessTester)
    desk.until(lambda: tester.form.who.findText("anna") >= 0)
    tester.form.who.setCurrentIndex(tester.form.who.findText("anna"))
    tester.form.path.setText("x")
    assert tester.form.question is not None
    assert tester.form.question.subject.user_id == anna.id


def test_the_tester_offers_paths(pol_desk: Desk) -> None:
    desk = pol_desk
    desk.put("2026/summer.jpg")
    desk.session._tracker.update()
    desk.session.actions[ActionId.TEST_ACCESS].trigger()
    tester = desk.dialog(AccessTester)
    for typed, found in (("", ["2026/", "notes.txt"]), ("2026/s", ["2026/summer.jpg"]), ("//", [])):
        tester.form.path.setText(typed)
        tester.form.path.textEdited.emit(typed)
        desk.until(lambda found=found: tester._paths.stringList() == found)


def test_buckets_of_the_window_are_their_owners(desk: Desk) -> None:
    desk.session.actions[ActionId.NEW_BUCKET].trigger()
    dialog = desk.dialog(BucketDialog)
    dialog.name.setText("shared")
    assert dialog.access.currentText() == "Owner only"
    dialog.save.click()
    gone(desk, BucketDialog)
    desk.storage.upload("shared", "a.txt", b"x", ANNA)
    desk.storage.upload("shared", "b.txt", b"x", desk.me)
    assert names_seen(desk, ANNA, "shared") == ["a.txt"]
    assert names_seen(desk, RlsContext.user("ben"), "shared") == []


def test_a_bucket_can_be_for_oneself_alone(desk: Desk) -> None:
    desk.session.actions[ActionId.NEW_BUCKET].trigger()
    dialog = desk.dialog(BucketDialog)
    dialog.name.setText("mine")
    dialog.access.setCurrentIndex(0)
    dialog.save.click()
    gone(desk, BucketDialog)
    assert kept(desk) == []


def test_a_bucket_that_got_no_policies_does_not_stay(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise DiskFull("The disk is full")

    monkeypatch.setattr(desk.storage.policies, "apply", full)
    desk.session.actions[ActionId.NEW_BUCKET].trigger()
    dialog = desk.dialog(BucketDialog)
    dialog.name.setText("shared")
    dialog.save.click()
    desk.until(lambda: "disk is full" in dialog.name_field.problem)
    assert desk.storage.list_buckets(desk.me) == ()
    monkeypatch.undo()
    dialog.save.click()
    gone(desk, BucketDialog)
    assert len(kept(desk)) == 4


def test_the_names_of_a_renamed_buckets_policies_are_in_nobodys_way(desk: Desk) -> None:
    for renamed in ("old", None):
        desk.session.actions[ActionId.NEW_BUCKET].trigger()
        dialog = desk.dialog(BucketDialog)
        dialog.name.setText("photos")
        dialog.save.click()
        gone(desk, BucketDialog)
        if renamed:
            desk.storage.rename_bucket("photos", renamed, desk.me)
    assert {policy.bucket for policy in kept(desk)} == {"old", "photos"}
    assert len(kept(desk)) == 8


def test_an_answer_that_comes_after_closing_harms_nothing(pol_desk: Desk) -> None:
    desk = pol_desk
    dialog = opened(desk)
    dialog.new_wanted.emit()
    templates = desk.dialog(TemplateDialog)
    desk.until(lambda: templates.use.isEnabled())
    go = desk.hold_mutations()
    templates.use.click()
    templates.reject()
    dialog.reject()
    desk.qtbot.wait(50)
    go.set()
    desk.until(lambda: len(kept(desk)) == 1)
    desk.qtbot.wait(50)
    assert not desk.shell.findChildren(BugDialog)


def test_a_failure_while_switching_is_said_in_the_dialog(pol_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = pol_desk
    desk.storage.policies.create(READ, desk.me, bucket="photos")
    dialog = opened(desk, 1)

    def fail(*_: object) -> None:
        raise StorageError("It can't be done")

    monkeypatch.setattr(desk.storage.policies, "set_enabled", fail)
    desk.qtbot.keyClick(dialog.list, Qt.Key.Key_Space)
    desk.until(lambda: "can't be done" in dialog.notice.text)
    for bug in desk.shell.findChildren(BugDialog):
        bug.close()


def test_no_control_is_nameless(pol_desk: Desk) -> None:
    desk = pol_desk
    desk.storage.policies.create(READ, desk.me, bucket="photos")
    dialog = opened(desk, 1)
    dialog.edit.click()
    editor = desk.dialog(PolicyEditor)
    editor.form.advanced.set_open(True)
    assert unnamed(editor) == []
    editor.reject()
    dialog.test.click()
    tester = desk.dialog(AccessTester)
    tester.form.who.setCurrentIndex(2)
    tester.form.details.set_open(True)
    assert unnamed(tester) == []
    tester.reject()
    dialog.new.click()
    assert unnamed(desk.dialog(TemplateDialog)) == []
    desk.dialog(TemplateDialog).reject()
    dialog.paste.click()
    assert unnamed(desk.dialog(PasteSqlDialog)) == []
    assert unnamed(dialog) == []


def test_a_policy_about_buckets_is_said_to_concern_them_all(pol_desk: Desk) -> None:
    desk = pol_desk
    dialog = opened(desk)
    dialog.new_wanted.emit()
    desk.dialog(TemplateDialog).own_wanted.emit()
    editor = desk.dialog(PolicyEditor)
    form = editor.form
    form.name.setText("All buckets")
    form.using.edit.setPlainText("true")
    desk.until(lambda: "photos" in editor.meaning.text)
    form.table.setCurrentIndex(form.table.findData(PolicyTable.BUCKETS))
    desk.until(lambda: editor.meaning.text != "" and "photos" not in editor.meaning.text)


def test_a_template_is_for_the_bucket_as_it_is_called_by_now(pol_desk: Desk) -> None:
    desk = pol_desk
    dialog = opened(desk)
    dialog.new_wanted.emit()
    templates = desk.dialog(TemplateDialog)
    desk.until(lambda: templates.use.isEnabled())
    desk.storage.rename_bucket("photos", "pictures", desk.me)
    templates.use.click()
    gone(desk, TemplateDialog)
    assert {policy.bucket for policy in kept(desk)} == {"pictures"}


class HeldBridge:
    """Answers when a test likes."""

    def __init__(self) -> None:
        self.loads: list[Load] = []
        self.answers: list[tuple[PolicyRow, ...]] = []

    def list(self, _bucket: object, then: Callable[[tuple[PolicyRow, ...]], None], *_: object, **__: object) -> Load:
        number = len(self.loads)
        load = Load(lambda: then(self.answers[number]))
        self.loads.append(load)
        return load


def test_an_older_answer_shows_nothing_over_a_newer_one_and_what_was_made_is_chosen(desk: Desk) -> None:
    bridge = HeldBridge()
    rows = tuple(PolicyRow(Policy(name, replace(READ, name=name), "photos", True, NOW, NOW), name) for name in "ab")
    bridge.answers = [rows[:1], rows]
    bucket = desk.bucket("photos")
    control = PolicyControl(
        desk.session._look, desk.shell, bridge, None, QGuiApplication.clipboard(), desk.session._errors
    )
    dialog = PoliciesDialog(desk.session._look, desk.shell, make_bucket("photos"))
    dialog.open()
    control._load(dialog, bucket, "b")
    control._load(dialog, bucket)
    for load in reversed(bridge.loads):
        load.deliver()
    assert [one.id for one in dialog.list.chosen] == ["b"]
    assert shown(dialog) == 2


def test_the_inspector_says_who_may_do_what_with_an_object(pol_desk: Desk) -> None:
    desk = pol_desk
    users = desk.session._side._workspace.users
    alice, bob = users.add("alice", desk.me), users.add("bob", desk.me)
    desk.adopt("owner-only")
    desk.storage.upload("photos", "hers.txt", b"x", RlsContext.service(alice.id))
    desk.session.actions[ActionId.INSPECTOR].trigger()
    desk.select("hers.txt")
    access = desk.views.inspector.access
    desk.until(lambda: access.told == {"Access": "alice: read, change, delete\nVisitors, bob: nothing"})
    desk.storage.policies.create(replace(READ, roles=("anon",)), desk.me, bucket="photos")
    desk.until(lambda: access.told == {"Access": "alice: read, change, delete\nVisitors: read\nbob: nothing"})
    desk.session._side.acting.begin(Identity("bob", users.context_of(bob)))
    desk.until(lambda: access.told == {})  # not for other eyes


def test_what_the_inspector_asked_before_a_change_is_not_shown_after_it(
    pol_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = pol_desk
    read, asked, go_on = AllowanceBridge._read, [], threading.Event()

    def slow_at_first(bridge: AllowanceBridge, item: StorageObject, ticket: Ticket) -> Allowances:
        found = read(bridge, item, ticket)
        asked.append(ticket)
        assert ticket is not asked[0] or go_on.wait(200)
        return found

    monkeypatch.setattr(AllowanceBridge, "_read", slow_at_first)
    desk.adopt("owner-only")
    desk.put("a.txt")
    desk.session.actions[ActionId.INSPECTOR].trigger()
    desk.select("a.txt")
    desk.until(lambda: bool(asked))
    desk.storage.policies.create(replace(READ, roles=("anon",)), desk.me, bucket="photos")
    desk.until(lambda: desk.views.inspector.access.told == {"Access": "Visitors: read"})
    assert asked[0].token.cancelled
    go_on.set()


def all_opened(desk: Desk, rows: int = 0) -> PoliciesDialog:
    desk.session._tracker.update()
    desk.session.actions[ActionId.ALL_POLICIES].trigger()
    dialog = desk.dialog(PoliciesDialog)
    desk.until(lambda: shown(dialog) == rows)
    return dialog


def test_what_belongs_to_no_bucket_is_made_changed_and_deleted_without_any_bucket(desk: Desk) -> None:
    assert ActionId.ALL_POLICIES in TREE_MENU
    assert not desk.session._buckets.buckets
    dialog = all_opened(desk)
    assert "no policies yet" in dialog.nothing.title.text()
    dialog.new_wanted.emit()
    editor = desk.dialog(PolicyEditor)
    assert editor.form.table.isVisible()  # what it is about is the first thing to say here
    assert editor.form.table.currentText() == "Objects of all buckets"
    editor.form.name.setText("Members make buckets")
    editor.form.table.setCurrentIndex(1)
    editor.form.command.setCurrentIndex(editor.form.command.findData(PolicyCommand.INSERT))
    editor.form.check.edit.setPlainText("true")
    desk.until(lambda: editor._judgement is not None and editor.save.isEnabled())
    editor.save.click()
    desk.until(lambda: shown(dialog) == 1)
    [made] = kept(desk)
    assert (made.spec.table, made.bucket) == (PolicyTable.BUCKETS, None)
    desk.storage.create_bucket("by-anna", ANNA)
    dialog.edit.click()
    editor = desk.dialog(PolicyEditor)
    editor.form.name.setText("Nobody else does")
    desk.until(lambda: editor._judgement is not None and editor.save.isEnabled())
    editor.save.click()
    desk.until(lambda: [one.spec.name for one in kept(desk)] == ["Nobody else does"])
    gone(desk, PolicyEditor)
    dialog.list.selectAll()
    dialog.delete.click()
    desk.dialog(DeleteDialog).confirm.click()
    desk.until(lambda: shown(dialog) == 0 and not kept(desk))


def test_all_policies_say_whose_they_are_and_come_back_to_the_bucket_that_is_called_otherwise_now(desk: Desk) -> None:
    bucket = desk.bucket("photos")
    desk.bucket("videos")
    for name in ("photos", "videos"):
        desk.storage.policies.create(replace(READ, name=f"Read {name}"), desk.me, bucket=name)
    desk.storage.policies.create(replace(READ, name="Read anything"), desk.me)
    dialog = all_opened(desk, 3)
    spoken = [str(dialog.list.model().index(row).data(Qt.ItemDataRole.AccessibleTextRole)) for row in range(3)]
    assert [text.rpartition(", ")[2] for text in spoken] == ["All buckets", "photos", "videos"]
    assert not dialog.test.isVisible()
    dialog.list.selectAll()
    dialog.delete.click()
    desk.dialog(DeleteDialog).confirm.click()
    desk.until(lambda: dialog.undo.isVisible() and shown(dialog) == 0)
    desk.storage.rename_bucket(bucket.id, "pictures", desk.me)
    dialog.undo.click()
    desk.until(lambda: shown(dialog) == 3)
    assert sorted(str(one.bucket) for one in kept(desk)) == ["None", "pictures", "videos"]


def test_what_is_pasted_for_any_bucket_that_is_there_needs_no_note_among_all(pol_desk: Desk) -> None:
    desk = pol_desk
    QGuiApplication.clipboard().setText(SQL)
    dialog = all_opened(desk)
    dialog.paste.click()
    asked = desk.dialog(PasteSqlDialog)
    desk.until(lambda: asked.apply.isEnabled() and asked._script is not None)
    assert not asked.notes.isVisible()


def test_the_menu_is_about_the_bucket_whose_folder_has_the_keyboard_in_the_tree(pol_desk: Desk) -> None:
    desk = pol_desk
    assert ActionId.POLICIES in TREE_FOLDER_MENU
    desk.storage.upload("photos", "a/b.txt", b"x", desk.me)
    desk.bucket("videos")
    reached: list[bool] = []

    def is_reached() -> bool:  # asked again: what was read of the tree before the upload knows no such folder
        desk.tree.model().reach(Location("photos", "a/"), lambda: reached.append(True))
        return bool(reached)

    desk.until(is_reached)
    desk.tree.setFocus()
    desk.tree.setCurrentIndex(desk.tree.model().index_of(Location("photos", "a/")))
    dialog = opened(desk)
    assert dialog.windowTitle() == "Who may use photos"
