"""Search: the first page of names found among 1,000,000 objects in one folder, beside reading every name with LIKE."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

from sqlalchemy import insert

from engine.backends.memory import MemoryBackend
from engine.cancel import CancelToken
from engine.config import Settings
from engine.context import RlsContext
from engine.metadata.tables import storage_objects
from engine.search.index import NameIndex
from engine.search_types import SearchFilter, SearchRequest
from engine.secrets import FixedSecrets
from engine.types import SortColumn
from engine.workspace import Workspace, open_workspace
from tests.benchmarks.report import Row
from tests.policies import let_owners

_ROUNDS: Final = 5
_PAGE: Final = 200
_BAR_MS: Final = 100
_BATCH: Final = 10_000
_EVERY: Final = 10_000
_WORDS: Final = tuple(
    "annual report invoice photo holiday summer résumé contract draft final meeting notes budget paper scan image "  # noqa: SIM905 - as a list four times as long
    "clip song album cover letter plan project team client server log backup archive straße".split()
)
_ENDINGS: Final = ("txt", "jpg", "png", "pdf", "docx", "mp4", "mp3", "zip", "json", "csv")
_WANTED: Final = (
    ("a name", "0123456"),
    ("a word with accents", "resume"),
    ("two words", "invoice summer"),
    ("what a tenth have", ".txt"),
    ("what nobody has", "zebra"),
    ("one letter", "t"),
    ("two letters that nobody has", "qz"),
)
_MANY, _FEW = RlsContext.user("many"), RlsContext.user("few")


def run(scale: float, base: Path | None = None) -> list[Row]:
    """Measure and return the rows."""
    count = int(1_000_000 * scale)
    where = Path(tempfile.mkdtemp(prefix="holdall-bench-", dir=base or Path.home()))
    try:
        with open_workspace(Settings(where / "ws"), FixedSecrets(), MemoryBackend()) as workspace:
            bucket = workspace.storage.create_bucket("bench", workspace.context)
            let_owners(workspace.storage, "bench")
            _fill(workspace, bucket.id, count)
            unindexed_ms = _median_ms(lambda: _search(workspace, "resume", workspace.context))
            start_s = time.perf_counter()
            NameIndex(workspace._core.executor).catch_up(CancelToken())
            indexed = Row(f"indexing {count:,} names", f"{time.perf_counter() - start_s:.0f} s", "", "", None)
            before = Row("first page of a word before any is indexed", f"{unindexed_ms:.1f} ms", "", "", None)
            return [indexed, before, *_rows(workspace, count)]
    finally:
        shutil.rmtree(where)


def _fill(workspace: Workspace, bucket_id: str, count: int) -> None:
    """Write rows without bytes: one in 10,000 is another owner's."""
    rows = _objects(bucket_id, count)
    with workspace._core.executor.transaction(workspace.context) as tx:
        while batch := [row for row, _ in zip(rows, range(_BATCH), strict=False)]:
            tx.execute(insert(storage_objects), batch)


def _objects(bucket_id: str, count: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(5)
    for number in range(count):
        yield {
            "id": f"id-{number:07d}",
            "bucket_id": bucket_id,
            "parent": "folder/",
            "leaf": f"{chance.choice(_WORDS)}-{chance.choice(_WORDS)}-{number:07d}.{chance.choice(_ENDINGS)}",
            "owner_id": "few" if number % _EVERY == 7 else "many",
            "size_bytes": number % 977,
            "mime_type": "text/plain",
            "checksum": "",
            "cache_control": "no-cache",
            "user_metadata": {},
            "version": f"v-{number:07d}",
            "physical_path": "",
            "created_at": 1,
            "updated_at": 1,
            "valid_from": 1,
        }


def _rows(workspace: Workspace, count: int) -> list[Row]:
    """Time searches of each kind for who sees everything, all but some, and almost nothing."""
    peer_ms = _median_ms(lambda: _like(workspace))
    callers = (("all", workspace.context), ("all but few", _MANY), ("1 in 10,000", _FEW))
    rows = []
    for seen, context in callers:
        for title, text in _WANTED:
            ours_ms = _median_ms(lambda text=text, who=context: _search(workspace, text, who))
            name = f"first page of {title} among {count:,}, of which the caller sees {seen}"
            rows.append(_row(name, ours_ms, peer_ms))
    by_size_ms = _median_ms(lambda: _search(workspace, ".txt", workspace.context, SortColumn.SIZE))
    rows.append(_row("first page of what a tenth have, by size", by_size_ms, peer_ms, bar=""))
    wanted = SearchFilter("resume")
    count_ms = _median_ms(lambda: workspace.storage.count_found(wanted, workspace.context, 10_000))
    return [*rows, _row("counting up to 10,000 of a word", count_ms, peer_ms)]


def _search(workspace: Workspace, text: str, context: RlsContext, sort: SortColumn | None = None) -> object:
    return workspace.storage.search(SearchRequest(SearchFilter(text), _PAGE, sort), context)


def _like(workspace: Workspace) -> object:
    """Read every name."""
    with workspace._core.executor.snapshot(workspace.context) as tx:
        return tx.run_text("SELECT rowid FROM storage_objects WHERE leaf LIKE '%0123456%' LIMIT 200")


def _row(title: str, ours_ms: float, peer_ms: float, bar: str = f"< {_BAR_MS} ms") -> Row:
    """Return one comparison."""
    holds = ours_ms < _BAR_MS if bar else None
    return Row(title, f"{ours_ms:.1f} ms", "LIKE over every name", f"{peer_ms:.0f} ms", ours_ms / peer_ms, bar, holds)


def _median_ms(work: Callable[[], object]) -> float:
    """Return the median milliseconds of some rounds, after a warm-up."""
    work()
    times = []
    for _ in range(_ROUNDS):
        start_s = time.perf_counter()
        work()
        times.append((time.perf_counter() - start_s) * 1000)
    return median(times)
