"""The fields of a question about access: as whom, what, to which object."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from app.i18n import QT_TRANSLATE_NOOP, translate
from app.look import Look, label
from app.policies import Question
from app.widgets.code_edit import CodeEdit
from app.widgets.disclosure import Disclosure
from app.widgets.form import Field
from engine.access_types import User
from engine.context import Operation, RlsContext, Role
from engine.move_types import Target
from engine.permissions.rows import Command, PolicyTable

_CUSTOM: Final = "custom"
_CHIPS_A_ROW: Final = 3
_DIGITS_MAX: Final = 18
_ASKED: Final = ("storage.object.", "storage.bucket.")
_WISHES: Final = (
    (Command.SELECT, False, QT_TRANSLATE_NOOP("QuestionForm", "Read")),
    (Command.INSERT, False, QT_TRANSLATE_NOOP("QuestionForm", "Add")),
    (Command.UPDATE, False, QT_TRANSLATE_NOOP("QuestionForm", "Replace")),
    (Command.DELETE, False, QT_TRANSLATE_NOOP("QuestionForm", "Delete")),
    (Command.UPDATE, True, QT_TRANSLATE_NOOP("QuestionForm", "Move")),
    (Command.INSERT, True, QT_TRANSLATE_NOOP("QuestionForm", "Copy")),
)
"""What can be asked about: the command, whether the object goes somewhere by it, and what that is called."""

_BUCKET_WISHES: Final = (
    QT_TRANSLATE_NOOP("QuestionForm", "See"),
    QT_TRANSLATE_NOOP("QuestionForm", "Make"),
    QT_TRANSLATE_NOOP("QuestionForm", "Change"),
    QT_TRANSLATE_NOOP("QuestionForm", "Delete"),
)
"""The first of them, of buckets; the rest is not done with these."""


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
        self.about = QComboBox()
        self.about.addItem(translate("QuestionForm", "An object"), PolicyTable.OBJECTS.value)
        self.about.addItem(translate("QuestionForm", "The bucket itself"), PolicyTable.BUCKETS.value)
        self.commands = QButtonGroup(self)
        self.path = QLineEdit(path)
        self.path.setPlaceholderText("2026/summer/beach.jpg")
        self.target_bucket = QComboBox()
        self.target_bucket.addItem(translate("QuestionForm", "This bucket"), None)
        self.target_path = QLineEdit(path)
        self.target_path.setPlaceholderText("2026/autumn/beach.jpg")
        self.size_bytes = QLineEdit()
        self.size_bytes.setPlaceholderText(translate("QuestionForm", "as it is"))
        self.mime_type = QLineEdit()
        self.mime_type.setPlaceholderText(translate("QuestionForm", "as it is"))
        self.operation = QComboBox()
        self.operation.addItem(translate("QuestionForm", "as usual"), "")
        for operation in Operation:
            if operation.startswith(_ASKED):
                self.operation.addItem(operation.value, operation.value)
        self.user_field = Field(translate("QuestionForm", "&User id"), self.user_id)
        self.role_field = Field(translate("QuestionForm", "&Role"), self.role)
        self.claims_field = Field(translate("QuestionForm", "&Claims of the token (JSON)"), self.claims)
        self.bucket_field = Field(translate("QuestionForm", "To the buc&ket"), self.target_bucket)
        self.target_field = Field(translate("QuestionForm", "To the &path"), self.target_path)
        self.size_field = Field(translate("QuestionForm", "&Size in bytes"), self.size_bytes)
        self._fill_who()
        self._lay_out()
        self._connect()
        self._follow()

    @property
    def question(self) -> Question | None:
        """Return what is asked, or None while something is missing or wrong."""
        claims, path, target_path = self._claims(), self.path.text().lstrip("/"), self.target_path.text().lstrip("/")
        command, goes, _ = _WISHES[self.commands.checkedId()]
        subject = None if claims is None else self._subject(claims)
        if subject is None:
            return None
        operation = str(self.operation.currentData())
        if self._is_about_bucket:
            return Question(subject, command, "", operation=operation)
        if not path or (goes and not target_path) or not self._is_size():
            return None
        size, mime_type = self.size_bytes.text().strip(), self.mime_type.text().strip()
        target = Target(target_path, self.target_bucket.currentData()) if goes else None
        return Question(subject, command, path, int(size) if size else None, mime_type or None, target, operation)

    @property
    def _is_about_bucket(self) -> bool:
        return bool(self.about.currentData() == PolicyTable.BUCKETS)

    def show_people(self, users: Sequence[User]) -> None:
        """Offer the users who are known here, between the roles and the role that is typed."""
        for user in users:
            self.who.insertItem(self.who.count() - 1, user.name, user)

    def show_buckets(self, names: Sequence[str]) -> None:
        """Offer buckets to which the object could go."""
        for name in names:
            self.target_bucket.addItem(name, name)

    def ask_about_bucket_alone(self) -> None:
        """Ask about the bucket itself and nothing else: it is not there, and has no objects."""
        self.about.setCurrentIndex(self.about.findData(PolicyTable.BUCKETS.value))
        self.about.setEnabled(False)

    def ask(self, question: Question) -> None:
        """Ask something in particular, about one of those who are offered or, where it is none of them, by hand."""
        goal = question.target
        wishes = [(command, goes) for command, goes, _ in _WISHES]
        self.about.setCurrentIndex(self.about.findData(question.table.value))
        self.commands.button(wishes.index((question.command, goal is not None))).setChecked(True)
        self.path.setText(question.path)
        if goal is not None:
            self.target_path.setText(goal.path)
            self.target_bucket.setCurrentIndex(self._place_of(goal.bucket))
        self._ask_as(question.subject)

    def _place_of(self, bucket: str | None) -> int:
        """Return which of the offered buckets one is; it is offered from now on if it was not."""
        if bucket is not None and self.target_bucket.findData(bucket) < 0:
            self.target_bucket.addItem(bucket, bucket)
        return 0 if bucket is None else self.target_bucket.findData(bucket)

    def _ask_as(self, subject: RlsContext) -> None:
        people = [self.who.itemData(number) for number in range(self.who.count())]
        known = [isinstance(one, User) and _context_of(one) == subject for one in people]
        if subject == RlsContext.anonymous():
            self.who.setCurrentIndex(0)
        elif any(known):
            self.who.setCurrentIndex(known.index(True))
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
        details = Disclosure(self._look, translate("QuestionForm", "&More about it"))
        details.add(self.size_field)
        self.type_field = Field(translate("QuestionForm", "MIME &type"), self.mime_type)
        details.add(self.type_field)
        details.add(Field(translate("QuestionForm", "Operatio&n"), self.operation, _operation_hint()))
        self.details = details
        column.addWidget(Field(translate("QuestionForm", "&As whom"), self.who))
        for part in (self.role_field, self.user_field, self.claims_field):
            column.addWidget(part)
        column.addWidget(Field(translate("QuestionForm", "A&bout"), self.about))
        column.addWidget(label(translate("QuestionForm", "What")))
        column.addLayout(self._command_grid())
        self.path_field = Field(translate("QuestionForm", "&Object"), self.path)
        column.addWidget(self.path_field)
        column.addWidget(self.bucket_field)
        column.addWidget(self.target_field)
        column.addWidget(details)

    def _command_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(self._look.theme.space("xs"))
        for number, (_, _, text) in enumerate(_WISHES):
            chip = self._look.push_button(translate("QuestionForm", text), "chip")
            chip.setCheckable(True)
            chip.setAutoDefault(False)
            self.commands.addButton(chip, number)
            grid.addWidget(chip, number // _CHIPS_A_ROW, number % _CHIPS_A_ROW)
        self.commands.button(0).setChecked(True)
        return grid

    def _connect(self) -> None:
        self.who.currentIndexChanged.connect(self._follow)
        self.about.currentIndexChanged.connect(self._turn)
        self.operation.currentIndexChanged.connect(self._judge)
        for edit in (self.user_id, self.role, self.path, self.target_path, self.size_bytes, self.mime_type):
            edit.textChanged.connect(self._judge)
        self.target_bucket.currentIndexChanged.connect(self._judge)
        self.claims.textChanged.connect(self._judge)
        self.commands.idToggled.connect(lambda _, on: self._follow() if on else None)

    def _turn(self) -> None:
        """Ask about the bucket, or about an object again."""
        if self._is_about_bucket and self.commands.checkedId() >= len(_BUCKET_WISHES):
            self.commands.button(0).setChecked(True)
        for number, (_, _, text) in enumerate(_WISHES):
            chip, is_known = self.commands.button(number), number < len(_BUCKET_WISHES)
            said = _BUCKET_WISHES[number] if self._is_about_bucket and is_known else text
            chip.setText(translate("QuestionForm", said))
            chip.setAccessibleName(chip.text())
            chip.setVisible(is_known or not self._is_about_bucket)
        self._follow()

    def _follow(self) -> None:
        """Show the fields that count for whoever and whatever is chosen."""
        who = self.who.currentData()
        self.role_field.setVisible(who == _CUSTOM)
        self.user_field.setVisible(who in (Role.AUTHENTICATED, _CUSTOM))
        self.claims_field.setVisible(who in (Role.AUTHENTICATED, _CUSTOM))
        goes = _WISHES[self.commands.checkedId()][1]
        self.path_field.setVisible(not self._is_about_bucket)
        self.size_field.setVisible(not self._is_about_bucket)
        self.type_field.setVisible(not self._is_about_bucket)
        self.bucket_field.setVisible(goes)
        self.target_field.setVisible(goes)
        self._judge()

    def _judge(self) -> None:
        wrong = translate("QuestionForm", "This is not a JSON object such as {example}.")
        problem = wrong.format(example='{"team": "blue"}') if self._claims() is None else ""
        self.claims_field.refuse(problem)
        self.size_field.refuse("" if self._is_size() else translate("QuestionForm", "A whole number of bytes."))
        self.changed.emit()

    def _is_size(self) -> bool:
        """Return whether what is typed is a size, or nothing."""
        size = self.size_bytes.text().strip()
        return not size or (size.isascii() and size.isdigit() and len(size) <= _DIGITS_MAX)

    def _claims(self) -> dict[str, Any] | None:
        """Return the claims that are typed, or None if they are not an object of JSON."""
        text = self.claims.text.strip()
        if not text or not self.claims_field.isVisibleTo(self):
            return {}
        try:
            claims = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return claims if isinstance(claims, dict) else None

    def _subject(self, claims: dict[str, Any]) -> RlsContext | None:
        """Return who asks, or None where the role is missing."""
        who = self.who.currentData()
        if isinstance(who, User):
            return _context_of(who)
        if who == Role.ANON:
            return RlsContext.anonymous()
        role = self.role.text().strip() if who == _CUSTOM else Role.AUTHENTICATED
        user_id = self.user_id.text().strip() or None
        said = {**claims, "role": str(role), **({"sub": user_id} if user_id else {})}
        if not role:
            return None
        return RlsContext(user_id, role, MappingProxyType(said), can_bypass_rls=role == Role.SERVICE)


def _operation_hint() -> str:
    return translate("QuestionForm", "What storage.operation() is to policies.")


def _context_of(user: User) -> RlsContext:
    """Return who a user is to policies, as a token of theirs would say."""
    claims = {**user.claims, "sub": user.id, "role": user.role}
    return RlsContext(user.id, user.role, MappingProxyType(claims), can_bypass_rls=user.role == Role.SERVICE)
