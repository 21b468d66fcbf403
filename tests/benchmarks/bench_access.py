"""Access: pages and counts of a folder of 1,000,000 objects under the owner policy, beside the service role's."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

from sqlalchemy import text

from engine.access_types import PolicyCommand, PolicySpec
from engine.backends.memory import MemoryBackend
from engine.config import Settings
from engine.context import RlsContext
from engine.permissions.rows import PolicyTable
from engine.secrets import FixedSecrets
from engine.types import ListRequest
from engine.workspace import Workspace, open_workspace
from tests.benchmarks.report import Row

_ROUNDS: Final = 9
_PAGE: Final = 1000
_BAR_MS: Final = 20
_EVERY: Final = 10_000
_OWNER: Final = "owner_id = (SELECT auth.uid()::text)"
_MANY, _FEW = RlsContext.user("many"), RlsContext.user("few")


def run(scale: float, base: Path | None = None) -> list[Row]:
    """Measure and return the rows."""
    count = int(1_000_000 * scale)
    where = Path(tempfile.mkdtemp(prefix="holdall-bench-", dir=base or Path.home()))
    try:
        with open_workspace(Settings(where / "ws"), FixedSecrets(), MemoryBackend()) as workspace:
            bucket = workspace.storage.create_bucket("bench", workspace.context)
            spec = PolicySpec(
                "owner", PolicyTable.OBJECTS, PolicyCommand.ALL, ("authenticated",), using=_OWNER, check=_OWNER
            )
            workspace.storage.policies.create(spec, workspace.context, "bench")
            _fill(workspace, bucket.id, count)
            return _rows(workspace, count)
    finally:
        shutil.rmtree(where)


def _fill(workspace: Workspace, bucket_id: str, count: int) -> None:
    """Write rows without bytes: one in 10,000 is another owner's."""
    statement = """
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count)
        INSERT INTO storage_objects (id, bucket_id, parent, leaf, owner_id, size_bytes, mime_type, checksum,
            cache_control, user_metadata, version, physical_path, created_at, updated_at, valid_from)
        SELECT printf('id-%07d', i), :bucket, 'folder/', printf('file-%07d.txt', i),
            iif(i % :every = 7, 'few', 'many'), 1, 'text/plain', '', 'no-cache', '{}', printf('v-%07d', i), '', 1, 1, 1
        FROM n
    """
    values = {"count": count, "bucket": bucket_id, "every": _EVERY}
    with workspace._core.executor.transaction(workspace.context) as tx:
        tx.execute(text(statement), values)


def _rows(workspace: Workspace, count: int) -> list[Row]:
    """Time each owner's pages and count beside those of the service role, which no policy holds back."""
    rows = []
    for owner, context, owned in (("all", _MANY, count - count // _EVERY), ("1 in 10,000", _FEW, count // _EVERY)):
        for name, request in (("first", ListRequest("folder/", limit=_PAGE)), ("middle", _middle(workspace, context))):
            title = f"{name} page of {count:,} objects of which the caller owns {owner}"
            rows.append(_row(title, workspace, lambda who, request=request: _page(workspace, request, who), context))
        work = _count(workspace)
        shown = work(context)
        assert shown == owned, (shown, owned)
        rows.append(_row(f"count of {count:,} objects of which the caller owns {owner}", workspace, work, context, ""))
    return rows


def _middle(workspace: Workspace, context: RlsContext) -> ListRequest:
    """Return the request for the page after the one whose objects end in the middle of what the caller owns."""
    shown = _count(workspace)(context)
    request = ListRequest("folder/", limit=max(1, min(_PAGE, shown // 4)), offset=shown // 2)
    cursor = workspace.storage.list("bench", request, context).next_cursor
    return ListRequest("folder/", limit=_PAGE, cursor=cursor)


def _page(workspace: Workspace, request: ListRequest, context: RlsContext) -> object:
    return workspace.storage.list("bench", request, context)


def _count(workspace: Workspace) -> Callable[[RlsContext], int]:
    return lambda context: workspace.storage.count_folder("bench", "folder/", context).objects


def _row(
    title: str, workspace: Workspace, work: Callable[[RlsContext], object], context: RlsContext, bar: str = "< 20 ms"
) -> Row:
    """Return one comparison."""
    ours_ms, peer_ms = _median_ms(lambda: work(context)), _median_ms(lambda: work(workspace.context))
    holds = ours_ms < _BAR_MS if bar else None
    return Row(title, f"{ours_ms:.1f} ms", "service role", f"{peer_ms:.1f} ms", ours_ms / peer_ms, bar, holds)


def _median_ms(work: Callable[[], object]) -> float:
    """Return the median milliseconds of some rounds, after a warm-up."""
    work()
    times = []
    for _ in range(_ROUNDS):
        start_s = time.perf_counter()
        work()
        times.append((time.perf_counter() - start_s) * 1000)
    return median(times)
