"""Choose in whose name the window shall work: a visitor, a user who is known here, or somebody described by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.bridge.acting import Identity, visitor_name
from app.claims import NotClaims, parse_claims
from app.dialogs.base import Dialog
from app.i18n import translate
from app.look import Look, label
from app.widgets.fitting_scroll import FittingScroll
from app.widgets.form import Field
from engine.access_types import User
from engine.context import RlsContext, Role

_VISITOR, _USER, _BY_HAND = range(3)
_CLAIMS_PX = 84


class ActAsDialog(Dialog):
    """See the module.

    Signals:
        chosen: Carries the `Identity`.
        users_wanted: Show who is known here, to add somebody.
    """

    chosen = Signal(object)
    users_wanted = Signal()

    def __init__(self, look: Look, parent: QWidget, context_of: Callable[[User], RlsContext]) -> None:
        """Args: look; the window; who a user is to the engine."""
        super().__init__(look, parent, translate("ActAsDialog", "Act as"), 560)
        self._context_of = context_of
        self._users: tuple[User, ...] = ()
        self.choices = QButtonGroup(self)
        self.visitor = self._choice(_VISITOR, translate("ActAsDialog", "A &visitor"))
        self.user = self._choice(_USER, translate("ActAsDialog", "A &user"))
        self.by_hand = self._choice(_BY_HAND, translate("ActAsDialog", "&Somebody else, described by hand"))
        self.users = QComboBox()
        self.users.setAccessibleName(translate("ActAsDialog", "User"))
        self.users.view().setAccessibleName(translate("ActAsDialog", "User"))
        self.add_user = look.push_button(translate("ActAsDialog", "Add a user…"), "link")
        self.add_user.clicked.connect(self.users_wanted)
        self.add_user.setAutoDefault(False)
        self._make_fields()
        self._sum = label(size="caption", tone="muted", wrap=True)
        self._lay_out()
        self.add_cancel()
        self.confirm = self.add_button(translate("ActAsDialog", "Act as a visitor"), "primary")
        self.confirm.setDefault(True)
        self.confirm.clicked.connect(self._submit)
        self._connect()
        self.visitor.setChecked(True)
        self.users.addItem(translate("ActAsDialog", "Reading…"))
        self.add_user.hide()
        self._judge()
        self.visitor.setFocus()

    def show_users(self, users: Sequence[User], current: Identity | None = None) -> None:
        """Offer the users who are known here.

        Args:
            users: By name.
            current: Who is acted as now, to begin with.
        """
        self._users = tuple(users)
        self.users.clear()
        for user in self._users:
            self.users.addItem(f"{user.name} · {user.role}")
        if not self._users:
            self.users.addItem(translate("ActAsDialog", "Nobody is known here yet"))
        # users are added in one's own name, for which one has to stop acting first
        self.add_user.setVisible(not self._users and current is None)
        known = [current is not None and self._context_of(user) == current.context for user in self._users]
        if any(known):
            self.users.setCurrentIndex(known.index(True))
            self.user.setChecked(True)
        self._judge()

    def refuse(self, reason: str) -> None:
        """Say why users could not be read; the other ways go on."""
        self._sum.setText(reason)

    @property
    def identity(self) -> Identity | None:
        """Return who is chosen, or None where that is not clear yet."""
        chosen = self.choices.checkedId()
        if chosen == _VISITOR:
            return Identity(visitor_name(), RlsContext.anonymous())
        if chosen == _USER:
            if not self._users:
                return None
            user = self._users[self.users.currentIndex()]
            return Identity(user.name, self._context_of(user))
        return self._by_hand()

    def _choice(self, number: int, text: str) -> QRadioButton:
        button = QRadioButton(text)
        button.setAccessibleName(text.replace("&", ""))
        self.choices.addButton(button, number)
        return button

    def _make_fields(self) -> None:
        self.user_id = QLineEdit()
        self.user_id.setPlaceholderText("3f1c9a52-7d0e-4b8a-9c41-2e5d7f60b813")
        self.role = QComboBox()
        self.role.setEditable(True)
        self.role.addItems([Role.AUTHENTICATED.value, Role.ANON.value])
        self.claims = QPlainTextEdit()
        self.claims.setPlaceholderText('{"team": "blue"}')
        self.claims.setProperty("place", "field")
        self.claims.setTabChangesFocus(True)
        self.claims.setFixedHeight(_CLAIMS_PX)
        self.id_field = Field(
            translate("ActAsDialog", "User &id"),
            self.user_id,
            translate("ActAsDialog", "What auth.uid() is to policies. Empty: nobody in particular."),
        )
        self.role_field = Field(translate("ActAsDialog", "&Role"), self.role)
        self.claims_field = Field(
            translate("ActAsDialog", "&Claims"),
            self.claims,
            translate("ActAsDialog", "JSON: what auth.jwt() holds beside id and role. May stay empty."),
        )

    def _lay_out(self) -> None:
        space = self.look.theme.space
        explanation = translate(
            "ActAsDialog",
            "The whole window then shows and does only what they may, until you stop: folders, uploads, links, the "
            "trash, transfers. Nothing of it is remembered.",
        )
        form = QWidget()
        rows = QVBoxLayout(form)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(space("m"))
        rows.addWidget(label(explanation, tone="muted", wrap=True))
        rows.addWidget(self.visitor)
        rows.addWidget(self.user)
        rows.addLayout(_indented(space("xl"), self.users, self.add_user))
        rows.addWidget(self.by_hand)
        self.by_hand_box = QWidget()
        column = QVBoxLayout(self.by_hand_box)
        column.setContentsMargins(space("xl"), 0, 0, 0)
        column.setSpacing(space("m"))
        for part in (self.id_field, self.role_field, self.claims_field):
            column.addWidget(part)
        rows.addWidget(self.by_hand_box)
        rows.addWidget(self._sum)
        self.body.addWidget(FittingScroll(form), 1)
        self._column.setStretchFactor(self.body, 1)

    def _connect(self) -> None:
        self.choices.idToggled.connect(lambda *_: self._judge())
        self.users.currentIndexChanged.connect(lambda _: self._judge())
        self.user_id.textChanged.connect(lambda _: self._judge())
        self.role.editTextChanged.connect(lambda _: self._judge())
        self.claims.textChanged.connect(self._judge)

    def _by_hand(self) -> Identity | None:
        role, user_id = self.role.currentText().strip(), self.user_id.text().strip() or None
        try:
            claims = parse_claims(self.claims.toPlainText())
        except NotClaims:
            return None
        if not role or role == Role.SERVICE:
            return None
        said = {**claims, "role": role} if user_id is None else {**claims, "role": role, "sub": user_id}
        name = user_id or translate("ActAsDialog", "somebody in the role {role}").format(role=role)
        return Identity(name, RlsContext(user_id, role, said))

    def _judge(self) -> None:
        chosen = self.choices.checkedId()
        self.users.setEnabled(chosen == _USER and bool(self._users))
        self.by_hand_box.setEnabled(chosen == _BY_HAND)
        self._judge_fields()
        identity = self.identity
        self.confirm.setEnabled(identity is not None)
        text = translate("ActAsDialog", "Act as {who}").format(who=_short(identity.name) if identity else "…")
        self.confirm.setText(text)
        self.confirm.setAccessibleName(text)
        self._sum.setText(_sentence(identity) if identity else "")

    def _judge_fields(self) -> None:
        """Say what is wrong with what is described by hand, where that is chosen."""
        if self.choices.checkedId() != _BY_HAND:
            self.role_field.refuse("")
            self.claims_field.refuse("")
            return
        role = self.role.currentText().strip()
        service = translate("ActAsDialog", "service_role may do everything, as you do now. Choose another role.")
        empty = translate("ActAsDialog", "A role is needed.")
        self.role_field.refuse(service if role == Role.SERVICE else "" if role else empty)
        try:
            parse_claims(self.claims.toPlainText())
            self.claims_field.refuse("")
        except NotClaims as error:
            self.claims_field.refuse(str(error))

    def _submit(self) -> None:
        identity = self.identity
        if identity is not None:
            self.chosen.emit(identity)
            self.accept()


def _indented(width_px: int, *parts: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setContentsMargins(width_px, 0, 0, 0)
    for part in parts:
        column.addWidget(part)
    return column


def _sentence(identity: Identity) -> str:
    context = identity.context
    text = translate("ActAsDialog", "To policies: auth.uid() is {uid}, auth.role() is {role}.")
    return text.format(uid=context.user_id or "null", role=context.role)


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"
