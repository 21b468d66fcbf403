"""When the store needs somebody: each rule once, for the alarms in this process and for those of Prometheus.

`python -m engine.observability.alert_rules` writes the file for Prometheus, from the same numbers.

Source: specification, "Observability", "Alerts"; Prometheus, "Alerting rules" (`for`, `keep_firing_for`).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final

from engine.observability.counts import Status
from engine.observability.meters import LATENCY, ORPHANS, UPLOADS

UNBOUNDED: Final = ("copy", "ingest")
"""Operations of the backend that take as long as the file is large; no alarm is raised about those."""

UPLOADS_MIN: Final = 20
"""Fewer uploads in a window tell no rate: of three, one that failed would be an alarm."""

OPERATIONS_MIN: Final = 100
"""Fewer operations in a window have no 99th percentile."""

_DAY_S: Final = 24 * 3600
_MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One reason for an alarm.

    Attributes:
        name: In Prometheus' manner.
        above: The value beyond which it holds.
        window_s: Over how long the value is taken.
        for_s: For how long it has to hold before the alarm is raised.
        keep_s: For how long it must no longer hold before the alarm ends, so that it does not come and go.
        unit: How the value is told: `files`, `%`, `s`.
        summary: One sentence for people.
    """

    name: str
    above: float
    window_s: int
    for_s: int
    keep_s: int
    unit: str
    summary: str

    @property
    def window(self) -> str:
        """Return the window as Prometheus writes it."""
        return _span(self.window_s)


ORPHAN_FILES: Final = AlertRule(
    name="HoldallOrphanFiles",
    above=1000,
    window_s=_DAY_S,
    for_s=0,
    keep_s=5 * _MINUTE_S,
    unit="files",
    summary="More than 1000 stored files that belong to no object were found within a day",
)
UPLOAD_ERRORS: Final = AlertRule(
    name="HoldallUploadErrors",
    above=0.05,
    window_s=5 * _MINUTE_S,
    for_s=_MINUTE_S,
    keep_s=5 * _MINUTE_S,
    unit="%",
    summary="More than 5 % of the uploads fail, and not for what is wrong with them",
)
SLOW_BACKEND: Final = AlertRule(
    name="HoldallSlowBackend",
    above=1.0,
    window_s=5 * _MINUTE_S,
    for_s=_MINUTE_S,
    keep_s=5 * _MINUTE_S,
    unit="s",
    summary="One in a hundred operations of the storage takes longer than a second",
)
RULES: Final = (ORPHAN_FILES, UPLOAD_ERRORS, SLOW_BACKEND)


def expression_of(rule: AlertRule) -> str:
    """Return a rule in Prometheus' language.

    Args:
        rule: One of `RULES`.
    """
    window = rule.window
    if rule is ORPHAN_FILES:
        return f"sum by (instance) (increase({ORPHANS}[{window}])) > {rule.above:g}"
    if rule is UPLOAD_ERRORS:
        failed = f'sum by (instance) (increase({UPLOADS}{{status="{Status.ERROR}"}}[{window}]))'
        ended = f"sum by (instance) (increase({UPLOADS}[{window}]))"
        return f"{failed} / {ended} > {rule.above:g} and {ended} >= {UPLOADS_MIN}"
    waited = f'{{operation!~"{"|".join(UNBOUNDED)}"}}'
    classes = f"sum by (instance, le) (rate({LATENCY}_bucket{waited}[{window}]))"
    enough = f"sum by (instance) (increase({LATENCY}_count{waited}[{window}])) >= {OPERATIONS_MIN}"
    return f"histogram_quantile(0.99, {classes}) > {rule.above:g} and {enough}"


def rules_file() -> str:
    """Return all rules as a file for Prometheus."""
    return _HEAD + "".join(_entry(rule) for rule in RULES)


_HEAD: Final = """\
# Alerts of Holdall for Prometheus 2.42 and newer. Made by `python -m engine.observability.alert_rules`: the program
# raises the same alarms by itself, from the same numbers. How to scrape is said in the README.
groups:
  - name: holdall
    rules:
"""


def _entry(rule: AlertRule) -> str:
    return f"""\
      - alert: {rule.name}
        expr: >-
          {expression_of(rule)}
        for: {_span(rule.for_s)}
        keep_firing_for: {_span(rule.keep_s)}
        labels:
          severity: warning
        annotations:
          summary: "{rule.summary}"
"""


def _span(seconds: int) -> str:
    """Return a time as Prometheus writes it."""
    for unit, length_s in (("d", _DAY_S), ("h", 3600), ("m", _MINUTE_S)):
        if seconds and seconds % length_s == 0:
            return f"{seconds // length_s}{unit}"
    return f"{seconds}s"


if __name__ == "__main__":
    sys.stdout.write(rules_file())
