"""Share one object by a signed link: how long, the link itself, its QR code, and whether anybody can reach it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QDateTime, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDateTimeEdit,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.base import SPIN_MARGINS, Dialog
from app.dialogs.calendar import dress_calendar
from app.formats import full_time_text
from app.i18n import translate
from app.look import Look, label
from app.settings import DAY_S, HOUR_S, WEEK_S
from app.widgets.form import Field
from app.widgets.notice import Notice
from app.widgets.qr import QrLabel
from engine.types import SignedUrl

_CUSTOM = 0
_QR_PX = 240
_SOONEST_S = 60


class LinkDialog(Dialog):
    """Asks for a new link whenever the expiry changes.

    Signals:
        link_wanted: Carries the life of the link in seconds.
        copy_wanted: Carries the link.
        server_wanted: Start the server so that the link works.
        server_settings_wanted: Open the server's settings.
        default_wanted: Carries the seconds that one-click links should live from now on.
    """

    link_wanted = Signal(int)
    copy_wanted = Signal(str)
    server_wanted = Signal()
    server_settings_wanted = Signal()
    default_wanted = Signal(int)

    def __init__(self, look: Look, parent: QWidget, name: str, expires_s: int) -> None:
        """Args: look; the window; the object's name; the life chosen at first, in seconds."""
        super().__init__(look, parent, translate("LinkDialog", "Share link"), 640)
        self._signed: SignedUrl | None = None
        self._base_url = ""
        self._mends_settings = False
        self.notice = Notice(look)
        self.notice.accepted.connect(self._mend)
        self.link = QLineEdit()
        self.link.setReadOnly(True)
        self.qr = QrLabel(_QR_PX)
        self._expiry = label(size="caption", tone="muted", wrap=True)
        self.when = QDateTimeEdit(QDateTime.currentDateTime().addDays(1))
        self.when.setCalendarPopup(True)
        self.when.lineEdit().setTextMargins(*SPIN_MARGINS)
        self.when.setDisplayFormat("d MMM yyyy  HH:mm")
        self.when.setAccessibleName(translate("LinkDialog", "Works until"))
        dress_calendar(look, self.when.calendarWidget())
        self.when.hide()
        self.when.dateTimeChanged.connect(lambda _: self._ask())
        self.choices = QButtonGroup(self)
        self._lay_out(name)
        self._remember = self.add_aside(translate("LinkDialog", "Use for one-click links"))
        self._remember.clicked.connect(lambda: self.default_wanted.emit(self.expires_s))
        self.add_close().setDefault(False)
        self.copy = self.add_button(translate("LinkDialog", "Copy link"), "primary", "copy-simple")
        self.copy.setEnabled(False)
        self.copy.setDefault(True)
        self.copy.clicked.connect(lambda: self.copy_wanted.emit(self.link.text()))
        self._choose(expires_s)

    @property
    def expires_s(self) -> int:
        """Return the life that is chosen, in seconds."""
        chosen = self.choices.checkedId()
        if chosen != _CUSTOM:
            return chosen
        return max(QDateTime.currentDateTime().secsTo(self.when.dateTime()), _SOONEST_S)

    def show_link(self, signed: SignedUrl) -> None:
        """Show the link that was asked for."""
        self._signed = signed
        until = translate("LinkDialog", "Works until {time}. Whoever has the link can download this object.")
        self._expiry.setText(until.format(time=full_time_text(signed.expires_at)))
        self._refresh()

    def show_server(self, base_url: str, *, running: bool, local_only: bool) -> None:
        """Say where the link leads.

        Args:
            base_url: `http://host:port` of the server, or of the one that would be started.
            running: Whether it answers now.
            local_only: Whether this computer alone can reach it.
        """
        self._base_url = base_url
        self._mends_settings = running
        if not running:
            self.notice.say(
                translate("LinkDialog", "The server is off: the link opens nothing until it is started."),
                translate("LinkDialog", "Start server"),
            )
        elif local_only:
            self.notice.say(
                translate("LinkDialog", "The server answers this computer alone. Others need a network address."),
                translate("LinkDialog", "Change…"),
            )
        else:
            self.notice.say("")
        self._refresh()

    def _lay_out(self, name: str) -> None:
        space = self.look.theme.space
        self.body.addWidget(label(name, tone="muted", wrap=True))
        self.body.addWidget(self.notice)
        columns = QHBoxLayout()
        columns.setSpacing(space("l"))
        left = QVBoxLayout()
        left.setSpacing(space("m"))
        left.addWidget(label(translate("LinkDialog", "Works for"), size="section"))
        left.addLayout(self._chips())
        left.addWidget(self.when)
        left.addWidget(Field(translate("LinkDialog", "&Link"), self.link))
        left.addWidget(self._expiry)
        left.addStretch()
        columns.addLayout(left, 1)
        columns.addWidget(self.qr)
        self.body.addLayout(columns)

    def _chips(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self.look.theme.space("s"))
        for seconds, text in (
            (HOUR_S, translate("LinkDialog", "1 hour")),
            (DAY_S, translate("LinkDialog", "1 day")),
            (WEEK_S, translate("LinkDialog", "7 days")),
            (_CUSTOM, translate("LinkDialog", "Until…")),
        ):
            chip = QPushButton(text)
            chip.setProperty("kind", "chip")
            chip.setAccessibleName(text)
            chip.setCheckable(True)
            chip.setAutoDefault(False)
            self.choices.addButton(chip, seconds)
            row.addWidget(chip)
        row.addStretch()
        self.choices.idClicked.connect(self._chosen)
        return row

    def _choose(self, expires_s: int) -> None:
        chip = self.choices.button(expires_s)
        if chip is None:
            until = datetime.now(UTC) + timedelta(seconds=expires_s)
            self.when.setDateTime(QDateTime.fromSecsSinceEpoch(int(until.timestamp())))
            chip = self.choices.button(_CUSTOM)
        chip.setChecked(True)
        self.when.setVisible(self.choices.checkedId() == _CUSTOM)

    def _chosen(self, seconds: int) -> None:
        self.when.setMinimumDateTime(QDateTime.currentDateTime().addSecs(_SOONEST_S))
        self.when.setVisible(seconds == _CUSTOM)
        self._ask()

    def _ask(self) -> None:
        self.copy.setEnabled(False)
        self.link_wanted.emit(self.expires_s)

    def _refresh(self) -> None:
        if self._signed is None or not self._base_url:
            return
        link = self._signed.absolute(self._base_url)
        self.link.setText(link)
        self.link.setCursorPosition(0)
        self.qr.show_text(link)
        self.copy.setEnabled(True)
        if not any(part.hasFocus() for part in (*self.choices.buttons(), self.when)):
            self.copy.setFocus()

    def _mend(self) -> None:
        if self._mends_settings:
            self.server_settings_wanted.emit()
        else:
            self.server_wanted.emit()
