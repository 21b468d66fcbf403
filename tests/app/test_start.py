"""What stands between a start and the first frame."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_frame_waits_for_no_database_library() -> None:
    """The window's frame is there before what a worker imports behind it."""
    slow = "sqlalchemy", "alembic", "jwt", "cryptography", "watchdog", "segno"
    words = f"import sys, app.application; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]"]
