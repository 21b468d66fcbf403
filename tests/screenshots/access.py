"""In whose name: acting as somebody, users, tokens, keys, and what was done."""

from __future__ import annotations

import contextlib

from app.actions import ActionId
from app.bridge.acting import Identity, visitor_name
from app.dialogs.access_dialog import AccessDialog
from app.dialogs.act_as_dialog import ActAsDialog
from app.dialogs.audit_dialog import AuditDialog
from app.dialogs.base import LosingDialog
from app.dialogs.keep_entries_dialog import KeepEntriesDialog
from app.dialogs.keys_dialog import KeysDialog
from app.dialogs.token_dialog import TokenDialog
from app.dialogs.user_dialog import UserDialog
from engine.context import Origin, RlsContext
from engine.errors import StorageError
from tests.app.helpers import Desk
from tests.screenshots.props import act, furnish, people


def act_as(desk: Desk) -> None:
    furnish(desk)
    people(desk)
    act(desk, ActionId.ACT_AS)
    desk.dialog(ActAsDialog).user.setChecked(True)


def act_by_hand(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.ACT_AS)
    dialog = desk.dialog(ActAsDialog)
    dialog.by_hand.setChecked(True)
    dialog.role.setEditText("service_role")
    dialog.claims.setPlainText('{"team" "blue"}')


def as_alice(desk: Desk) -> None:
    furnish(desk)
    people(desk)
    users = desk.session._side._workspace.users
    desk.session._side.acting.begin(Identity("alice", users.context_of(users.get("alice", desk.me))))
    desk.until(lambda: "mine.txt" in desk.names and "letter.txt" not in desk.names)


def as_visitor(desk: Desk) -> None:
    furnish(desk)
    desk.session._side.acting.begin(Identity(visitor_name(), RlsContext.anonymous()))


def refused(desk: Desk) -> None:
    as_alice(desk)
    desk.adopt("public-read")
    desk.session.controllers.navigator.refresh()
    desk.until(lambda: "report.pdf" in desk.names)
    desk.session._side.operations.delete("photos", ["report.pdf"], None, lambda _: None)


def why_refused(desk: Desk) -> None:
    refused(desk)
    desk.until(lambda: desk.toast.isVisible())
    desk.toast._button.click()


def _access(desk: Desk, page: int) -> AccessDialog:
    furnish(desk)
    people(desk)
    workspace = desk.session._side._workspace
    alice = workspace.users.get("alice", desk.me)
    revoked = workspace.tokens.mint_for(alice, desk.me, 3600)
    workspace.tokens.revoke(revoked.info.id, desk.me)
    workspace.tokens.mint_for(workspace.users.get("bob", desk.me), desk.me, None)
    workspace.tokens.mint_for(alice, desk.me, 7 * 86_400)
    act(desk, ActionId.USERS)
    dialog = desk.dialog(AccessDialog)
    dialog.show_page(page)
    desk.until(dialog.mint_for.isEnabled)
    return dialog


def users(desk: Desk) -> None:
    _access(desk, 0)


def no_users(desk: Desk) -> None:
    desk.bucket("photos")
    act(desk, ActionId.USERS)
    desk.dialog(AccessDialog)


def user_form(desk: Desk) -> None:
    _access(desk, 0).add.click()
    desk.dialog(UserDialog).name.setText("carol")


def typed_for_nothing(desk: Desk) -> None:
    user_form(desk)
    desk.dialog(UserDialog).reject()
    desk.dialog(LosingDialog)


def tokens(desk: Desk) -> None:
    _access(desk, 1)


def new_token(desk: Desk) -> None:
    _access(desk, 0).mint_for.click()
    desk.dialog(TokenDialog)


def token_made(desk: Desk) -> None:
    new_token(desk)
    desk.dialog(TokenDialog).confirm.click()


def keys(desk: Desk) -> None:
    _access(desk, 2).anon.reveal.click()


def replace_keys(desk: Desk) -> None:
    _access(desk, 2).replace.click()
    desk.dialog(KeysDialog)


def _audit(desk: Desk) -> AuditDialog:
    furnish(desk)
    people(desk)
    users = desk.session._side._workspace.users
    alice = users.context_of(users.get("alice", desk.me)).coming_from(Origin("req-7f3a", "192.168.1.42"))
    visitor = RlsContext.anonymous().coming_from(Origin("req-11", "10.0.0.7"))
    for number in range(30):
        desk.storage.upload("photos", f"holiday/day-{number}/a rather long name {number}.jpg", bytes(100), alice)
    for who in (alice, visitor):
        with contextlib.suppress(StorageError):
            desk.storage.delete("photos", "notes.txt", who)
    with contextlib.suppress(StorageError):
        desk.storage.delete("photos", "notes.txt", alice.tried_by(str(desk.me.user_id)))
    act(desk, ActionId.AUDIT)
    dialog = desk.dialog(AuditDialog)
    desk.until(lambda: dialog.table.model().rowCount() > 10)
    return dialog


def audit(desk: Desk) -> None:
    _audit(desk).table.choose(2)


def audit_more(desk: Desk) -> None:
    dialog = _audit(desk)
    dialog.filters.more.click()
    dialog.filters.address.setText("192.168.")


def audit_nothing_found(desk: Desk) -> None:
    _audit(desk).filters.path.setText("no such thing")


def audit_kept(desk: Desk) -> None:
    _audit(desk).keep.click()
    desk.dialog(KeepEntriesDialog).days.setValue(30)


SCENES = (
    act_as, act_by_hand, as_alice, as_visitor, refused, why_refused, users, no_users, user_form,
    typed_for_nothing, tokens, new_token, token_made, keys, replace_keys, audit, audit_more, audit_nothing_found,
    audit_kept,
)  # fmt: skip
