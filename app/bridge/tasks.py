"""Work off the main thread, answers back on it.

Reads run side by side in a small pool, mutations one after another in the order they were asked for. Copies for other
programs and downloads have a lane each beside them, so that a long download keeps nothing from opening; so have small
pictures, which may be those of strangers, and looks inside objects have a small pool, so that a picture that takes long
keeps no folder from being listed. All call back in the main thread through a queued signal. A cancelled ticket never
calls back; nor does one whose owner is gone. `Tasks.stop` cancels what runs, `Tasks.join` waits for every thread.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from engine.cancel import CancelToken
from engine.types import Progress

T = TypeVar("T")
Fail = Callable[[Exception], None]

_TURN_S: Final = 0.0005
"""How long a worker may hold the interpreter while the main thread waits for it. Python's own 5 ms are waited for at
each of the many times that painting one frame lets it go, and a busy worker made a quarter of a second of them. At a
fifth of this, workers that wait for each other did little else: uploads and downloads took ten times as long."""

_READERS: Final = 3
_LOOKERS: Final = 3


class Ticket:
    """One piece of work that was handed over.

    Attributes:
        label: What a person is told about it; empty for work not worth a word.
        progress: The latest news of a mutation, written by the worker, or None.
    """

    def __init__(self, label: str, owner: QObject | None) -> None:
        """Args: label as above; owner is whoever must still live for the answer to matter."""
        self.label = label
        self.progress: Progress | None = None
        self.token = CancelToken()
        self._owner = owner

    def cancel(self) -> None:
        """Stop the work if it listens, and drop its answer in any case."""
        self.token.cancel()

    def report(self, progress: Progress) -> None:
        """Keep the latest news; called from the worker."""
        self.progress = progress

    @property
    def wanted(self) -> bool:
        """Return whether anybody still waits for the answer."""
        return not self.token.cancelled and (self._owner is None or shiboken6.isValid(self._owner))


class Tasks(QObject):
    """The lanes.

    Signals:
        under_way_changed: Labelled work began, or ended.
    """

    under_way_changed = Signal()
    _landed = Signal(object, object)

    def __init__(self, on_error: Fail, parent: QObject | None = None) -> None:
        """Open the lanes.

        Args:
            on_error: Gets the failures of work that named no handler of its own.
            parent: Qt's owner.
        """
        super().__init__(parent)
        sys.setswitchinterval(_TURN_S)
        self._on_error = on_error
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="holdall-read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="holdall-write")
        self._exporter = ThreadPoolExecutor(1, thread_name_prefix="holdall-export")
        self._downloader = ThreadPoolExecutor(1, thread_name_prefix="holdall-download")
        self._illustrator = ThreadPoolExecutor(1, thread_name_prefix="holdall-picture")
        self._lookers = ThreadPoolExecutor(_LOOKERS, thread_name_prefix="holdall-look")
        self._lanes = (
            self._readers, self._writer, self._exporter, self._downloader, self._illustrator, self._lookers,
        )  # fmt: skip
        self._pending: set[Ticket] = set()
        self._under_way: list[Ticket] = []
        self._closed = False
        self._landed.connect(self._land, Qt.ConnectionType.QueuedConnection)

    @property
    def under_way(self) -> tuple[Ticket, ...]:
        """Return the labelled work that runs or waits, oldest first: what quitting would cut short."""
        return tuple(self._under_way)

    def fail(self, error: Exception) -> None:
        """Hand a failure to the presenter of those that nobody handles."""
        self._on_error(error)

    def export(self, work: Callable[[Ticket], T], then: Callable[[T], None], otherwise: Fail | None = None) -> Ticket:
        """Run something that changes nothing but may take long, beside reads and mutations, one at a time.

        Args:
            work: Called in the worker thread.
            then: As in `read`.
            otherwise: As in `read`.
        """
        ticket = Ticket("", None)
        self._submit(self._exporter, ticket, work, then, otherwise)
        return ticket

    def download(
        self, work: Callable[[Ticket], T], then: Callable[[T], None], otherwise: Fail | None = None, *, label: str
    ) -> Ticket:
        """Write files that a person has asked for, one download at a time, beside everything else.

        Args:
            work: Called in the worker thread; reports progress through its ticket.
            then: As in `read`.
            otherwise: As in `read`. A cancelled download calls back too: some files may be there.
            label: Named in the status bar while it runs.
        """
        ticket = Ticket(label, None)
        self._begin(ticket)
        self._submit(self._downloader, ticket, work, then, otherwise)
        return ticket

    def illustrate(
        self, work: Callable[[Ticket], T], then: Callable[[T], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Make a small picture, beside everything else, one at a time; arguments as in `export`."""
        ticket = Ticket("", None)
        self._submit(self._illustrator, ticket, work, then, otherwise)
        return ticket

    def read(
        self,
        work: Callable[[Ticket], T],
        then: Callable[[T], None],
        otherwise: Fail | None = None,
        *,
        owner: QObject | None = None,
    ) -> Ticket:
        """Run something that changes nothing, beside other reads.

        Args:
            work: Called in a worker thread.
            then: Called with its result in the main thread.
            otherwise: Called with its exception in the main thread; the presenter by default.
            owner: The answer is dropped once this object is deleted.
        """
        ticket = Ticket("", owner)
        self._submit(self._readers, ticket, work, then, otherwise)
        return ticket

    def look(self, work: Callable[[Ticket], T], then: Callable[[T], None], otherwise: Fail | None = None) -> Ticket:
        """Look inside an object, beside everything else.

        Args:
            work: Called in a worker thread.
            then: As in `read`.
            otherwise: As in `read`.
        """
        ticket = Ticket("", None)
        self._submit(self._lookers, ticket, work, then, otherwise)
        return ticket

    def mutate(
        self,
        work: Callable[[Ticket], T],
        then: Callable[[T], None],
        otherwise: Fail | None = None,
        *,
        label: str = "",
    ) -> Ticket:
        """Run something that changes the workspace, after every mutation asked for before.

        Args:
            work: Called in the worker thread; reports progress through its ticket.
            then: As in `read`.
            otherwise: As in `read`. A cancelled mutation calls back too: part of it may be done.
            label: Named in the status bar while it runs.
        """
        ticket = Ticket(label, None)
        self._begin(ticket)
        self._submit(self._writer, ticket, work, then, otherwise)
        return ticket

    def close(self) -> None:
        """Cancel everything, wait for the threads, call nobody back. Idempotent."""
        self.stop()
        self.join()

    def stop(self) -> None:
        """Cancel everything and call nobody back from now on; at once. Idempotent."""
        self._closed = True
        for ticket in self._pending:
            ticket.cancel()
        for lane in self._lanes:
            lane.shutdown(wait=False, cancel_futures=True)
        self._pending.clear()
        self._under_way.clear()

    def join(self) -> None:
        """Wait for the threads, in any thread but theirs; after `stop`."""
        for lane in self._lanes:
            lane.shutdown()

    def _begin(self, ticket: Ticket) -> None:
        """Let work be seen, if it is worth a word."""
        if ticket.label and not self._closed:
            self._under_way.append(ticket)
            self.under_way_changed.emit()

    def _submit(
        self,
        lane: ThreadPoolExecutor,
        ticket: Ticket,
        work: Callable[[Ticket], T],
        then: Callable[[T], None],
        otherwise: Fail | None,
    ) -> None:
        if self._closed:
            return
        self._pending.add(ticket)
        lane.submit(self._run, ticket, work, then, otherwise or self._on_error)

    def _run(self, ticket: Ticket, work: Callable[[Ticket], T], then: Callable[[T], None], otherwise: Fail) -> None:
        try:
            ticket.token.raise_if_cancelled()
            answer = partial(then, work(ticket))
        except Exception as error:  # noqa: BLE001 - whatever failed is shown by the main thread, none may be lost
            answer = partial(otherwise, error)
        self._landed.emit(ticket, answer)

    @Slot(object, object)
    def _land(self, ticket: Ticket, answer: Callable[[], None]) -> None:
        self._pending.discard(ticket)
        was_seen = ticket in self._under_way
        if was_seen:
            self._under_way.remove(ticket)
            self.under_way_changed.emit()
        if not self._closed and (ticket.wanted or was_seen):
            answer()
