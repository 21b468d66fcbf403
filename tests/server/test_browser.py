"""Links as a real browser opens them: what is stored is shown, and nothing in it runs as ours."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.types import RlsContext, UploadOptions
from tests.server.clients import Served, served

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no browser that works without a screen is installed")

SERVICE = RlsContext.service()
PAGE = b"<!doctype html><title>a page</title><p>told</p><script>document.body.append(6 * 7000003)</script>"
RAN = "42000018"


@pytest.fixture
def place(data_dir: Path) -> Iterator[Served]:
    """Serve a page with a script in it, in a private bucket."""
    with served(data_dir) as opened:
        opened.workspace.storage.create_bucket("pages", SERVICE)
        options = UploadOptions("text/html; charset=utf-8")
        opened.workspace.storage.upload("pages", "ü/page.html", PAGE, SERVICE, options)
        yield opened


def seen(url: str, profile: Path) -> str:
    """Return the document that the browser made of an address, after its scripts had their time."""
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}",
        "--virtual-time-budget=1000", "--dump-dom", url,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=True).stdout


def test_a_signed_link_shows_the_object_and_runs_nothing(place: Served, tmp_path: Path):
    link = place.workspace.storage.sign("pages", "ü/page.html", SERVICE, 60).absolute(place.server.url)
    shown = seen(link, tmp_path / "profile")
    assert "<p>told</p>" in shown
    assert RAN not in shown
    assert "This link does not work" in seen(f"{link}0", tmp_path / "profile")


def test_the_browser_would_run_it_elsewhere(tmp_path: Path):
    page = tmp_path / "page.html"
    page.write_bytes(PAGE)
    assert RAN in seen(page.as_uri(), tmp_path / "profile")
