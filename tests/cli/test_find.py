"""`find`: what it prints for people and for programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Holdall


@pytest.fixture
def filled(holdall: Holdall, tmp_path: Path) -> Holdall:
    """Store a few files in two buckets."""
    folder = tmp_path / "files"
    (folder / "2026").mkdir(parents=True)
    (folder / "2026" / "Résumé.txt").write_text("small")
    (folder / "annual report.txt").write_text("x" * 5000)
    holdall("mb", "photos")
    holdall("mb", "papers")
    holdall("put", folder, "photos")
    holdall("put", folder / "annual report.txt", "papers")
    return holdall


def test_objects_are_found_everywhere_whatever_their_case_and_accents(filled: Holdall) -> None:
    assert [line.split("  ")[-1] for line in filled("find", "RESUME").lines] == ["photos/files/2026/Résumé.txt"]
    assert {line.split("  ")[-1] for line in filled("find", "report", "annual").lines} == {
        "papers/annual report.txt",
        "photos/files/annual report.txt",
    }


def test_options_narrow_what_is_found(filled: Holdall) -> None:
    def found(*arguments: str) -> list[str]:
        return sorted(f"{entry['bucket']}/{entry['path']}" for entry in filled("find", *arguments, "--json").document)

    assert found("--in", "photos/files/2026") == ["photos/files/2026/Résumé.txt"]
    assert found("--min-size", "1kB", "--in", "photos") == ["photos/files/annual report.txt"]
    assert found("--max-size", "1kB") == ["photos/files/2026/Résumé.txt"]
    assert found("--family", "images") == []
    assert len(found("--type", "text/", "--since", "2001-01-01")) == 3
    assert found("--before", "2001-01-01") == []
    assert found("--meta", "team") == []


def test_nothing_found_is_no_failure_and_no_bucket_is_one(filled: Holdall) -> None:
    assert filled("find", "zebra").out == ""
    filled("find", "--in", "nowhere", "x", code=1)
