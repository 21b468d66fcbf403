"""The fields of a policy."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.dialogs.code_field import CodeField
from app.i18n import translate
from app.look import Look
from app.policies import Flaw, role_text
from app.widgets.disclosure import Disclosure
from app.widgets.form import Field
from app.widgets.highlighter import Lexer
from engine.access_types import EVERYONE, PolicyCommand, PolicySpec
from engine.context import Role
from engine.permissions.rows import PolicyTable

_CUSTOM: Final = ""
_READS_ROWS: Final = frozenset(PolicyCommand) - {PolicyCommand.INSERT}
_WRITES_ROWS: Final = frozenset({PolicyCommand.ALL, PolicyCommand.INSERT, PolicyCommand.UPDATE})
_EXAMPLE: Final = "owner_id = (select auth.uid())::text"


class PolicyForm(QWidget):
    """Shows and gives a `PolicySpec`.

    Signals:
        changed: It says something else.
    """

    changed = Signal()

    def __init__(self, look: Look, lexer: Lexer, *, everywhere: bool = False) -> None:
        """Args: look; what cuts expressions into tokens; whether it is to belong to no bucket."""
        super().__init__()
        self._look = look
        self._is_everywhere = everywhere
        self._shown_roles: tuple[str, ...] = ()
        self.name = QLineEdit()
        self.name.setPlaceholderText(translate("PolicyForm", "Members see their own pictures"))
        self.command = QComboBox()
        self.who = QComboBox()
        self.roles = QLineEdit()
        self.roles.setPlaceholderText(translate("PolicyForm", "editor, reviewer"))
        self.table = QComboBox()
        self.restrictive = QCheckBox(
            translate("PolicyForm", "&Hold back: who does not meet it is refused, whatever else allows it")
        )
        self.restrictive.setAccessibleName(translate("PolicyForm", "Hold back"))
        self.using = CodeField(look, translate("PolicyForm", "On &which objects (USING)"), lexer, _EXAMPLE)
        self.check = CodeField(look, translate("PolicyForm", "What may be w&ritten (WITH CHECK)"), lexer, _EXAMPLE)
        self.name_field = Field(translate("PolicyForm", "&Name"), self.name)
        self.roles_field = Field(translate("PolicyForm", "Role&s"), self.roles)
        self.advanced = Disclosure(look, translate("PolicyForm", "&Advanced"))
        self._fill_choices()
        self._lay_out()
        self._connect()
        self._follow()

    @property
    def spec(self) -> PolicySpec:
        """Return what the form says."""
        command = self._command
        return PolicySpec(
            name=self.name.text().strip(),
            table=PolicyTable(self.table.currentData()),  # Qt gives back plain text
            command=command,
            roles=self._chosen_roles(),
            using=(self.using.text or None) if command in _READS_ROWS else None,
            check=(self.check.text or None) if command in _WRITES_ROWS else None,
            permissive=not self.restrictive.isChecked(),
        )

    @property
    def says_something(self) -> bool:
        """Return whether it is said on which objects, and whom it concerns."""
        spec = self.spec
        return bool(spec.roles) and (spec.using is not None or spec.check is not None)

    def show_spec(self, spec: PolicySpec) -> None:
        """Fill the form."""
        self.name.setText(spec.name)
        self.command.setCurrentIndex(self.command.findData(spec.command))
        self.table.setCurrentIndex(self.table.findData(spec.table))
        known = self.who.findData(spec.roles[0]) if len(spec.roles) == 1 else -1
        self.who.setCurrentIndex(known if known >= 0 else self.who.findData(_CUSTOM))
        self._shown_roles = () if known >= 0 else spec.roles
        self.roles.setText(_roles_text(self._shown_roles))
        self.using.edit.setPlainText(spec.using or "")
        self.check.edit.setPlainText(spec.check or "")
        self.restrictive.setChecked(not spec.permissive)
        self.advanced.set_open(not spec.permissive or self.table.currentIndex() > 0 or self._is_everywhere)

    def show_flaws(self, using: Flaw | None, check: Flaw | None) -> None:
        """Show what is wrong with the conditions, if anything."""
        self.using.show_flaw(using)
        self.check.show_flaw(check)

    def refuse_name(self, reason: str) -> None:
        """Show why it can't be kept; an empty reason takes it away."""
        if reason or self.name_field.problem:
            self.name_field.refuse(reason)

    def focus(self) -> None:
        """Give the keyboard to the name."""
        self.name.setFocus()

    def _fill_choices(self) -> None:
        texts = {
            PolicyCommand.SELECT: translate("PolicyForm", "Read: list and download"),
            PolicyCommand.INSERT: translate("PolicyForm", "Add: upload new objects"),
            PolicyCommand.UPDATE: translate("PolicyForm", "Change: replace, rename and move"),
            PolicyCommand.DELETE: translate("PolicyForm", "Delete"),
            PolicyCommand.ALL: translate("PolicyForm", "Everything"),
        }
        for command, text in texts.items():
            self.command.addItem(text, command)
        for role in (EVERYONE, Role.AUTHENTICATED, Role.ANON):
            self.who.addItem(role_text(role), str(role))
        self.who.setCurrentIndex(1)
        self.who.addItem(translate("PolicyForm", "Other roles…"), _CUSTOM)
        objects = translate("PolicyForm", "Objects of the bucket")
        if self._is_everywhere:
            objects = translate("PolicyForm", "Objects of all buckets")
        self.table.addItem(objects, PolicyTable.OBJECTS)
        self.table.addItem(
            translate("PolicyForm", "Buckets: which of them are seen, made, changed and deleted"), PolicyTable.BUCKETS
        )

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self._look.theme.space("m"))
        row = QHBoxLayout()
        row.setSpacing(self._look.theme.space("m"))
        row.addWidget(Field(translate("PolicyForm", "A&llows to"), self.command), 3)
        row.addWidget(Field(translate("PolicyForm", "Wh&o"), self.who), 2)
        row.addWidget(self.roles_field, 2)
        column.addWidget(self.name_field)
        column.addLayout(row)
        for part in (self.using, self.check, self.advanced):
            column.addWidget(part)
        self.advanced.add(Field(translate("PolicyForm", "A&bout"), self.table))
        self.advanced.add(self.restrictive)
        self.advanced.set_open(self._is_everywhere)  # there what it is about is the first thing to say

    def _connect(self) -> None:
        for edit in (self.name, self.roles):
            edit.textChanged.connect(self.changed)
        for choice in (self.command, self.who, self.table):
            choice.currentIndexChanged.connect(self._follow)
            choice.currentIndexChanged.connect(self.changed)
        for field in (self.using, self.check):
            field.edit.textChanged.connect(self.changed)
        self.restrictive.toggled.connect(self.changed)

    def _follow(self) -> None:
        """Show the fields that count for what is chosen."""
        command = self._command
        self.using.setVisible(command in _READS_ROWS)
        self.check.setVisible(command in _WRITES_ROWS)
        same = translate("PolicyForm", "Empty: the same as above")
        self.check.edit.setPlaceholderText(_EXAMPLE if command is PolicyCommand.INSERT else same)
        self.roles_field.setVisible(self.who.currentData() == _CUSTOM)

    @property
    def _command(self) -> PolicyCommand:
        return PolicyCommand(self.command.currentData())  # Qt gives back plain text

    def _chosen_roles(self) -> tuple[str, ...]:
        chosen = self.who.currentData()
        if chosen != _CUSTOM:
            return (chosen,)
        text = self.roles.text()
        if text == _roles_text(self._shown_roles):
            return self._shown_roles  # a name may hold a comma
        return tuple(part.strip() for part in text.split(",") if part.strip())


def _roles_text(roles: tuple[str, ...]) -> str:
    return ", ".join(roles)
