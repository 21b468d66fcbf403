"""Qt's calendar in our looks."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import QCalendarWidget, QToolButton

from app.i18n import translate
from app.look import Look


def dress_calendar(look: Look, calendar: QCalendarWidget) -> None:
    """Give Qt's calendar our icons and its weekend the colour of the other days."""
    calendar.setAccessibleName(translate("Calendar", "Calendar"))
    calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
    for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):
        calendar.setWeekdayTextFormat(day, QTextCharFormat())
    for name, icon in (("qt_calendar_prevmonth", "caret-left"), ("qt_calendar_nextmonth", "caret-right")):
        button = calendar.findChild(QToolButton, name)
        if button is not None:
            button.setIcon(look.icons.icon(icon))
