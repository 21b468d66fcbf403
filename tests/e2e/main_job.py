"""The main job, played in the real window as a person would: drop a folder, watch it, browse it, get it back, share it.

Every step looks at what the window shows and fails if it is not what a person should see.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.e2e.accessibility import awaited
from tests.e2e.window import Window

BUCKET: Final = "library"
LINK_LIFE_S: Final = 60
"""The shortest life that the window gives a link."""

TRANSFER_S: Final = 900.0
SHARED_FOLDER: Final = "json"
SHARED_FILE: Final = "decoder.py"
_PERCENT: Final = re.compile(r"(\d+) percent")


@dataclass
class Witness:
    """Whoever watches the job.

    Attributes:
        tell: Gets a sentence about what was done.
        look: Gets a name for what the screen shows now.
    """

    tell: Callable[[str], None] = lambda _: None
    look: Callable[[str], None] = lambda _: None


@dataclass
class MainJob:
    """The whole job with one folder.

    Attributes:
        window: On an empty data folder.
        source: The folder that goes up; has a folder `json` with a file `decoder.py`.
        work_dir: An empty folder for everything else.
        witness: Told of each step.
        seen_percents: Progress that the window showed while the folder went up.
    """

    window: Window
    source: Path
    work_dir: Path
    witness: Witness = field(default_factory=Witness)
    seen_percents: list[int] = field(default_factory=list)
    link: str = ""

    def play(self) -> None:
        """Do everything, in the order a new user would."""
        self.start()
        self.make_bucket()
        self.drop_folder()
        self.browse()
        self.download()
        self.copy_link()
        copied_s = time.monotonic()
        self.open_link()
        self.check()
        self.see_link_expire(copied_s + LINK_LIFE_S)
        self.restart()

    @property
    def shared_path(self) -> Path:
        """Return the file whose link is handed out."""
        return self.source / SHARED_FOLDER / SHARED_FILE

    def start(self) -> None:
        """Start the program with short-lived links and a free port."""
        self.window.data_dir.mkdir(parents=True)
        port = _free_port()
        settings = f"[links]\nexpires_s={LINK_LIFE_S}\n\n[server]\nport={port}\n"
        (self.window.data_dir / "window.ini").write_text(settings, "utf-8")
        self.window.open()
        self.window.see("label", "Create your first bucket")
        self._done("opened the window on an empty data folder", "empty")

    def make_bucket(self) -> None:
        """Make the first bucket."""
        self.window.press("New bucket")
        self.window.see("dialog", "New bucket")
        self.window.desktop.type(BUCKET)
        self._look("new-bucket")
        self.window.press("Create")
        self.window.see("tree item", BUCKET)
        self.window.see("label", "Nothing here yet")
        self._done(f"made the bucket {BUCKET}", "bucket")

    def drop_folder(self) -> None:
        """Drag the folder out of another window and drop it on the bucket."""
        desktop = self.window.desktop
        desktop.drag_source([self.source], self.work_dir / "drag.log")
        begin = self.window.see("label", "Files to drag").box.centre
        target = self.window.see("label", "Nothing here yet").box.centre
        files = files_below(self.source)
        began_s = time.monotonic()
        desktop.drag(begin, target, before_drop=lambda: self._look("dragging"))
        self._watch_upload()
        took_s = time.monotonic() - began_s
        stored = self._stored()
        assert stored == set(files), _difference(stored, set(files))
        size_bytes = sum(path.stat().st_size for path in files.values())
        self._done(f"dropped {len(files):,} files, {size_bytes / 1e6:,.0f} MB: up in {took_s:.1f} s", "uploaded")

    def browse(self) -> None:
        """Go down by double click, and along by typing a path; then look at the tree."""
        window, top = self.window, self.source.name
        window.desktop.click(window.see("cell", top).box, times=2)
        window.see("push button", f"Go to {top}")
        window.until(lambda: window.find("cell", top) is None, f"{top} is open")
        self._look("inside")
        window.desktop.keys("ctrl+l")
        window.desktop.type(f"{BUCKET}/{top}/{SHARED_FOLDER}/")
        window.desktop.keys("Return")
        window.see("cell", SHARED_FILE)
        window.see("tree item", SHARED_FOLDER)
        self._done(f"browsed to {top}/{SHARED_FOLDER}", "browsed")

    def download(self) -> None:
        """Download the whole folder through the dialog and compare every byte."""
        window, target = self.window, self.work_dir / "downloaded"
        target.mkdir()
        window.press(f"Go to {BUCKET}")
        window.desktop.click(window.see("cell", self.source.name).box)
        window.press("Download")
        window.see("push button", "Download here")
        window.desktop.type(str(target))
        self._look("download-dialog")
        window.desktop.keys("Return")
        window.until(lambda: window.find("push button", "Download here") is None, "the dialog is gone")
        done = window.see("list item", _ended("Download"), timeout_s=TRANSFER_S)
        assert "failed" not in done.name, done.name
        self._look("downloaded")
        compare(self.source, target / self.source.name)
        self._done("downloaded it and compared it byte for byte")

    def copy_link(self) -> None:
        """Copy a link to one file; the window offers to start the server that it needs."""
        window = self.window
        window.desktop.click(window.see("cell", self.source.name).box, times=2)
        window.desktop.keys("ctrl+l")
        window.desktop.type(f"{BUCKET}/{self.source.name}/{SHARED_FOLDER}/")
        window.desktop.keys("Return")
        window.desktop.click(window.see("cell", SHARED_FILE).box)
        window.press("Copy link")
        window.see("label", lambda text: text.startswith("Link copied. The server is off"))
        self._look("link-server-off")
        window.press("Start server")
        window.see("label", lambda text: text.startswith("Link copied. It works on this computer only"))
        self.link = window.desktop.clipboard()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/storage/v1/object/\S+\?token=\S+&expires=\d+", self.link), (
            self.link
        )
        self._done(f"copied a link that lives {LINK_LIFE_S} s: {self.link}", "link")

    def open_link(self) -> None:
        """Open the link in curl, and in a browser if there is one."""
        status, body = curl(self.link)
        assert (status, body) == (200, self.shared_path.read_bytes()), (status, len(body))
        self.witness.tell("curl: 200, the bytes are those of the file")
        if browser():
            shown = self._browse_web("link-in-browser")
            assert "class JSONDecoder" in shown, shown[:500]
            self.witness.tell("headless Chromium shows the file")
        else:
            self.witness.tell("skipped: there is no Chromium here to open the link in")

    def check(self) -> None:
        """Check the store beside the open window."""
        report = self.window.ask("check")
        assert report["clean"], report
        self.witness.tell(f"the check beside the window read {report['objects']:,} objects: all is well")

    def see_link_expire(self, at_s: float) -> None:
        """Wait until the link's time is over and see it refused."""
        time.sleep(max(0.0, at_s + 1.5 - time.monotonic()))
        status, body = curl(self.link)
        assert status == 400, (status, body)
        assert b"exp" in body.lower(), body
        self.witness.tell(f"after {LINK_LIFE_S} s curl gets {status}: {body.decode()}")
        if browser():
            shown = self._browse_web("expired-in-browser")
            assert "class JSONDecoder" not in shown, shown[:500]
            self.witness.tell("headless Chromium is refused as well")
        else:
            self.witness.tell("skipped: there is no Chromium here to be refused")

    def restart(self) -> None:
        """Close the window by the keyboard and find everything again in a new one."""
        code = self.window.close()
        assert code == 0, code
        self.window.open()
        self.window.see("cell", SHARED_FILE)
        self._look("again")
        assert self.window.close() == 0
        self.witness.tell("closed the window, opened it again: it is where it was")

    def _watch_upload(self) -> None:
        """Follow the progress that the window shows until the upload has ended."""
        name = awaited(self._end_of_upload, f"the upload did not end within {TRANSFER_S:.0f} s", TRANSFER_S)
        broken = broken_links_below(self.source)
        assert f"{broken} failed" in name if broken else "failed" not in name, name
        assert self.seen_percents, "no progress was shown"

    def _end_of_upload(self) -> str | None:
        """Note the progress that the window shows, and return what it says of the upload once that has ended."""
        item = self.window.find("list item", lambda text: text.startswith("Upload"))
        if item is None:
            return None
        name = item.name
        if _ended("Upload")(name):
            return name
        if shown := _PERCENT.search(name):
            percent = int(shown[1])
            if percent // 30 not in {seen // 30 for seen in self.seen_percents}:
                self._look("progress")
            self.seen_percents.append(percent)
        return None

    def _stored(self) -> set[str]:
        rows = self.window.ask("ls", "-r", BUCKET)
        return {row["path"].partition("/")[2] for row in rows if row["kind"] == "object"}

    def _browse_web(self, name: str) -> str:
        program = browser()
        assert program is not None
        common = [
            program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={self.work_dir / 'browser'}",
        ]
        environ = self.window.desktop.environ
        picture = self.work_dir / f"{name}.png"
        shoot = [*common, f"--screenshot={picture}", "--window-size=1100,700", self.link]
        subprocess.run(shoot, env=environ, check=True, capture_output=True, timeout=120)
        self.witness.look(f"file:{picture}")
        read = [*common, "--dump-dom", self.link]
        return subprocess.run(read, env=environ, check=True, capture_output=True, text=True, timeout=120).stdout

    def _look(self, name: str) -> None:
        self.witness.look(name)

    def _done(self, sentence: str, name: str | None = None) -> None:
        if name:
            self._look(name)
        self.witness.tell(sentence)


