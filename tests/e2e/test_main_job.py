"""The main job in the real window, with thousands of real files."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

import pytest

from tests.e2e.desktop import missing_tools
from tests.e2e.main_job import MainJob, Witness, browser, files_below
from tests.e2e.window import Window


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return a copy of the running Python's standard library, without its tests and what was installed beside it."""
    copy = tmp_path / "library"
    left_out = shutil.ignore_patterns("site-packages", "dist-packages", "test", "idle_test", "config-*", "lib-dynload")
    shutil.copytree(sysconfig.get_path("stdlib"), copy, ignore=left_out, ignore_dangling_symlinks=True)
    return copy


@pytest.mark.timeout(400)
@pytest.mark.xdist_group("desktop")
@pytest.mark.skipif(bool(missing_tools("curl")), reason=f"needs {', '.join(missing_tools('curl'))}")
def test_a_folder_is_dropped_browsed_downloaded_and_shared(window: Window, library: Path, tmp_path: Path):
    """Every step asserts what the window shows; see `MainJob`. The demo waits for the link to expire as well."""
    assert len(files_below(library)) > 500
    job = MainJob(window, library, tmp_path, Witness(print))
    job.start()
    job.make_bucket()
    job.drop_folder()
    job.browse()
    job.download()
    job.copy_link()
    job.open_link()
    job.check()
    job.restart()


def test_the_link_was_opened_in_a_browser_too():
    """`MainJob` leaves the browser out where there is none: seen here, and no excuse in CI, which installs one."""
    if browser() is None and os.environ.get("CI") != "true":
        pytest.skip("no Chromium here: the main job opened its link in curl alone")
    assert browser() is not None, "packaging/bootstrap.sh ci installs Chromium, but there is none"
