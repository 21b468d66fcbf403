"""What shows that the window works in somebody else's name: the band across its top, and the note below the tree."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolBar, QVBoxLayout

from app.i18n import translate
from app.look import Look, label
from app.widgets.elided_label import ElidedLabel
from app.widgets.glyph import Glyph


class ActingBand(QToolBar):
    """Says in whose name the window works, and ends it.

    Signals:
        stop_wanted: Be oneself again.
        other_wanted: Be somebody else.
    """

    stop_wanted = Signal()
    other_wanted = Signal()

    def __init__(self, look: Look) -> None:
        """Args: look. Hidden until somebody is acted as."""
        super().__init__(translate("ActingBand", "Acting as somebody"))
        self.setObjectName("acting")
        self.setProperty("place", "acting")
        self.setMovable(False)
        self.toggleViewAction().setVisible(False)
        frame = QFrame()
        frame.setProperty("place", "acting")
        space = look.theme.space
        row = QHBoxLayout(frame)
        row.setContentsMargins(space("l"), space("s"), space("m"), space("s"))
        row.setSpacing(space("m"))
        self._text = ElidedLabel("", tone="")
        self.other = look.push_button(translate("ActingBand", "Act as…"))
        self.stop = look.push_button(translate("ActingBand", "Stop"))
        self.stop.setToolTip(translate("ActingBand", "See and do everything again"))
        self.other.clicked.connect(self.other_wanted)
        self.stop.clicked.connect(self.stop_wanted)
        row.addWidget(Glyph(look, "user-focus-bold", "on_identity", look.theme.size("icon")))
        row.addWidget(self._text, 1)
        row.addWidget(self.other)
        row.addWidget(self.stop)
        self.addWidget(frame)
        self.hide()

    @property
    def text(self) -> str:
        """Return what is said, or nothing while hidden."""
        return "" if self.isHidden() else self._text.whole_text

    def show_identity(self, name: str, role: str) -> None:
        """Say who it is; an empty name hides the band."""
        if name:
            text = translate("ActingBand", "You are acting as {who} ({role}). You see and may do only what they may.")
            self._text.show_text(text.format(who=name, role=role))
            self.setAccessibleName(self._text.whole_text)
        self.setVisible(bool(name))


class HiddenNote(QFrame):
    """Below the tree: how many buckets somebody does not see, and a way to see them all the same.

    Signals:
        show_wanted: Carries whether hidden buckets shall be shown.
    """

    show_wanted = Signal(bool)

    def __init__(self, look: Look) -> None:
        """Args: look. Hidden until there is something to say."""
        super().__init__()
        self._shows = False
        self.setProperty("place", "sidenote")
        space = look.theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space("l"), space("s"), space("s"), space("s"))
        column.setSpacing(space("xs"))
        self._text = label(size="caption", tone="muted", wrap=True)
        self._text.setMinimumWidth(1)
        self.switch = look.push_button("", "link")
        self.switch.clicked.connect(lambda: self.show_wanted.emit(not self._shows))
        row = QHBoxLayout()
        row.addWidget(self.switch)
        row.addStretch()
        column.addWidget(self._text)
        column.addLayout(row)
        self.hide()

    @property
    def text(self) -> str:
        """Return what is said, or nothing while hidden."""
        return "" if self.isHidden() else self._text.text()

    def say(self, who: str, hidden: int, listed: int, *, shows: bool) -> None:
        """Say what somebody does not see.

        Args:
            who: Their name; empty hides the note.
            hidden: Buckets that they see neither themselves nor anything in.
            listed: Buckets that they see.
            shows: Whether hidden ones are shown all the same.
        """
        self._shows = shows
        self._text.setText("\n".join(_sentences(who, hidden, listed)))
        self.switch.setText(
            translate("HiddenNote", "Hide them again") if shows else translate("HiddenNote", "Show them all the same")
        )
        self.switch.setAccessibleName(self.switch.text())
        self.switch.setVisible(hidden > 0)
        self.setVisible(bool(who) and (hidden > 0 or not listed))


def _sentences(who: str, hidden: int, listed: int) -> list[str]:
    said = []
    if not listed:
        text = translate(
            "HiddenNote", "No policy on the buckets lets {who} list any. Objects may be open to them all the same."
        )
        said.append(text.format(who=who))
    if hidden:
        said.append(translate("HiddenNote", "%Ln bucket(s) hidden from {who}", None, hidden).format(who=who))
    return said
