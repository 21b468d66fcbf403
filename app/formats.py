"""How sizes, numbers and times are written for people. Pure functions, safe in any thread."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from html import escape
from typing import Final

from PySide6.QtCore import QDateTime, QLocale

from app.i18n import translate

_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_RECENT: Final = timedelta(days=2)
"""Longer ago than that is neither today nor yesterday, in any time zone."""
_BREAK: Final = "\u200b"
_LONG_WORD: Final = re.compile("[0-9A-Za-z\u00c0-\u024f]{16,}")


def size_text(size_bytes: int) -> str:
    """Return a size in decimal units: "0 bytes", "1 byte", "4.1 kB", "1.2 GB"."""
    if size_bytes == 1:  # which Qt calls "1 bytes"
        return translate("Formats", "%Ln byte(s)", None, size_bytes)
    return QLocale().formattedDataSize(size_bytes, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def exact_size_text(size_bytes: int) -> str:
    """Return a size with its exact number of bytes: "4.1 kB (4,096 bytes)"."""
    exact = translate("Formats", "%Ln byte(s)", None, size_bytes)
    return exact if size_bytes < 1000 else f"{size_text(size_bytes)} ({exact})"


def number_text(number: int) -> str:
    """Return a whole number with the language's grouping."""
    return QLocale().toString(number)


def count_text(objects: int, folders: int = 0) -> str:
    """Return "3 folders, 1,204 objects", leaving out what there is none of."""
    parts = []
    if folders:
        parts.append(translate("Formats", "%Ln folder(s)", None, folders))
    if objects or not folders:
        parts.append(translate("Formats", "%Ln object(s)", None, objects))
    return ", ".join(parts)


def breakable(text: str) -> str:
    """Let long names break after the places where people expect it (a zero-width space follows them).

    Words too long for any line break anywhere, as far as each of their letters stands for itself: those of many scripts
    do not. `widgets.breakable_label` shows such texts, and knows how they are copied.
    """
    for mark in "/_-.":
        text = text.replace(mark, f"{mark}{_BREAK}")
    return _LONG_WORD.sub(lambda word: _BREAK.join(word[0]), text)


def breakable_part(text: str, start: int, end: int) -> str:
    """Return the part of a text that stands between two places of what `breakable` makes of it.

    It is read from the end, because what was put in stands before a zero-width space that is the text's own.

    Args:
        text: As it is.
        start: Where the part begins in the breakable text, counted as Qt does (`utf16_length`).
        end: Where it ends there.
    """
    shown, rest, part = breakable(text), list(text), list[str]()
    at = utf16_length(shown)
    for letter in reversed(shown):
        at -= 2 if letter > "\uffff" else 1
        if rest and rest[-1] == letter:
            rest.pop()
            part += letter if start <= at < end else ""
    return "".join(reversed(part))


def utf16_length(text: str) -> int:
    """Return a length as Qt counts: an emoji is two characters there, and would be cut in two otherwise."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def time_text(moment: datetime, now: datetime) -> str:
    """Return a moment as a file manager writes it: near ones relative, far ones as a date.

    Args:
        moment: Aware.
        now: Aware; the present.
    """
    local, today = moment.astimezone(), now.astimezone()
    if now - moment > _RECENT:
        return _dated(moment, today.year, local.tzinfo, QLocale().bcp47Name())
    age_s = (now - moment).total_seconds()
    clock = f"{local:%H:%M}"
    if 0 <= age_s < _MINUTE_S:
        return translate("Formats", "Just now")
    if 0 <= age_s < _HOUR_S:
        return translate("Formats", "{minutes} min ago").format(minutes=int(age_s // _MINUTE_S))
    if local.date() == today.date():
        return translate("Formats", "Today, {clock}").format(clock=clock)
    if local.date() == today.date() - timedelta(days=1):
        return translate("Formats", "Yesterday, {clock}").format(clock=clock)
    return _dated(moment, today.year, local.tzinfo, QLocale().bcp47Name())


@lru_cache(4_096)
def _dated(moment: datetime, this_year: int, zone: tzinfo | None, _language: str) -> str:
    """Return a moment as a date; remembered, for repaints."""
    local = moment.astimezone(zone)
    pattern = "d MMM" if local.year == this_year else "d MMM yyyy"
    return f"{QLocale().toString(_qt_time(moment).date(), pattern)}, {local:%H:%M}"


def full_time_text(moment: datetime) -> str:
    """Return a moment in full, in local time: for tool tips and sentences."""
    return QLocale().toString(_qt_time(moment), "d MMMM yyyy, HH:mm:ss")


def brief_time_text(moment: datetime) -> str:
    """Return a moment to the second, in local time, for narrow places."""
    return QLocale().toString(_qt_time(moment), "d MMM yyyy, HH:mm:ss")


def minute_time_text(moment: datetime) -> str:
    """Return a moment to the minute, in local time, for columns."""
    return QLocale().toString(_qt_time(moment), "d MMM yyyy, HH:mm")


def _qt_time(moment: datetime) -> QDateTime:
    return QDateTime.fromSecsSinceEpoch(int(moment.timestamp()))


def tip_text(text: str) -> str:
    """Return a text as a tool tip shows it letter by letter.

    Qt lays out tool tips that look like markup, and a name that a stranger chose may look like that: it could show a
    picture from somewhere, or say what is not so.
    """
    return f'<span style="white-space: pre-wrap">{escape(text)}</span>' if "<" in text else text