def files_below(folder: Path) -> dict[str, Path]:
    """Return the files of a folder that a program sees without following links to folders, by relative path."""
    found = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if path.is_file():
                found[path.relative_to(folder).as_posix()] = path
    return found


def broken_links_below(folder: Path) -> int:
    """Return how many links lead nowhere: the window must report exactly these."""
    paths = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    return sum(path.is_symlink() and not path.exists() for path in paths)


def compare(expected: Path, actual: Path) -> None:
    """Compare two folders byte for byte.

    Raises:
        AssertionError: They differ.
    """
    ours, theirs = files_below(expected), files_below(actual)
    assert set(ours) == set(theirs), _difference(set(ours), set(theirs))
    for name, path in ours.items():
        assert path.read_bytes() == theirs[name].read_bytes(), name
        assert abs(path.stat().st_mtime - theirs[name].stat().st_mtime) < 1e-3, name


def curl(url: str) -> tuple[int, bytes]:
    """Fetch a link with curl and return status and body."""
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--write-out", "\n%{http_code}", url],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    body, _, status = done.stdout.rpartition(b"\n")
    return int(status), body


def browser() -> str | None:
    """Return a browser that works without a screen, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def _ended(kind: str) -> Callable[[str], bool]:
    words = ("transferred", "failed", "skipped", "Cancelled")
    return lambda text: text.startswith(kind) and any(word in text for word in words) and "percent" not in text


def _difference(left: set[str], right: set[str]) -> str:
    return f"only left: {sorted(left - right)[:5]}, only right: {sorted(right - left)[:5]}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
