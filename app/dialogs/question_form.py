"""The fields of a question about access: as whom, what, to which object."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.i18n import translate
from app.look import Look, label
from app.policies import Question
from app.widgets.code_edit import CodeEdit
from app.widgets.disclosure import Disclosure
from app.widgets.form import Field
from engine.access_types import User
from engine.context import RlsContext, Role
from engine.permissions.rows import Command

_CUSTOM: Final = "custom"


class QuestionForm(QWidget):
    """See the module.

    Signals:
        changed: It asks something else, or nothing any more.
    """

    changed = Signal()

    def __init__(self, look: Look, path: str) -> None:
        """Args: look; the object to begin with."""
        super().__init__()
        self._look = look
        self.who = QComboBox()
        self.user_id = QLineEdit()
        self.user_id.setPlaceholderText("5f0c2a9e-…")
        self.role = QLineEdit()
        self.claims = CodeEdit(look, "", lines=(2, 6))
        self.claims.setPlaceholderText('{"team": "blue"}')
        self.commands = QButtonGroup(self)
        self.path = QLineEdit(path)
        self.path.setPlaceholderText("2026/summer/beach.jpg")
        self.size_bytes = QLineEdit()
        self.size_bytes.setPlaceholderText(translate("QuestionForm", "as it is"))
        self.mime_type = QLineEdit()
        self.mime_type.setPlaceholderText(translate("QuestionForm", "as it is"))
        self.user_field = Field(translate("QuestionForm", "&User id"), self.user_id)
        self.role_field = Field(translate("QuestionForm", "&Role"), self.role)
        self.claims_field = Field(translate("QuestionForm", "&Claims of the token (JSON)"), self.claims)
        self.size_field = Field(translate("QuestionForm", "&Size in bytes"), self.size_bytes)
        self._fill_who()
        self._lay_out()
        self._connect()
        self._follow()

    @property
    def question(self) -> Question | None:
        """Return what is asked, or None while something is missing or wrong."""
        claims, size, path = self._claims(), self.size_bytes.text().strip(), self.path.text().strip().strip("/")
        if claims is None or not path or (size and not size.isdigit()):
            return None
        subject = self._subject(claims)
        if subject is None:
            return None
        command = list(Command)[self.commands.checkedId()]
        return Question(subject, command, path, int(size) if size else None, self.mime_type.text().strip() or None)

    def show_people(self, users: Sequence[User]) -> None:
        """Offer the users who are known here, between the roles and the role that is typed."""
        for user in users:
            self.who.insertItem(self.who.count() - 1, user.name, user)

    def ask(self, subject: RlsContext, command: Command) -> None:
        """Ask about somebody in particular: one of those who are offered, or described by hand."""
        self.commands.button(list(Command).index(command)).setChecked(True)
        ids = [data.id if isinstance(data, User) else None for data in map(self.who.itemData, range(self.who.count()))]
        if subject == RlsContext.anonymous():
            self.who.setCurrentIndex(0)
        elif subject.user_id in ids and subject.user_id is not None:
            self.who.setCurrentIndex(ids.index(subject.user_id))
        else:
            self.who.setCurrentIndex(self.who.count() - 1)
            self.user_id.setText(subject.user_id or "")
            self.role.setText(subject.role)
            said = {name: value for name, value in subject.claims.items() if name not in ("sub", "role")}
            self.claims.setPlainText(json.dumps(said, ensure_ascii=False) if said else "")

    def _fill_who(self) -> None:
        self.who.addItem(translate("QuestionForm", "Visitor, not signed in"), Role.ANON)
        self.who.addItem(translate("QuestionForm", "Signed-in user"), Role.AUTHENTICATED)
        self.who.addItem(translate("QuestionForm", "Another role…"), _CUSTOM)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self._look.theme.space("m"))
        details = Disclosure(self._look, translate("QuestionForm", "&More about the object"))
        details.add(self.size_field)
        details.add(Field(translate("QuestionForm", "MIME &type"), self.mime_type))
        self.details = details
        column.addWidget(Field(translate("QuestionForm", "&As whom"), self.who))
        for part in (self.role_field, self.user_field, self.claims_field):
            column.addWidget(part)
        column.addWidget(label(translate("QuestionForm", "What")))
        column.addLayout(self._command_row())
        column.addWidget(Field(translate("QuestionForm", "&Object"), self.path))
        column.addWidget(details)

    def _command_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self._look.theme.space("xs"))
        texts = {
            Command.SELECT: translate("QuestionForm", "Read"),
            Command.INSERT: translate("QuestionForm", "Add"),
            Command.UPDATE: translate("QuestionForm", "Replace"),
            Command.DELETE: translate("QuestionForm", "Delete"),
        }
        for number, command in enumerate(Command):
            chip = self._look.push_button(texts[command], "chip")
            chip.setCheckable(True)
            chip.setAutoDefault(False)
            self.commands.addButton(chip, number)
            row.addWidget(chip, 1)
        self.commands.button(0).setChecked(True)
        return row

    def _connect(self) -> None:
        self.who.currentIndexChanged.connect(self._follow)
        for edit in (self.user_id, self.role, self.path, self.size_bytes, self.mime_type):
            edit.textChanged.connect(self._judge)
        self.claims.textChanged.connect(self._judge)
        self.commands.idToggled.connect(lambda _, on: self._judge() if on else None)

    def _follow(self) -> None:
        """Show the fields that count for whoever is chosen."""
        who = self.who.currentData()
        self.role_field.setVisible(who == _CUSTOM)
        self.user_field.setVisible(who in (Role.AUTHENTICATED, _CUSTOM))
        self.claims_field.setVisible(who in (Role.AUTHENTICATED, _CUSTOM))
        self._judge()

    def _judge(self) -> None:
        wrong = translate("QuestionForm", "This is not a JSON object such as {example}.")
        problem = wrong.format(example='{"team": "blue"}') if self._claims() is None else ""
        self.claims_field.refuse(problem)
        size = self.size_bytes.text().strip()
        self.size_field.refuse(translate("QuestionForm", "A whole number of bytes.") if size and not size.isdigit()
                               else "")  # fmt: skip
        self.changed.emit()

    def _claims(self) -> dict[str, Any] | None:
        """Return the claims that are typed, or None if they are not an object of JSON."""
        text = self.claims.text.strip()
        if not text or not self.claims_field.isVisibleTo(self):
            return {}
        try:
            claims = json.loads(text)
        except ValueError:
            return None
        return claims if isinstance(claims, dict) else None

    def _subject(self, claims: dict[str, Any]) -> RlsContext | None:
        """Return who asks, or None where the role is missing."""
        who = self.who.currentData()
        if isinstance(who, User):
            claims = {**who.claims, "sub": who.id, "role": who.role}
            return RlsContext(who.id, who.role, MappingProxyType(claims), can_bypass_rls=who.role == Role.SERVICE)
        if who == Role.ANON:
            return RlsContext.anonymous()
        role = self.role.text().strip() if who == _CUSTOM else Role.AUTHENTICATED
        user_id = self.user_id.text().strip() or None
        said = {**claims, "role": str(role), **({"sub": user_id} if user_id else {})}
        if not role:
            return None
        return RlsContext(user_id, role, MappingProxyType(said), can_bypass_rls=role == Role.SERVICE)
