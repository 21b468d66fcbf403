"""A user's name, role, claims and password, for a new one and for one who is known."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPlainTextEdit, QWidget

from app.bridge.access import UserDraft
from app.claims import NotClaims, claims_text, parse_claims
from app.dialogs.base import Dialog
from app.i18n import translate
from app.look import Look, label
from app.widgets.form import Field
from app.widgets.notice import Notice
from engine.access_types import User
from engine.identities.passwords import PASSWORD_MIN_CHARS
from engine.types import UNCHANGED, Role, Unchanged

_CLAIMS_PX = 96


class UserDialog(Dialog):
    """Stays open until the engine has agreed, so that a refusal stands beside the field that it is about.

    Signals:
        submitted: Carries a `UserDraft`.
    """

    submitted = Signal(object)

    def __init__(self, look: Look, parent: QWidget, user: User | None = None) -> None:
        """Args: look; the window; whom it is about, or None for somebody new."""
        new = user is None
        title = translate("UserDialog", "New user") if new else translate("UserDialog", "Edit user")
        super().__init__(look, parent, title, 520)
        self._user = user
        self._make_fields(user)
        self._lay_out()
        self.add_cancel()
        verb = translate("UserDialog", "Add user") if new else translate("UserDialog", "Save")
        self.save = self.add_button(verb, "primary")
        self.save.setDefault(True)
        self.save.clicked.connect(self._submit)
        self._connect()
        self._judge()
        self.name.setFocus()
        begun = self._typed()
        self.ask_before_losing(lambda: self._typed() != begun)

    def refuse(self, reason: str) -> None:
        """Show why the engine did not agree, and let the person change the entry."""
        self.notice.say(reason, tone="danger")
        self.save.setEnabled(True)

    def refuse_value(self, about: str, reason: str) -> None:
        """Show why the engine does not take a value, beside its field.

        Args:
            about: Which: what `Users` calls it.
            reason: In plain words.
        """
        field = self._fields.get(about)
        if field is None:
            self.refuse(reason)
            return
        field.refuse(reason)
        self.save.setEnabled(True)
        field.control.setFocus()

    def draft(self) -> UserDraft:
        """Return what the form says; its claims are sound."""
        return UserDraft(
            name=self.name.text().strip(),
            role=self.role.currentText().strip(),
            claims=parse_claims(self.claims.toPlainText()),
            password=self._password(),
            user_id=self.user_id.text().strip() or None if self._user is None else None,
        )

    def _make_fields(self, user: User | None) -> None:
        self.name = QLineEdit(user.name if user else "")
        self.name.setPlaceholderText(translate("UserDialog", "alice"))
        self.role = QComboBox()
        self.role.setEditable(True)
        self.role.addItems([Role.AUTHENTICATED.value, Role.ANON.value, Role.SERVICE.value])
        self.role.setEditText(user.role if user else Role.AUTHENTICATED.value)
        self.claims = QPlainTextEdit(claims_text(user.claims) if user else "")
        self.claims.setPlaceholderText('{"team": "blue"}')
        self.claims.setProperty("place", "field")
        self.claims.setTabChangesFocus(True)
        self.claims.setFixedHeight(_CLAIMS_PX)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.no_password = QCheckBox(translate("UserDialog", "Take the &password away"))
        self.no_password.setAccessibleName(translate("UserDialog", "Take the password away"))
        self.no_password.setVisible(user is not None and user.has_password)
        self.user_id = QLineEdit(user.id if user else "")
        self.user_id.setReadOnly(user is not None)
        self.user_id.setPlaceholderText(translate("UserDialog", "A new one"))

    def _lay_out(self) -> None:
        self.notice = Notice(self.look)
        self.body.addWidget(self.notice)
        self.name_field = Field(translate("UserDialog", "&Name"), self.name)
        self.role_field = Field(translate("UserDialog", "&Role"), self.role)
        self.claims_field = Field(
            translate("UserDialog", "&Claims"),
            self.claims,
            translate("UserDialog", "JSON: what their tokens say beside id and role, for policies. May stay empty."),
        )
        self.password_field = Field(translate("UserDialog", "Pass&word"), self.password, self._password_hint())
        self.id_field = Field(
            translate("UserDialog", "&ID"),
            self.user_id,
            "" if self._user else translate("UserDialog", "Give the UUID that they have elsewhere, or leave it empty."),
        )
        for part in (self.name_field, self.role_field, self.claims_field, self.password_field, self.no_password):
            self.body.addWidget(part)
        self.body.addWidget(self.id_field)
        self._fields = {
            "name": self.name_field,
            "role": self.role_field,
            "claims": self.claims_field,
            "password": self.password_field,
            "user_id": self.id_field,
        }
        if self._user is not None:
            ends = translate("UserDialog", "Another role, other claims or another password end all their tokens.")
            self.body.addWidget(label(ends, size="caption", tone="muted", wrap=True))

    def _connect(self) -> None:
        edits = (self.name, self.password, self.user_id)
        for signal in (*(edit.textChanged for edit in edits), self.role.editTextChanged):
            signal.connect(lambda _: self._judge())
        self.claims.textChanged.connect(self._judge)
        self.no_password.toggled.connect(self.password.setDisabled)
        self.no_password.toggled.connect(lambda _: self._judge())

    def _password_hint(self) -> str:
        if self._user is None:
            return translate("UserDialog", "Optional. {least} characters or more.").format(least=PASSWORD_MIN_CHARS)
        if self._user.has_password:
            return translate("UserDialog", "Leave it empty to keep the one they have.")
        return translate("UserDialog", "They have none. {least} characters or more.").format(least=PASSWORD_MIN_CHARS)

    def _password(self) -> str | Unchanged | None:
        if self.no_password.isChecked():
            return None
        return self.password.text() or UNCHANGED

    def _typed(self) -> tuple[str, ...]:
        fields = (self.name, self.password, self.user_id)
        return (*(field.text() for field in fields), self.role.currentText(), self.claims.toPlainText())

    def _judge(self) -> None:
        self.notice.say("")
        for field in (self.name_field, self.id_field):
            field.refuse("")
        password = self.password.text()
        short = 0 < len(password) < PASSWORD_MIN_CHARS and not self.no_password.isChecked()
        too_short = translate("UserDialog", "A password has {least} characters or more.")
        self.password_field.refuse(too_short.format(least=PASSWORD_MIN_CHARS) if short else "")
        role = self.role.currentText().strip()
        everything = translate("UserDialog", "Whoever has this role may do everything: policies do not hold for them.")
        self.role_field.refuse(everything if role == Role.SERVICE else "")
        sound = self._claims_are_sound()
        self.save.setEnabled(bool(self.name.text().strip() and role) and sound and not short)

    def _claims_are_sound(self) -> bool:
        try:
            parse_claims(self.claims.toPlainText())
        except NotClaims as error:
            self.claims_field.refuse(str(error))
            return False
        self.claims_field.refuse("")
        return True

    def _submit(self) -> None:
        self.save.setEnabled(False)
        self.submitted.emit(self.draft())
