"""The entrance of the command line: from arguments to an exit code.

Every known error ends here as one line on standard error, whatever else happened; a traceback is only shown to who
asked for one (`--debug`, or `HOLDALL_DEBUG` in the environment).
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.cli.console import Console
from engine.cli.parser import Invocation, RecoveryCommand, parse
from engine.cli.signals import stopped_by_signal
from engine.errors import Cancelled, DatabaseCorrupt, StorageError
from engine.os_errors import from_os_error

if TYPE_CHECKING:
    from engine.cli.parser import Command

DONE: Final = 0
FAILED: Final = 1

DEBUG_VARIABLE: Final = "HOLDALL_DEBUG"
"""Environment variable that asks for tracebacks."""

OpenWindow = Callable[[Path | None], int]


def run(argv: Sequence[str], open_window: OpenWindow, *, program: str, version: str) -> int:
    """Carry out what the arguments ask for.

    Args:
        argv: Without the program's name.
        open_window: Opens the window on a data folder (None: the default one) and returns the exit code.
        program: The program's name, for usage lines.
        version: For `--version`.

    Returns:
        0 done, 1 failed.

    Raises:
        SystemExit: Help was asked for (0), or the usage was wrong (2).
    """
    _make_streams_forgiving()
    invocation = parse(argv, program, version)
    debug = invocation.debug or bool(os.environ.get(DEBUG_VARIABLE))
    console = Console(sys.stdout, sys.stderr, as_json=invocation.as_json, debug=debug)
    return _guarded(console, lambda: _carry_out(invocation, console, open_window))


def _carry_out(invocation: Invocation, console: Console, open_window: OpenWindow) -> int:
    if invocation.command is None:
        return open_window(invocation.data_dir)
    if isinstance(invocation.command, RecoveryCommand):
        return _recover(invocation.command, invocation, console)
    return _run_command(invocation.command, invocation, console)


def _run_command(command: Command, invocation: Invocation, console: Console) -> int:
    with stopped_by_signal() if invocation.until_stopped else nullcontext(threading.Event()) as stop:
        # here and not above: the database's libraries take longer to load than a wrong usage to notice
        from engine.cli.session import Session
        from engine.config import load_settings
        from engine.observability.diagnostics import WarningsTaken
        from engine.workspace import open_workspace

        with open_workspace(load_settings(invocation.data_dir)) as workspace:
            WarningsTaken(workspace.log)
            if workspace.secrets.notice:
                console.note(workspace.secrets.notice)
            return command.run(Session(workspace, console, workspace.context, stop), invocation.arguments)


def _recover(command: RecoveryCommand, invocation: Invocation, console: Console) -> int:
    from engine.cli.session import Desk
    from engine.config import load_settings

    return command.recover(Desk(load_settings(invocation.data_dir), console), invocation.arguments)


def _guarded(console: Console, call: Callable[[], int]) -> int:
    try:
        code = call()
        console.flush()
    except BrokenPipeError:
        console.silence()
    except Cancelled as error:
        console.error(error)
    except KeyboardInterrupt:
        console.error(Cancelled("Cancelled"))
    except DatabaseCorrupt as error:
        console.error(error)
        console.note("`restore-database` puts a backup in its place, `rebuild` makes a new one from the files.")
    except StorageError as error:
        console.error(error)
    except OSError as error:
        console.error(from_os_error(error))
    except Exception as error:  # noqa: BLE001 - the last resort of the program: whatever it is, tell it in a line
        console.crash(error)
    else:
        return code
    console.leave()
    return FAILED


def _make_streams_forgiving() -> None:
    """Let names that the terminal's encoding cannot show come out as escapes instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
