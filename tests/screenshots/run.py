"""Takes a picture of every view and dialog in both themes: `make screenshots`.

usage: run.py [--out DIR] [--theme light|dark] [SCENE ...]

Leaves `SCENE-light.png` and `SCENE-dark.png`, and `index.html` that shows them side by side. Exits with 0 if every
scene could be played, else 1. Needs Debian's packages xvfb, openbox, xdotool, imagemagick and dbus.
"""

from __future__ import annotations

import argparse
import html
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.e2e.desktop import Desktop, missing_tools
from tests.screenshots.scenes import NAMES

THEMES = ("light", "dark")
SCREEN_PX = (1280, 800)
"""Of a small screen, in pixels of the program's own."""


def main() -> int:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("screenshots"), help="folder for the pictures")
    parser.add_argument("--theme", choices=THEMES, action="append", help="only this one")
    parser.add_argument("--scale", default="1", help="device pixels a pixel, such as 1.5")
    parser.add_argument("scenes", nargs="*", help="only these, by name")
    options = parser.parse_args()
    missing, unknown = missing_tools(), sorted(set(options.scenes) - set(NAMES))
    if missing or unknown:
        print(f"missing programs: {missing}" if missing else f"no such scenes: {unknown}", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    themes = options.theme or THEMES
    failed = [theme for theme in themes if not take(theme, options.out.resolve(), options.scenes, options.scale)]
    write_index(options.out, options.scenes or list(NAMES), themes)
    print(f"pictures in {options.out}; {'all scenes played' if not failed else f'some failed in: {failed}'}")
    return 1 if failed else 0


def take(theme: str, out: Path, scenes: list[str], scale: str) -> bool:
    """Play the scenes in one theme on a screen of their own.

    Args:
        theme: Which.
        out: Where the pictures go.
        scenes: Their names; none for all.
        scale: Device pixels a pixel.

    Returns:
        Whether all could be played.
    """
    with tempfile.TemporaryDirectory(prefix="holdall-stage-") as home, Desktop(Path(home), screen(scale)) as desktop:
        command = [sys.executable, "-m", "tests.screenshots.stage", theme, str(out), *scenes]
        environ = desktop.environ | {"QT_SCALE_FACTOR": scale, "HOLDALL_OUTSIDE_CHANGES": "off", "TMPDIR": home}
        done = subprocess.run(command, cwd=Path(__file__).parents[2], env=os.environ | environ, check=False)
        return done.returncode == 0


def screen(scale: str) -> str:
    """Return a screen with as much room as a small one has without scaling.

    Args:
        scale: Device pixels a pixel.
    """
    width, height = (round(side * float(scale)) for side in SCREEN_PX)
    return f"{width}x{height}x24"


def write_index(out: Path, scenes: list[str], themes: tuple[str, ...] | list[str]) -> None:
    """Write the page that shows the pictures side by side."""
    rows = "\n".join(
        f"<h2>{html.escape(name)}</h2>\n<p>"
        + " ".join(f'<a href="{name}-{theme}.png"><img src="{name}-{theme}.png" width="48%"></a>' for theme in themes)
        + "</p>"
        for name in scenes
    )
    (out / "index.html").write_text(f"<!doctype html>\n<title>Holdall: every view and dialog</title>\n{rows}\n")


if __name__ == "__main__":
    sys.exit(main())
