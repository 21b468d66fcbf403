"""The shape of the repository, and what its files must not say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.meta.repository import ROOT, program_modules, tracked_paths

TOP_LEVEL = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "app",
    "engine",
    "main.py",
    "packaging",
    "pyproject.toml",
    "resources",
    "tests",
}
LINES_MAX = 400

# Written so that this file does not match itself.
PACKAGE_HOSTS = re.compile(
    rb"py[p]i\.org|files\.python[h]osted|registry\.n[p]mjs|deb\.deb[i]an\.org|archive\.ub[u]ntu\.com"
    rb"|(extra-)?index-u[r]l|find-l[i]nks",
    re.IGNORECASE,
)
MACHINE_PATHS = re.compile(rb"(?<![\w.])/(wo[r]k|ro[o]t)/\w|" + re.escape(str(ROOT)).encode())
HOMES = re.compile(rb"(?<![\w.])/(ho[m]e|Us[e]rs)/\w")


def tracked_matches(pattern: re.Pattern[bytes]) -> list[str]:
    """Return `file:line: text` of every line in the repository's files that matches."""
    return [
        f"{path}:{number}: {line.decode(errors='replace')}"
        for path in tracked_paths()
        for number, line in enumerate((ROOT / path).read_bytes().splitlines(), 1)
        if pattern.search(line)
    ]


def test_top_level_holds_the_agreed_names_and_no_other() -> None:
    assert {path.parts[0] for path in tracked_paths()} == TOP_LEVEL


def test_no_file_names_a_package_host() -> None:
    assert tracked_matches(PACKAGE_HOSTS) == []


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    assert tracked_matches(MACHINE_PATHS) == []


def test_no_file_but_a_tests_example_speaks_of_somebodys_home() -> None:
    assert [match for match in tracked_matches(HOMES) if not match.startswith("tests/")] == []


@pytest.mark.parametrize("path", program_modules(), ids=str)
def test_module_says_what_it_is_and_stays_short(path: Path) -> None:
    source = (ROOT / path).read_text("utf-8")
    assert ast.get_docstring(ast.parse(source)), "has no docstring"
    assert source.count("\n") < LINES_MAX, "wants splitting"


def test_every_folder_of_the_program_is_a_package() -> None:
    folders = {path.parent for path in program_modules()} - {Path()}
    assert [str(folder) for folder in sorted(folders) if not (ROOT / folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("path", [path for path in program_modules() if path.parts[0] == "app"], ids=str)
def test_a_painter_ends_with_its_block(path: Path) -> None:
    """What is raised while something is painted keeps the painter, and Qt does not survive one that goes on."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "QPainter")
    in_blocks = {item.context_expr for node in ast.walk(tree) if isinstance(node, ast.With) for item in node.items}
    assert [f"line {call.lineno}" for call in calls if call not in in_blocks] == []
