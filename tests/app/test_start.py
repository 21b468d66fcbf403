"""What stands between a start and the first frame, and between that and the first rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FRAME = {"sqlalchemy", "alembic", "jwt", "cryptography", "watchdog", "segno", "http.client"}
"""What the window's frame does not wait for."""

ROWS = {
    "alembic", "app.audit_words", "app.policies", "app.previews.registry", "app.renames", "app.widgets.highlighter",
    "cryptography", "engine.permissions.explain", "engine.permissions.language.tree", "http.client", "jwt", "keyring",
    "segno", "sqlalchemy.dialects.postgresql", "tarfile", "uvicorn",
}  # fmt: skip
"""What the first rows do not wait for."""

DIALOGS = {"app.dialogs.base", "app.dialogs.bug_dialog", "app.dialogs.file_chooser"}
"""What is there from the start: what failures are told with, and what chooses another folder where none opens."""

STARTED = """
import json, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication, QDialog
from app.application import Window
from app.theme import Theme
from engine.secrets import FixedSecrets

application = QApplication([])
window = Window(application, Theme(application), FixedSecrets())
def opened():
    modules = sorted(sys.modules)
    print(json.dumps({"modules": modules, "dialogs": list(dialogs())}))
    window.shell.leave()
def dialogs():
    from app.actions import ActionId
    for name in sys.argv[2:]:
        window.session.actions[ActionId[name]].trigger()
        for dialog in application.topLevelWidgets():
            if isinstance(dialog, QDialog) and dialog.isVisible():
                yield type(dialog).__name__
                dialog.reject()
window.opened.connect(opened)
window.closed.connect(application.quit)
window.open(Path(sys.argv[1]))
application.exec()
"""
"""A start on a workspace of its own: what is imported when its page is shown, and what commands open at that moment."""


def run(words: str, *arguments: str) -> dict[str, list[str]]:
    """Run a program in a process of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", words, *arguments], cwd=ROOT, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    told: dict[str, list[str]] = json.loads(done.stdout)
    return told


def test_the_frame_waits_for_no_database_library() -> None:
    """The window's frame is there before what a worker imports behind it, and without any command."""
    words = "import json, sys, app.application, engine.cli.parser as cli; cli.parse([], 'holdall', '1')"
    there = run(f"{words}; print(json.dumps({{'modules': list(sys.modules)}}))")["modules"]
    assert not FRAME.intersection(there)
    assert [name for name in there if name.startswith("engine.cli.commands.")] == []


@pytest.mark.timeout(600)  # A busy machine is no failure.
def test_the_first_rows_wait_for_nothing_that_they_do_not_need(tmp_path: Path) -> None:
    """What only a dialog, a token or a policy needs comes with the first of those, and at once then."""
    wanted = {
        "NEW_BUCKET": "BucketDialog", "SHORTCUTS": "ShortcutsDialog", "PALETTE": "Palette", "ABOUT": "AboutDialog",
        "SERVER": "ServerDialog", "USERS": "AccessDialog", "AUDIT": "AuditDialog", "ALL_POLICIES": "PoliciesDialog",
        "ACT_AS": "ActAsDialog",
    }  # fmt: skip
    told = run(STARTED, str(tmp_path / "ws"), *wanted)
    modules, dialogs = told["modules"], told["dialogs"]
    assert not ROWS.intersection(modules)
    assert {name for name in modules if name.startswith("app.dialogs.")} == DIALOGS
    assert dialogs == list(wanted.values())
