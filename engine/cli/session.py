"""What commands work with: an open workspace, the person's identity, and the console; or a closed one's data folder."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass

from engine.cancel import CancelToken
from engine.cli.console import Console
from engine.cli.signals import cancelled_by_signal
from engine.cli.totals import Totals
from engine.config import Settings
from engine.storage import FileStorage
from engine.types import ProgressCallback, RlsContext
from engine.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Work:
    """The two ends of one long call.

    Attributes:
        progress: Where the call reports, or None when nobody would see it.
        cancel: Cancelled by Ctrl+C.
    """

    progress: ProgressCallback | None
    cancel: CancelToken


@dataclass(frozen=True, slots=True)
class Session:
    """One command's run.

    Attributes:
        workspace: Open for as long as the command runs.
        console: Where it speaks.
        context: The person at this computer: everything is allowed.
        stop: Set by the first stop signal, for a command that goes on until then; for others never.
    """

    workspace: Workspace
    console: Console
    context: RlsContext
    stop: threading.Event

    @property
    def storage(self) -> FileStorage:
        """Return the engine's façade."""
        return self.workspace.storage

    @contextmanager
    def work(self, totals: AbstractContextManager[Totals]) -> Iterator[Work]:
        """Show progress on a terminal and take Ctrl+C as a wish to cancel, for one long call.

        Args:
            totals: Finds out how much there is to do while the call runs; entered only if somebody watches.

        Yields:
            What to hand to the call.
        """
        with _work(self.console, totals) as work:
            yield work


@dataclass(frozen=True, slots=True)
class Desk:
    """One run of a command that needs the workspace closed.

    Attributes:
        settings: Of which data folder.
        console: Where it speaks.
    """

    settings: Settings
    console: Console

    @contextmanager
    def work(self, totals: AbstractContextManager[Totals]) -> Iterator[Work]:
        """Do as `Session.work` does.

        Args:
            totals: Likewise.

        Yields:
            Likewise.
        """
        with _work(self.console, totals) as work:
            yield work


@contextmanager
def _work(console: Console, totals: AbstractContextManager[Totals]) -> Iterator[Work]:
    """See `Session.work`."""
    with cancelled_by_signal() as cancel:
        if not console.attended:
            yield Work(None, cancel)
            return
        from engine.cli.progress import ProgressBar  # commands that nobody watches have no use for it

        with totals as known, closing(ProgressBar(console.messages, known)) as bar:
            yield Work(bar, cancel)
