"""What the documents promise is there."""

from __future__ import annotations

import re
import tomllib

import pytest

from engine import __version__
from tests.meta.repository import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def targets() -> set[str]:
    """Return the names of the Makefile's targets."""
    return set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


def recipe(target: str) -> str:
    """Return the commands of one target."""
    found = re.search(rf"^{target}:.*\n((?:(?:\t.*)?\n)*)", MAKEFILE, re.MULTILINE)
    assert found, target
    return found.group(1)


def test_changelog_names_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    version = re.escape(PYPROJECT["project"]["version"])
    assert re.search(rf"^## .*\b{version}\b", changelog, re.MULTILINE)


def test_program_and_project_have_one_version() -> None:
    assert __version__ == PYPROJECT["project"]["version"]


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_commands_of_the_document_exist(document: str) -> None:
    named = set(
        re.findall(r"(?:^|`|timeout \d+ )\s*make ([a-z-]+)", (ROOT / document).read_text("utf-8"), re.MULTILINE)
    )
    assert named
    assert named - targets() == set()


def test_readme_names_both_commands() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "make run" in readme
    assert "make test" in readme


def test_readme_names_every_variable_of_the_settings() -> None:
    declared = set(re.findall(r'"(HOLDALL_[A-Z_]+)"', (ROOT / "engine" / "config.py").read_text("utf-8")))
    assert declared
    assert {name for name in declared if f"`{name}" not in (ROOT / "README.md").read_text("utf-8")} == set()


@pytest.mark.parametrize("tool", ["ruff format --check", "ruff check", "mypy", "lint_imports"])
def test_check_runs_the_tool(tool: str) -> None:
    assert tool in recipe("check")


def test_ci_runs_what_people_run() -> None:
    steps = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "make check" in steps
    assert "make test" in steps


def test_every_target_has_a_line_of_help() -> None:
    helped = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
    assert helped == targets()
