"""Alarms and the log, in the real window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from app.actions import ActionId
from app.application import Window
from app.bridge.alarms import _SENTENCES
from engine.observability.alert_rules import ORPHAN_FILES, RULES
from tests.app.helpers import Desk


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the folders that were shown instead of being opened by another program."""
    folders: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: folders.append(url.toLocalFile()) is None)
    return folders


def test_every_alarm_has_its_sentence() -> None:
    assert set(_SENTENCES) == {rule.name for rule in RULES}


def test_an_alarm_is_said_and_stays_in_sight_until_it_ends(
    open_window: Callable[[], Window], qtbot: QtBot, shown: list[str]
) -> None:
    desk = Desk(open_window(), qtbot)
    workspace, status = desk.session._side._workspace, desk.session.views.status
    now_s = [0.0]
    workspace.alarms._clock = lambda: now_s[0]
    workspace.alarms._orphans.clear()
    workspace.alarms._readings.clear()
    workspace.alarms.look()
    assert status.alarms == ""
    workspace.meters.orphans.add(1001)
    now_s[0] = 15.0
    workspace.alarms.look()
    desk.until(lambda: status.alarms == "Very many stored files belong to no object")
    assert desk.window.shell.toast.text == "Very many stored files belong to no object"
    workspace.storage.create_bucket("b", workspace.context)
    workspace.storage.upload("b", "x", b"x", workspace.context)
    workspace.log.flush()
    status.alarms_clicked.emit()
    assert shown == [str(workspace.settings.logs_dir)]
    now_s[0] = 2 * ORPHAN_FILES.window_s
    workspace.alarms.look()
    desk.until(lambda: status.alarms == "")


def test_the_log_is_in_the_help_menu(open_window: Callable[[], Window], qtbot: QtBot, shown: list[str]) -> None:
    desk = Desk(open_window(), qtbot)
    workspace = desk.session._side._workspace
    workspace.log.flush()
    (workspace.settings.logs_dir).mkdir(exist_ok=True)
    desk.session.actions[ActionId.LOG].trigger()
    assert shown == [str(workspace.settings.logs_dir)]
