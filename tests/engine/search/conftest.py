"""What the tests of searching share: objects with names, and the index brought up to date when a test says so."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.backends.memory import MemoryBackend
from engine.cancel import CancelToken
from engine.config import load_settings
from engine.search.index import NameIndex
from engine.search_types import SearchFilter, SearchRequest
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import RlsContext
from engine.workspace import Workspace, open_workspace

Put = Callable[..., None]
Find = Callable[..., list[str]]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'()+,-.;=@[]^_`{}~zyxwv"
PARTS = list(dict.fromkeys(LETTERS[start:end] for end in range(len(LETTERS) + 1) for start in range(end)))
MANY_WORDS = " ".join(PARTS[-2000:])
"""More words than SQLite lets conditions stand inside one another, which all are in `LETTERS`."""


@pytest.fixture
def workspace(begun_dir: Path) -> Iterator[Workspace]:
    """Open a workspace with the bucket `photos`."""
    with open_workspace(load_settings(begun_dir, environ={}), FixedSecrets(bytes(32)), MemoryBackend()) as opened:
        opened.storage.create_bucket("photos", opened.context)
        yield opened


@pytest.fixture
def put(storage: FileStorage, service: RlsContext) -> Put:
    """Return a function that uploads objects of no bytes."""

    def upload(*paths: str, bucket: str = "photos", who: RlsContext = service) -> None:
        for path in paths:
            storage.upload(bucket, path, io.BytesIO(b""), who)

    return upload


@pytest.fixture
def find(storage: FileStorage, service: RlsContext) -> Find:
    """Return a function that searches, and returns paths in the order they are found in."""

    def search(text: str, who: RlsContext = service, **filters: object) -> list[str]:
        wanted = SearchFilter(text, **filters)  # type: ignore[arg-type]
        return [found.path for found in storage.search(SearchRequest(wanted), who).objects]

    return search


@pytest.fixture
def index(workspace: Workspace) -> NameIndex:
    """Return the index, of which nothing is made yet."""
    return NameIndex(workspace._core.executor)


@pytest.fixture(params=["fresh", "indexed"])
def settled(request: pytest.FixtureRequest, index: NameIndex) -> Callable[[], None]:
    """Return a function that brings the index up to date, in half of the runs."""
    return (lambda: index.catch_up(CancelToken())) if request.param == "indexed" else (lambda: None)
