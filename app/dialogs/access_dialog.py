"""Users, their tokens, and the keys of the workspace: three pages of one dialog."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.bridge.access import Known
from app.dialogs.base import Dialog
from app.i18n import translate
from app.look import Look, label
from app.models.access import KeyColumn, TokenColumn, UserColumn, is_valid, key_model, token_model, user_model
from app.widgets.empty_state import EmptyState
from app.widgets.fitting_scroll import FittingScroll
from app.widgets.notice import Notice
from app.widgets.records_table import RecordsTable
from app.widgets.secret_field import SecretField
from engine.access_types import TokenInfo, User

_SIZE: Final = (900, 580)
_FILTER_MAX_PX: Final = 260
"""Of the field that says whose tokens are shown: names may be long."""
_USER_WIDTHS: Final[dict[int, int]] = {
    UserColumn.NAME: 130, UserColumn.ROLE: 120, UserColumn.PASSWORD: 84, UserColumn.CREATED: 150, UserColumn.ID: 130,
}  # fmt: skip
_TOKEN_WIDTHS: Final[dict[int, int]] = {
    TokenColumn.ROLE: 120, TokenColumn.STATE: 90, TokenColumn.EXPIRES: 150, TokenColumn.CREATED: 150,
    TokenColumn.ID: 130,
}  # fmt: skip


_KEY_WIDTHS: Final[dict[int, int]] = {
    KeyColumn.USE: 76, KeyColumn.ALGORITHM: 76, KeyColumn.UNTIL: 150, KeyColumn.SINCE: 150, KeyColumn.ID: 130,
}  # fmt: skip


class AccessDialog(Dialog):
    """Shows what there is and asks for what is to be done; decides nothing.

    Signals:
        add_wanted: Somebody new.
        edit_wanted, remove_wanted: Carry the user.
        token_wanted: Carries the user, or None for whoever.
        revoke_wanted: Carries the token.
        revoke_all_wanted: Carries the id of the holder and what they are called.
        keys_wanted: Replace the keys.
        copied: Carries the text and what it is.
    """

    add_wanted = Signal()
    edit_wanted = Signal(object)
    remove_wanted = Signal(object)
    token_wanted = Signal(object)
    revoke_wanted = Signal(object)
    revoke_all_wanted = Signal(str, str)
    keys_wanted = Signal()
    copied = Signal(str, str)

    def __init__(self, look: Look, parent: QWidget) -> None:
        """Args: look; the window. Empty until `show_known`."""
        super().__init__(look, parent, translate("AccessDialog", "Users and tokens"), 760)
        self._known = Known((), (), "", "")
        self._names: dict[str, str] = {}
        self.notice = Notice(look)
        self._users = user_model(self)
        self._tokens = token_model(lambda: self._names, lambda: datetime.now(UTC))
        self._tokens.setParent(self)
        self.users = RecordsTable(look, self._users, translate("AccessDialog", "Users"), _USER_WIDTHS)
        self.tokens = RecordsTable(look, self._tokens, translate("AccessDialog", "Tokens"), _TOKEN_WIDTHS)
        self._keys = key_model(self)
        self.keys = RecordsTable(look, self._keys, translate("AccessDialog", "Valid keys"), _KEY_WIDTHS)
        self.pages = QButtonGroup(self)
        self._stack = QStackedLayout()
        self.body.addLayout(self._chips())
        self.body.addWidget(self.notice)
        holder = QWidget()
        holder.setLayout(self._stack)
        self.body.addWidget(holder, 1)
        self._column.setStretchFactor(self.body, 1)
        for page in (self._users_page(), self._tokens_page(), FittingScroll(self._keys_page())):
            self._stack.addWidget(page)
        self.add_close().setDefault(False)
        self._connect()
        self._judge()
        self.resize(*_SIZE)
        self.users.setFocus()

    @property
    def known(self) -> Known:
        """Return what is shown."""
        return self._known

    @property
    def user(self) -> User | None:
        """Return the user who is chosen."""
        row = self.users.chosen_row
        return None if row is None else self._users.record(row)

    @property
    def token(self) -> TokenInfo | None:
        """Return the token that is chosen."""
        row = self.tokens.chosen_row
        return None if row is None else self._tokens.record(row)

    def show_known(self, known: Known) -> None:
        """Show what there is; who or what was chosen stays chosen, or gives way to what took its place."""
        self._known = known
        self._names = {user.id: user.name for user in known.users}
        self._fill_filter()
        chosen, row = self.user, self.users.chosen_row or 0
        self._users.show(known.users)
        ids = [user.id for user in known.users]
        self.users.choose(ids.index(chosen.id) if chosen and chosen.id in ids else min(row, len(ids) - 1))
        self._show_tokens()
        self._users_stack.setCurrentWidget(self.users if known.users else self.nobody)
        self.anon.show_secret(known.anon_key)
        self.service.show_secret(known.service_key)
        self._keys.show(known.keys)
        self._judge()

    def refuse(self, reason: str) -> None:
        """Say what failed."""
        self.notice.say(reason)

    def show_page(self, number: int) -> None:
        """Show a page: users, tokens or keys."""
        self.pages.button(number).setChecked(True)
        self._stack.setCurrentIndex(number)

    def _chips(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self.look.theme.space("s"))
        titles = (
            translate("AccessDialog", "Users"),
            translate("AccessDialog", "Tokens"),
            translate("AccessDialog", "API keys"),
        )
        for number, text in enumerate(titles):
            chip = QPushButton(text)
            chip.setProperty("kind", "chip")
            chip.setAccessibleName(text)
            chip.setCheckable(True)
            chip.setAutoDefault(False)
            self.pages.addButton(chip, number)
            row.addWidget(chip)
        row.addStretch()
        self.pages.button(0).setChecked(True)
        self.pages.idClicked.connect(self.show_page)
        return row

    def _users_page(self) -> QWidget:
        self.add = self.look.push_button(translate("AccessDialog", "Add user…"), "primary")
        self.edit = self.look.push_button(translate("AccessDialog", "Edit…"))
        self.remove = self.look.push_button(translate("AccessDialog", "Remove…"))
        self.copy_id = self.look.push_button(translate("AccessDialog", "Copy ID"), icon="copy-simple")
        self.mint_for = self.look.push_button(translate("AccessDialog", "New token…"), icon="key")
        add = QAction(translate("AccessDialog", "Add user"), self)
        add.setProperty("glyph", "user-plus")
        add.triggered.connect(self.add_wanted)
        text = translate(
            "AccessDialog",
            "Users are people and programs that sign in with tokens. Policies decide what each of them may do.",
        )
        self.nobody = EmptyState(
            self.look, "users-three", translate("AccessDialog", "Nobody is known here yet"), text, (add,)
        )
        holder = QWidget()
        self._users_stack = QStackedLayout(holder)
        self._users_stack.addWidget(self.users)
        self._users_stack.addWidget(self.nobody)
        left = (self.add, self.edit, self.remove)
        return self._page(holder, left, (self.copy_id, self.mint_for))

    def _tokens_page(self) -> QWidget:
        self.filter = QComboBox()
        self.filter.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)  # its names come later
        self.filter.setMaximumWidth(_FILTER_MAX_PX)
        self.filter.setAccessibleName(translate("AccessDialog", "Tokens of"))
        self.filter.view().setAccessibleName(translate("AccessDialog", "Tokens of"))
        self.mint = self.look.push_button(translate("AccessDialog", "New token…"), "primary")
        self.revoke = self.look.push_button(translate("AccessDialog", "Revoke…"))
        self.revoke_all = self.look.push_button(translate("AccessDialog", "End all tokens of this user…"))
        text = translate("AccessDialog", "A token lets a person or a program in, for as long as it works.")
        self.no_tokens = EmptyState(self.look, "key", translate("AccessDialog", "No tokens"), text)
        holder = QWidget()
        self._tokens_stack = QStackedLayout(holder)
        self._tokens_stack.addWidget(self.tokens)
        self._tokens_stack.addWidget(self.no_tokens)
        return self._page(holder, (self.mint, self.revoke, self.revoke_all), (self.filter,))

    def _keys_page(self) -> QWidget:
        public = translate("AccessDialog", "May be public: its holder is a visitor, and policies decide what they see.")
        whole = translate("AccessDialog", "Keep it to yourself: its holder may do everything here.")
        self.anon = SecretField(self.look, translate("AccessDialog", "Key for visitors (anon)"), public)
        self.service = SecretField(self.look, translate("AccessDialog", "Service key (service_role)"), whole, "danger")
        self.replace = self.look.push_button(translate("AccessDialog", "Replace keys…"), icon="arrows-clockwise")
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self.look.theme.space("m"))
        about = translate("AccessDialog", "Programs show one of these to the server, as with Supabase.")
        column.addWidget(label(about, tone="muted", wrap=True))
        column.addWidget(self.anon)
        column.addWidget(self.service)
        row = QHBoxLayout()
        row.addWidget(self.replace)
        row.addStretch()
        self.replace.setAutoDefault(False)
        column.addLayout(row)
        hint = translate("AccessDialog", "What is signed with one of these keys is valid. Keys you replaced stay until "
                         "their time is over; others come from the files that Holdall was started with.")  # fmt: skip
        column.addWidget(label(translate("AccessDialog", "Valid keys"), size="section"))
        column.addWidget(label(hint, size="caption", tone="muted", wrap=True))
        column.addWidget(self.keys, 1)
        return page

    def _page(self, middle: QWidget, left: tuple[QWidget, ...], right: tuple[QWidget, ...]) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self.look.theme.space("m"))
        column.addWidget(middle, 1)
        row = QHBoxLayout()
        row.setSpacing(self.look.theme.space("s"))
        for part in left:
            row.addWidget(part)
        row.addStretch()
        for part in right:
            row.addWidget(part)
        for part in (*left, *right):
            if isinstance(part, QPushButton):
                part.setAutoDefault(False)
        column.addLayout(row)
        return page

    def _connect(self) -> None:
        for table in (self.users, self.tokens):
            table.selectionModel().selectionChanged.connect(lambda *_: self._judge())
        self.add.clicked.connect(self.add_wanted)
        self.edit.clicked.connect(lambda: self._with_user(self.edit_wanted.emit))
        self.users.doubleClicked.connect(lambda _: self._with_user(self.edit_wanted.emit))
        self.remove.clicked.connect(lambda: self._with_user(self.remove_wanted.emit))
        self.mint_for.clicked.connect(lambda: self._with_user(self.token_wanted.emit))
        self.copy_id.clicked.connect(lambda: self._with_user(self._copy_id))
        self.mint.clicked.connect(lambda: self.token_wanted.emit(self._filtered_user()))
        self.revoke.clicked.connect(self._revoke)
        self.revoke_all.clicked.connect(self._revoke_all)
        self.filter.currentIndexChanged.connect(lambda _: self._show_tokens())
        self.replace.clicked.connect(self.keys_wanted)
        self.anon.copied.connect(lambda text: self.copied.emit(text, translate("AccessDialog", "Key copied")))
        self.service.copied.connect(lambda text: self.copied.emit(text, translate("AccessDialog", "Key copied")))

    def _with_user(self, act: Callable[[User], None]) -> None:
        user = self.user
        if user is not None:
            act(user)

    def _copy_id(self, user: User) -> None:
        self.copied.emit(user.id, translate("AccessDialog", "ID of {who} copied").format(who=user.name))

    def _revoke(self) -> None:
        if self.token is not None:
            self.revoke_wanted.emit(self.token)

    def _revoke_all(self) -> None:
        holder = self.token.user_id if self.token is not None else None
        if holder:
            self.revoke_all_wanted.emit(holder, self._names.get(holder, holder))

    def _fill_filter(self) -> None:
        chosen = self.filter.currentData()
        self.filter.blockSignals(True)
        self.filter.clear()
        self.filter.addItem(translate("AccessDialog", "Of everybody"), None)
        for user in self._known.users:
            self.filter.addItem(translate("AccessDialog", "Of {who}").format(who=user.name), user.id)
        self.filter.setCurrentIndex(max(self.filter.findData(chosen), 0))
        self.filter.blockSignals(False)

    def _filtered_user(self) -> User | None:
        return next((user for user in self._known.users if user.id == self.filter.currentData()), None)

    def _show_tokens(self) -> None:
        only, chosen, row = self.filter.currentData(), self.token, self.tokens.chosen_row or 0
        shown = [token for token in self._known.tokens if only is None or token.user_id == only]
        self._tokens.show(shown)
        ids = [token.id for token in shown]
        self.tokens.choose(ids.index(chosen.id) if chosen and chosen.id in ids else min(row, len(ids) - 1))
        self._tokens_stack.setCurrentWidget(self.tokens if shown else self.no_tokens)
        self._judge()

    def _judge(self) -> None:
        for button in (self.edit, self.remove, self.mint_for, self.copy_id):
            button.setEnabled(self.user is not None)
        token = self.token
        self.revoke.setEnabled(token is not None and is_valid(token, datetime.now(UTC)))
        self.revoke_all.setEnabled(token is not None and token.user_id is not None)
