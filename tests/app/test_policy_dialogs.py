"""Dialogs about policies by themselves: what they ask for, what they show, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import shiboken6
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QAbstractButton, QLabel, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app import look as look_module
from app.dialogs.base import Dialog
from app.dialogs.paste_sql_dialog import PasteSqlDialog
from app.dialogs.policies_dialog import PoliciesDialog
from app.dialogs.policy_editor import PolicyEditor
from app.dialogs.template_dialog import TemplateDialog
from app.dialogs.user_dialog import UserDialog
from app.look import Look
from app.models.policies import PolicyModel
from app.policies import Flaw, Judgement, PolicyRow, Script
from app.views.verdicts import Answer
from engine.access_types import Explanation, Policy, PolicyCommand, PolicySpec, PolicyTemplate
from engine.permissions.language import highlight
from engine.permissions.rows import Command, PolicyTable
from tests.app.helpers import NOW, make_bucket

OWN = "owner_id = (select auth.uid())::text"
SPEC = PolicySpec("Members read", PolicyTable.OBJECTS, PolicyCommand.SELECT, ("authenticated",), OWN)
TEMPLATES = (
    PolicyTemplate("public-read", "Public read", "Anyone may read"),
    PolicyTemplate("file-types", "File types", "Only some types", "file types"),
)


@pytest.fixture
def parent(look: Look) -> Iterator[QWidget]:
    parent = QWidget()
    parent.show()
    yield parent
    shiboken6.delete(parent)


def a_row(name: str, sentence: str = "", *, bucket: str | None = "photos", enabled: bool = True, **spec) -> PolicyRow:
    return PolicyRow(Policy(f"id-{name}", replace(SPEC, name=name, **spec), bucket, enabled, NOW, NOW), sentence)


def opened(look: Look, parent: QWidget, *rows: PolicyRow, public: bool = False) -> PoliciesDialog:
    dialog = PoliciesDialog(look, parent, make_bucket("photos", public=public))
    dialog.open()
    dialog.show_rows(rows)
    return dialog


def heard(signal) -> list:
    told: list = []
    signal.connect(lambda *said: told.append(said))
    return told


def test_the_model_keeps_qts_rules(qapp) -> None:
    model = PolicyModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show([a_row("a"), a_row("b")])
    model.show([a_row("a", enabled=False), a_row("b")])
    model.show([a_row("b")])
    model.show([])
    assert model.rowCount() == 0
    del tester


def test_a_policy_tells_a_screen_reader_everything(qapp) -> None:
    model = PolicyModel()
    model.show([a_row("Visitors", "Anyone may read", bucket=None, enabled=False, permissive=False, roles=("public",))])
    spoken = model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    for part in ("Visitors", "off", "Anyone may read", "Read", "Everyone", "Holds back", "All buckets"):
        assert part in spoken


@pytest.mark.parametrize(("public", "said"), [(False, "Only you"), (True, "Others can read")])
def test_without_policies_it_says_who_may_use_the_bucket(look: Look, parent: QWidget, public: bool, said: str) -> None:
    dialog = opened(look, parent, public=public)
    assert dialog.nothing.isVisible()
    assert said in dialog.nothing.title.text()
    assert not dialog.edit.isVisible()


def test_the_switch_is_turned_by_click_and_by_space(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = opened(look, parent, a_row("a"), a_row("b", enabled=False))
    told = heard(dialog.switched)
    qtbot.waitUntil(lambda: dialog.list.visualRect(dialog.list.model().index(1)).height() > 20)
    rect = dialog.list.visualRect(dialog.list.model().index(1))
    qtbot.mouseClick(dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.topLeft() + QPoint(28, 22))
    assert [(policy.spec.name, on) for policy, on in told] == [("b", True)]
    qtbot.keyClick(dialog.list, Qt.Key.Key_Up)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Space)
    assert [(policy.spec.name, on) for policy, on in told][1:] == [("a", False)]


def test_keys_open_delete_copy_and_paste(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = opened(look, parent, a_row("a"), a_row("b"))
    edits, deletes = heard(dialog.edit_wanted), heard(dialog.delete_wanted)
    copies, pastes = heard(dialog.copy_wanted), heard(dialog.paste_wanted)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Delete)
    qtbot.keyClick(dialog.list, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(dialog.list, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert [policy.spec.name for (policy,) in edits] == ["a"]
    assert [[policy.spec.name for policy in chosen] for (chosen,) in deletes] == [["a"]]
    assert [[policy.spec.name for policy in chosen] for (chosen,) in copies] == [["a"]]
    assert len(pastes) == 1
    assert dialog.isVisible()


def test_what_was_chosen_stays_chosen_when_the_list_is_read_again(look: Look, parent: QWidget) -> None:
    dialog = opened(look, parent, a_row("a"), a_row("b"), a_row("c"))
    dialog.show_rows([a_row("a"), a_row("b"), a_row("c")], "id-b")
    assert [policy.spec.name for policy in dialog.list.chosen] == ["b"]
    dialog.show_rows([a_row("a"), a_row("b", enabled=False), a_row("c")])
    assert [policy.spec.name for policy in dialog.list.chosen] == ["b"]
    dialog.show_rows([a_row("a"), a_row("c")])
    assert [policy.spec.name for policy in dialog.list.chosen] == ["c"]


def test_the_menu_copies_all_of_them_as_well(look: Look, parent: QWidget) -> None:
    dialog = opened(look, parent, a_row("a"), a_row("b"))
    copies = heard(dialog.copy_wanted)
    dialog.list.menu_wanted.emit(QPoint(0, 0))
    [menu] = [menu for menu in dialog.findChildren(QMenu) if menu.isVisible()]
    next(action for action in menu.actions() if action.text() == "Copy &all as SQL").trigger()
    menu.close()
    assert [policy.spec.name for policy in copies[0][0]] == ["a", "b"]


def test_a_long_sentence_is_shown_whole(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = opened(look, parent, a_row("a", "short"), a_row("b", "word " * 120))
    view = dialog.list
    qtbot.waitUntil(lambda: view.visualRect(view.model().index(1)).height() > 20)
    short, long = (view.visualRect(view.model().index(row)).height() for row in (0, 1))
    assert long >= short + 4 * view.fontMetrics().height()


def an_editor(look: Look, parent: QWidget, policy: Policy | None = None) -> PolicyEditor:
    dialog = PolicyEditor(look, parent, highlight, policy)
    dialog.open()
    return dialog


def test_what_is_written_is_judged_and_said_while_it_is_written(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = an_editor(look, parent)
    asked = heard(dialog.judge_wanted)
    dialog.form.name.setText("Members read")
    qtbot.keyClicks(dialog.form.using.edit, OWN)
    qtbot.waitUntil(lambda: bool(asked) and asked[-1][0].using == OWN)
    assert len(asked) < 5
    assert dialog.save.isEnabled()
    dialog.show_judgement(Judgement(asked[-1][0], "Signed-in users may read what they own"))
    assert dialog.meaning.text == "Signed-in users may read what they own"


def test_a_mistake_is_underlined_and_explained_and_can_not_be_saved(look: Look, parent: QWidget) -> None:
    dialog = an_editor(look, parent, a_row("a").policy)
    dialog.form.using.edit.setPlainText("x = 1\nand ownr_id")
    flaw = Flaw("there is no column ownr_id", 2, 5, 10, 7)
    dialog.show_judgement(Judgement(dialog.form.spec, using=flaw))
    assert dialog.form.using.problem == "Line 2, column 5: there is no column ownr_id"
    assert dialog.form.using.edit.extraSelections()[0].cursor.selectedText() == "ownr_id"
    assert not dialog.save.isEnabled()
    dialog.form.using.edit.setPlainText("true")
    dialog.show_judgement(Judgement(dialog.form.spec, "Anyone may read"))
    assert not dialog.form.using.problem
    assert dialog.save.isEnabled()


def test_an_answer_about_an_earlier_text_is_dropped(look: Look, parent: QWidget) -> None:
    dialog = an_editor(look, parent, a_row("a").policy)
    old = dialog.form.spec
    dialog.form.using.edit.setPlainText("false")
    dialog.show_judgement(Judgement(old, using=Flaw("old")))
    assert not dialog.form.using.problem


def test_saving_before_the_answer_waits_for_it(look: Look, parent: QWidget) -> None:
    dialog = an_editor(look, parent, a_row("a").policy)
    told, asked = heard(dialog.submitted), heard(dialog.judge_wanted)
    dialog.form.name.setText("b")
    dialog.save.click()
    assert told == []
    dialog.show_judgement(Judgement(asked[-1][0], "fine"))
    assert [spec.name for (spec,) in told] == ["b"]


def test_a_wish_to_save_ends_with_the_next_change(look: Look, parent: QWidget) -> None:
    dialog = an_editor(look, parent, a_row("a").policy)
    told = heard(dialog.submitted)
    dialog.form.name.setText("b")
    dialog.save.click()
    dialog.form.name.setText("c")
    dialog.show_judgement(Judgement(dialog.form.spec, "fine"))
    assert told == []


@pytest.mark.parametrize(
    ("command", "using", "check"),
    [
        (PolicyCommand.SELECT, True, False),
        (PolicyCommand.INSERT, False, True),
        (PolicyCommand.UPDATE, True, True),
        (PolicyCommand.DELETE, True, False),
        (PolicyCommand.ALL, True, True),
    ],
)
def test_the_conditions_are_those_of_the_command(
    look: Look, parent: QWidget, command: PolicyCommand, using: bool, check: bool
) -> None:
    dialog = an_editor(look, parent)
    form = dialog.form
    form.using.edit.setPlainText("true")
    form.check.edit.setPlainText("false")
    form.command.setCurrentIndex(form.command.findData(command))
    assert (form.using.isVisible(), form.check.isVisible()) == (using, check)
    assert (form.spec.using, form.spec.check) == ("true" if using else None, "false" if check else None)
    assert form.spec.command is command


@pytest.mark.parametrize(
    "spec",
    [
        SPEC,
        replace(SPEC, roles=("editor", "reviewer")),
        replace(SPEC, roles=("public",), permissive=False),
        replace(SPEC, command=PolicyCommand.UPDATE, check="name like 'a%'"),
        replace(SPEC, command=PolicyCommand.INSERT, using=None, check="true"),
        replace(SPEC, table=PolicyTable.BUCKETS, using="public"),
    ],
)
def test_the_form_gives_back_what_it_shows(look: Look, parent: QWidget, spec: PolicySpec) -> None:
    policy = replace(a_row("a").policy, spec=spec)
    dialog = an_editor(look, parent, policy)
    assert dialog.form.spec == spec
    unusual = not spec.permissive or spec.table is PolicyTable.BUCKETS
    assert dialog.form.restrictive.isVisible() is unusual


def test_a_refusal_of_the_engine_stands_by_the_name(look: Look, parent: QWidget) -> None:
    dialog = an_editor(look, parent, a_row("a").policy)
    dialog.refuse("There is one of that name")
    assert dialog.form.name_field.problem == "There is one of that name"
    assert dialog.save.isEnabled()


def test_what_policies_are_made_of_can_be_inserted(look: Look, parent: QWidget) -> None:
    dialog = an_editor(look, parent)
    actions = dialog.form.using.snippets.menu().actions()
    next(action for action in actions if "Its first folder" in action.text()).trigger()
    assert dialog.form.spec.using == "(storage.foldername(name))[1]"


def test_statements_are_read_and_taken_when_they_are_sound(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = PasteSqlDialog(look, parent, highlight, "")
    dialog.open()
    asked, told = heard(dialog.read_wanted), heard(dialog.submitted)
    assert not dialog.apply.isEnabled()
    dialog.field.edit.setPlainText("create policy")
    qtbot.waitUntil(lambda: asked == [("create policy",)])
    dialog.show_script(Script("create policy", flaw=Flaw("a name is missing", 1, 14, 13, 0)))
    assert dialog.field.problem == "Line 1, column 14: a name is missing"
    assert not dialog.apply.isEnabled()
    dialog.field.edit.setPlainText("all good")
    dialog.show_script(Script("all good", tuple(f"Adds {i}" for i in range(9))))
    assert dialog.meaning.text.splitlines()[-1] == "and 3 more"
    dialog.apply.click()
    assert told == [("all good",)]
    dialog.refuse("Nothing was changed")
    assert "Nothing was changed" in dialog.field.problem
    assert dialog.apply.isEnabled()


def test_a_template_shows_what_it_adds_before_it_does(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = TemplateDialog(look, parent, highlight, TEMPLATES)
    dialog.open()
    asked, told = heard(dialog.preview_wanted), heard(dialog.submitted)
    qtbot.waitUntil(lambda: asked == [("public-read", "")])
    assert not dialog.use.isEnabled()
    dialog.show_preview("public-read", "", "create policy …")
    dialog.use.click()
    assert told == [("public-read", "")]


def test_a_template_asks_for_what_it_needs(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = TemplateDialog(look, parent, highlight, TEMPLATES)
    dialog.open()
    asked = heard(dialog.preview_wanted)
    dialog.list.setCurrentRow(1)
    assert dialog.value.isVisible()
    assert dialog.value.accessibleName() == "File types"
    qtbot.wait(250)
    assert asked == []
    dialog.value.setText("jpg")
    qtbot.waitUntil(lambda: asked == [("file-types", "jpg")])
    dialog.refuse("File types are written as jpg, png")
    assert dialog.value_field.problem == "File types are written as jpg, png"
    assert not dialog.use.isEnabled()
    dialog.show_preview("public-read", "", "of another template")
    assert not dialog.use.isEnabled()


def test_an_own_policy_begins_with_nothing(look: Look, parent: QWidget) -> None:
    dialog = TemplateDialog(look, parent, highlight, TEMPLATES)
    dialog.open()
    told = heard(dialog.own_wanted)
    dialog.list.setCurrentRow(len(TEMPLATES))
    assert not dialog.preview.isVisible()
    dialog.use.click()
    assert len(told) == 1


def test_without_any_role_it_is_not_for_everyone_but_for_nobody_yet(look: Look, parent: QWidget) -> None:
    dialog = an_editor(look, parent, a_row("a").policy)
    asked = heard(dialog.judge_wanted)
    dialog.form.who.setCurrentIndex(dialog.form.who.count() - 1)
    assert dialog.form.roles.isVisible()
    assert not dialog.save.isEnabled()
    dialog.save.click()
    assert asked == []
    dialog.form.roles.setText("editor")
    assert dialog.form.spec.roles == ("editor",)
    assert dialog.save.isEnabled()


def test_roles_are_kept_as_they_are_called(look: Look, parent: QWidget) -> None:
    roles = ("night shift", "a, b", "c;d")
    dialog = an_editor(look, parent, replace(a_row("a").policy, spec=replace(SPEC, roles=roles)))
    assert dialog.form.spec.roles == roles
    dialog.form.name.setText("Another name")
    assert dialog.form.spec.roles == roles
    dialog.form.roles.setText("night shift, editor")
    assert dialog.form.spec.roles == ("night shift", "editor")


def test_tab_goes_through_the_form_as_it_is_read(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = an_editor(look, parent, replace(a_row("a").policy, spec=replace(SPEC, command=PolicyCommand.ALL)))
    form = dialog.form
    form.who.setCurrentIndex(form.who.count() - 1)
    form.advanced.set_open(True)
    dialog.activateWindow()
    form.name.setFocus()
    expected = [
        form.command, form.who, form.roles, form.using.edit, form.using.snippets, form.check.edit, form.check.snippets,
        form.advanced.button, form.table, form.restrictive,
    ]  # fmt: skip
    for control in expected:
        qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
        assert dialog.focusWidget() is control, control.accessibleName()


def test_the_largest_form_fits_a_small_screen(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = an_editor(look, parent, replace(a_row("a").policy, spec=replace(SPEC, command=PolicyCommand.ALL)))
    bottom = dialog.screen().availableGeometry().bottom()
    dialog.move(0, bottom - dialog.height())
    dialog.form.advanced.set_open(True)
    for field in (dialog.form.using, dialog.form.check):
        field.edit.setPlainText("name = 'x' or\n" * 30)
        field.show_flaw(Flaw("a long reason " * 12))
    dialog.meaning.say("a long sentence " * 30)
    qtbot.wait(50)
    assert dialog.height() <= 740
    assert dialog.frameGeometry().bottom() <= bottom
    assert dialog.save.isVisible()


@pytest.mark.parametrize("kind", ["list", "editor"])
def test_no_two_access_keys_are_the_same(look: Look, parent: QWidget, kind: str) -> None:
    dialog = an_editor(look, parent) if kind == "editor" else opened(look, parent, a_row("a"))
    parts = [*dialog.findChildren(QLabel), *dialog.findChildren(QAbstractButton)]
    texts = [part.text().replace("&&", "") for part in parts if part.isVisibleTo(dialog) or kind == "editor"]
    keys = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
    assert len(keys) == len(set(keys)), sorted(keys)


@pytest.mark.parametrize("kind", ["policy", "sql", "user"])
def test_escape_throws_nothing_away_that_was_typed(look: Look, parent: QWidget, qtbot: QtBot, kind: str) -> None:
    dialog = {
        "policy": lambda: PolicyEditor(look, parent, highlight),
        "sql": lambda: PasteSqlDialog(look, parent, highlight, ""),
        "user": lambda: UserDialog(look, parent),
    }[kind]()
    dialog.open()
    type_into = {
        "policy": lambda: dialog.form.using.edit.setPlainText("true"),
        "sql": lambda: dialog.field.edit.setPlainText("create policy"),
        "user": lambda: dialog.name.setText("carol"),
    }[kind]
    type_into()
    for _ in range(2):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        assert dialog.isVisible()
        asked = next(part for part in dialog.findChildren(Dialog) if part.isVisible())
        qtbot.keyClick(asked, Qt.Key.Key_Escape)
        assert not asked.isVisible()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    asked = next(part for part in dialog.findChildren(Dialog) if part.isVisible())
    next(part for part in asked.findChildren(QPushButton) if part.text() == "Throw away").click()
    assert not dialog.isVisible()


def test_escape_closes_at_once_where_nothing_was_typed(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    for dialog in (PolicyEditor(look, parent, highlight), UserDialog(look, parent)):
        dialog.open()
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()


def test_what_came_of_something_is_told_to_screen_readers(
    look: Look, parent: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(look_module, "QAccessibleAnnouncementEvent", lambda _, text: said.append(text))
    monkeypatch.setattr(look_module.QAccessible, "updateAccessibility", lambda _: None)
    dialog = PoliciesDialog(look, parent, make_bucket("photos"))
    dialog.say("“Read” is off")
    dialog.refuse("It can't be done")
    answer = Answer(look, highlight, public=False)
    for _ in range(2):
        answer.show_explanation(Explanation(True, "Allowed by “Read”", Command.SELECT))
    assert said[-3:] == ["“Read” is off", "It can't be done", "Allowed. Allowed by “Read”"]
