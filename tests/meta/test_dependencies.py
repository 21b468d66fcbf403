"""What pyproject.toml asks for, what is pinned, and what the code imports agree."""

from __future__ import annotations

import ast
import importlib.metadata
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.meta.repository import ROOT, program_modules

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PINS_PATH = ROOT / "packaging" / "constraints.txt"
ENGINE = PYPROJECT["project"]["dependencies"]
DESKTOP = PYPROJECT["project"]["optional-dependencies"]["desktop"]
GROUPS = [entry for group in PYPROJECT["dependency-groups"].values() for entry in group if isinstance(entry, str)]


def pins() -> list[Requirement]:
    """Return the pins of packaging/constraints.txt."""
    lines = PINS_PATH.read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def pinned_version(name: str) -> str:
    """Return the one version that a package is pinned to."""
    (pin,) = (pin for pin in pins() if canonicalize_name(pin.name) == canonicalize_name(name))
    (specifier,) = pin.specifier
    return specifier.version


def closure(requirements: list[str]) -> set[str]:
    """Return the canonical names of these packages and of everything they need here, as installed."""
    found: set[str] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker is not None and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        waiting.extend(Requirement(text) for text in importlib.metadata.requires(requirement.name) or [])
    return found


def imported_packages(path: Path) -> Iterator[str]:
    """Yield the top-level names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.partition(".")[0]


def test_every_pin_is_one_exact_version_and_stands_once() -> None:
    names = [canonicalize_name(pin.name) for pin in pins()]
    assert len(names) == len(set(names))
    assert [
        str(pin) for pin in pins() if [specifier.operator for specifier in pin.specifier] != ["=="] or pin.url
    ] == []


@pytest.mark.parametrize("requirement", [Requirement(text) for text in [*ENGINE, *DESKTOP, *GROUPS]], ids=str)
def test_pin_satisfies_the_range(requirement: Requirement) -> None:
    assert requirement.specifier.contains(pinned_version(requirement.name))


def test_everything_the_program_needs_is_pinned() -> None:
    pinned = {canonicalize_name(pin.name) for pin in pins()}
    assert closure([*ENGINE, *DESKTOP]) - pinned == set()


def test_the_engine_needs_nothing_of_qt() -> None:
    assert closure(ENGINE) & {"pyside6-essentials", "shiboken6", "qtawesome", "qtpy"} == set()


@pytest.mark.parametrize(
    ("room", "declared"), [("engine", ENGINE), ("app", [*ENGINE, *DESKTOP, "shiboken6"])], ids=["engine", "app"]
)
def test_code_imports_only_what_is_declared(room: str, declared: list[str]) -> None:
    own = {"app", "engine", "main", *sys.stdlib_module_names}
    used = {name for path in program_modules() if path.parts[0] == room for name in imported_packages(path)} - own
    names = {canonicalize_name(Requirement(text).name) for text in declared}
    providers = importlib.metadata.packages_distributions()
    assert {name for name in used if not names & {canonicalize_name(d) for d in providers.get(name, [])}} == set()


def test_no_package_of_the_program_is_under_the_gpl_alone() -> None:
    gpl_only = []
    for name in closure([*ENGINE, *DESKTOP]):
        metadata = importlib.metadata.metadata(name)
        licences = " ".join([metadata.get("License-Expression", ""), *metadata.get_all("Classifier", [])])
        if "GPL" in licences and "LGPL" not in licences:
            gpl_only.append(name)
    assert gpl_only == []


def test_requirements_of_a_part_come_with_the_engines() -> None:
    script = ROOT / "packaging" / "requirements.py"
    printed = subprocess.run([sys.executable, script, "test-desktop"], check=True, capture_output=True, text=True)
    names = {Requirement(line).name for line in printed.stdout.splitlines()}
    assert {"SQLAlchemy", "pytest", "pytest-qt"} <= names
    assert "PySide6-Essentials" not in names


def test_requirements_of_an_unknown_part_are_an_error() -> None:
    script = ROOT / "packaging" / "requirements.py"
    answer = subprocess.run([sys.executable, script, "kitchen"], check=False, capture_output=True, text=True)
    assert answer.returncode == 2
    assert "kitchen" in answer.stderr
