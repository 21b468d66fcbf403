"""Ask at which moment a bucket shall be shown."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QDateTime, Signal
from PySide6.QtWidgets import QDateTimeEdit, QWidget

from app.dialogs.base import SPIN_MARGINS, Dialog
from app.dialogs.calendar import dress_calendar
from app.i18n import translate
from app.look import Look, label
from app.widgets.form import Field
from engine.types import Bucket

_HOUR_S = 3_600


class MomentDialog(Dialog):
    """See the module.

    Signals:
        chosen: Carries an aware datetime.
    """

    chosen = Signal(object)

    def __init__(self, look: Look, parent: QWidget, bucket: Bucket, moment: datetime | None) -> None:
        """Args: look; the window; whose past; the moment shown already, if one is."""
        super().__init__(look, parent, translate("MomentDialog", "{bucket} as it was").format(bucket=bucket.name))
        now = QDateTime.currentDateTime()
        earlier = now.addSecs(-_HOUR_S)
        if earlier < _qt_time(bucket.created_at):
            earlier = now  # the bucket is younger and was empty at its beginning
        self.when = QDateTimeEdit(earlier if moment is None else _qt_time(moment))
        self.when.setDateTimeRange(_qt_time(bucket.created_at), now)
        self._first = self.when.dateTime()
        self.when.setCalendarPopup(True)
        self.when.lineEdit().setTextMargins(*SPIN_MARGINS)
        self.when.setDisplayFormat("d MMM yyyy  HH:mm:ss")
        dress_calendar(look, self.when.calendarWidget())
        self.body.addWidget(Field(translate("MomentDialog", "&Date and time"), self.when))
        self.reach = label(_reach(bucket), tone="muted", wrap=True)
        self.body.addWidget(self.reach)
        self.add_cancel()
        self.confirm = self.add_button(translate("MomentDialog", "Show"), "primary")
        self.confirm.setDefault(True)
        self.confirm.clicked.connect(self._choose)
        self.when.setFocus()

    def propose(self, moment: datetime | None) -> None:
        """Propose a moment at which there is something to see, unless the person has chosen one already."""
        if moment is not None and self.when.dateTime() == self._first:
            self.when.setDateTime(_qt_time(moment))

    def _choose(self) -> None:
        self.chosen.emit(datetime.fromtimestamp(self.when.dateTime().toMSecsSinceEpoch() / 1000, UTC))
        self.accept()


def _qt_time(moment: datetime) -> QDateTime:
    return QDateTime.fromMSecsSinceEpoch(int(moment.timestamp() * 1000))


def _reach(bucket: Bucket) -> str:
    """Return how far back a bucket can be shown."""
    kept = bucket.retention
    if not kept.keeps_versions and kept.trash_days is None:
        return translate("MomentDialog", "This bucket keeps nothing of the past: only what has not changed is shown.")
    if not kept.keeps_versions:
        text = translate("MomentDialog", "Shown is what has not changed since, and what is in the trash.")
        return f"{text} {translate('MomentDialog', 'Replaced contents are not kept.')}"
    days = translate("MomentDialog", "The bucket keeps replaced contents for %Ln day(s).", None, kept.days or 0)
    if kept.versions is None:
        return days
    if kept.days is None:
        return translate("MomentDialog", "The bucket keeps %Ln old version(s) of each object.", None, kept.versions)
    most = translate("MomentDialog", "Of each object it keeps at most %Ln old version(s).", None, kept.versions)
    return f"{days} {most}"
