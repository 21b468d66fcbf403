"""Finding files: nothing is skipped in silence, nothing loops, nothing hangs."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from engine.transfers import NoteKind
from engine.transfers import scan as scan_module
from engine.transfers.scan import FolderScan, folder_id, roots_of, scan


def walk(*sources: Path, prefix: str = "", keep_out: Path | None = None) -> list[FolderScan]:
    known = folder_id(keep_out) if keep_out else None
    return list(scan(roots_of(sources, prefix), frozenset([known] if known else []), lambda: False))


def paths(found: list[FolderScan]) -> list[str]:
    return sorted(item.path for folder in found for item in folder.items)


def notes(found: list[FolderScan]) -> dict[str, tuple[NoteKind, str]]:
    return {note.path: (note.kind, note.reason) for folder in found for note in folder.notes}


def make(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def test_a_folder_arrives_under_its_own_name_with_all_that_is_in_it(tmp_path: Path) -> None:
    make(tmp_path / "pkg", "__init__.py", ".hidden", "sub/__init__.py", "sub/.git/HEAD", "z.txt")
    assert paths(walk(tmp_path / "pkg", prefix="code/")) == [
        "code/pkg/.hidden",
        "code/pkg/__init__.py",
        "code/pkg/sub/.git/HEAD",
        "code/pkg/sub/__init__.py",
        "code/pkg/z.txt",
    ]


def test_items_know_size_and_time(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"12345")
    os.utime(file, (1_700_000_000.5, 1_700_000_000.5))
    [item] = walk(file)[0].items
    assert (item.local, item.size_bytes, item.modified_s) == (file, 5, 1_700_000_000.5)


def test_empty_folders_are_reported_and_only_they(tmp_path: Path) -> None:
    make(tmp_path / "top", "full/a")
    (tmp_path / "top" / "empty" / "inner").mkdir(parents=True)
    (tmp_path / "bare").mkdir()
    empty = [folder.folder for folder in walk(tmp_path / "top", tmp_path / "bare") if folder.empty]
    assert empty == ["top/empty/inner/", "bare/"]


def test_a_folder_is_reported_before_those_below_it(tmp_path: Path) -> None:
    make(tmp_path / "t", "b/x", "a/deep/y", "c")
    folders = [folder.folder for folder in walk(tmp_path / "t")]
    assert folders == ["", "t/", "t/a/", "t/a/deep/", "t/b/"]


def test_links_to_files_are_followed_and_links_to_folders_are_not(tmp_path: Path) -> None:
    make(tmp_path / "elsewhere", "file.txt")
    top = make(tmp_path / "top", "a")
    (top / "to_file").symlink_to(tmp_path / "elsewhere" / "file.txt")
    (top / "to_folder").symlink_to(tmp_path / "elsewhere")
    (top / "loop").symlink_to(top)
    (top / "nowhere").symlink_to(tmp_path / "missing")
    found = walk(top)
    assert paths(found) == ["top/a", "top/to_file"]
    assert notes(found) == {
        "top/loop": (NoteKind.LEFT_OUT, "A link to a folder is not followed."),
        "top/to_folder": (NoteKind.LEFT_OUT, "A link to a folder is not followed."),
        "top/nowhere": (NoteKind.FAILED, "The link points to nothing."),
    }


def test_a_link_that_was_chosen_itself_is_followed_under_its_own_name(tmp_path: Path) -> None:
    make(tmp_path / "real", "a")
    (tmp_path / "alias").symlink_to(tmp_path / "real")
    assert paths(walk(tmp_path / "alias")) == ["alias/a"]


def test_special_files_are_left_out_without_being_opened(tmp_path: Path) -> None:
    top = make(tmp_path / "t", "a")
    os.mkfifo(top / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(top / "sock"))
        found = walk(top, top / "pipe")
    assert paths(found) == ["t/a"]
    assert set(notes(found)) == {"t/pipe", "t/sock", "pipe"}
    assert {kind for kind, _ in notes(found).values()} == {NoteKind.LEFT_OUT}


def test_what_is_missing_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    found = walk(tmp_path / "gone.txt")
    assert notes(found) == {"gone.txt": (NoteKind.FAILED, "No such file or directory")}


def test_a_folder_that_cannot_be_read_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "t", "locked/secret", "open/a")
    scandir = os.scandir

    def refusing(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(scan_module.os, "scandir", refusing)
    found = walk(tmp_path / "t")
    assert paths(found) == ["t/open/a"]
    assert notes(found) == {"t/locked": (NoteKind.FAILED, "Access was denied")}
    assert not any(folder.empty for folder in found)


def test_the_programs_own_data_is_never_uploaded_into_itself(tmp_path: Path) -> None:
    make(tmp_path / "home", "a", "data/holdall.db", "data/storage/x")
    found = walk(tmp_path / "home", keep_out=tmp_path / "home" / "data")
    assert paths(found) == ["home/a"]
    assert list(notes(found)) == ["home/data"]


def test_two_sources_of_one_name_both_arrive(tmp_path: Path) -> None:
    make(tmp_path, "a/x.txt", "b/x.txt", "c/x (2).txt")
    sources = [tmp_path / name for name in ("a/x.txt", "b/x.txt", "c/x (2).txt")]
    assert paths(walk(*sources)) == ["x (2).txt", "x (3).txt", "x.txt"]


def test_a_relative_source_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "here", "sub/a")
    monkeypatch.chdir(tmp_path / "here" / "sub")
    assert paths(walk(Path())) == ["sub/a"]
    assert paths(walk(Path(".."))) == ["here/sub/a"]


def test_stopping_ends_the_walk(tmp_path: Path) -> None:
    make(tmp_path / "t", "a/x", "b/y")
    asked = iter([False, True])
    found = list(scan(roots_of([tmp_path / "t"], ""), frozenset(), lambda: next(asked)))
    assert [folder.folder for folder in found] == ["", "t/"]


def test_a_name_that_is_not_text_does_not_end_the_walk(tmp_path: Path) -> None:
    top = make(tmp_path / "t", "a")
    (top / os.fsdecode(b"b\xff")).write_bytes(b"x")
    assert len(paths(walk(top))) == 2
