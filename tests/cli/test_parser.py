"""How the arguments of a run are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.addresses import Address
from engine.cli.parser import COMMANDS, Invocation, command_of, parse


def read(*argv: str) -> Invocation:
    return parse(argv, "main.py", "1.2.3")


def test_nothing_asks_for_the_window():
    assert read().command is None
    assert read().data_dir is None


def test_the_window_takes_a_data_folder():
    asked = read("--data-dir", "folder")
    assert (asked.command, asked.data_dir) == (None, Path("folder"))


@pytest.mark.parametrize(
    "argv",
    [
        ("ls", "--data-dir", "folder", "photos"),
        ("ls", "photos", "--data-dir", "folder"),
        ("ls", "--data-dir=folder", "photos"),
        ("--data-dir", "folder", "ls", "photos"),
        ("--data-dir=folder", "ls", "photos"),
    ],
)
def test_the_data_folder_may_stand_anywhere(argv: tuple[str, ...]):
    asked = read(*argv)
    assert asked.command is command_of("ls")
    assert (asked.data_dir, asked.arguments.target) == (Path("folder"), Address("photos"))


def test_a_data_folder_may_be_called_like_a_command():
    asked = read("--data-dir", "ls", "keys")
    assert (asked.command, asked.data_dir) == (command_of("keys"), Path("ls"))


def test_the_nearer_data_folder_wins():
    assert read("--data-dir", "one", "ls", "--data-dir", "two").data_dir == Path("two")


def test_options_may_stand_between_the_sources():
    arguments = read("put", "a", "b", "--no-replace", "--data-dir", "d", "c", "photos/x").arguments
    assert arguments.sources == [Path("a"), Path("b"), Path("c")]
    assert arguments.target == Address("photos", "x")
    assert arguments.replace is False


def test_after_two_dashes_everything_is_an_argument():
    arguments = read("put", "--no-replace", "--", "-strange-", "photos").arguments
    assert (arguments.sources, arguments.target) == ([Path("-strange-")], Address("photos"))


def test_put_replaces_and_get_does_not_unless_told_otherwise():
    assert read("put", "a", "b").arguments.replace is True
    assert read("get", "b/a", ".").arguments.replace is False
    assert read("get", "b/a", ".", "--replace").arguments.replace is True


def test_mime_types_may_be_given_together_or_one_by_one():
    arguments = read("mb", "b", "--allow-mime", "image/*,text/plain", "--allow-mime", "audio/*").arguments
    assert arguments.allow_mime == ["image/*", "text/plain", "audio/*"]
    assert read("mb", "b").arguments.allow_mime == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_takes_the_common_options_and_explains_itself(name: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        read(name, "--help")
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert text.startswith(f"usage: main.py {name} ")
    assert f"main.py {name}" in text.split("examples:")[1]
    assert all(option in text for option in ("--data-dir DIR", "--json", "--debug"))


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        read("--help")
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(f"  {name} " in text and command_of(name).SUMMARY in text for name in COMMANDS)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        read("--version")
    assert ended.value.code == 0
    assert capsys.readouterr().out == "Holdall 1.2.3\n"


@pytest.mark.parametrize(
    "argv",
    [
        ("lss",),
        ("--bogus",),
        ("--data-dir",),
        ("ls", "--bogus"),
        ("ls", "a", "b"),
        ("ls", "/leading"),
        ("put",),
        ("put", "only-one"),
        ("put", "a", "b", "--replace", "--no-replace"),
        ("put", "a", "b", "--content-type", "nonsense"),
        ("get", "only-one"),
        ("rm",),
        ("rm", "-r", "photos/"),
        ("put", "", "photos"),
        ("get", "photos", ""),
        ("ls", "--data-dir", ""),
        ("--data-dir", ""),
        ("mb",),
        ("mb", "b", "--size-limit", "huge"),
        ("mb", "b", "--allow-mime", "pictures"),
        ("sign", "bucket-alone"),
        ("sign", "b/x", "--expires", "soon"),
        ("sign", "b/x", "--expires", "0"),
        ("serve", "--port", "99999"),
        ("keys", "extra"),
        ("check", "extra"),
    ],
)
def test_wrong_usage_ends_with_2_and_the_usage(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        read(*argv)
    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert printed.out == ""
    assert printed.err.startswith("usage: main.py")
    assert "error:" in printed.err
