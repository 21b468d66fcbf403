"""Plays the main job in the real window on a virtual display, with real files, and leaves numbered screenshots.

With --tour it browses instead: scrolls, sorts, filters, searches, previews, drags and undoes with mouse and keyboard.

usage: demo.py [--out DIR] [--source DIR] [--keep] [--tour]

Exits with 0 if everything was as it should be, else 1. Needs Debian's packages xvfb, openbox, xdotool, imagemagick,
dbus and curl; opens the link in Chromium too if there is one.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import sysconfig
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.e2e.desktop import Desktop, missing_tools
from tests.e2e.main_job import MainJob, Witness, browser
from tests.e2e.tour import Tour
from tests.e2e.window import Window


class Album:
    """Takes numbered screenshots and tells what happens."""

    def __init__(self, folder: Path, desktop: Desktop) -> None:
        """Make the folder; pictures of an earlier demo go.

        Args:
            folder: Where the pictures go.
            desktop: What is on them.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("[0-9][0-9]-*.png"):
            old.unlink()
        self._folder = folder
        self._desktop = desktop
        self._count = 0

    def tell(self, sentence: str) -> None:
        """Print what was done."""
        print(f"  ✓ {sentence}", flush=True)

    def look(self, name: str) -> None:
        """Keep what the screen shows, or a picture that somebody else took (`file:PATH`)."""
        self._count += 1
        if name.startswith("file:"):
            taken = Path(name.removeprefix("file:"))
            shutil.copy(taken, self._path(taken.stem))
        else:
            self._desktop.screenshot(self._path(name))

    def _path(self, name: str) -> Path:
        return self._folder / f"{self._count:02}-{name}.png"


def play(source: Path | None, out: Path, work_dir: Path) -> bool:
    """Play the main job, or the tour.

    Args:
        source: The folder that goes up; None for the tour, which makes its own.
        out: Where the screenshots go.
        work_dir: An empty folder.

    Returns:
        Whether everything was as it should be.
    """
    with Desktop(work_dir / "person") as desktop:
        album = Album(out, desktop)
        window = Window(desktop, work_dir / "data", work_dir / "holdall.log")
        witness = Witness(album.tell, album.look)
        notes = work_dir / "notes"
        notes.mkdir()
        job = Tour(window, notes, witness=witness) if source is None else MainJob(window, source, work_dir, witness)
        try:
            job.play()
        except Exception:  # noqa: BLE001 - whatever went wrong, the screen is kept and told about
            traceback.print_exc()
            album.look("failure")
            print(window.log_path.read_text(errors="replace"), file=sys.stderr)
            return False
        log = window.log_path.read_text(errors="replace").strip()
        if log:
            print(f"  ✗ the program complained:\n{log}", file=sys.stderr)
        return not log


def main() -> int:
    """Read the arguments, play, and say how it went."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the virtual desktop is taken down
    parser = argparse.ArgumentParser(description="Play the main job in the real window on a virtual display.")
    parser.add_argument("--out", type=Path, default=Path("demo-screenshots"), help="folder for the screenshots")
    parser.add_argument("--source", type=Path, help="folder that goes up (default: Python's standard library)")
    parser.add_argument("--tour", action="store_true", help="browse instead of playing the main job")
    parser.add_argument("--keep", action="store_true", help="keep data folder and downloads")
    arguments = parser.parse_args()
    missing = missing_tools("curl")
    if missing:
        print(f"The demo needs these programs: {', '.join(missing)}", file=sys.stderr)
        return 1
    source = (arguments.source or Path(sysconfig.get_path("stdlib"))).resolve()
    work_dir = Path(tempfile.mkdtemp(prefix="holdall-demo-"))
    main_job = f"Holdall plays its main job with {source}" + ("" if browser() else " (no Chromium here)")
    print("Holdall is browsed" if arguments.tour else main_job, flush=True)
    began_s = time.monotonic()
    passed = play(None if arguments.tour else source, arguments.out, work_dir)
    print(f"{'PASSED' if passed else 'FAILED'} in {time.monotonic() - began_s:.0f} s; screenshots in {arguments.out}")
    if arguments.keep:
        print(f"kept: {work_dir}")
    else:
        shutil.rmtree(work_dir, ignore_errors=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
