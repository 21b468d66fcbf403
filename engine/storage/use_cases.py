"""What the façade stands on, and what its parts share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from engine.audit import Audit
from engine.buckets import Buckets
from engine.events import EventBus
from engine.files.bulk import BulkUploads
from engine.files.copies import Copies
from engine.files.deletes import Deletes
from engine.files.downloads import Downloads, ObjectReader
from engine.files.flat_listing import FlatListing
from engine.files.labels import Labels
from engine.files.listing import Listing
from engine.files.lookups import Lookups
from engine.files.many_moves import ManyMoves
from engine.files.moves import Moves
from engine.files.past import Past
from engine.files.positions import Positions
from engine.files.resumable.uploads import ResumableUploads
from engine.files.trash import Trash
from engine.files.trees import TreeDownloads
from engine.files.uploads import Uploads
from engine.files.versions import Versions
from engine.jobs.check import Checks
from engine.metadata.executor import Executor
from engine.outbox import Outbox
from engine.permissions.policies import Policies
from engine.search.search import Search
from engine.types import BatchReport, RlsContext


@dataclass(frozen=True, slots=True)
class UseCases:
    """Everything that the façade's calls are carried out by."""

    executor: Executor
    events: EventBus
    outbox: Outbox
    buckets: Buckets
    uploads: Uploads
    resumable: ResumableUploads
    bulk_uploads: BulkUploads
    downloads: Downloads
    tree_downloads: TreeDownloads
    listing: Listing
    positions: Positions
    deletes: Deletes
    moves: Moves
    many_moves: ManyMoves
    lookups: Lookups
    copies: Copies
    labels: Labels
    versions: Versions
    trash: Trash
    past: Past
    flat: FlatListing
    search: Search
    checks: Checks
    policies: Policies
    audit: Audit


class Calls:
    """A part of the façade.

    Args:
        use: What carries the calls out.
    """

    def __init__(self, use: UseCases) -> None:
        self._use = use
        self._executor = use.executor

    def _watched(self, context: RlsContext, reader: ObjectReader) -> ObjectReader:
        """Let it be known what is read, once the reader is closed."""
        reader.on_close = partial(self._executor.acts.delivered, context, 1)
        return reader

    def _told(self, context: RlsContext, report: BatchReport) -> BatchReport:
        """Let the audit know what could not be done of a bulk call."""
        self._executor.acts.refused_items(context, report.done, report.failures)
        return report
