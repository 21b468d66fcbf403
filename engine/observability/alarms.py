"""Looks at the numbers now and then, and raises an alarm where a rule says so.

A rule has to hold for a while before its alarm is raised, and not to hold for a while before it ends, so that it does
not come and go. It is logged, told on the event bus, and stays to be asked for.

Threads: any.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from engine.cancel import CancelToken
from engine.events import AlarmChanged, EventBus, EventType
from engine.observability.alert_rules import (
    OPERATIONS_MIN,
    ORPHAN_FILES,
    RULES,
    UNBOUNDED,
    UPLOAD_ERRORS,
    UPLOADS_MIN,
    AlertRule,
)
from engine.observability.counts import LATENCY_BOUNDS_S, Status
from engine.observability.log_book import LogBook
from engine.observability.log_lines import Line, LogLevel
from engine.observability.meters import NOTHING_YET, Meters, Reading

LOOK_S: Final = 15.0
"""How often the rules are looked at, which is how often Prometheus asks as well."""

_QUANTILE: Final = 0.99


@dataclass(frozen=True, slots=True)
class Alarm:
    """One that is raised.

    Attributes:
        rule: Why.
        value: What it is at the moment, in the rule's unit; a share for `%`.
        since: When it was raised, aware, in UTC.
    """

    rule: AlertRule
    value: float
    since: datetime


@dataclass(slots=True)
class _State:
    """Where a rule stands.

    Attributes:
        holds_since_s: Since when it holds, or None.
        held_s: When it held last.
        alarm: What is raised, or None.
    """

    holds_since_s: float | None = None
    held_s: float = 0.0
    alarm: Alarm | None = None


class Alarms:
    """The alarms of one workspace.

    Args:
        meters: What is looked at.
        events: Are told of alarms that begin and end.
        log: Likewise.
        clock: Seconds, monotonic.
        now: Seconds since the epoch.
    """

    def __init__(
        self,
        meters: Meters,
        events: EventBus,
        log: LogBook,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._meters = meters
        self._events = events
        self._log = log
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._states = {rule.name: _State() for rule in RULES}
        self._readings: deque[tuple[float, Reading]] = deque([(clock(), NOTHING_YET)])
        self._orphans: deque[tuple[float, int]] = deque([(clock(), 0)])
        self._opened = datetime.fromtimestamp(now(), UTC)

    def look(self, _: CancelToken | None = None) -> None:
        """Read the numbers, and raise or end what is to be."""
        moment_s, reading = self._clock(), self._meters.read()
        with self._lock:
            values = self._values(moment_s, reading)
            changed = [rule for rule in RULES if self._follow(rule, moment_s, values[rule.name])]
            states = [(rule, self._states[rule.name].alarm) for rule in changed]
        for rule, alarm in states:
            self._tell(rule, alarm, values[rule.name])

    def raised(self) -> tuple[Alarm, ...]:
        """Return what is raised at the moment."""
        with self._lock:
            return tuple(state.alarm for state in self._states.values() if state.alarm is not None)

    def status(self) -> dict[str, object]:
        """Return how the store is, as JSON can hold it."""
        return {
            "healthy": True,
            "since": self._opened.isoformat(timespec="seconds"),
            "orphan_files": self._meters.orphans.value,
            "alerts": [
                {
                    "name": alarm.rule.name,
                    "summary": alarm.rule.summary,
                    "value": round(alarm.value, 6),
                    "above": alarm.rule.above,
                    "since": alarm.since.isoformat(timespec="seconds"),
                }
                for alarm in self.raised()
            ],
        }

    def _values(self, moment_s: float, reading: Reading) -> dict[str, float]:
        """Return the value of every rule; 0 where there is too little to tell."""
        self._readings.append((moment_s, reading))
        self._orphans.append((moment_s, reading.orphans))
        _drop_before(self._readings, moment_s - UPLOAD_ERRORS.window_s)
        _thin(self._orphans)
        _drop_before(self._orphans, moment_s - ORPHAN_FILES.window_s)
        before = self._readings[0][1]
        return {
            ORPHAN_FILES.name: float(reading.orphans - self._orphans[0][1]),
            UPLOAD_ERRORS.name: _error_share(before, reading),
            RULES[2].name: _slowest(before, reading),
        }

    def _follow(self, rule: AlertRule, moment_s: float, value: float) -> bool:
        """Move a rule on; True where its alarm begins or ends."""
        state = self._states[rule.name]
        if value > rule.above:
            state.held_s = moment_s
            if state.holds_since_s is None:
                state.holds_since_s = moment_s
            began = state.alarm is None and moment_s - state.holds_since_s >= rule.for_s
            if began or state.alarm is not None:
                since = datetime.fromtimestamp(self._now(), UTC) if state.alarm is None else state.alarm.since
                state.alarm = Alarm(rule, value, since)
            return began
        state.holds_since_s = None
        if state.alarm is None or moment_s - state.held_s < rule.keep_s:
            return False
        state.alarm = None
        return True

    def _tell(self, rule: AlertRule, alarm: Alarm | None, value: float) -> None:
        more = {"alert": rule.name, "summary": rule.summary, "value": round(value, 6), "above": rule.above}
        level = LogLevel.INFO if alarm is None else LogLevel.WARNING
        operation = "alert_ended" if alarm is None else "alert_raised"
        if level >= self._log.level:
            self._log.add(Line(self._now(), level, "alerts", operation, more=more))
        kind = EventType.ALARM_ENDED if alarm is None else EventType.ALARM_RAISED
        moment = datetime.fromtimestamp(self._now(), UTC)
        self._events.publish(AlarmChanged(kind, "", "", "", None, moment, name=rule.name, summary=rule.summary))


def _drop_before(samples: deque[tuple[float, Reading]] | deque[tuple[float, int]], moment_s: float) -> None:
    """Drop what is older than the last sample before a moment: a window begins with what was so then."""
    while len(samples) > 1 and samples[1][0] <= moment_s:
        samples.popleft()


def _thin(samples: deque[tuple[float, int]]) -> None:
    """Keep of equal samples in a row the first and the last."""
    if len(samples) > 2 and samples[-1][1] == samples[-2][1] == samples[-3][1]:
        del samples[-2]


def _error_share(before: Reading, now: Reading) -> float:
    """Return which share of the uploads between two readings failed."""
    rises = {
        key: max(0, count - before.uploads.total.get(key, 0)) for key, count in now.uploads.total.items()
    }  # by bucket, because what was counted for a bucket goes with it
    ended = sum(rises.values())
    failed = sum(count for (_, status), count in rises.items() if status is Status.ERROR)
    return failed / ended if ended >= UPLOADS_MIN else 0.0


def _slowest(before: Reading, now: Reading) -> float:
    """Return the 99th percentile of the backend's operations between two readings, in seconds."""
    classes = [0] * (len(LATENCY_BOUNDS_S) + 1)
    for key, counts in now.latencies.items():
        if key[0] in UNBOUNDED:
            continue
        earlier = before.latencies[key].classes if key in before.latencies else (0,) * len(classes)
        classes = [sum(three) for three in zip(classes, counts.classes, (-count for count in earlier), strict=True)]
    return quantile(_QUANTILE, classes) if sum(classes) >= OPERATIONS_MIN else 0.0


def quantile(share: float, classes: Iterable[int]) -> float:
    """Return below what the given share of observations lies, taking those of a class for evenly spread.

    Args:
        share: From 0 to 1.
        classes: How many there are in each class of `LATENCY_BOUNDS_S`, and beyond.

    Source: Prometheus, `histogram_quantile`.
    """
    counts = list(classes)
    rank, below, lower_s = share * sum(counts), 0, 0.0
    for upper_s, count in zip(LATENCY_BOUNDS_S, counts, strict=False):
        if count and below + count >= rank:
            return lower_s + (upper_s - lower_s) * (rank - below) / count
        below, lower_s = below + count, upper_s
    return LATENCY_BOUNDS_S[-1]
