"""`POST /object/list/:bucket` and `/object/list-v2/:bucket`: Supabase's two listings.

The first shows one folder. Names are relative to it; a folder's row has no id. Offsets count folders first. Without
`search` the engine skips to the offset by itself; a search reads the folder through, page by page.

The second shows what begins with some text, under full names, and goes on at a cursor. That keeps the order in which it
began, so clients need not say it again.

To both, a bucket that is not there is empty, like one that shows the caller nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, Final, TypeVar

from engine import limits
from engine.context import Operation
from engine.errors import BucketNotFound
from engine.files.flat_listing import FlatOrder, FlatPage, FlatRequest
from engine.server import bounds
from engine.server.exchange import Exchange
from engine.server.fields import Fields
from engine.server.identity import Identity, in_act
from engine.server.payloads import flat_json, folder_json, row_json
from engine.server.routing import Route, Shape, Target
from engine.server.workers import Workers
from engine.storage import FileStorage
from engine.types import ListPage, ListRequest, RlsContext, SortColumn

_COLUMNS: Final = {
    "name": SortColumn.NAME,
    "updated_at": SortColumn.TIME,
    "created_at": SortColumn.TIME,
    "last_accessed_at": SortColumn.TIME,
}
_FLAT_COLUMNS: Final = {order.value: order for order in FlatOrder}
_ORDERS: Final = ("asc", "desc")
_OFFSET_MAX: Final = 2**31
_Column = TypeVar("_Column")


class ListingRoutes:
    """Handlers of `/object/list` and `/object/list-v2`.

    Args:
        storage: The engine.
        identity: Tells who is asking.
        workers: Where the engine's calls run.
    """

    def __init__(self, storage: FileStorage, identity: Identity, workers: Workers) -> None:
        self._storage = storage
        self._identity = identity
        self._workers = workers

    def routes(self) -> tuple[Route, ...]:
        """Return the lines of the routing table."""
        return (
            Route("POST", "object/list", Shape.BUCKET, self._list),
            Route("POST", "object/list-v2", Shape.BUCKET, self._list_flat),
        )

    async def _list(self, exchange: Exchange, target: Target) -> None:
        caller = self._identity.required(exchange)
        body = Fields("body", await exchange.json_body())
        limit = body.integer("limit", bounds.LIST_LIMIT_DEFAULT, minimum=1, maximum=bounds.LIST_LIMIT_MAX)
        request = _first_request(body, limit)
        context = in_act(exchange, caller, Operation.OBJECT_LIST, target.bucket, request.prefix)
        rows = await self._workers.run(self._rows, target.bucket, request, body.text("search", ""), limit, context)
        await exchange.answer_json(200, rows)

    async def _list_flat(self, exchange: Exchange, target: Target) -> None:
        caller = self._identity.required(exchange)
        request = _flat_request(Fields("body", await exchange.json_body()))
        context = in_act(exchange, caller, Operation.OBJECT_LIST_V2, target.bucket, request.prefix)
        page = await self._workers.run(self._flat_page, target.bucket, request, context)
        await exchange.answer_json(200, flat_json(page))

    def _flat_page(self, bucket: str, request: FlatRequest, context: RlsContext) -> FlatPage:
        try:
            return self._storage.flat.page(bucket, request, context)
        except BucketNotFound:
            return FlatPage((), ())

    def _rows(
        self, bucket: str, request: ListRequest, search: str, limit: int, context: RlsContext
    ) -> list[dict[str, Any]]:
        wanted = search.casefold()
        skip = request.offset if wanted else 0
        if wanted:
            request = replace(request, offset=0, limit=limits.LIST_PAGE_MAX)
        try:
            rows = (
                row
                for page in self._pages(bucket, request, context)
                for row in _page_rows(page, request.prefix)
                if row["name"].casefold().startswith(wanted)
            )
            return list(islice(rows, skip, skip + limit))
        except BucketNotFound:
            return []

    def _pages(self, bucket: str, request: ListRequest, context: RlsContext) -> Iterator[ListPage]:
        page = self._storage.list(bucket, request, context)
        yield page
        while page.next_cursor is not None:
            page = self._storage.list(bucket, replace(request, cursor=page.next_cursor, offset=0), context)
            yield page


def _first_request(body: Fields, limit: int) -> ListRequest:
    prefix = body.text("prefix", "")
    column, descending = _order(body, _COLUMNS)
    return ListRequest(
        prefix=f"{prefix}/" if prefix and not prefix.endswith("/") else prefix,
        limit=min(limit, limits.LIST_PAGE_MAX),
        sort=column,
        descending=descending,
        offset=body.integer("offset", 0, minimum=0, maximum=_OFFSET_MAX),
    )


def _flat_request(body: Fields) -> FlatRequest:
    limit = body.integer("limit", limits.LIST_PAGE_MAX, minimum=1, maximum=bounds.LIST_LIMIT_MAX)
    column, descending = _order(body, _FLAT_COLUMNS)
    return FlatRequest(
        prefix=body.text("prefix", ""),
        limit=min(limit, limits.LIST_PAGE_MAX),
        delimited=body.flag("with_delimiter", default=False),
        order=column,
        descending=descending,
        cursor=body.text("cursor", "") or None,
    )


def _order(body: Fields, columns: Mapping[str, _Column]) -> tuple[_Column, bool]:
    """Return the column of `sortBy`, by default the name, and whether it goes down."""
    sort = body.nested("sortBy")
    column, order = sort.text("column", "name"), sort.text("order", "asc").lower()
    if column not in columns:
        raise sort.wrong("column", "must be equal to one of the allowed values")
    if order not in _ORDERS:
        raise sort.wrong("order", "must be equal to one of the allowed values")
    return columns[column], order == "desc"


def _page_rows(page: ListPage, prefix: str) -> Iterator[dict[str, Any]]:
    yield from (folder_json(folder) for folder in page.folders)
    yield from (row_json(info, info.path.removeprefix(prefix)) for info in page.objects)
