"""The HTTP server: `/storage/v1` in a thread of its own.

A request goes `connection` (limits in time) → `app` (Host, Origin, errors, log) → `routing` → one of the `*_routes`
→ the engine, in a worker → `downloads` or `payloads` on its way back. Statuses live in `errors` alone.
"""

from __future__ import annotations

from engine.server.request_log import RequestListener, RequestRecord
from engine.server.storage_server import StorageServer

__all__ = ["RequestListener", "RequestRecord", "StorageServer"]
