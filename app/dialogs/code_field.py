"""A labelled field for an expression; what is wrong with it is underlined at its place and explained below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from app.i18n import QT_TRANSLATE_NOOP, translate
from app.look import Look, label, restyle
from app.policies import Flaw
from app.widgets.code_edit import CodeEdit, Mark
from app.widgets.highlighter import Lexer

SNIPPETS: Sequence[tuple[str, str]] = (
    (QT_TRANSLATE_NOOP("CodeField", "Who owns the object"), "owner_id"),
    (QT_TRANSLATE_NOOP("CodeField", "The path of the object"), "name"),
    (QT_TRANSLATE_NOOP("CodeField", "Its first folder"), "(storage.foldername(name))[1]"),
    (QT_TRANSLATE_NOOP("CodeField", "Its file name"), "storage.filename(name)"),
    (QT_TRANSLATE_NOOP("CodeField", "The ending of its name"), "storage.extension(name)"),
    (QT_TRANSLATE_NOOP("CodeField", "Its MIME type"), "metadata ->> 'mimetype'"),
    ("", ""),
    (QT_TRANSLATE_NOOP("CodeField", "The user's id"), "(select auth.uid())::text"),
    (QT_TRANSLATE_NOOP("CodeField", "The user's role"), "(select auth.role())"),
    (QT_TRANSLATE_NOOP("CodeField", "A claim of the user's token"), "(select auth.jwt()) ->> 'team'"),
)


class CodeField(QWidget):
    """See the module."""

    def __init__(
        self, look: Look, title: str, lexer: Lexer, example: str, lines: tuple[int, int] = (2, 6)
    ) -> None:  # fmt: skip
        """Args: look; what is asked; what cuts it into tokens; what an empty field shows; fewest and most lines."""
        super().__init__()
        self.edit = CodeEdit(look, title.replace("&", ""), lexer, lines)
        self.edit.setPlaceholderText(example)
        self.snippets = self._make_menu(look, title)
        caption = QLabel(title)
        caption.setBuddy(self.edit)
        self._note = label(size="caption", tone="danger", wrap=True)
        self._note.hide()
        head = QHBoxLayout()
        head.addWidget(caption)
        head.addStretch()
        head.addWidget(self.snippets)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.edit)  # first: Tab goes on to what was added next
        column.insertLayout(0, head)
        column.addWidget(self._note)

    @property
    def text(self) -> str:
        """Return the expression, without the space around it where nothing else is written."""
        return self.edit.text if self.edit.text.strip() else ""

    @property
    def problem(self) -> str:
        """Return the reason that is shown, or nothing."""
        return self._note.text()

    def show_flaw(self, flaw: Flaw | None) -> None:
        """Show what is wrong, or that nothing is."""
        self.edit.mark([Mark(flaw.start, flaw.length, "danger", wave=True)] if flaw else [])
        self._note.setText(flaw.text if flaw else "")
        self._note.setVisible(flaw is not None)
        restyle(self.edit, invalid=flaw is not None)
        self.edit.setAccessibleDescription(flaw.text if flaw else "")

    def _make_menu(self, look: Look, title: str) -> QToolButton:
        button = look.tool_button("plus", translate("CodeField", "Insert into: {field}").format(
            field=title.replace("&", "")))  # fmt: skip
        button.setText(translate("CodeField", "Insert"))
        button.setToolTip(translate("CodeField", "Insert what policies are made of"))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(button)
        for meaning, code in SNIPPETS:
            if code:
                shown = f"{translate('CodeField', meaning)}\t{code}"
                menu.addAction(shown).triggered.connect(lambda _checked=False, code=code: self.edit.insert(code))
            else:
                menu.addSeparator()
        button.setMenu(menu)
        return button
