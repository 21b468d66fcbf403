"""Users, tokens and keys in the window, on the real engine."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLineEdit, QPushButton, QStyle, QStyleOptionComboBox, QWidget
from pytestqt.qtbot import QtBot

from app.actions import ActionId
from app.dialogs.access_dialog import AccessDialog
from app.dialogs.delete_dialog import DeleteDialog
from app.dialogs.keys_dialog import KeysDialog
from app.dialogs.token_dialog import TokenDialog
from app.dialogs.user_dialog import UserDialog
from app.look import Look
from app.models.access import KeyColumn, TokenColumn, UserColumn, key_model, user_model
from engine.access_types import IssuedToken, KeyInfo, TokenInfo, User
from engine.errors import InvalidToken
from engine.workspace import Workspace
from tests.app.helpers import NOW, Desk
from tests.app.test_accessibility import unnamed

DAY_S = 24 * 3600


@pytest.fixture
def workspace(desk: Desk) -> Workspace:
    return desk.session._side._workspace


@pytest.fixture
def alice(desk: Desk, workspace: Workspace) -> User:
    return workspace.users.add("alice", desk.me, claims={"team": "blue"}, password="correct horse")


def opened(desk: Desk, users: int = 1) -> AccessDialog:
    desk.session.actions[ActionId.USERS].trigger()
    dialog = desk.dialog(AccessDialog)
    desk.until(lambda: len(dialog.known.users) == users and dialog.known.anon_key != "")
    return dialog


def press(desk: Desk, verb: str) -> None:
    asked = desk.dialog(DeleteDialog)
    next(part for part in asked.findChildren(QPushButton) if part.text() == verb).click()


def texts(dialog: AccessDialog, row: int = 0) -> list[str]:
    model = dialog.tokens.model()
    return [str(model.index(row, column).data()) for column in TokenColumn]


def test_lists_who_is_known(desk: Desk, alice: User) -> None:
    dialog = opened(desk)
    model = dialog.users.model()
    shown = [str(model.index(0, column).data()) for column in UserColumn]
    assert shown[:4] == ["alice", "authenticated", '{"team": "blue"}', "Set"]
    assert shown[UserColumn.ID] == alice.id
    dialog.copy_id.click()
    assert QGuiApplication.clipboard().text() == alice.id
    assert desk.toast.text == "ID of alice copied"


def test_somebody_is_added_and_a_name_that_is_taken_is_refused_beside_it(
    desk: Desk, workspace: Workspace, alice: User
) -> None:
    dialog = opened(desk)
    dialog.add.click()
    form = desk.dialog(UserDialog)
    form.name.setText("alice")
    form.save.click()
    desk.until(lambda: form.name_field.problem != "")
    form.name.setText("bob")
    form.role.setEditText("editors")
    form.claims.setPlainText('{"plan": "pro"}')
    form.password.setText("short")
    assert not form.save.isEnabled()
    form.password.setText("long enough")
    form.save.click()
    desk.until(lambda: [user.name for user in dialog.known.users] == ["alice", "bob"])
    bob = workspace.users.get("bob", desk.me)
    assert (bob.role, dict(bob.claims), bob.has_password) == ("editors", {"plan": "pro"}, True)


def test_editing_changes_only_what_was_changed(desk: Desk, workspace: Workspace, alice: User) -> None:
    token = workspace.tokens.mint_for(alice, desk.me, DAY_S)
    dialog = opened(desk)
    dialog.edit.click()
    form = desk.dialog(UserDialog)
    form.name.setText("alicia")
    form.save.click()
    desk.until(lambda: dialog.known.users[0].name == "alicia")
    assert workspace.verifier.context(token.token).user_id == alice.id
    assert workspace.users.verify_password("alicia", "correct horse").id == alice.id


def test_a_claim_that_becomes_true_where_it_was_one_is_saved(desk: Desk, workspace: Workspace, alice: User) -> None:
    workspace.users.change(alice.id, desk.me, claims={"staff": 1})
    dialog = opened(desk)
    dialog.edit.click()
    desk.dialog(UserDialog).claims.setPlainText('{"staff": true}')
    desk.dialog(UserDialog).save.click()
    desk.until(lambda: dialog.known.users[0].claims["staff"] is True)


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(desk: Desk, workspace: Workspace, alice: User) -> None:
    dialog = opened(desk)
    dialog.edit.click()
    form = desk.dialog(UserDialog)
    workspace.users.change(alice.id, desk.me, role="editors")
    form.name.setText("alicia")
    form.save.click()
    desk.until(lambda: "changed meanwhile" in form.notice.text)
    assert workspace.users.get(alice.id, desk.me).name == "alice"
    form.name.setText("alice b")
    assert form.notice.text == ""


def test_a_password_that_somebody_else_gave_meanwhile_stays(desk: Desk, workspace: Workspace, alice: User) -> None:
    dialog = opened(desk)
    dialog.edit.click()
    form = desk.dialog(UserDialog)
    workspace.users.change(alice.id, desk.me, password="given elsewhere")
    form.password.setText("given in here")
    form.save.click()
    desk.until(lambda: "changed meanwhile" in form.notice.text)
    assert workspace.users.verify_password("alice", "given elsewhere").id == alice.id


def test_what_the_engine_refuses_of_a_user_stands_beside_its_field(desk: Desk, alice: User) -> None:
    control = desk.session.controllers.access
    fields = ("name_field", "role_field", "claims_field", "password_field", "id_field")
    wrong = (
        ("name_field", {"name": "a/b"}, "slash"),
        ("role_field", {"role": "public"}, "role"),
        ("password_field", {"password": "x" * 1025}, "1024"),
        ("id_field", {"user_id": "1"}, "UUID"),
        ("id_field", {"user_id": alice.id}, "There is a user"),
        ("name_field", {"name": "alice"}, "There is a user"),
    )
    form = UserDialog(desk.session._look, desk.shell)
    form.submitted.connect(lambda draft: control._access.add(draft, lambda _: form.finish(), control._failed(form)))
    form.open()
    for field, typed, said in wrong:
        form.name.setText(typed.get("name", "bob"))
        form.role.setEditText(typed.get("role", "editors"))
        form.password.setText(typed.get("password", ""))
        form.user_id.setText(typed.get("user_id", ""))
        assert not any(getattr(form, one).problem for one in fields)  # what was refused before is forgotten
        form.save.click()
        desk.until(lambda: any(getattr(form, one).problem for one in fields))
        assert [one for one in fields if getattr(form, one).problem] == [field]
        assert said in getattr(form, field).problem
        assert form.save.isEnabled()
    form.reject()


def test_the_dialog_follows_changes_from_outside(desk: Desk, workspace: Workspace, alice: User) -> None:
    dialog = opened(desk)
    workspace.users.add("bob", desk.me)
    desk.until(lambda: [user.name for user in dialog.known.users] == ["alice", "bob"])


def test_removing_asks_and_ends_their_tokens(desk: Desk, workspace: Workspace, alice: User) -> None:
    token = workspace.tokens.mint_for(alice, desk.me, DAY_S)
    dialog = opened(desk)
    dialog.remove.click()
    assert desk.dialog(DeleteDialog).cancel.isDefault()
    press(desk, "Remove user")
    desk.until(lambda: dialog.known.users == ())
    assert dialog._users_stack.currentWidget() is dialog.nobody
    with pytest.raises(InvalidToken):
        workspace.verifier.context(token.token)


def test_a_token_is_made_shown_once_and_copied(desk: Desk, workspace: Workspace, alice: User) -> None:
    dialog = opened(desk)
    dialog.mint_for.click()
    form = desk.dialog(TokenDialog)
    form.confirm.click()
    desk.until(lambda: form.token.toPlainText() != "")
    assert "cannot be shown again" in form.notice.text
    form.confirm.click()
    token = QGuiApplication.clipboard().text()
    found = workspace.verifier.context(token)
    assert (found.user_id, found.claims["team"]) == (alice.id, "blue")
    form.cancel.click()
    dialog.show_page(1)
    desk.until(lambda: dialog.tokens.model().rowCount() == 1)
    assert texts(dialog)[:3] == ["alice", "authenticated", "Valid"]
    assert token not in "".join(texts(dialog))


def test_what_is_secret_is_marked_as_such_for_programs_that_keep_what_was_copied(desk: Desk, alice: User) -> None:
    dialog = opened(desk)
    dialog.copied.emit("a key", "Key copied")
    data = QGuiApplication.clipboard().mimeData()
    assert data.text() == "a key"
    assert bytes(data.data("x-kde-passwordManagerHint").data()) == b"secret"


def test_whose_token_it_is_is_said_of_the_one_that_was_asked_for(look: Look, qtbot: QtBot, alice: User) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    form = TokenDialog(look, window, [alice])
    form.confirm.click()
    assert not form.holder.isEnabled()
    form.holder.setCurrentIndex(1)
    info = TokenInfo("1", alice.id, "authenticated", NOW, None, None)
    form.show_token(IssuedToken("secret", info))
    assert form._until.text() == "Whoever has it is alice until you revoke it."


def test_no_token_is_made_from_what_a_user_was_before(desk: Desk, workspace: Workspace, alice: User) -> None:
    """Another process has taken a claim away while the form was open."""
    dialog = opened(desk)
    dialog.mint_for.click()
    form = desk.dialog(TokenDialog)
    workspace.users.change(alice.id, desk.me, claims={"team": "none"})
    form.confirm.click()
    desk.until(lambda: "changed meanwhile" in form.notice.text)
    assert workspace.tokens.list(desk.me, alice.id) == ()


def test_a_token_for_somebody_who_is_not_known_says_what_is_typed(desk: Desk, workspace: Workspace) -> None:
    dialog = opened(desk, users=0)
    dialog.show_page(1)
    dialog.mint.click()
    form = desk.dialog(TokenDialog)
    form.sub.setText("somebody")
    form.claims.setPlainText("[]")
    assert not form.confirm.isEnabled()
    form.claims.setPlainText('{"a": 1}')
    form.choices.button(0).click()
    form.confirm.click()
    desk.until(lambda: form.token.toPlainText() != "")
    found = workspace.verifier.context(form.token.toPlainText())
    assert (found.user_id, found.role, found.claims["a"]) == ("somebody", "authenticated", 1)
    assert "exp" not in found.claims


def test_a_role_that_nobody_has_is_refused_in_the_dialog(desk: Desk) -> None:
    dialog = opened(desk, users=0)
    dialog.token_wanted.emit(None)
    form = desk.dialog(TokenDialog)
    form.role.setEditText("nobody_has_it")
    form.confirm.click()
    desk.until(lambda: "this role" in form.notice.text)
    assert form.confirm.isEnabled()


def test_tokens_are_revoked_one_by_one_and_all_at_once(desk: Desk, workspace: Workspace, alice: User) -> None:
    tokens = [workspace.tokens.mint_for(alice, desk.me, DAY_S) for _ in range(3)]
    dialog = opened(desk)
    dialog.show_page(1)
    dialog.tokens.choose(0)
    dialog.revoke.click()
    asked = desk.dialog(DeleteDialog)
    assert asked.cancel.isDefault()
    asked.reject()
    assert workspace.verifier.context(tokens[-1].token).user_id == alice.id
    dialog.revoke.click()
    press(desk, "Revoke")
    desk.until(lambda: texts(dialog)[TokenColumn.STATE] == "Revoked")
    assert not dialog.revoke.isEnabled()
    with pytest.raises(InvalidToken):
        workspace.verifier.context(tokens[-1].token)
    dialog.revoke_all.click()
    press(desk, "End tokens")
    desk.until(lambda: texts(dialog, 2)[TokenColumn.STATE] == "Revoked")
    assert desk.toast.text == "2 tokens of alice ended"


def test_tokens_of_one_user_can_be_shown_alone(desk: Desk, workspace: Workspace, alice: User) -> None:
    workspace.tokens.mint_for(alice, desk.me, DAY_S)
    workspace.tokens.mint(desk.me, sub=None, expires_in_s=DAY_S)
    dialog = opened(desk)
    dialog.show_page(1)
    assert dialog.tokens.model().rowCount() == 2
    dialog.filter.setCurrentIndex(1)
    assert dialog.tokens.model().rowCount() == 1


def test_keys_are_copied_without_being_shown(desk: Desk, workspace: Workspace) -> None:
    dialog = opened(desk, users=0)
    dialog.show_page(2)
    assert dialog.service.text.echoMode() is QLineEdit.EchoMode.Password
    dialog.service.copy.click()
    assert QGuiApplication.clipboard().text() == workspace.keys.service_role
    dialog.service.reveal.click()
    assert dialog.service.text.echoMode() is QLineEdit.EchoMode.Normal


def test_replacing_keys_says_what_ends_when_and_shows_the_new_ones(desk: Desk, workspace: Workspace) -> None:
    dialog = opened(desk, users=0)
    before = dialog.known.anon_key
    dialog.show_page(2)
    dialog.replace.click()
    form = desk.dialog(KeysDialog)
    assert form.sentence.startswith("Until ")
    form.choices.button(0).click()
    assert "end at once" in form.sentence
    form.choices.button(DAY_S).click()
    form.confirm.click()
    desk.until(lambda: dialog.known.anon_key != before)
    assert workspace.verifier.context(before).role == "anon"
    assert "count until" in desk.toast.text
    assert "{" not in desk.toast.text


def test_every_control_has_a_name(desk: Desk, alice: User) -> None:
    dialog = opened(desk)
    for number in range(3):
        dialog.show_page(number)
        assert unnamed(dialog) == []
    dialog.edit_wanted.emit(alice)
    assert unnamed(desk.dialog(UserDialog)) == []
    desk.dialog(UserDialog).reject()
    dialog.token_wanted.emit(None)
    assert unnamed(desk.dialog(TokenDialog)) == []


def test_the_models_keep_their_promises(desk: Desk, alice: User) -> None:
    model = user_model()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show([alice])
    model.show([])


def test_old_keys_are_listed_until_their_time_is_over(desk: Desk, workspace: Workspace, alice: User) -> None:
    dialog = opened(desk)
    dialog.show_page(2)
    model = dialog.keys.model()
    assert [model.index(row, KeyColumn.USE).data() for row in range(model.rowCount())] == ["Tokens", "Links"]
    workspace.signing_keys.rotate(desk.me, 3600)
    desk.until(lambda: model.rowCount() == 4)
    ends = [model.index(row, KeyColumn.UNTIL).data() == "Until replaced" for row in range(4)]
    assert ends == [True, True, False, False]
    unusable = key_model()
    unusable.show([KeyInfo(False, "", source="/etc/keys.json")])
    shown = [unusable.index(0, column).data() for column in (KeyColumn.ALGORITHM, KeyColumn.SOURCE)]
    assert shown == ["No key that can be used", "/etc/keys.json"]


def test_whose_tokens_are_shown_is_not_cut_off(desk: Desk, workspace: Workspace) -> None:
    """The names come once the field is shown, and it kept the width that it had before them."""
    workspace.users.add("al", desk.me)
    desk.session.actions[ActionId.USERS].trigger()
    dialog = desk.dialog(AccessDialog)
    dialog.show_page(1)
    combo = dialog.filter
    desk.until(lambda: combo.isVisible() and combo.currentText() == "Of everybody")
    desk.until(lambda: combo.width() >= combo.sizeHint().width())
    option, part = QStyleOptionComboBox(), QStyle.SubControl.SC_ComboBoxEditField
    combo.initStyleOption(option)
    room = combo.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, combo)
    assert room.width() >= combo.fontMetrics().horizontalAdvance(combo.currentText())
