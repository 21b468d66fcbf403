"""Reads the arguments: which command, or the window, and with what.

Options may stand anywhere between a command's own arguments; after `--` everything is an argument.
"""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from engine.cli.addresses import parse_local_path

if TYPE_CHECKING:
    from engine.cli.session import Desk, Session


class AnyCommand(Protocol):
    """What every module of `commands` offers."""

    SUMMARY: str
    DETAILS: str

    def declare(self, parser: ArgumentParser) -> None:
        """Add the command's own arguments."""


@runtime_checkable
class RecoveryCommand(AnyCommand, Protocol):
    """What a module offers whose command needs the workspace closed."""

    def recover(self, desk: Desk, arguments: Namespace) -> int:
        """Carry the command out and return its exit code."""


@runtime_checkable
class Command(AnyCommand, Protocol):
    """What a module offers whose command works on an open workspace."""

    def run(self, session: Session, arguments: Namespace) -> int:
        """Carry the command out and return its exit code."""


COMMANDS: Final = (
    "put",
    "get",
    "ls",
    "find",
    "rm",
    "mb",
    "versions",
    "restore",
    "trash",
    "sign",
    "serve",
    "keys",
    "user",
    "token",
    "policy",
    "explain",
    "check",
    "audit",
    "cleanup",
    "scrub",
    "backup",
    "restore-database",
    "rebuild",
)
"""The names of all commands, in the order of the help."""

_UNTIL_STOPPED: Final = frozenset({"serve"})


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run as asked for.

    Attributes:
        command: What to do, or None for the window.
        arguments: The command's own.
        data_dir: Data folder asked for, or None.
        as_json: Results for programs.
        debug: Errors with their tracebacks.
        until_stopped: Whether the command goes on until a stop signal, which is then no failure.
    """

    command: Command | RecoveryCommand | None
    arguments: Namespace
    data_dir: Path | None
    as_json: bool
    debug: bool
    until_stopped: bool = False


def parse(argv: Sequence[str], program: str, version: str) -> Invocation:
    """Read the arguments of a run.

    Args:
        argv: Without the program's name.
        program: Its name, for usage lines.
        version: For `--version`.

    Returns:
        What was asked for.

    Raises:
        SystemExit: Help or version was asked for and printed (0), or the usage was wrong (2).
    """
    before, name, after = _split(argv)
    common = _main_parser(program, version).parse_args(before)
    if name is None:
        return Invocation(None, Namespace(), common.data_dir, as_json=False, debug=common.debug)
    command = command_of(name)
    parser = _command_parser(program, name, command)
    # argparse knows no `--` in its intermixed mode
    arguments = parser.parse_args(after) if "--" in after else parser.parse_intermixed_args(after)
    return Invocation(
        command,
        arguments,
        arguments.data_dir or common.data_dir,
        as_json=arguments.json,
        debug=arguments.debug or common.debug,
        until_stopped=name in _UNTIL_STOPPED,
    )


def command_of(name: str) -> Command | RecoveryCommand:
    """Return a command's module, which is imported now: the window needs none of them, and a command just its own.

    Args:
        name: One of `COMMANDS`.

    Raises:
        TypeError: The module is no command.
    """
    module = import_module(f"engine.cli.commands.{name.replace('-', '_')}")
    if isinstance(module, Command | RecoveryCommand):
        return module
    raise TypeError(f"{module.__name__} is no command")


def _split(argv: Sequence[str]) -> tuple[list[str], str | None, list[str]]:
    """Cut at the command's name: the first argument that is no option and no option's value."""
    skip = False
    for index, argument in enumerate(argv):
        if not skip and not argument.startswith("-"):
            known = argument in COMMANDS
            return list(argv[: index + (not known)]), argument if known else None, list(argv[index + 1 :])
        skip = argument == "--data-dir" and not skip
    return list(argv), None, []


class _MainParser(ArgumentParser):
    """Lists the commands where help is wanted, and imports them only then."""

    def format_help(self) -> str:
        """Return the help."""
        width = max(map(len, COMMANDS))
        listed = "\n".join(f"  {name:<{width}}  {command_of(name).SUMMARY}" for name in COMMANDS)
        more = f"`{self.prog} COMMAND --help` tells more. Exit codes: 0 done, 1 failed, 2 wrong usage."
        self.epilog = f"commands:\n{listed}\n\n{more}"
        return super().format_help()


def _main_parser(program: str, version: str) -> ArgumentParser:
    parser = _MainParser(
        prog=program,
        usage=f"{program} [--data-dir DIR] [COMMAND …]",
        description="Without a command: open the window.",
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"Holdall {version}")
    _add_common(parser)
    parser.add_argument("command", nargs="?", type=_no_command, help=SUPPRESS)
    return parser


def _command_parser(program: str, name: str, command: AnyCommand) -> ArgumentParser:
    parser = ArgumentParser(
        prog=f"{program} {name}",
        description=f"{command.SUMMARY[0].upper()}{command.SUMMARY[1:]}.",
        epilog=command.DETAILS,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.declare(parser)
    parser.add_argument("--json", action="store_true", help="results and errors for programs")
    _add_common(parser)
    return parser


def _add_common(parser: ArgumentParser) -> None:
    data_dir_help = "data folder (default: HOLDALL_DATA_DIR, or the user's own)"
    parser.add_argument("--data-dir", type=parse_local_path, metavar="DIR", help=data_dir_help)
    parser.add_argument("--debug", action="store_true", help="show what led to an error")


def _no_command(text: str) -> str:
    """Refuse a first argument that is no command; argparse adds the usage line."""
    raise ArgumentTypeError(f"there is no command {text!r}")
