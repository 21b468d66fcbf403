"""The end of a large folder is read from the end, and of the folder as it is."""

from __future__ import annotations

import pytest

from app.bridge.folder_pages import FolderPages
from app.location import Location
from app.models.rows import RowMaker
from app.models.sources import View
from engine.types import FolderCount, ListPage, ListRequest, RlsContext, SortColumn


class Asked:
    """An engine that remembers what it was asked for."""

    def __init__(self) -> None:
        self.requests: list[ListRequest] = []

    def list(self, bucket: str, request: ListRequest, context: RlsContext) -> ListPage:
        self.requests.append(request)
        return ListPage((), (), None)


@pytest.mark.parametrize("sort", [SortColumn.NAME, SortColumn.SIZE])
def test_the_last_page_is_the_first_one_backwards_and_never_of_an_older_order(sort: SortColumn) -> None:
    storage = Asked()
    pages = FolderPages(storage, RowMaker())  # type: ignore[arg-type]

    pages.page(View(Location("photos"), sort), 3906, RlsContext.service(), FolderCount(2, 999_998))

    (request,) = storage.requests
    assert (request.descending, request.offset, request.limit, request.old_is_fine) == (True, 2, 64, False)


def test_a_page_in_the_first_half_is_read_from_the_beginning() -> None:
    storage = Asked()
    pages = FolderPages(storage, RowMaker())  # type: ignore[arg-type]

    pages.page(View(Location("photos")), 10, RlsContext.service(), FolderCount(2, 999_998))

    (request,) = storage.requests
    assert (request.descending, request.offset, request.old_is_fine) == (False, 2_560, True)
