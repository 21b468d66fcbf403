"""A secret that can be copied without being shown, and shown for as long as somebody wants to see it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.i18n import translate
from app.look import Look, label


class SecretField(QWidget):
    """A title, the secret as dots, buttons to reveal and to copy it, and what it opens.

    Signals:
        copied: Carries the secret.
    """

    copied = Signal(str)

    def __init__(self, look: Look, title: str, hint: str, tone: str = "muted") -> None:
        """Args: look; what it is called; what it opens; colour of that sentence."""
        super().__init__()
        self._look = look
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.theme.space("xs"))
        self.text = QLineEdit()
        self.text.setReadOnly(True)
        self.text.setEchoMode(QLineEdit.EchoMode.Password)
        self.text.setAccessibleName(title)
        self.reveal = look.tool_button("eye", translate("SecretField", "Show {what}").format(what=title))
        self.reveal.setCheckable(True)
        self.reveal.toggled.connect(self._show)
        self.copy = look.push_button(translate("SecretField", "Copy"), icon="copy-simple")
        self.copy.setAccessibleName(translate("SecretField", "Copy {what}").format(what=title))
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(lambda: self.copied.emit(self.text.text()))
        row = QHBoxLayout()
        row.setSpacing(look.theme.space("s"))
        row.addWidget(self.text, 1)
        row.addWidget(self.reveal)
        row.addWidget(self.copy)
        column.addWidget(label(title))
        column.addLayout(row)
        column.addWidget(label(hint, size="caption", tone=tone, wrap=True))

    def show_secret(self, secret: str) -> None:
        """Hold a secret."""
        self.text.setText(secret)
        self.text.setCursorPosition(0)
        self.copy.setEnabled(bool(secret))
        self.reveal.setEnabled(bool(secret))

    def _show(self, shown: bool) -> None:
        mode = QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password
        self.text.setEchoMode(mode)
        self.text.setCursorPosition(0)
        self.reveal.setIcon(self._look.icons.icon("eye-slash" if shown else "eye"))
