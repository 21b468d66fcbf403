"""Which entries of the audit are wanted: a row of choices and two fields."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from PySide6.QtCore import QDate, Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QDateTimeEdit, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.audit_words import GROUPS, Names
from app.dialogs.base import SPIN_MARGINS
from app.dialogs.calendar import dress_calendar
from app.i18n import translate
from app.look import Look, label
from engine.access_types import AuditFilter, AuditResult
from engine.audit.entries import ANONYMOUS
from engine.context import Role

_CALM_MS: Final = 300
_NAME_CHARS: Final = 14
_BETWEEN: Final = "between"
_TODAY: Final = "today"


class AuditFilters(QWidget):
    """See the module.

    Signals:
        changed: The person has come to rest on another filter.
    """

    changed = Signal()

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self._look = look
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self.changed)
        self.period = self._combo(translate("AuditFilters", "Period"), _periods())
        groups = [(translate("AuditWords", title), operations) for title, operations in GROUPS]
        self.group = self._combo(translate("AuditFilters", "What"), groups)
        self.result = self._combo(translate("AuditFilters", "Result"), _results())
        self.bucket = self._combo(translate("AuditFilters", "Bucket"), ((_all_buckets(), None),))
        self.who = self._combo(translate("AuditFilters", "Who"), ((translate("AuditFilters", "Anybody"), ""),))
        typed = QLineEdit()
        typed.setAccessibleName(translate("AuditFilters", "Who"))
        self.who.setLineEdit(typed)
        self.who.setMinimumContentsLength(_NAME_CHARS)
        self.who.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.path = self._part(translate("AuditFilters", "Part of the path"))
        self.since, self.until = self._moment(-7), self._moment(1)
        self.role = self._combo(translate("AuditFilters", "Role"), _roles())
        self.role.setEditable(True)
        self.request = self._part(translate("AuditFilters", "Part of the request id"))
        self.address = self._part(translate("AuditFilters", "Part of the address"))
        self.more = look.push_button(translate("AuditFilters", "&More"), "chip")
        self.more.setCheckable(True)
        self.more.setAutoDefault(False)
        self.more.setToolTip(translate("AuditFilters", "Narrow by role, request and address"))
        self.reset = look.push_button(translate("AuditFilters", "Show everything"), "link")
        self.reset.setAutoDefault(False)
        self._lay_out()
        self._connect()

    @property
    def wanted(self) -> AuditFilter:
        """Return what is chosen."""
        since, until = self._span()
        result = self.result.currentData()  # Qt hands out plain text for what was a member of an enumeration
        return AuditFilter(
            since=since,
            until=until,
            user=self._user(),
            operations=tuple(str(name) for name in self.group.currentData()),
            bucket=self.bucket.currentData(),
            path=self.path.text(),
            result=None if result is None else AuditResult(result),
            role=self._role(),
            request=self.request.text().strip(),
            address=self.address.text().strip(),
        )

    @property
    def narrows(self) -> bool:
        """Return whether anything is left out."""
        return self.wanted != AuditFilter()

    def offer(self, names: Names, buckets: Sequence[str]) -> None:
        """Offer people and buckets to choose from; what is chosen stays."""
        people = [(translate("AuditFilters", "You"), names.own_id)]
        people += [(name, user_id) for user_id, name in sorted(names.users.items(), key=lambda pair: pair[1])]
        people.append((translate("AuditFilters", "Visitors"), ANONYMOUS))
        for combo, choices in ((self.who, people), (self.bucket, [(name, name) for name in buckets])):
            typed, chosen, combo_was = combo.currentText(), combo.currentIndex(), combo.blockSignals(True)
            while combo.count() > 1:
                combo.removeItem(1)
            for text, value in choices:
                combo.addItem(text, value)
            if combo.isEditable():
                combo.setCurrentIndex(max(combo.findText(typed), 0))
                combo.setEditText(typed)
            else:
                if chosen > 0 and combo.findText(typed) < 0:
                    combo.addItem(typed, typed)  # it is gone, and what was done in it is not
                combo.setCurrentIndex(combo.findText(typed) if chosen > 0 else 0)
            combo.blockSignals(combo_was)

    def clear(self) -> None:
        """Want everything."""
        for combo in (self.period, self.group, self.result, self.bucket, self.who):
            combo.setCurrentIndex(0)
        self.who.setEditText(self.who.itemText(0))
        self.path.clear()
        self._clear_more()
        self._calm.stop()
        self._judge()
        self.changed.emit()

    def _combo(self, name: str, choices: Sequence[tuple[str, object]]) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.view().setAccessibleName(name)
        combo.setToolTip(name)
        for text, value in choices:
            combo.addItem(text, value)
        combo.setMinimumContentsLength(8)
        return combo

    def _part(self, name: str) -> QLineEdit:
        edit = QLineEdit()
        edit.setPlaceholderText(name)
        edit.setAccessibleName(name)
        edit.setClearButtonEnabled(True)
        return edit

    def _moment(self, days: int) -> QDateTimeEdit:
        edit = QDateTimeEdit(QDate.currentDate().addDays(days).startOfDay())
        edit.setCalendarPopup(True)
        edit.setDisplayFormat("d MMM yyyy  HH:mm")
        edit.lineEdit().setTextMargins(*SPIN_MARGINS)
        edit.setAccessibleName(translate("AuditFilters", "From") if days < 0 else translate("AuditFilters", "Until"))
        dress_calendar(self._look, edit.calendarWidget())
        edit.dateTimeChanged.connect(lambda _: self._calm.start())
        return edit

    def _lay_out(self) -> None:
        space = self._look.theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space("s"))
        row = QHBoxLayout()
        row.setSpacing(space("s"))
        for part in (self.period, self.group, self.result, self.bucket, self.who):
            row.addWidget(part)
        row.addWidget(self.path, 1)
        row.addWidget(self.more)
        column.addLayout(row)
        self._rest = QWidget()
        rest = QHBoxLayout(self._rest)
        rest.setContentsMargins(0, 0, 0, 0)
        rest.setSpacing(space("s"))
        rest.addWidget(self.role)
        rest.addWidget(self.request, 1)
        rest.addWidget(self.address, 1)
        column.addWidget(self._rest)
        self._rest.hide()
        self._between = QWidget()
        between = QHBoxLayout(self._between)
        between.setContentsMargins(0, 0, 0, 0)
        between.setSpacing(space("s"))
        between.addWidget(label(translate("AuditFilters", "From"), tone="muted"))
        between.addWidget(self.since)
        between.addWidget(label(translate("AuditFilters", "until"), tone="muted"))
        between.addWidget(self.until)
        between.addStretch()
        column.addWidget(self._between)
        self._between.hide()

    def _connect(self) -> None:
        for combo in (self.period, self.group, self.result, self.bucket):
            combo.currentIndexChanged.connect(lambda _: self._calm.start())
        self.period.currentIndexChanged.connect(lambda _: self._judge())
        self.who.editTextChanged.connect(lambda _: self._calm.start())
        self.role.editTextChanged.connect(lambda _: self._calm.start())
        for part in (self.path, self.request, self.address):
            part.textChanged.connect(lambda _: self._calm.start())
        self.more.toggled.connect(self._show_more)
        self.reset.clicked.connect(self.clear)

    def _show_more(self, shown: bool) -> None:
        """Show the rest of the fields; what is not seen narrows nothing."""
        self._rest.setVisible(shown)
        if not shown:
            self._clear_more()

    def _clear_more(self) -> None:
        self.role.setCurrentIndex(0)
        self.role.setEditText(self.role.itemText(0))
        for part in (self.request, self.address):
            part.clear()

    def _role(self) -> str | None:
        """Return the role that is chosen or typed, or None for any; empty for none, as Holdall itself has."""
        typed = self.role.currentText().strip()
        number = self.role.findText(typed, Qt.MatchFlag.MatchFixedString)
        if number < 0:
            return typed or None
        role = self.role.itemData(number)
        return None if role is None else str(role)

    def _judge(self) -> None:
        self._between.setVisible(self.period.currentData() == _BETWEEN)

    def _user(self) -> str:
        """Return part of an id: of whoever is chosen by name, or as it is typed."""
        typed, number = self.who.currentText().strip(), self.who.currentIndex()
        if typed != self.who.itemText(number):  # a user may be called "You", and is who was chosen then
            number = self.who.findText(typed, Qt.MatchFlag.MatchFixedString)
        return str(self.who.itemData(number)) if number >= 0 else typed

    def _span(self) -> tuple[datetime | None, datetime | None]:
        chosen = self.period.currentData()
        if chosen is None:
            return None, None
        if chosen == _BETWEEN:
            return _aware(self.since), _aware(self.until)
        now = datetime.now(UTC)
        if chosen == _TODAY:
            return now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0), None
        return now.replace(second=0, microsecond=0) - timedelta(hours=chosen), None


def _aware(edit: QDateTimeEdit) -> datetime:
    return datetime.fromtimestamp(edit.dateTime().toSecsSinceEpoch(), UTC)


def _all_buckets() -> str:
    return translate("AuditFilters", "All buckets")


def _periods() -> tuple[tuple[str, object], ...]:
    return (
        (translate("AuditFilters", "Any time"), None),
        (translate("AuditFilters", "Last hour"), 1),
        (translate("AuditFilters", "Today"), _TODAY),
        (translate("AuditFilters", "Last 7 days"), 7 * 24),
        (translate("AuditFilters", "Last 30 days"), 30 * 24),
        (translate("AuditFilters", "Between…"), _BETWEEN),
    )


def _roles() -> tuple[tuple[str, object], ...]:
    return (
        (translate("AuditFilters", "Any role"), None),
        *((str(role.value), str(role.value)) for role in Role),
        (translate("AuditFilters", "Holdall itself"), ""),
    )


def _results() -> tuple[tuple[str, object], ...]:
    return (
        (translate("AuditFilters", "Any result"), None),
        (translate("AuditFilters", "Done"), AuditResult.DONE),
        (translate("AuditFilters", "Denied"), AuditResult.DENIED),
        (translate("AuditFilters", "Failed"), AuditResult.FAILED),
    )
