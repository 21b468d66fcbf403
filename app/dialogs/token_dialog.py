"""Make a token for somebody: whose, for how long; then the token itself, shown this once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.bridge.access import TokenDraft
from app.claims import NotClaims, parse_claims
from app.dialogs.base import Dialog
from app.formats import full_time_text
from app.i18n import translate
from app.look import Look, label
from app.settings import DAY_S, HOUR_S, WEEK_S
from app.widgets.form import Field
from app.widgets.notice import Notice
from engine.access_types import IssuedToken, User
from engine.types import Role

_NO_END: Final = 0
_MONTH_S: Final = 30 * DAY_S
_CLAIMS_PX: Final = 72
_TOKEN_PX: Final = 136


class TokenDialog(Dialog):
    """Stays open until the token is made, and then until the person has it.

    Signals:
        submitted: Carries a `TokenDraft`.
        copied: Carries the token.
    """

    submitted = Signal(object)
    copied = Signal(str)

    def __init__(self, look: Look, parent: QWidget, users: Sequence[User], user: User | None = None) -> None:
        """Args: look; the window; who is known here; whom to begin with."""
        super().__init__(look, parent, translate("TokenDialog", "New token"), 560)
        self._users = tuple(users)
        self._holder = ""
        self._make_fields(user)
        self._lay_out()
        self.notice = Notice(look)
        self.body.addWidget(self.notice)
        self.cancel = self.add_cancel()
        self.confirm = self.add_button(translate("TokenDialog", "Make token"), "primary")
        self.confirm.setDefault(True)
        self.confirm.clicked.connect(self._submit)
        self._judge()
        self.holder.setFocus()

    def refuse(self, reason: str) -> None:
        """Say why it could not be made."""
        self._form.setEnabled(True)
        self.notice.say(reason)
        self.confirm.setEnabled(True)

    def show_token(self, issued: IssuedToken) -> None:
        """Show the token, this once."""
        self.notice.say(translate("TokenDialog", "Copy it now: it is kept nowhere and cannot be shown again."))
        self._form.hide()
        self._made.show()
        self.token.setPlainText(issued.token)
        self._until.setText(_until(issued, self._holder))
        self.cancel.setText(translate("TokenDialog", "Close"))
        self.cancel.setAccessibleName(self.cancel.text())
        self.confirm.setText(translate("TokenDialog", "Copy token"))
        self.confirm.setAccessibleName(self.confirm.text())
        self.confirm.setEnabled(True)
        self.confirm.clicked.disconnect()
        self.confirm.clicked.connect(lambda: self.copied.emit(issued.token))
        self.confirm.setFocus()

    def draft(self) -> TokenDraft:
        """Return what the form says; its claims are sound."""
        life = self.choices.checkedId()
        expires_in_s = None if life == _NO_END else life
        user = self._chosen_user
        if user is not None:
            return TokenDraft(user, expires_in_s)
        claims = parse_claims(self.claims.toPlainText())
        sub, role = self.sub.text().strip() or None, self.role.currentText().strip()
        return TokenDraft(None, expires_in_s, sub, role, claims)

    @property
    def _chosen_user(self) -> User | None:
        number = self.holder.currentIndex()
        return self._users[number] if number < len(self._users) else None

    @property
    def _holder_name(self) -> str:
        user, sub = self._chosen_user, self.sub.text().strip()
        return user.name if user is not None else sub or translate("TokenDialog", "nobody in particular")

    def _make_fields(self, user: User | None) -> None:
        self.holder = QComboBox()
        for known in self._users:
            self.holder.addItem(f"{known.name} · {known.role}")
        self.holder.addItem(translate("TokenDialog", "Somebody who is not known here"))
        if user is not None:
            self.holder.setCurrentIndex([known.id for known in self._users].index(user.id))
        self.sub = QLineEdit()
        self.sub.setPlaceholderText(translate("TokenDialog", "Nobody in particular"))
        self.role = QComboBox()
        self.role.setEditable(True)
        self.role.addItems([Role.AUTHENTICATED.value, Role.ANON.value, Role.SERVICE.value])
        self.claims = QPlainTextEdit()
        self.claims.setPlaceholderText('{"team": "blue"}')
        self.claims.setProperty("place", "field")
        self.claims.setTabChangesFocus(True)
        self.claims.setFixedHeight(_CLAIMS_PX)
        self.choices = QButtonGroup(self)
        self.token = QPlainTextEdit()
        self.token.setReadOnly(True)
        self.token.setAccessibleName(translate("TokenDialog", "Token"))
        self.token.setProperty("place", "field")
        self.token.setTabChangesFocus(True)
        self.token.setFixedHeight(_TOKEN_PX)
        self._until = label(size="caption", tone="muted", wrap=True)

    def _lay_out(self) -> None:
        self._form, self._made, self._by_hand = QWidget(), QWidget(), QWidget()
        self.claims_field = Field(translate("TokenDialog", "&Claims"), self.claims)
        self.role_field = Field(translate("TokenDialog", "&Role"), self.role)
        by_hand = self._column_in(self._by_hand)
        by_hand.addWidget(Field(translate("TokenDialog", "User &id"), self.sub))
        by_hand.addWidget(self.role_field)
        by_hand.addWidget(self.claims_field)
        form = self._column_in(self._form)
        form.addWidget(Field(translate("TokenDialog", "&For"), self.holder))
        form.addWidget(self._by_hand)
        form.addWidget(label(translate("TokenDialog", "Works for"), size="section"))
        form.addLayout(self._chips())
        self._life = label(size="caption", tone="muted", wrap=True)
        form.addWidget(self._life)
        made = self._column_in(self._made)
        made.addWidget(self.token)
        made.addWidget(self._until)
        self._made.hide()
        self.body.addWidget(self._form)
        self.body.addWidget(self._made)
        self.holder.currentIndexChanged.connect(lambda _: self._judge())
        self.role.editTextChanged.connect(lambda _: self._judge())
        self.claims.textChanged.connect(self._judge)

    def _column_in(self, widget: QWidget) -> QVBoxLayout:
        column = QVBoxLayout(widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self.look.theme.space("m"))
        return column

    def _chips(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self.look.theme.space("s"))
        for seconds, text in (
            (HOUR_S, translate("TokenDialog", "1 hour")),
            (DAY_S, translate("TokenDialog", "1 day")),
            (WEEK_S, translate("TokenDialog", "7 days")),
            (_MONTH_S, translate("TokenDialog", "30 days")),
            (_NO_END, translate("TokenDialog", "Until revoked")),
        ):
            chip = QPushButton(text)
            chip.setProperty("kind", "chip")
            chip.setAccessibleName(text)
            chip.setCheckable(True)
            chip.setAutoDefault(False)
            self.choices.addButton(chip, seconds)
            row.addWidget(chip)
        row.addStretch()
        self.choices.button(DAY_S).setChecked(True)
        self.choices.idClicked.connect(lambda _: self._judge())
        return row

    def _judge(self) -> None:
        user, role = self._chosen_user, self.role.currentText().strip()
        self._by_hand.setVisible(user is None)
        sound = user is not None or (self._claims_are_sound() and bool(role))
        may_all = (user.role if user is not None else role) == Role.SERVICE
        everything = translate("TokenDialog", "Whoever has this token may do everything, for as long as it works.")
        endless = translate("TokenDialog", "It works until you revoke it, or replace the keys.")
        endless = endless if self.choices.checkedId() == _NO_END else ""
        self._life.setText(" ".join(part for part in (everything if may_all else "", endless) if part))
        self._life.setVisible(bool(self._life.text()))
        self.confirm.setEnabled(sound)

    def _claims_are_sound(self) -> bool:
        try:
            parse_claims(self.claims.toPlainText())
        except NotClaims as error:
            self.claims_field.refuse(str(error))
            return False
        self.claims_field.refuse("")
        return True

    def _submit(self) -> None:
        self.confirm.setEnabled(False)
        self._form.setEnabled(False)
        self._holder = self._holder_name
        self.notice.say("")
        self.submitted.emit(self.draft())


def _until(issued: IssuedToken, holder: str) -> str:
    ends = issued.info.expires_at
    if ends is None:
        return translate("TokenDialog", "Whoever has it is {who} until you revoke it.").format(who=holder)
    text = translate("TokenDialog", "Whoever has it is {who} until {time}.")
    return text.format(who=holder, time=full_time_text(ends))
