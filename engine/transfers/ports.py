"""What the transfer queue needs of the engine's façade; `engine.storage.FileStorage` has it all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from engine.cancel import CancelToken
from engine.types import (
    BatchReport,
    ListPage,
    ListRequest,
    ProgressCallback,
    RlsContext,
    StorageObject,
    TreeSize,
    UploadItem,
    UploadOptions,
)


class TransferStorage(Protocol):
    """The calls behind a transfer, each as `FileStorage` documents it. Thread-safe."""

    def upload(
        self,
        bucket: str,
        path: str,
        source: Path,
        context: RlsContext,
        options: UploadOptions = ...,
        progress: ProgressCallback | None = ...,
        cancel: CancelToken | None = ...,
    ) -> StorageObject:
        """Store one file."""

    def upload_many(
        self,
        bucket: str,
        items: Iterable[UploadItem],
        context: RlsContext,
        options: UploadOptions = ...,
        progress: ProgressCallback | None = ...,
        cancel: CancelToken | None = ...,
    ) -> BatchReport:
        """Store many files, consumed lazily; single failures are in the report."""

    def create_folder(self, bucket: str, prefix: str, context: RlsContext) -> None:
        """Make an empty folder exist."""

    def info(self, bucket: str, path: str, context: RlsContext) -> StorageObject:
        """Look one object up."""

    def exists(self, bucket: str, path: str, context: RlsContext) -> bool:
        """Tell whether a path is taken."""

    def list(self, bucket: str, request: ListRequest, context: RlsContext) -> ListPage:
        """List one page of a folder."""

    def tree_size(self, bucket: str, prefix: str, context: RlsContext) -> TreeSize:
        """Count everything below a prefix."""

    def download(
        self,
        bucket: str,
        path: str,
        target: Path,
        context: RlsContext,
        *,
        replace: bool = ...,
        progress: ProgressCallback | None = ...,
        cancel: CancelToken | None = ...,
    ) -> StorageObject:
        """Write one object to a file."""

    def download_tree(
        self,
        bucket: str,
        paths: Sequence[str],
        target_dir: Path,
        context: RlsContext,
        *,
        replace: bool = ...,
        progress: ProgressCallback | None = ...,
        cancel: CancelToken | None = ...,
    ) -> BatchReport:
        """Write objects and folders below a folder; single failures are in the report."""
