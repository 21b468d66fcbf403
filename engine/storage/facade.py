"""`FileStorage`: the façade of the engine, one short method per use case.

Everything a window, a command or the HTTP server does goes through here, each call with the `RlsContext` of whoever
asks. All methods are synchronous and may be called from any thread; long ones take a progress callback (called from the
calling or a helper thread, 20 times a second at most) and a `CancelToken`. What is raised is said where work is done.

Source: specification, "File Storage Service" and "Data Flow".
"""

from __future__ import annotations

from dataclasses import replace

from engine.access_types import ChainReport
from engine.acts import act
from engine.cancel import CancelToken
from engine.check_types import CheckReport, Finding, FindingKind
from engine.context import Operation, Origin
from engine.errors import StorageError
from engine.files.throttle import ProgressMeter
from engine.paths import validate_prefix
from engine.storage.bucket_calls import BucketCalls
from engine.storage.read_calls import ReadCalls
from engine.storage.use_cases import UseCases
from engine.storage.write_calls import WriteCalls
from engine.types import ProgressCallback, RlsContext


def _finding_of(chain: ChainReport) -> Finding:
    """Return what is wrong with the audit as a check tells it; nothing can repair that."""
    where = "its record" if chain.first_wrong is None else f"entry {chain.first_wrong}"
    return Finding(FindingKind.AUDIT, where, chain.reason)


class FileStorage(BucketCalls, ReadCalls, WriteCalls):
    """One workspace's buckets and objects. Composed by `engine.workspace`.

    Args:
        use: What carries the calls out.

    Attributes:
        events: Tells of every committed change of this process.
        outbox: Every committed change of all processes, for a while, in order.
        versions: Old versions of objects.
        trash: What was deleted and can be taken back.
        past: Objects as they were at a moment.
        flat: Objects by their full names.
        resumable: Uploads that come in parts.
        policies: Who may do what.
    """

    def __init__(self, use: UseCases) -> None:
        super().__init__(use)
        self.events = use.events
        self.outbox = use.outbox
        self.versions = use.versions
        self.trash = use.trash
        self.past = use.past
        self.flat = use.flat
        self.resumable = use.resumable
        self.policies = use.policies

    @act(Operation.OBJECT_UPLOAD, path="prefix")
    def create_folder(self, bucket: str, prefix: str, context: RlsContext) -> None:
        """Make an empty folder: an object of no bytes whose path ends with `/`. One that exists is left alone."""
        validate_prefix(prefix)
        if prefix and not self.exists(bucket, prefix, context):
            self._use.uploads.mark_folder(bucket, prefix, context)

    @act(Operation.CHECK, None, told=("repair",))
    def check(
        self,
        context: RlsContext,
        *,
        repair: bool = False,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> CheckReport:
        """Hold metadata against bytes, and put right what can be; hold the audit against its chain."""
        report = self._use.checks.run(context, ProgressMeter(progress, cancel), repair=repair)
        chain = self._use.audit.verify(context, cancel=cancel)
        return report if chain.sound else replace(report, findings=(*report.findings, _finding_of(chain)))

    def note(self, context: RlsContext, error: StorageError | None = None, origin: Origin | None = None) -> None:
        """Let the audit know of an act that the façade had no part in, such as reading what is open already.

        Args:
            context: Who, in the act.
            error: Why it was refused, or None if it was done.
            origin: Where the request came from, unless the context says it.
        """
        self._executor.acts.gather(context, error, origin)

    def sent(self, context: RlsContext, size_bytes: int, error: Exception | None = None) -> None:
        """Count a download whose bytes the server sent by itself, from what it keeps open; it logs its requests.

        Args:
            context: Who, in the act.
            size_bytes: What was sent.
            error: Why that was not all, or None if it was.
        """
        self._executor.acts.sent(context, size_bytes, error)

    def data_version(self) -> int:
        """Return a number that differs after any committed change, by whichever process; cheap enough to poll."""
        return self._executor.data_version()
