"""Calls about buckets. Part of the façade."""

from __future__ import annotations

from collections.abc import Sequence

from engine.acts import act
from engine.cancel import CancelToken
from engine.context import Operation
from engine.storage.use_cases import Calls
from engine.types import NOTHING_KEPT, Bucket, BucketChanges, ProgressCallback, Retention, RlsContext


class BucketCalls(Calls):
    """Calls about buckets."""

    @act(Operation.BUCKET_CREATE, "name")
    def create_bucket(
        self,
        name: str,
        context: RlsContext,
        *,
        public: bool = False,
        file_size_limit_bytes: int | None = None,
        allowed_mime_types: Sequence[str] = (),
        retention: Retention = NOTHING_KEPT,
    ) -> Bucket:
        """Make an empty bucket."""
        return self._use.buckets.create(
            name,
            context,
            public=public,
            file_size_limit_bytes=file_size_limit_bytes,
            allowed_mime_types=allowed_mime_types,
            retention=retention,
        )

    @act(Operation.BUCKET_LIST, None)
    def list_buckets(self, context: RlsContext) -> tuple[Bucket, ...]:
        """Return the buckets that the caller may see, by name."""
        return self._use.buckets.list(context)

    @act(Operation.BUCKET_GET, "name_or_id")
    def get_bucket(self, name_or_id: str, context: RlsContext) -> Bucket:
        """Return one bucket."""
        return self._use.buckets.get(name_or_id, context)

    @act(Operation.BUCKET_UPDATE, "name_or_id")
    def update_bucket(self, name_or_id: str, context: RlsContext, changes: BucketChanges) -> Bucket:
        """Change what a bucket is called, takes and shows, in one step."""
        return self._use.buckets.update(name_or_id, context, changes)

    @act(Operation.BUCKET_UPDATE, "name_or_id", told=("new_name",))
    def rename_bucket(self, name_or_id: str, new_name: str, context: RlsContext) -> Bucket:
        """Give a bucket another name."""
        return self._use.buckets.rename(name_or_id, new_name, context)

    @act(Operation.BUCKET_EMPTY, "name_or_id", told=("for_good",))
    def empty_bucket(
        self,
        name_or_id: str,
        context: RlsContext,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        as_of: int | None = None,
        *,
        for_good: bool = False,
    ) -> int:
        """Delete every object that a bucket has now, or had at `TreeSize.as_of`; markers are not counted."""
        return self._use.buckets.empty(name_or_id, context, progress, cancel, as_of, for_good=for_good)

    @act(Operation.BUCKET_DELETE, "name_or_id")
    def delete_bucket(self, name_or_id: str, context: RlsContext) -> None:
        """Delete an empty bucket."""
        self._use.buckets.delete(name_or_id, context)
