"""Which files `put` takes, and what they are called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.cli.sources import SourceWalk


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder with files on two levels, an empty folder and hidden ones."""
    root = tmp_path / "tree"
    for path in ("a.txt", ".hidden", "sub/b.txt", "sub/__init__.py", "sub/deep/c.txt"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    (root / "nothing").mkdir()
    return root


def paths_of(walk: SourceWalk) -> set[str]:
    return {item.path for item in walk}


def test_a_folder_goes_up_under_its_own_name_with_all_that_is_in_it(tree: Path, data_dir: Path):
    walk = SourceWalk([tree], "p/", data_dir)
    assert paths_of(walk) == {
        "p/tree/a.txt",
        "p/tree/.hidden",
        "p/tree/sub/b.txt",
        "p/tree/sub/__init__.py",
        "p/tree/sub/deep/c.txt",
    }
    assert walk.empty_folders == ["p/tree/nothing/"]
    assert walk.failures == walk.left_out == []


@pytest.mark.parametrize(("source", "name"), [(".", "sub"), ("..", "tree"), ("deep/", "deep"), ("./deep/.", "deep")])
def test_a_folder_without_a_name_in_the_argument_has_its_real_one(
    source: str, name: str, tree: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tree / "sub")
    assert {path.split("/")[0] for path in paths_of(SourceWalk([Path(source)], "", data_dir))} == {name}


def test_a_file_goes_below_the_prefix(tree: Path, data_dir: Path):
    assert paths_of(SourceWalk([tree / "a.txt"], "x/y/", data_dir)) == {"x/y/a.txt"}


def test_two_sources_of_one_name_are_both_kept(tree: Path, data_dir: Path, tmp_path: Path):
    other = tmp_path / "a.txt"
    other.write_text("other")
    items = list(SourceWalk([tree / "a.txt", other], "", data_dir))
    assert {item.source for item in items} == {tree / "a.txt", other}
    assert len({item.path for item in items}) == 2


def test_a_missing_source_is_reported_and_the_others_go_on(tree: Path, data_dir: Path):
    walk = SourceWalk([tree / "gone.txt", tree / "a.txt"], "", data_dir)
    assert paths_of(walk) == {"a.txt"}
    assert [failure.source for failure in walk.failures] == [str(tree / "gone.txt")]


def test_the_data_folder_is_never_uploaded_into_itself(tree: Path):
    data_dir = tree / "sub" / "data"
    (data_dir / "storage").mkdir(parents=True)
    (data_dir / "storage" / "bytes").write_text("stored")
    walk = SourceWalk([tree], "", data_dir)
    assert not any("data" in path for path in paths_of(walk))
    assert [failure.source for failure in walk.left_out] == [str(data_dir)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_a_folder_is_left_out_and_a_pipe_that_was_named_is_a_failure(tree: Path, data_dir: Path):
    pipe = tree / "pipe"
    os.mkfifo(pipe)
    inside, named = SourceWalk([tree], "", data_dir), SourceWalk([pipe], "", data_dir)
    assert len(paths_of(inside)) == 5
    assert paths_of(named) == set()
    assert [failure.source for failure in inside.left_out] == [failure.source for failure in named.failures]
    assert inside.failures == named.left_out == []


def test_a_link_that_leads_nowhere_is_reported(tree: Path, data_dir: Path):
    (tree / "broken").symlink_to(tree / "nowhere")
    walk = SourceWalk([tree], "", data_dir)
    assert len(paths_of(walk)) == 5
    assert [failure.path for failure in walk.failures] == ["tree/broken"]
