"""The checksum of an object: copied, and held against the bytes that are stored."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import translate
from app.look import Look, label, restyle


class ChecksumRow(QWidget):
    """See the module.

    Signals:
        copy_wanted, verify_wanted, cancel_wanted: A button.
    """

    copy_wanted = Signal()
    verify_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self, look: Look, checksum: str) -> None:
        """Args: look; the checksum."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(4)
        text = label(f"{checksum[:6]}…{checksum[-6:]}", selectable=True)
        text.setFont(look.theme.code_font("caption"))
        text.setToolTip(checksum)
        text.setAccessibleName(f"SHA-256: {checksum}")
        row.addWidget(text)
        self.copy = look.tool_button("copy-simple", translate("ChecksumRow", "Copy the SHA-256 checksum"))
        self.verify = look.tool_button("shield-check", translate("ChecksumRow", "Read the bytes and compare"))
        self.cancel = look.tool_button("x", translate("ChecksumRow", "Stop comparing"))
        for button, signal in (
            (self.copy, self.copy_wanted),
            (self.verify, self.verify_wanted),
            (self.cancel, self.cancel_wanted),
        ):
            button.setProperty("place", "inline")
            button.clicked.connect(signal)
            row.addWidget(button)
        row.addStretch()
        column.addLayout(row)
        self.verdict = label(size="caption", wrap=True)
        column.addWidget(self.verdict)
        self.tell("")

    def tell(self, text: str, tone: str = "muted", *, running: bool = False) -> None:
        """Say how far it is, or what came out.

        Args:
            text: For people; nothing hides it.
            tone: Colour token.
            running: Whether it can be stopped.
        """
        self.verdict.setText(text)
        self.verdict.setVisible(bool(text))
        restyle(self.verdict, tone=tone)
        self.verify.setVisible(not running)
        self.cancel.setVisible(running)
