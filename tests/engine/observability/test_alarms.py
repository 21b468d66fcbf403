"""Alarms: raised where the specification says so, not at once, and not coming and going; the same for Prometheus."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.config import Settings
from engine.events import AlarmChanged, EventBus, EventType, StorageEvent
from engine.jobs.backups import Backups
from engine.observability.alarms import LOOK_S, Alarms, quantile
from engine.observability.alert_rules import ORPHAN_FILES, SLOW_BACKEND, UPLOAD_ERRORS, rules_file
from engine.observability.counts import LATENCY_BOUNDS_S, Status
from engine.observability.log_book import LOG_NAME, LogBook
from engine.observability.meters import Meters
from engine.secrets import FixedSecrets
from engine.workspace import open_workspace
from tests.meta.repository import ROOT

RULES_PATH = ROOT / "packaging" / "prometheus" / "holdall.rules.yml"


class Watch:
    """A store whose clock the test turns."""

    def __init__(self, folder: Path, *, look: bool = True) -> None:
        self.meters = Meters(lambda count: [("1", "a"), ("2", "b")][:count])
        self.told: list[StorageEvent] = []
        self.time_s = 0.0
        self.log = LogBook(folder)
        events = EventBus()
        events.subscribe(self.told.append)
        self.alarms = Alarms(self.meters, events, self.log, lambda: self.time_s, lambda: self.time_s)
        if look:
            self.alarms.look()

    def pass_by(self, duration_s: float) -> None:
        """Let time go by."""
        for _ in range(int(duration_s / LOOK_S)):
            self.time_s += LOOK_S
            self.alarms.look()

    def names(self) -> list[str]:
        """Return what is raised."""
        return [alarm.rule.name for alarm in self.alarms.raised()]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    made = Watch(tmp_path)
    yield made
    made.log.close()


def test_orphans(watch: Watch):
    watch.meters.orphans.add(1000)
    watch.pass_by(LOOK_S)
    assert watch.names() == []
    watch.meters.orphans.add()
    watch.pass_by(LOOK_S)
    assert watch.names() == [ORPHAN_FILES.name]
    watch.pass_by(ORPHAN_FILES.window_s + ORPHAN_FILES.keep_s + 2 * LOOK_S)
    assert watch.names() == []


def test_orphans_that_come_slowly_are_no_alarm(watch: Watch):
    for _ in range(10):
        watch.meters.orphans.add(400)
        watch.pass_by(ORPHAN_FILES.window_s / 2 + LOOK_S)
    assert watch.names() == []


def upload(watch: Watch, failed: int, of: int, status: Status = Status.ERROR) -> None:
    watch.meters.uploaded("a", status, failed)
    watch.meters.uploaded("b", Status.SUCCESS, of - failed)
    watch.pass_by(LOOK_S)


def test_uploads_that_fail_raise_an_alarm_after_a_while(watch: Watch):
    upload(watch, 6, 100)
    assert watch.names() == []
    watch.pass_by(UPLOAD_ERRORS.for_s)
    assert watch.names() == [UPLOAD_ERRORS.name]
    assert watch.alarms.raised()[0].value == pytest.approx(0.06)


@pytest.mark.parametrize(("failed", "of"), [(5, 100), (19, 19)], ids=["five percent", "too few to tell"])
def test_fewer_do_not(watch: Watch, failed: int, of: int):
    upload(watch, failed, of)
    watch.pass_by(3 * UPLOAD_ERRORS.for_s)
    assert watch.names() == []


@pytest.mark.parametrize("status", [Status.REJECTED, Status.CANCELLED])
def test_what_callers_do_wrong_is_no_alarm(watch: Watch, status: Status):
    upload(watch, 100, 100, status)
    watch.pass_by(3 * UPLOAD_ERRORS.for_s)
    assert watch.names() == []


def test_what_goes_wrong_at_once_counts(tmp_path: Path):
    early = Watch(tmp_path, look=False)
    upload(early, 100, 100)
    early.pass_by(UPLOAD_ERRORS.for_s)
    early.log.close()
    assert early.names() == [UPLOAD_ERRORS.name]


def test_an_alarm_does_not_come_and_go(watch: Watch):
    for failed in itertools.islice(itertools.cycle([60, 0, 0, 0]), 120):
        upload(watch, failed, 100)
    told = [event.type for event in watch.told]
    assert told == [EventType.ALARM_RAISED]
    watch.pass_by(UPLOAD_ERRORS.window_s + UPLOAD_ERRORS.keep_s + 2 * LOOK_S)
    assert [event.type for event in watch.told] == [EventType.ALARM_RAISED, EventType.ALARM_ENDED]


def test_a_slow_backend(watch: Watch):
    latency = watch.meters.latency("flush", "local")
    for duration_s in [0.001] * 98 + [2.0] * 2:
        latency.observe(duration_s)
    watch.pass_by(LOOK_S + SLOW_BACKEND.for_s)
    assert watch.names() == [SLOW_BACKEND.name]
    assert 1.0 < watch.alarms.raised()[0].value <= 2.5


def test_large_files_are_no_slow_backend(watch: Watch):
    for _ in range(200):
        watch.meters.latency("ingest", "local").observe(8.0)
        watch.meters.latency("open", "local").observe(0.001)
    watch.pass_by(LOOK_S + SLOW_BACKEND.for_s)
    assert watch.names() == []


def test_alarms_are_told_and_logged(watch: Watch, tmp_path: Path):
    watch.meters.orphans.add(2000)
    watch.pass_by(LOOK_S)
    (event,) = watch.told
    assert isinstance(event, AlarmChanged)
    assert (event.name, event.summary) == (ORPHAN_FILES.name, ORPHAN_FILES.summary)
    watch.log.close()
    (line,) = [json.loads(text) for text in (tmp_path / LOG_NAME).read_text().splitlines()]
    assert (line["level"], line["service"], line["operation"]) == ("WARNING", "alerts", "alert_raised")
    assert (line["alert"], line["value"]) == (ORPHAN_FILES.name, 2000)


def test_looking_asks_the_database_nothing(tmp_path: Path):
    asked: list[int] = []
    log = LogBook(tmp_path)
    alarms = Alarms(Meters(lambda count: asked.append(count) or []), EventBus(), log)
    for _ in range(5):
        alarms.look()
    log.close()
    assert len(asked) == 1


def test_quantiles_are_those_of_prometheus():
    classes = [0] * (len(LATENCY_BOUNDS_S) + 1)
    classes[1], classes[-1] = 90, 10
    assert quantile(0.5, classes) == pytest.approx(0.0005 + 0.0005 * 50 / 90)
    assert quantile(0.99, classes) == LATENCY_BOUNDS_S[-1]


def test_the_file_for_prometheus_is_made_of_the_same_rules():
    assert RULES_PATH.read_text("utf-8") == rules_file()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian: prometheus)")
def test_prometheus_takes_the_file_and_raises_the_same_alarms(tmp_path: Path):
    checked = subprocess.run(["promtool", "check", "rules", RULES_PATH], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    (tmp_path / "alarms.yml").write_text(PROMTOOL_CASES.format(rules=RULES_PATH))
    tested = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "alarms.yml"], capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr


PROMTOOL_CASES = """\
rule_files: ["{rules}"]
evaluation_interval: 15s
tests:
  - interval: 15s
    input_series:
      - series: 'storage_upload_total{{instance="i",bucket="a",status="error"}}'
        values: '0+6x40'
      - series: 'storage_upload_total{{instance="i",bucket="b",status="success"}}'
        values: '0+94x40'
      - series: 'storage_orphan_files_total{{instance="i"}}'
        values: '0 0 2000x40'
      - series: 'storage_backend_latency_seconds_bucket{{instance="i",operation="flush",backend="local",le="1.0"}}'
        values: '0+98x40'
      - series: 'storage_backend_latency_seconds_bucket{{instance="i",operation="flush",backend="local",le="2.5"}}'
        values: '0+100x40'
      - series: 'storage_backend_latency_seconds_bucket{{instance="i",operation="flush",backend="local",le="+Inf"}}'
        values: '0+100x40'
      - series: 'storage_backend_latency_seconds_count{{instance="i",operation="flush",backend="local"}}'
        values: '0+100x40'
    promql_expr_test:
      - expr: count by (alertname) (ALERTS{{alertstate="firing"}})
        eval_time: 5m
        exp_samples:
          - labels: '{{alertname="HoldallOrphanFiles"}}'
            value: 1
          - labels: '{{alertname="HoldallSlowBackend"}}'
            value: 1
          - labels: '{{alertname="HoldallUploadErrors"}}'
            value: 1
  - interval: 15s
    input_series:
      - series: 'storage_upload_total{{instance="i",bucket="a",status="error"}}'
        values: '0+5x40'
      - series: 'storage_upload_total{{instance="i",bucket="b",status="success"}}'
        values: '0+95x40'
      - series: 'storage_upload_total{{instance="i",bucket="b",status="rejected"}}'
        values: '0+95x40'
      - series: 'storage_orphan_files_total{{instance="i"}}'
        values: '0 0 900x40'
    promql_expr_test:
      - expr: ALERTS
        eval_time: 5m
        exp_samples: []
"""


def test_a_backup_that_takes_long_keeps_no_alarm_back(data_dir: Path, monkeypatch: pytest.MonkeyPatch):
    begun, looked, go_on = threading.Event(), threading.Event(), threading.Event()
    monkeypatch.setattr(Backups, "make_if_due", lambda *_: begun.set() or go_on.wait(60))
    monkeypatch.setattr(Alarms, "look", lambda *_: looked.set())
    with open_workspace(Settings(data_dir), FixedSecrets()) as workspace:
        workspace.jobs.run_now("backup")
        try:
            assert begun.wait(60)
            workspace.alarm_jobs.run_now("alarms")
            assert looked.wait(60)
        finally:
            go_on.set()
